"""Operator overloading: Python functions recorded as graphs, and their derivatives, nested as deep as one likes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from adcore.errors import AdcoreError
from adcore.graph import Graph
from adcore.graph.traversal import check
from adcore.recording.transforms import grad, jvp, trace, value_and_grad, vjp
from adcore.recording.values import Traced
from tests.adcore.graphs import run

A = np.arange(1.0, 7.0).reshape(2, 3)
B = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
V = np.array([0.5, -1.0, 2.0])


def ops(graph: Graph) -> list[str]:
    return [n.op.name for n in graph.nodes if n.op.name != "constant"]


def agrees(fn: Callable[..., Any], *args: Any) -> None:
    """The recorded graph gives what plain NumPy gives."""
    graph = check(trace(fn, *args))
    expected = fn(*args)
    for made, value in zip(run(graph, *args), expected if isinstance(expected, tuple) else (expected,), strict=True):
        assert np.shape(made) == np.shape(value)
        np.testing.assert_array_equal(made, value)


# --- what can be written


@pytest.mark.parametrize(
    "apply",
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operator.pow,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
        operator.eq,
        operator.ne,
    ],
)
@pytest.mark.parametrize("other", [2.0, 3, np.float64(1.5), np.array([1.0, 2.0, 3.0]), np.array([1, 2, 3])])
def test_operators_in_both_directions_with_everything(apply: Callable[[Any, Any], Any], other: Any) -> None:
    agrees(lambda x: apply(x, other), A)
    agrees(lambda x: apply(other, x), A)
    agrees(lambda x: apply(x, x), A)


def test_the_other_operators() -> None:
    agrees(lambda x: -x, A)
    agrees(lambda x: +x, A)
    agrees(abs, B)
    agrees(lambda x, y: x @ y, A, B.T)
    agrees(lambda x: x @ B.T, A)
    agrees(lambda x: B.T @ x, A)
    agrees(lambda x: np.where((x > 2.0) & (x < 5.0), x, 0.0), A)
    agrees(lambda x: np.where((x < 2.0) | ~(x < 5.0), x, 0.0), A)
    agrees(lambda x: sum([x, x, x]), A)
    agrees(lambda x: max(x[0], x[1]), V)


def test_augmented_assignment_makes_a_new_value() -> None:
    def fn(x: Any) -> Any:
        y = x
        y += 1.0
        y *= x
        return y - x

    agrees(fn, 3.0)


UFUNCS = [
    np.negative, np.abs, np.sign, np.floor, np.ceil, np.trunc, np.rint, np.sqrt, np.cbrt, np.square, np.reciprocal,
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan, np.arctan, np.sinh,
    np.cosh, np.tanh, np.arcsinh, np.fabs, np.positive, scipy.special.erf, scipy.special.erfc, scipy.special.gammaln,
    scipy.special.psi, scipy.special.expit, np.isnan, np.isfinite, np.logical_not,
]  # fmt: skip


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_ufuncs_of_one_operand(ufunc: Any) -> None:
    agrees(ufunc, A)
    agrees(ufunc, 0.7)


@pytest.mark.parametrize(
    "ufunc",
    [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.hypot, np.arctan2,
     np.logaddexp, np.remainder, np.floor_divide, np.less, np.equal, np.logical_and],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_ufuncs_of_two_operands(ufunc: Any) -> None:
    agrees(ufunc, A, A + 1.0)
    agrees(lambda x: ufunc(x, 2.0), A)
    agrees(lambda x: ufunc(V, x), A)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum,
    "sum along an axis": lambda x: np.sum(x, axis=0),
    "sum along an axis, by position": lambda x: np.sum(x, 1),
    "sum along axes": lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    "sum keeping dimensions": lambda x: np.sum(x, axis=-1, keepdims=True),
    "mean": lambda x: np.mean(x, axis=0),
    "prod": lambda x: np.prod(x, axis=1),
    "max": lambda x: np.max(x, axis=0),
    "amin": lambda x: np.min(x, axis=1, keepdims=True),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std": lambda x: np.std(x, keepdims=True),
    "norm": np.linalg.norm,
    "norm of an order": lambda x: np.linalg.norm(x, 1, axis=1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": np.cumprod,
    "dot": lambda x: np.dot(x, V),
    "inner": lambda x: np.inner(x, V),
    "outer": lambda x: np.outer(x, V),
    "vdot": lambda x: np.vdot(x, x),
    "matmul": lambda x: np.matmul(x, B.T),
    "trace": lambda x: np.trace(x[:, :2]),
    "diag": lambda x: np.diag(x[0]),
    "transpose": np.transpose,
    "transpose with axes": lambda x: np.transpose(x, (1, 0)),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "ravel": np.ravel,
    "flip": lambda x: np.flip(x, axis=1),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "repeat": lambda x: np.repeat(x, 2, axis=0),
    "tile": lambda x: np.tile(x, (2, 1)),
    "clip": lambda x: np.clip(x, 2.0, 4.0),
    "clip from below": lambda x: np.clip(x, 2.0, None),
    "clip from above": lambda x: np.clip(x, None, 4.0),
    "clip by name": lambda x: np.clip(x, a_max=4.0, a_min=2.0),
    "where": lambda x: np.where(x > 3.0, x, -x),
    "stack": lambda x: np.stack([x, 2.0 * x], axis=1),
    "concatenate": lambda x: np.concatenate([x, x, B], axis=0),
    "concatenate, by position": lambda x: np.concatenate((x, B), 1),
    "a list of numbers": lambda x: np.stack([x[0, 0], x[1, 2], 3.0]),
    "sort": lambda x: np.sort(x, axis=1),
    "take": lambda x: np.take(x, np.array([2, 0]), axis=1),
    "zeros_like": lambda x: np.zeros_like(x) + x,
    "ones_like": lambda x: np.ones_like(x) * x,
    "full_like": lambda x: np.full_like(x, 3.0) * x,
    "round": lambda x: np.round(x / 3.0, 1),
    "shape, ndim, size": lambda x: x * np.shape(x)[0] + np.ndim(x) + np.size(x),
    "squeeze": lambda x: np.squeeze(x[:1]),
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "broadcast_to": lambda x: np.broadcast_to(x[0], (4, 3)),
}  # fmt: skip

METHODS: dict[str, Callable[[Any], Any]] = {
    "x.sum()": lambda x: x.sum(),
    "x.sum(0)": lambda x: x.sum(0),
    "x.sum(axis=1, keepdims=True)": lambda x: x.sum(axis=1, keepdims=True),
    "x.mean()": lambda x: x.mean(),
    "x.max(axis=0)": lambda x: x.max(axis=0),
    "x.T": lambda x: x.T,
    "x.T @ x": lambda x: x.T @ x,
    "x.dot(v)": lambda x: x.dot(V),
    "x.reshape((3, 2))": lambda x: x.reshape((3, 2)),
    "x.reshape(3, 2)": lambda x: x.reshape(3, 2),
    "x.reshape(-1)": lambda x: x.reshape(-1),
    "x.reshape(3, -1)": lambda x: x.reshape(3, -1),
    "x.transpose()": lambda x: x.transpose(),
    "x.transpose(1, 0)": lambda x: x.transpose(1, 0),
    "x.ravel()": lambda x: x.ravel(),
    "x.flatten()": lambda x: x.flatten(),
    "x.clip(2, 4)": lambda x: x.clip(2, 4),
    "x.cumsum(axis=1)": lambda x: x.cumsum(axis=1),
    "x.std(ddof=1)": lambda x: x.std(ddof=1),
    "x.shape, x.ndim, x.size": lambda x: x * x.shape[0] + x.ndim + x.size,
    "x.round(1)": lambda x: x.round(1),
    "x.dtype": lambda x: x.astype(float) if isinstance(x, np.ndarray) else x * (x.dtype == float),
}

INDEXING: dict[str, Callable[[Any], Any]] = {
    "x[0]": lambda x: x[0],
    "x[-1]": lambda x: x[-1],
    "x[0, 2]": lambda x: x[0, 2],
    "x[np.int64(1)]": lambda x: x[np.int64(1)],
    "x[:, 1]": lambda x: x[:, 1],
    "x[:, 1:]": lambda x: x[:, 1:],
    "x[:, ::-1]": lambda x: x[:, ::-1],
    "x[..., 0]": lambda x: x[..., 0],
    "x[None]": lambda x: x[None],
    "x[:, None, 0]": lambda x: x[:, None, 0],
    "x[[1, 0]]": lambda x: x[[1, 0]],
    "x[array]": lambda x: x[np.array([1, 1, 0])],
    "x[argmax]": lambda x: x[np.argmax(x[:, 0])],
    "for row in x": lambda x: sum(row[0] * row for row in x),
    "a, b = x": lambda x: operator.mul(*x),
    "len(x)": lambda x: x * len(x),
}


@pytest.mark.parametrize("fn", FUNCTIONS.values(), ids=FUNCTIONS)
def test_numpys_functions(fn: Callable[[Any], Any]) -> None:
    agrees(fn, A)


@pytest.mark.parametrize("fn", METHODS.values(), ids=METHODS)
def test_methods_and_attributes(fn: Callable[[Any], Any]) -> None:
    agrees(fn, A)


@pytest.mark.parametrize("fn", INDEXING.values(), ids=INDEXING)
def test_indexing(fn: Callable[[Any], Any]) -> None:
    agrees(fn, A)


def test_a_function_of_no_traced_value_is_its_constant() -> None:
    graph = check(trace(lambda x: 3.0, 1.0))
    assert run(graph, 5.0) == [3.0]


# --- what is recorded


def test_each_step_is_one_op_in_the_order_it_was_made() -> None:
    graph = check(trace(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, 5.0))
    assert ops(graph) == ["log", "multiply", "add", "sin", "subtract"]
    assert graph.input_names == ("x1", "x2")
    assert graph.output_names == ("y",)


def test_names_are_those_of_the_parameters_and_of_the_outputs() -> None:
    def several(a: Any, *rest: Any) -> Any:
        return a * rest[0], rest[1]

    graph = check(trace(several, 1.0, 2.0, 3.0))
    assert len(graph.inputs) == 3
    assert graph.output_names == ("y1", "y2")
    assert trace(lambda θ: θ, 1.0).input_names == ("θ",)  # noqa: PLC2401


def test_steps_that_do_not_matter_are_not_part_of_the_graph() -> None:
    def fn(x: Any) -> Any:
        np.exp(x)
        return np.sin(x)

    assert ops(trace(fn, 1.0)) == ["sin"]


def test_a_branch_records_the_way_it_took() -> None:
    def fn(x: Any) -> Any:
        return np.sin(x) if x > 0 else x * x

    assert ops(trace(fn, 1.0)) == ["sin"]
    assert ops(trace(fn, -1.0)) == ["multiply"]
    assert grad(fn)(1.0) == np.cos(1.0)
    assert grad(fn)(-1.0) == -2.0


def test_newtons_root_by_a_loop_that_depends_on_its_values() -> None:
    def root(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-14 * a:
            x = 0.5 * (x + a / x)
        return x

    for a in (0.5, 2.0, 1e6):
        value, slope = value_and_grad(root)(a)
        assert value == pytest.approx(math.sqrt(a), rel=1e-14)
        assert slope == pytest.approx(0.5 / math.sqrt(a), rel=1e-6)


# --- derivatives


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def test_a_gradient_has_its_arguments_shape() -> None:
    x = np.array([0.5, -1.0, 2.0, 1.5])
    value, slope = value_and_grad(rosenbrock)(x)
    assert value == rosenbrock(x)
    steps = 1e-6 * np.eye(4)
    expected = [(rosenbrock(x + h) - rosenbrock(x - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(slope, expected, rtol=1e-7)
    assert slope.shape == (4,)
    assert isinstance(grad(np.sin)(1.0), float)


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 12.0), (1, 4.0), (2, 0.0), (-2, 4.0), ((0, 1), (12.0, 4.0)), ([1, 0], (4.0, 12.0)), ((1,), (4.0,)), ((), ())],
)
def test_argnums_say_by_what(argnums: Any, expected: Any) -> None:
    assert grad(lambda x, y, z: x * x * y, argnums)(2.0, 3.0, 7.0) == expected


@pytest.mark.parametrize("argnums", [3, -4, (0, 5), (0, 0), (1, -2)])
def test_argnums_name_arguments_that_are_there_once(argnums: Any) -> None:
    with pytest.raises(TypeError, match="argnums"):
        grad(lambda x, y, z: x, argnums)(1.0, 2.0, 3.0)


def test_other_arguments_may_be_anything() -> None:
    def power(x: Any, n: int, names: dict[str, float], *, shift: float = 0.0) -> Any:
        for _ in range(n):
            x = x * x
        return x + names["more"] + shift

    assert value_and_grad(power)(3.0, 2, {"more": 1.0}, shift=2.0) == (84.0, 108.0)


def test_whole_numbers_are_numbers() -> None:
    assert grad(lambda x: x**-1)(2) == -0.25
    np.testing.assert_array_equal(grad(lambda x: np.sum(x**2))(np.array([1, 2, 3])), [2, 4, 6])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x**2))([1, 2, 3]), [2, 4, 6])
    assert grad(lambda x: x * x)(np.float32(0.5)) == 1.0
    assert grad(lambda x: x * x)(np.float32(0.5)).dtype == float


def test_the_function_keeps_its_name() -> None:
    assert grad(rosenbrock).__name__ == "rosenbrock"


def test_jvp_is_a_directional_derivative() -> None:
    value, tangent = jvp(lambda x, y: np.sin(x) * y, (0.5, 2.0), (1.0, 10.0))
    assert value == np.sin(0.5) * 2.0
    assert tangent == pytest.approx(np.cos(0.5) * 2.0 + np.sin(0.5) * 10.0, rel=1e-15)


def test_jvp_and_vjp_of_several_results() -> None:
    def fn(x: Any, y: Any) -> Any:
        return x * y, np.sum(y), 7.0

    values, tangents = jvp(fn, (2.0, V), (1.0, np.ones(3)))
    np.testing.assert_array_equal(values[0], 2 * V)
    np.testing.assert_array_equal(tangents[0], V + 2.0)
    assert (tangents[1], tangents[2]) == (3.0, 0.0)
    values, pullback = vjp(fn, 2.0, V)
    np.testing.assert_array_equal(values[0], 2 * V)
    for scale in (1.0, 2.0):  # a pullback serves many times
        by_x, by_y = pullback((scale * np.ones(3), scale, 5.0))
        assert by_x == scale * V.sum()
        np.testing.assert_array_equal(by_y, scale * np.full(3, 3.0))


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_the_dot_product_test(x: list[float], v: list[float]) -> None:
    def fn(x: Any) -> Any:
        return np.stack([np.sin(x[0]) * x[1], np.exp(x[2]) + x[0], x[1] * x[2] * x[0]])

    w = np.array([1.0, -2.0, 0.5])
    _, tangent = jvp(fn, (np.array(x),), (np.array(v),))
    _, pullback = vjp(fn, np.array(x))
    assert np.dot(w, tangent) == pytest.approx(np.dot(pullback(w)[0], v), rel=1e-12, abs=1e-12)


# --- derivatives inside functions


def derivative(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """d/dx by forward mode, for the tests that nest both."""
    return lambda x: jvp(fn, (x,), (1.0,))[1]


def pulled(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: vjp(fn, x)[1](1.0)[0]


D = pytest.mark.parametrize("d", [grad, derivative, pulled])
E = pytest.mark.parametrize("e", [grad, derivative, pulled])


@D
@E
def test_perturbations_are_not_confused(d: Any, e: Any) -> None:
    """Siskind & Pearlmutter 2005: d/dx (x d/dy (x + y) at y = 1) at x = 1 is 1, and not 2."""
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(1.0) == 1.0
    # The inner derivative is x, by the product rule 2 x in all.
    assert d(lambda x: x * e(lambda y: x * y)(2.0))(3.0) == 6.0
    # The inner point depends on x too: d/dx (x 2 x) = 4 x.
    assert d(lambda x: x * e(lambda y: y * y)(x))(3.0) == 12.0
    # d/dx (d/dy (x y**2) at y = x) = d/dx 2 x**2 = 4 x
    assert d(lambda x: e(lambda y: x * y * y)(x))(3.0) == 12.0
    # Nothing inside depends on the inner variable.
    assert d(lambda x: x * e(lambda y: x * 1.0)(1.0))(1.0) == 0.0
    # Nothing inside depends on the outer one.
    assert d(lambda x: x * e(lambda y: y * y)(5.0))(1.0) == 10.0


@D
@E
def test_three_levels(d: Any, e: Any) -> None:
    """d/dx d/dy d/dz of x**2 y**2 z**2 + x y z, each point different: 8 x y z + 1."""

    def inner(x: Any, y: Any) -> Any:
        return d(lambda z: x * x * y * y * z * z + x * y * z)(5.0)

    def middle(x: Any) -> Any:
        return e(lambda y: inner(x, y))(3.0)

    assert d(middle)(2.0) == 8 * 2 * 3 * 5 + 1


@D
def test_a_derivative_as_a_value_of_a_closure(d: Any) -> None:
    """Siskind & Pearlmutter's shift: d/dx of (y -> f(x + y)), applied twice, must not mix its two arguments."""

    def shifted(f: Callable[[Any], Any], by: Any) -> Callable[[Any], Any]:
        return lambda z: f(z + by)

    def slope_of_shift(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda z: d(lambda by: shifted(f, by)(z))(0.0)

    assert slope_of_shift(np.exp)(1.0) == np.exp(1.0)
    assert slope_of_shift(slope_of_shift(np.exp))(1.0) == np.exp(1.0)
    assert slope_of_shift(slope_of_shift(slope_of_shift(np.sin)))(1.0) == pytest.approx(-np.cos(1.0), rel=1e-15)


@pytest.mark.parametrize(
    "modes", [(a, b, c) for a in (grad, derivative) for b in (grad, derivative) for c in (grad, derivative)]
)
def test_third_derivatives_in_all_mixtures(modes: Sequence[Any]) -> None:
    fn: Any = lambda x: np.exp(-x * x)  # noqa: E731
    for mode in modes:
        fn = mode(fn)
    x = 0.7
    assert fn(x) == pytest.approx((12 * x - 8 * x**3) * math.exp(-x * x), rel=1e-13)


def test_a_hessian_vector_product_forward_over_reverse() -> None:
    x, v = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    _, product = jvp(grad(rosenbrock), (x,), (v,))
    expected = (grad(rosenbrock)(x + 1e-6 * v) - grad(rosenbrock)(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(product, expected, rtol=1e-7)
    reverse = grad(lambda x: np.sum(grad(rosenbrock)(x) * v))(x)
    np.testing.assert_allclose(reverse, product, rtol=1e-13)


def test_a_pullback_is_differentiable_by_its_cotangent() -> None:
    def fn(w: Any) -> Any:
        _, pullback = vjp(lambda x: x * x, 3.0)
        return pullback(w * w)[0]

    assert grad(fn)(2.0) == 6.0 * 2.0 * 2.0


def test_a_gradient_step_is_differentiable() -> None:
    """A learning rate's derivative through two steps of gradient descent on x**4."""

    def after(rate: Any) -> Any:
        x: Any = 1.0
        for _ in range(2):
            x = x - rate * grad(lambda x: x**4.0)(x)
        return x

    h = 1e-6
    assert grad(after)(0.05) == pytest.approx((after(0.05 + h) - after(0.05 - h)) / (2 * h), rel=1e-8)


def test_an_inner_function_may_return_an_outer_value() -> None:
    assert grad(lambda x: grad(lambda y: x)(1.0) + x)(3.0) == 1.0
    assert grad(lambda x: value_and_grad(lambda y: x * x)(1.0)[0])(3.0) == 6.0


def test_branches_on_outer_values_inside() -> None:
    def fn(x: Any) -> Any:
        return grad(lambda y: y * y * x if x > 1.0 else y)(2.0)

    assert grad(fn)(3.0) == 4.0
    assert grad(fn)(0.5) == 0.0


def test_an_inner_array_meets_an_outer_number() -> None:
    assert grad(lambda a: np.sum(grad(lambda v: np.sum(a * v * v))(V)))(3.0) == 2 * V.sum()


# --- what cannot be done, said clearly


BAD: dict[str, tuple[Callable[[Any], Any], str]] = {
    "math.sin": (math.sin, "np.sin, not math.sin"),
    "float": (float, "forget"),
    "np.array": (lambda x: np.sum(np.array([x, x])), "np.stack"),
    "np.asarray": (np.asarray, "np.stack"),
    "an operand that is a list of values": (lambda x: np.sum(V[:2] * [x, x]), "np.stack"),
    "out=": (lambda x: np.sin(x, out=np.zeros(())), "takes no argument out"),
    "where=": (lambda x: np.add(x, 1.0, where=False), "takes no argument where"),
    "an unknown keyword": (lambda x: np.sum(x, initial=3.0), "takes no argument initial"),
    "an unknown function": (np.fft.fft, "fft"),
    "a ufunc without an op": (np.spacing, "spacing"),
    "a reduction of a ufunc": (np.add.reduce, "add"),
    "an axis that is computed": (lambda x: np.sum(x, axis=x), "integer"),
    "a slice that is computed": (lambda x: V[:x], "integer|slice"),
    "a slice of a value that is computed": (lambda x: np.stack([x, x])[:x], "integer"),
    "a broken index": (lambda x: (x * V)[0.5], "integer"),
    "a mask": (lambda x: np.stack([x, x])[np.stack([x, x]) > 0.0], "condition"),
    "a plain mask": (lambda x: np.stack([x, x])[np.array([True, False])], "condition"),
    "True as an index": (lambda x: np.stack([x, x])[True], "condition"),
    "assignment to an element": (lambda x: np.stack([x, x]).__setitem__(0, x), "setitem|assignment"),
    "a result that is nothing": (lambda x: None, "NoneType is no number"),
    "a result that is a text": (lambda x: "x", "str is no number"),
    "two results": (lambda x: (x, x), "tuple"),
    "an array": (lambda x: np.stack([x, x]), "array of shape"),
    "a hash": (hash, "unhashable"),
    "a count": (lambda x: next(x for _ in range(x)), "integer"),
    "too many arguments": (lambda x: x.sum(None, False, 3), "at most 3 arguments"),
    "an argument twice": (lambda x: x.sum(0, axis=0), "twice"),
    "a complex number": (lambda x: x * 1j, "no number"),
}


@pytest.mark.parametrize(("fn", "told"), BAD.values(), ids=BAD)
def test_what_cannot_be_traced_is_a_clear_type_error(fn: Callable[[Any], Any], told: str) -> None:
    with pytest.raises((TypeError, AttributeError), match=told):
        grad(fn)(1.0)


def test_an_attribute_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="a traced value has no banana"):
        grad(lambda x: x.banana)(1.0)
    assert grad(lambda x: x if hasattr(x, "banana") else 2.0 * x)(1.0) == 2.0


def test_shapes_that_do_not_fit_are_errors_of_the_core() -> None:
    with pytest.raises(AdcoreError, match="do not broadcast"):
        grad(lambda x: np.sum(x + np.ones(2)))(np.ones(3))


@pytest.mark.parametrize("tangents", [(1.0,), (np.ones(2), 1.0), (np.ones(3), np.ones(3)), (np.ones(3), 1.0, 1.0)])
def test_tangents_that_do_not_fit_are_refused(tangents: Any) -> None:
    with pytest.raises(TypeError, match="need"):
        jvp(lambda x, y: x * y, (V, 2.0), tangents)


@pytest.mark.parametrize("cotangent", [1.0, np.ones(2), np.ones((3, 1))])
def test_cotangents_that_do_not_fit_are_refused(cotangent: Any) -> None:
    _, pullback = vjp(lambda x: x * x, V)
    with pytest.raises(TypeError, match="need"):
        pullback(cotangent)


def test_a_traced_value_shows_what_it_is() -> None:
    seen: list[Any] = []

    def fn(x: Any) -> Any:
        seen.append(x)
        return x

    grad(fn)(2.0)
    assert isinstance(seen[0], Traced)
    assert repr(seen[0]) == f"Traced({np.float64(2.0)!r})"


def test_floating_point_exceptions_are_values() -> None:
    assert value_and_grad(np.log)(0.0) == (-math.inf, math.inf)
    assert value_and_grad(lambda x: np.where(x > 0, np.sqrt(x), 0.0))(-1.0) == (0.0, 0.0)
    value, slope = value_and_grad(lambda x: x / 0.0)(1.0)
    assert (value, slope) == (math.inf, math.inf)
