"""Functions of NumPy, math and Python that are no ops, since they deal in lists, strings, functions or known values.

One declaration each, which the vocabulary, ``GET /ops`` and the lowering read; the rule that lowers a call of one
stands in ``lowering.calls.library`` under its name.
"""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from typing import Any

from adcore.graph import Absent, Kind, Parameter, Signature


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function that is no op: how it is called, and what it is in words."""

    name: str
    usage: str
    """How it is called, as Python writes it."""
    signature: Signature
    doc: str


@functools.cache
def _signature(parameters_text: str, axes: Kind) -> Signature:
    """The signature that the head of a definition gives; strings, flags and axes are known at compile time."""
    (definition,) = ast.parse(f"def f{parameters_text}: ...").body
    assert isinstance(definition, ast.FunctionDef)
    arguments = definition.args
    names = [a.arg for a in arguments.args]
    values = [ast.literal_eval(d) for d in arguments.defaults]
    defaults: dict[str, Any] = dict(zip(names[len(names) - len(values) :], values, strict=True))
    for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        assert d is not None
        defaults[a.arg] = ast.literal_eval(d)
    parameters = {
        name: Parameter(name, axes if "axis" in name else Kind.FLAG if isinstance(value, bool) else Kind.TEXT, value)
        for name, value in defaults.items()
        if "axis" in name or isinstance(value, (bool, str))
    }
    operands = [name for name in (*names, *(a.arg for a in arguments.kwonlyargs)) if name not in parameters]
    star = [f"*{arguments.vararg.arg}"] if arguments.vararg is not None else []
    return Signature(
        (*operands, *star),
        tuple(parameters.values()),
        arguments=(*names, *[name[1:] for name in star], *[a.arg for a in arguments.kwonlyargs]),
        defaults=tuple([_default(defaults, name) for name in operands]),
    )


def _default(defaults: dict[str, Any], name: str) -> Any:
    """The default of an operand: that of the definition, where None is an argument left out, or none."""
    if name not in defaults:
        return None
    return Absent.ABSENT if defaults[name] is None else defaults[name]


def _declared(usage: str, doc: str) -> Builtin:
    return _built_in(usage, doc, Kind.AXIS)


def _extended(usage: str, doc: str) -> Builtin:
    return _built_in(usage, doc, Kind.AXES)


def _built_in(usage: str, doc: str, axes: Kind) -> Builtin:
    name = usage.partition("(")[0]
    return Builtin(name, usage, _signature(usage.removeprefix(name), axes), doc)


_METHODS = {
    "reduce": ("array, axis=0, keepdims=False, initial=None", "The elements along an axis, joined by {}."),
    "accumulate": ("array, axis=0", "The elements along an axis up to each one, joined by {}."),
    "outer": ("A, B", "{} of each element of A and each one of B."),
}
_JOINING = """add subtract multiply divide true_divide floor_divide power float_power remainder mod fmod maximum
minimum fmax fmin logaddexp logaddexp2 hypot arctan2 copysign logical_and logical_or logical_xor"""
_COMPARING = "equal not_equal less less_equal greater greater_equal"

UFUNCS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_JOINING.split(), tuple(_METHODS)),
    **dict.fromkeys(_COMPARING.split(), ("outer",)),
}
"""The functions of two numbers with the methods that they have as ufuncs of NumPy."""

BUILTIN_FUNCTIONS: dict[str, Builtin] = {
    each.name: each
    for each in (
        # Shapes.
        _declared("shape(a)", "The lengths of an array's axes, as a tuple."),
        _declared("ndim(a)", "The number of axes."),
        _declared("size(a, axis=None)", "The number of elements, or the length of an axis."),
        _declared("atleast_1d(*arys)", "Each array with at least one axis."),
        _declared("atleast_2d(*arys)", "Each array with at least two axes; the new ones stand in front."),
        _declared("atleast_3d(*arys)", "Each array with at least three axes."),
        _declared(
            "meshgrid(*xi, indexing='xy', sparse=False, copy=True)",
            "The coordinates of a grid, one array for each vector of coordinates.",
        ),
        _declared("broadcast_arrays(*args)", "The arrays, broadcast to one shape."),
        _declared("ix_(*args)", "The vectors of indices, each along an axis of its own."),
        _declared("isscalar(element)", "Whether it is a number or a string, and not an array or a list."),
        _declared("finfo(dtype=None)", "The limits of float64: eps, max, min, tiny, resolution."),
        # Solutions by a factorisation.
        _declared(
            "cho_factor(a, lower=False)",
            "Cholesky's factor of the matrix that one triangle of a gives, and whether it is the lower one.",
        ),
        _declared("cho_solve(c_and_lower, b)", "The solution x of a x = b, by what cho_factor gives of a."),
        # Interpolation.
        _declared(
            "CubicSpline(x, y, axis=0, bc_type=None, extrapolate=True)",
            "The function that is the cubic spline through points, and its derivatives of order nu: f(x, nu=0).",
        ),
        _declared(
            "interp1d(x, y, kind='linear', axis=-1, copy=True, bounds_error=False, fill_value=None, "
            "assume_sorted=False)",
            "The function through points by lines, or by a cubic spline; beyond the ends it is NaN or fill_value.",
        ),
        # Parts.
        _declared("split(ary, indices_or_sections, axis=0)", "The array in equal parts, or cut at indices."),
        _declared("array_split(ary, indices_or_sections, axis=0)", "As split; the first parts may be longer by one."),
        _declared("hsplit(ary, indices_or_sections)", "split along the second axis, or along the only one."),
        _declared("vsplit(ary, indices_or_sections)", "split along the first of two axes or more."),
        _declared("dsplit(ary, indices_or_sections)", "split along the third axis."),
        _declared("fill_diagonal(a, val, wrap=False)", "As a statement: a, with other values on its diagonal."),
        _declared("delete(arr, obj, axis=None)", "The array without the elements at known indices."),
        _declared("insert(arr, obj, values, axis=None)", "The array with values in front of known indices."),
        _declared(
            "unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None)",
            "The different elements in ascending order, of an array that is known when the program is compiled.",
        ),
        _declared("nonzero(a)", "The indices of the elements that are not 0, of an array that is known."),
        _declared("flatnonzero(a)", "The indices of the elements that are not 0, of a known array that is flattened."),
        _declared("argwhere(a)", "The indices of the elements that are not 0, a row each, of an array that is known."),
        # Choices.
        _declared("piecewise(x, condlist, funclist, *args)", "By the last condition that holds, a function of x."),
        _declared("select(condlist, choicelist, default=0)", "By the first condition that holds, an array's element."),
        _declared("sorted(iterable, reverse=False)", "The elements in ascending order, or in descending order."),
        _declared("itertools.product(*iterables, repeat=1)", "The tuples with an item of each iterable."),
        _declared("itertools.permutations(iterable, r=None)", "The tuples of r items in all orders."),
        _declared("itertools.combinations(iterable, r)", "The tuples of r items in the order of the items."),
        _declared(
            "itertools.combinations_with_replacement(iterable, r)", "As combinations, with items more than once."
        ),
        _declared("itertools.chain(*iterables)", "The items of one iterable after the other."),
        _declared("itertools.pairwise(iterable)", "The pairs of neighbouring items."),
        _declared("itertools.repeat(object, times)", "The same item several times."),
        _declared("itertools.islice(iterable, start, stop=None, step=None)", "The items of a slice."),
        _declared("itertools.zip_longest(*iterables, fillvalue=None)", "As zip, filled up to the longest."),
        # What math means by the name of an op, and whole numbers.
        _declared("math.log(x, base=None)", "The natural logarithm, or that to a base."),
        _declared("math.hypot(*coordinates)", "The length of the vector of the coordinates."),
        _declared("math.prod(iterable, start=1)", "The product of the items."),
        _declared("math.factorial(n)", "The product of the whole numbers up to n."),
        _declared("comb(n, k)", "How many ways there are to choose k of n."),
        _declared("perm(n, k=None)", "How many ways there are to choose and order k of n."),
        _declared("gcd(*integers)", "The greatest common divisor of known whole numbers."),
        _declared("lcm(*integers)", "The least common multiple of known whole numbers."),
        _declared("isqrt(n)", "The whole part of the square root of a known whole number."),
        # Methods of NumPy's functions of two numbers.
        *(
            _extended(f"numpy.{name}.{method}({_METHODS[method][0]})", _METHODS[method][1].format(name))
            for name, methods in UFUNCS.items()
            for method in methods
        ),
    )
}
"""The functions that are no ops, by name; a name with a dot is a full name."""


EXTENDED: dict[str, Builtin] = {
    each.name: each
    for each in (
        _extended("sum(x, axis=None, keepdims=False, initial=None, where=None)", "The sum of the elements."),
        _extended("prod(x, axis=None, keepdims=False, initial=None, where=None)", "The product of the elements."),
        _extended("max(x, axis=None, keepdims=False, initial=None, where=None)", "The greatest element."),
        _extended("min(x, axis=None, keepdims=False, initial=None, where=None)", "The smallest element."),
        _extended("mean(x, axis=None, keepdims=False, where=None)", "The mean of the elements."),
        _extended("var(x, axis=None, ddof=0, keepdims=False, where=None)", "The variance of the elements."),
        _extended("std(x, axis=None, ddof=0, keepdims=False, where=None)", "The standard deviation of the elements."),
        _extended("all(x, axis=None, keepdims=False, where=None)", "Whether every element holds."),
        _extended("any(x, axis=None, keepdims=False, where=None)", "Whether some element holds."),
        _extended("clip(x, a_min=None, a_max=None, min=None, max=None)", "x kept between two bounds."),
        _extended("where(condition, x=None, y=None)", "x where the condition holds, else y; alone, nonzero."),
        _extended("logsumexp(x, axis=None, b=None, keepdims=False)", "The logarithm of a sum of exponentials."),
        _extended("cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None)", "The vector product."),
        _extended(
            "cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None)",
            "The covariance of rows of observations.",
        ),
        _extended("corrcoef(x, y=None, rowvar=True)", "The correlation of rows of observations."),
        _extended("gradient(f, *varargs, axis=None, edge_order=1)", "The slopes along each axis."),
    )
}
"""The ops that have a rule for arguments which the op itself does not take, with all arguments of such a call."""
