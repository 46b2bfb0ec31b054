"""Scans along an axis: cumulative sums, products and extremes, differences, linear recurrences.

The derivative of a cumulative product is a linear recurrence, which holds where factors are zero, and whose derivative
is a linear recurrence again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import blas

from adcore.clock import tick
from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.arrays.indexing import embed, stretch
from adcore.ops.arrays.reshaping import in_line, reshaped
from adcore.ops.base import Hidden, copies, declare, linear, moved, sample, zero_array
from adcore.ops.elementwise.arithmetic import multiply, negative
from adcore.ops.shapes import Axis, describe_shape, one_axis
from adcore.ops.strong import strong_repair, strong_times

_ALONG = (sample((4,)), sample((2, 3)), sample((2, 3), axis=0), sample((2, 3), axis=-1), sample(()), sample((1,)))


def _infer_scan(x: Type, *, axis: Axis = None, **_: Any) -> Type:
    if axis is None:
        return Type(DType.FLOAT, (x.size,))
    one_axis(axis, len(x.shape))
    return Type(DType.FLOAT, x.shape)


def _either_way(name: str) -> Callable[..., str]:
    """The text of a scan; in reverse, the flipped scan of the flipped operand."""

    def text(x: str, *, axis: Axis, reverse: bool) -> str:
        along = "" if axis is None else f", axis={axis}"
        return f"flip({name}(flip({x}{along}){along}){along})" if reverse else f"{name}({x}{along})"

    return text


# --- sums and differences


def _cumsum(x: Any, *, axis: Axis = None, reverse: Hidden = False) -> Any:
    """``reverse`` sums from the end."""
    if not reverse:
        return np.cumsum(x, axis)
    line, along = (np.reshape(x, -1), 0) if axis is None else (x, axis)
    return np.flip(np.cumsum(np.flip(line, along), along), along)


def _cumsum_vjp(node: Node, g: Node) -> tuple[Node]:
    axis = node.param("axis")
    back = cumsum(g, axis=0 if axis is None else axis, reverse=not node.param("reverse"))
    return (reshaped(back, node.inputs[0].shape),)


cumsum = linear(
    "cumsum",
    _cumsum,
    _infer_scan,
    _cumsum_vjp,
    method=True,
    text=_either_way("cumsum"),
    nanoseconds=10.0,
    samples=(*_ALONG, sample((2, 3), axis=1, reverse=True)),
    doc="The sums of all elements up to each one.",
)


def _diff(x: Any, *, n: int = 1, axis: int = -1) -> Any:
    for _ in range(min(n, x.shape[axis])):
        tick()
        x = np.diff(x, axis=axis)
    return x


def _infer_diff(x: Type, *, n: int = 1, axis: int = -1) -> Type:
    if not x.shape:
        raise ShapeMismatch("diff takes an array, and this is a number")
    if n < 0:
        raise BadCall(f"diff cannot be applied {n} times")
    place = one_axis(axis, len(x.shape))
    return Type(DType.FLOAT, (*x.shape[:place], max(0, x.shape[place] - n), *x.shape[place + 1 :]))


def _diff_vjp(node: Node, g: Node) -> tuple[Node]:
    """Up to the sign, the differences of the cotangent, padded with n zeros at either end."""
    (x,), n, place = node.inputs, node.param("n"), one_axis(node.param("axis"), node.ndim)
    if not node.type.size:
        return (zero_array(x.shape),)
    padded = (*node.shape[:place], node.shape[place] + 2 * n, *node.shape[place + 1 :])
    back = moved(node, embed(g, key=stretch(place, n, n + node.shape[place]), shape=padded))
    return (negative(back) if n % 2 else back,)


diff = linear(
    "diff",
    _diff,
    _infer_diff,
    _diff_vjp,
    work=lambda node: max(1, node.param("n")) * node.inputs[0].type.size,
    nanoseconds=lambda node: (3_000 + 3 * node.inputs[0].type.size) * min(node.param("n"), max(node.inputs[0].shape)),
    scratch=copies(1),
    samples=(
        sample((4,)),
        sample((5,), n=2),
        sample((2, 3)),
        sample((3, 2), axis=0),
        sample((3,), n=0),
        sample((2,), n=3),
    ),
    doc="The difference of each element and the next, n times over.",
)


# --- products


def _line_key(axis: int, start: int | None, stop: int | None) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _shift(x: Any, *, axis: Hidden, reverse: Hidden = False, fill: Hidden = 0.0) -> Any:
    place = one_axis(axis, x.ndim)
    out = np.full(x.shape, fill)
    from_, to = ((1, None), (None, -1)) if reverse else ((None, -1), (1, None))
    out[_line_key(place, *to)] = x[_line_key(place, *from_)]
    return out


shift = declare(
    "shift",
    "x",
    _shift,
    _infer_scan,
    jvp=lambda node, tangents: moved(node, tangents[0], fill=0.0),
    vjp=lambda node, g: (moved(node, g, reverse=not node.param("reverse"), fill=0.0),),
    public=False,
    text=lambda x, *, axis, reverse, fill: f"shift({x}, {-1 if reverse else 1}, axis={axis}, fill={fill})",
    readable=False,
    nanoseconds=4.0,
    samples=(sample((3,), axis=0), sample((2, 3), axis=1, reverse=True), sample((2, 3), axis=-2, fill=1.0)),
    doc="Each element in the next place along an axis, or in the place before; the place left free is filled.",
)


def _linear_recurrence(a: Any, b: Any, *, axis: Hidden, reverse: Hidden = False) -> Any:
    if reverse:
        flipped = _linear_recurrence(np.flip(a, axis), np.flip(b, axis), axis=axis)
        return np.flip(flipped, axis)
    shape = np.moveaxis(b, axis, -1).shape
    n = shape[-1]
    factors, terms = (np.ascontiguousarray(np.moveaxis(x, axis, -1)).reshape(b.size // max(n, 1), n) for x in (a, b))
    out = np.empty(terms.shape)
    if n > len(out):
        for i in range(len(out)):
            tick()
            out[i] = _solve(factors[i], terms[i])
    if n <= len(out) or np.isnan(out).any():
        last = np.zeros(len(out))
        for i in range(n):
            tick()
            last = out[:, i] = strong_repair(factors[:, i] * last, factors[:, i], last) + terms[:, i]
    return np.moveaxis(out.reshape(shape), -1, axis)


def _solve(a: Any, b: Any) -> Any:
    """The recurrence of one row, as the solution s of the bidiagonal system s_i - a_i s_(i-1) = b_i."""
    band = np.zeros((2, len(a)), order="F")
    band[1, :-1] = -a[1:]
    return blas.dtbsv(1, band, b, lower=1, diag=1)


def _recurrence_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (a, _), (da, db) = node.inputs, tangents
    params: dict[str, Any] = dict(node.params)
    by_factor = None if da is None else multiply(da, shift(node, **params), strong=3)
    terms = [t for t in (by_factor, db) if t is not None]
    return moved(node, a, terms[0] if len(terms) == 1 else terms[0] + terms[1])


def _recurrence_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    """The adjoint runs the other way: w_i = g_i + a_(i+1) w_(i+1)."""
    params: dict[str, Any] = dict(node.params)
    other = params | {"reverse": not params["reverse"]}
    adjoint = linear_recurrence(shift(node.inputs[0], **other), g, **other)
    return multiply(adjoint, shift(node, **params), strong=3), adjoint


def _infer_recurrence(a: Type, b: Type, *, axis: Hidden, **_: Any) -> Type:
    if a.shape != b.shape:
        raise ShapeMismatch(
            f"factors of shape {describe_shape(a.shape)} and terms of shape {describe_shape(b.shape)} do not fit"
        )
    one_axis(axis, len(a.shape))
    return a


linear_recurrence: Op = declare(
    "linear_recurrence",
    "a b",
    _linear_recurrence,
    _infer_recurrence,
    jvp=_recurrence_jvp,
    vjp=_recurrence_vjp,
    public=False,
    text=lambda a, b, *, axis, reverse: f"linear_recurrence({a}, {b}, axis={axis}, reverse={reverse})",
    readable=False,
    work=lambda node: 2 * node.type.size,
    nanoseconds=30.0,
    scratch=copies(3),
    samples=(sample((4,), (4,), axis=0), sample((3, 2), (3, 2), axis=0), sample((2, 3), (2, 3), axis=-1, reverse=True)),
    doc="s_i = a_i s_(i-1) + b_i along an axis; a zero factor wins over the inf or NaN it is multiplied by.",
)


def _cumprod(x: Any, *, axis: Axis = None, reverse: Hidden = False) -> Any:
    """``reverse`` multiplies from the end."""
    if not reverse:
        return np.cumprod(x, axis)
    line, along = (np.reshape(x, -1), 0) if axis is None else (x, axis)
    return np.flip(np.cumprod(np.flip(line, along), along), along)


def _cumprod_line(node: Node) -> tuple[Node, Node, dict[str, Any]]:
    """The factors, the product of those before each one, and the scan's parameters."""
    x, axis = in_line(node.inputs[0], node.param("axis"))
    direction = {"axis": axis, "reverse": node.param("reverse")}
    return x, shift(node, fill=1.0, **direction), direction


