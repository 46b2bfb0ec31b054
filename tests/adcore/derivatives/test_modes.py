"""Forward and reverse mode: against closed forms and each other, and applied to their own results."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.errors import NotDifferentiable, Span
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Type, constant, input_node
from adcore.graph.traversal import check, graph_of
from adcore.passes import optimise
from tests.adcore.graphs import Build, build, derive, graphs, if_else, orders, run
from tests.tables import for_each

pytestmark = pytest.mark.untraced

SIN, COS, EXP, LOG = OPS["sin"], OPS["cos"], OPS["exp"], OPS["log"]
VECTOR = Type(DType.FLOAT, (3,))

# A function, a point, and the derivatives there of orders 0 to 3, from calculus.
CLOSED_FORMS: dict[str, tuple[Build, float, Callable[[float], Sequence[float]]]] = {
    "constant": (lambda x: [constant(3.0), x], 0.7, lambda x: (3, 0, 0, 0)),
    "identity": (lambda x: x, 0.7, lambda x: (x, 1, 0, 0)),
    "cube": (lambda x: x * x * x, 0.7, lambda x: (x**3, 3 * x**2, 6 * x, 6)),
    "power": (lambda x: x**2.5, 0.7, lambda x: (x**2.5, 2.5 * x**1.5, 3.75 * x**0.5, 1.875 * x**-0.5)),
    "quotient": (lambda x: 1.0 / x, 0.7, lambda x: (1 / x, -1 / x**2, 2 / x**3, -6 / x**4)),
    "sine": (SIN, 0.7, lambda x: (math.sin(x), math.cos(x), -math.sin(x), -math.cos(x))),
    "logarithm": (LOG, 0.7, lambda x: (math.log(x), 1 / x, -1 / x**2, 2 / x**3)),
    "root": (OPS["sqrt"], 0.7, lambda x: (x**0.5, 0.5 * x**-0.5, -0.25 * x**-1.5, 0.375 * x**-2.5)),
    "bell": (
        lambda x: EXP(-(x * x)),
        0.7,
        lambda x: tuple(p * math.exp(-(x**2)) for p in (1, -2 * x, 4 * x**2 - 2, -8 * x**3 + 12 * x)),
    ),
    "shared": (  # the sine is read three times
        lambda x: (s := SIN(x)) * s + s,
        0.7,
        lambda x: (
            math.sin(x) ** 2 + math.sin(x),
            math.sin(2 * x) + math.cos(x),
            2 * math.cos(2 * x) - math.sin(x),
            -4 * math.sin(2 * x) - math.cos(x),
        ),
    ),
    "choice": (
        lambda x: OPS["where"](OPS["greater"](x, 0.5), x * x * x, SIN(x)),
        0.7,
        lambda x: (x**3, 3 * x**2, 6 * x, 6),
    ),
    "array": (  # the sum of (i x)**3 over i = 1, 2, 3: broadcast, reduction
        lambda x: OPS["sum"]((x * constant([1.0, 2.0, 3.0])) ** 3.0),
        0.7,
        lambda x: (36 * x**3, 108 * x**2, 216 * x, 216),
    ),
}


@pytest.mark.untraced
@for_each(CLOSED_FORMS.values())
def test_derivatives_of_derivatives_match_closed_forms(
    function: Build, x: float, closed: Callable[[float], Sequence[float]]
) -> None:
    plain = build(function, SCALAR)
    for modes in orders(3):
        graph = derive(plain, modes)
        for made in (graph, check(optimise(graph))):
            (value,) = run(made, x)
            assert value == pytest.approx(closed(x)[len(modes)], rel=1e-12, abs=1e-12), modes


def test_table_1_of_harrison() -> None:
    graph = build(lambda a, b: LOG(a) + a * b - SIN(b), SCALAR, SCALAR)
    value, by_a, by_b = results = run(gradient_graph(graph, [0, 1]), 2.0, 5.0)
    assert results == [11.652071455223084, 5.5, 1.7163378145367738]
    assert run(jvp_graph(graph, [0, 1]), 2.0, 5.0, 1.0, 0.0) == [value, by_a]
    assert run(jvp_graph(graph, [0, 1]), 2.0, 5.0, 0.0, 1.0) == [value, by_b]


def tamed(graph: Graph) -> Graph:
    """The graph with its outputs kept between -1 and 1, where random formulas do not overflow."""
    return check(graph_of(graph.inputs, [OPS["tanh"](y) for y in graph.outputs]))


@given(graphs(), st.floats(0.3, 3.0), st.floats(-3.0, -0.3), st.floats(-1, 1), st.floats(-1, 1))
def test_both_modes_give_the_same_bilinear_form(graph: Graph, a: float, b: float, da: float, db: float) -> None:
    """w . (J v) = (w J) . v, the dot-product test, with weights 1 and 2."""
    graph = tamed(graph)
    n = len(graph.outputs)
    weights = [1.0, 2.0][:n]
    tangents = run(jvp_graph(graph, [0, 1]), a, b, da, db)[n:]
    cotangents = run(vjp_graph(graph, [0, 1]), a, b, *weights)[n:]
    forwards = sum(w * t for w, t in zip(weights, tangents, strict=True))
    backwards = cotangents[0] * da + cotangents[1] * db
    if np.isfinite(forwards) and np.isfinite(backwards):
        scale = float(1.0 + sum(abs(x) for x in (*tangents, *cotangents)))
        assert forwards == pytest.approx(backwards, rel=1e-9, abs=1e-9 * scale)


@given(graphs(), st.floats(0.3, 3.0), st.floats(-3.0, -0.3))
def test_derivatives_keep_the_values_to_the_bit(graph: Graph, a: float, b: float) -> None:
    plain = run(graph, a, b)
    n = len(plain)
    np.testing.assert_array_equal(run(jvp_graph(graph, [0, 1]), a, b, 1.0, 1.0)[:n], plain)
    np.testing.assert_array_equal(run(vjp_graph(graph, [0, 1]), a, b, *[1.0] * n)[:n], plain)


# --- signatures


def two_by_two() -> Graph:
    return build(lambda x, y: [x * y, x + 2.0 * y], SCALAR, SCALAR)


@pytest.mark.parametrize(
    ("wrt", "tangents", "expected"),
    [
        ([0, 1], (1.0, 10.0), (5 + 20, 1 + 20)),
        ([1, 0], (10.0, 1.0), (5 + 20, 1 + 20)),  # the tangents come in the order that was asked for
        ([1], (10.0,), (20, 20)),
        ([0], (1.0,), (5, 1)),
        ([], (), (0, 0)),
    ],
)
def test_jvp_takes_a_tangent_for_each_input_asked(
    wrt: list[int], tangents: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    pushed = check(jvp_graph(two_by_two(), wrt))
    assert len(pushed.inputs) == 2 + len(wrt)
    assert run(pushed, 2.0, 5.0, *tangents) == [10, 12, *expected]


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [([0, 1], (1 * 5 + 3 * 1, 1 * 2 + 3 * 2)), ([1, 0], (1 * 2 + 3 * 2, 1 * 5 + 3 * 1)), ([1], (8,)), ([], ())],
)
def test_vjp_gives_a_cotangent_for_each_input_asked(wrt: list[int], expected: tuple[float, ...]) -> None:
    pulled = check(vjp_graph(two_by_two(), wrt))
    assert len(pulled.inputs) == 2 + 2
    assert run(pulled, 2.0, 5.0, 1.0, 3.0) == [10, 12, *expected]


def test_an_input_that_nothing_depends_on_has_zeros_of_its_shape() -> None:
    graph = build(lambda x, y: SIN(x), SCALAR, VECTOR)
    _, by_x, by_y = run(gradient_graph(graph, [0, 1]), 1.0, [1, 2, 3])
    assert by_x == np.cos(1.0)
    assert by_y.tolist() == [0, 0, 0]
    assert run(jvp_graph(graph, [1]), 1.0, [1, 2, 3], [1, 1, 1]) == [np.sin(1.0), 0.0]


def test_a_value_that_is_an_output_twice_has_the_sum_of_both_cotangents() -> None:
    graph = build(lambda x: [(s := SIN(x)), 2.0 * s, s])
    assert run(vjp_graph(graph, [0]), 0.5, 1.0, 10.0, 100.0)[3] == pytest.approx(121 * np.cos(0.5), rel=1e-15)
    assert run(jvp_graph(graph, [0]), 0.5, 1.0)[3:] == [np.cos(0.5), 2 * np.cos(0.5), np.cos(0.5)]


def test_an_output_that_is_an_input() -> None:
    x, y = input_node("x", SCALAR), input_node("y", SCALAR)
    graph = check(graph_of([x, y], [x, x * y, x]))
    assert run(vjp_graph(graph, [0, 1]), 2.0, 5.0, 1.0, 10.0, 100.0) == [2, 10, 2, 1 + 50 + 100, 20]
    assert run(jvp_graph(graph, [0]), 2.0, 5.0, 1.0) == [2, 10, 2, 1, 5, 1]
    only = check(graph_of([x], [x]))
    assert run(gradient_graph(only, [0]), 2.0) == [2, 1]


def test_an_output_that_is_no_number_has_no_tangent_and_ignores_its_cotangent() -> None:
    graph = build(lambda x: [x * x, OPS["greater"](x, 1.0)])
    assert run(jvp_graph(graph, [0]), 3.0, 1.0) == [9, True, 6]
    pulled = check(vjp_graph(graph, [0]))
    assert run(pulled, 3.0, 1.0, True) == [9, True, 6]


def test_wide_sharing_costs_what_the_program_costs() -> None:
    def doubled(x: Node) -> Node:
        for _ in range(200):
            x = x + x
        return x

    graph = build(doubled, SCALAR)
    assert run(gradient_graph(graph, [0]), 1.0)[1] == 2.0**200
    assert optimise(gradient_graph(graph, [0])).count() < 5 * 200


# --- kinks: the symmetric derivative, the mean of the one-sided ones

KINKS: dict[str, tuple[Build, float, float]] = {
    "abs at 0": (OPS["abs"], 0.0, 0.0),
    "abs at -0": (OPS["abs"], -0.0, 0.0),
    "maximum at a tie": (lambda x: OPS["maximum"](x, 0.0), 0.0, 0.5),
    "maximum of one value twice": (lambda x: OPS["maximum"](x, x), 1.0, 1.0),
    "minimum at a tie": (lambda x: OPS["minimum"](x, 2.0 * x), 0.0, 1.5),
    "relu at 0": (OPS["relu"], 0.0, 0.5),
    "relu(x) - relu(-x) is x": (lambda x: OPS["relu"](x) - OPS["relu"](-x), 0.0, 1.0),
    "hypot at the origin": (lambda x: OPS["hypot"](x, 2.0 * x), 0.0, 0.0),
    "clip at its lower bound": (lambda x: OPS["clip"](x, 1.0, 2.0), 1.0, 0.5),
    "clip at its upper bound": (lambda x: OPS["clip"](x, 1.0, 2.0), 2.0, 0.5),
    "sign": (OPS["sign"], 0.0, 0.0),
    "floor": (OPS["floor"], 2.0, 0.0),
    "x ** 0 at 0": (lambda x: x**0.0, 0.0, 0.0),
    "x ** 1 at 0": (lambda x: x**1.0, 0.0, 1.0),
    "x ** 2 at 0": (lambda x: x**2.0, 0.0, 0.0),
    "x ** 3 at 0": (lambda x: x**3.0, 0.0, 0.0),
    "where on equality": (lambda x: OPS["where"](OPS["equal"](x, 1.0), 1.0, x * x), 1.0, 0.0),
    "sqrt at 0": (OPS["sqrt"], 0.0, math.inf),
    "log at 0": (LOG, 0.0, math.inf),
}


@pytest.mark.parametrize("mode", ["f", "r"])
@pytest.mark.parametrize(("function", "x", "expected"), KINKS.values(), ids=KINKS)
def test_kinks_have_the_mean_of_the_one_sided_derivatives(
    function: Build, x: float, expected: float, mode: str
) -> None:
    graph = derive(build(function, SCALAR), mode)
    assert run(graph, x) == [expected]
    assert run(check(optimise(graph)), x) == [expected]


# --- what has no derivative

AS_INT, AS_FLOAT = OPS["as_int"], OPS["as_float"]
SPAN = Span(1, 5, 1, 9)


def through_an_index(x: Node) -> Node:
    return x + AS_FLOAT(AS_INT(x, span=SPAN))


def index_in_a_condition(x: Node) -> Node:
    return OPS["where"](OPS["greater"](AS_FLOAT(AS_INT(x)), 1.0), x * x, x)


def index_of_an_element(x: Node) -> Node:
    return OPS["take"](OPS["stack"](x, x * x, x * x * x), AS_INT(x))


def index_in_a_predicate(x: Node) -> Node:
    return if_else(OPS["greater"](AS_FLOAT(AS_INT(x)), 1.0), lambda a: a * a, lambda a: a, x)[0]


@pytest.mark.parametrize("transform", [jvp_graph, gradient_graph, vjp_graph])
def test_a_derivative_through_an_index_is_refused_at_its_place(transform: Callable[..., Graph]) -> None:
    with pytest.raises(NotDifferentiable, match="index") as caught:
        transform(build(through_an_index, SCALAR), [0])
    assert caught.value.span == SPAN


@pytest.mark.parametrize("transform", [jvp_graph, gradient_graph, vjp_graph])
def test_a_derivative_through_an_index_in_a_branch_is_refused(transform: Callable[..., Graph]) -> None:
    graph = build(lambda x: if_else(OPS["less"](x, 0.0), through_an_index, SIN, x), SCALAR)
    with pytest.raises(NotDifferentiable, match="index"):
        transform(graph, [0])


@pytest.mark.parametrize("mode", ["f", "r"])
@pytest.mark.parametrize(
    ("function", "expected"),
    [(index_in_a_condition, 4.0), (index_of_an_element, 12.0), (index_in_a_predicate, 4.0)],
)
def test_an_index_may_choose_without_having_a_derivative(function: Build, expected: float, mode: str) -> None:
    assert run(derive(build(function, SCALAR), mode), 2.0) == [expected]


@pytest.mark.parametrize("transform", [jvp_graph, gradient_graph])
def test_an_index_of_what_is_not_asked_for_does_no_harm(transform: Callable[..., Graph]) -> None:
    graph = build(lambda x, i: x * AS_FLOAT(AS_INT(i)), SCALAR, SCALAR)
    given = (3.0, 2.0, 1.0) if transform is jvp_graph else (3.0, 2.0)
    assert run(transform(graph, [0]), *given) == [6, 2]


def test_an_op_without_rules_is_refused_in_both_modes() -> None:
    bare = dataclasses.replace(SIN, name="bare", rules=dataclasses.replace(SIN.rules, jvp=None, vjp=None))
    graph = build(lambda x: bare(x, span=SPAN) + x, SCALAR)
    for transform in (jvp_graph, gradient_graph):
        with pytest.raises(NotDifferentiable, match="bare has no derivative") as caught:
            transform(graph, [0])
        assert caught.value.span == SPAN
    harmless = build(lambda x: OPS["where"](OPS["less"](bare(x), 2.0), x * x, x), SCALAR)
    assert run(derive(harmless, "f"), 3.0) == run(derive(harmless, "r"), 3.0) == [6.0]