def _cumprod_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (tangent,) = tangents
    assert tangent is not None
    x, before, direction = _cumprod_line(node)
    line, _ = in_line(tangent, node.param("axis"))
    return linear_recurrence(x, strong_times(line, before), **direction)


def _cumprod_vjp(node: Node, g: Node) -> tuple[Node]:
    x, before, direction = _cumprod_line(node)
    other = direction | {"reverse": not direction["reverse"]}
    adjoint = linear_recurrence(shift(x, **other), g, **other)
    return (reshaped(strong_times(adjoint, before), node.inputs[0].shape),)


cumprod = declare(
    "cumprod",
    "x",
    _cumprod,
    _infer_scan,
    jvp=_cumprod_jvp,
    vjp=_cumprod_vjp,
    method=True,
    text=_either_way("cumprod"),
    nanoseconds=12.0,
    samples=(*_ALONG, sample((2, 3), axis=1, reverse=True)),
    doc="The products of all elements up to each one.",
)


# --- greatest and least


def _least_or_greatest(least: bool) -> Any:
    return np.minimum if least else np.maximum


def _share(x: Any, *, axis: Hidden, least: Hidden) -> Any:
    place = one_axis(axis, x.ndim)
    extreme = _least_or_greatest(least).accumulate(x, place)
    reached = x == extreme
    before = _shift(extreme, axis=place, fill=np.inf if least else -np.inf)
    beaten = reached & (x < before if least else x > before)
    count = np.cumsum(reached, place)
    # Equal elements before the last strictly smaller extreme do not count.
    equal = count - np.maximum.accumulate(np.where(beaten, count - 1, 0), place)
    return np.where(reached, 1.0 / np.maximum(equal, 1), 0.0)


share = declare(
    "running_share",
    "x",
    _share,
    lambda x, *, axis, least: x,
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None,),
    public=False,
    nanoseconds=50.0,
    scratch=copies(6),
    domain=((1, 1),),
    samples=(sample((3,), axis=0, least=False), sample((2, 3), axis=1, least=True)),
    flat=(0,),
    doc="The share of each element in the extreme up to it: 0, or one over the number of equal ones.",
)


def _extreme_line(node: Node) -> tuple[Node, Node, Node, dict[str, Any]]:
    """The operand along the axis, the share of each element in the extreme so far, that of those before, and the axis.

    Where elements are equal they share the derivative, as those of a maximum do.
    """
    x, axis = in_line(node.inputs[0], node.param("axis"))
    own = share(x, axis=axis, least=node.op is cummin)
    return x, own, 1.0 - own, {"axis": axis, "reverse": False}


def _extreme_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (tangent,) = tangents
    assert tangent is not None
    _, own, others, direction = _extreme_line(node)
    line, _ = in_line(tangent, node.param("axis"))
    return linear_recurrence(others, multiply(line, own, strong=3), **direction)


def _extreme_vjp(node: Node, g: Node) -> tuple[Node]:
    _, own, others, direction = _extreme_line(node)
    back = direction | {"reverse": True}
    adjoint = linear_recurrence(shift(others, **back), g, **back)
    return (reshaped(multiply(adjoint, own, strong=3), node.inputs[0].shape),)


def _cumulative_extreme(name: str, least: bool, word: str) -> Op:
    def value(x: Any, *, axis: Axis = None) -> Any:
        line, along = (np.reshape(x, -1), 0) if axis is None else (x, axis)
        return _least_or_greatest(least).accumulate(line, along)

    return declare(
        name,
        "x",
        value,
        _infer_scan,
        jvp=_extreme_jvp,
        vjp=_extreme_vjp,
        method=True,
        nanoseconds=10.0,
        samples=_ALONG,
        doc=f"The {word} of all elements up to each one.",
    )


cummax = _cumulative_extreme("cummax", False, "greatest")
cummin = _cumulative_extreme("cummin", True, "least")
