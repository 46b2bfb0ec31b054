"""Derivatives through cond: both modes, any order, only the branch that is taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, split, vjp_graph
from adcore.engines.interpreter import execute, plan
from adcore.errors import NotWholeNumber
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Type, constant
from adcore.graph.traversal import check, graph_of, substitute
from adcore.ops.control.cond import cond
from adcore.passes import optimise
from tests.adcore.graphs import Build, build, derive, graphs, if_else, orders, run
from tests.tables import for_each

pytestmark = pytest.mark.untraced

SIN, EXP, LOG, SUM = OPS["sin"], OPS["exp"], OPS["log"], OPS["sum"]
AS_INT, AS_FLOAT = OPS["as_int"], OPS["as_float"]
VECTOR = Type(DType.FLOAT, (3,))


def positive(x: Node) -> Node:
    return OPS["greater"](x, 0.0)


def one(x: Node) -> Node:
    return if_else(positive(x), lambda a: a * a * a, SIN, x)[0]


def nested(x: Node) -> Node:
    """x**3 above 1, exp(x) between, sin(x) from 0 down."""
    above = lambda a: a * a * a  # noqa: E731
    inner = lambda a: if_else(OPS["greater"](a, 1.0), above, EXP, a)  # noqa: E731
    return if_else(positive(x), inner, SIN, x)[0]


def chained(x: Node) -> Node:
    """Branches one after the other: the first one's result decides the second."""
    first = one(x)
    return if_else(OPS["less"](first, 0.0), lambda a, b: a * b, lambda a, b: a + b, first, x)[0]


def independent(x: Node) -> Node:
    """One branch does not depend on the input."""
    return if_else(positive(x), lambda a: constant(5.0), lambda a: a * a, x)[0]


def predicate_only(x: Node) -> Node:
    """The input decides, and neither branch takes it."""
    return if_else(positive(x), lambda: constant(5.0), lambda: constant(7.0))[0] * x


def passed_through(x: Node) -> Node:
    """A result that is an operand as it is, and one that is computed."""
    first, second = if_else(positive(x), lambda a: [a, a * a], lambda a: [2.0 * a, a], x)
    return first * second


def operand_twice(x: Node) -> Node:
    return if_else(positive(x), lambda a, b: a * b, lambda a, b: a - b, x, x)[0]


def result_twice(x: Node) -> Node:
    first, second = if_else(positive(x), lambda a: [(s := a * a), s], lambda a: [a, a], x)
    return first + 10.0 * second


def unused_result(x: Node) -> Node:
    return if_else(positive(x), lambda a: [LOG(a), a * a], lambda a: [a, a], x)[1]


def condition_result(x: Node) -> Node:
    """A branch that gives a condition beside a number."""
    y, more = if_else(positive(x), lambda a: [a * a, OPS["greater"](a, 1.0)], lambda a: [a, positive(a)], x)
    return OPS["where"](more, y, -y)


CUBE = lambda x: (x**3, 3 * x**2, 6 * x, 6)  # noqa: E731
SINE = lambda x: (math.sin(x), math.cos(x), -math.sin(x), -math.cos(x))  # noqa: E731

CASES: list[tuple[Build, float, Callable[[float], Sequence[float]]]] = [
    (one, 0.7, CUBE),
    (one, -0.7, SINE),
    (nested, 1.5, CUBE),
    (nested, 0.7, lambda x: (math.exp(x),) * 4),
    (nested, -0.7, SINE),
    (chained, 0.7, lambda x: (x**3 + x, 3 * x**2 + 1, 6 * x, 6)),
    (
        chained,
        -0.7,
        lambda x: (
            x * math.sin(x),
            math.sin(x) + x * math.cos(x),
            2 * math.cos(x) - x * math.sin(x),
            -3 * math.sin(x) - x * math.cos(x),
        ),
    ),
    (independent, 0.7, lambda x: (5, 0, 0, 0)),
    (independent, -0.7, lambda x: (x**2, 2 * x, 2, 0)),
    (predicate_only, 0.7, lambda x: (5 * x, 5, 0, 0)),
    (predicate_only, -0.7, lambda x: (7 * x, 7, 0, 0)),
    (passed_through, 0.7, CUBE),
    (passed_through, -0.7, lambda x: (2 * x * x, 4 * x, 4, 0)),
    (operand_twice, 0.7, lambda x: (x * x, 2 * x, 2, 0)),
    (operand_twice, -0.7, lambda x: (0, 0, 0, 0)),
    (result_twice, 0.7, lambda x: (11 * x * x, 22 * x, 22, 0)),
    (result_twice, -0.7, lambda x: (11 * x, 11, 0, 0)),
    (unused_result, 0.7, lambda x: (x * x, 2 * x, 2, 0)),
    (condition_result, 0.7, lambda x: (-x * x, -2 * x, -2, 0)),
    (condition_result, 1.7, lambda x: (x * x, 2 * x, 2, 0)),
    (condition_result, -0.7, lambda x: (-x, -1, 0, 0)),
]


@pytest.mark.untraced
@for_each(CASES)
def test_each_branch_has_its_derivatives(function: Build, x: float, closed: Callable[[float], Sequence[float]]) -> None:
    plain = build(function, SCALAR)
    for modes in ["", *orders(3)]:
        graph = derive(plain, modes)
        for made in (graph, check(optimise(graph))):
            (value,) = run(made, x)
            assert value == pytest.approx(closed(x)[len(modes)], rel=1e-13, abs=1e-13), modes


def test_several_inputs_and_outputs_of_several_shapes() -> None:
    def function(x: Node, v: Node) -> tuple[Node, ...]:
        return if_else(positive(x), lambda a, b: [a * b, SUM(b * b)], lambda a, b: [b, a], x, v)

    graph = build(function, SCALAR, VECTOR)
    pulled = check(vjp_graph(graph, [0, 1]))
    w, v = [10.0, 20.0, 30.0], [1.0, 2.0, 3.0]
    results = run(pulled, 2.0, v, w, 100.0)
    np.testing.assert_array_equal(results[2], 140)
    np.testing.assert_array_equal(results[3], [220, 440, 660])
    results = run(pulled, -2.0, v, w, 100.0)
    np.testing.assert_array_equal(results[2], 100)
    np.testing.assert_array_equal(results[3], w)
    pushed = check(jvp_graph(graph, [0, 1]))
    results = run(pushed, 2.0, v, 1.0, w)
    np.testing.assert_array_equal(results[2], [21, 42, 63])
    np.testing.assert_array_equal(results[3], 280)


def test_only_the_inputs_asked_for_are_differentiated() -> None:
    graph = build(lambda x, n: if_else(positive(x), lambda a, b: a * AS_FLOAT(AS_INT(b)), lambda a, b: a, x, n))
    assert run(gradient_graph(graph, [0]), 2.0, 3.0) == [6, 3]
    assert run(gradient_graph(graph, [0]), -2.0, 0.5) == [-2, 1]  # the index that is no whole number is not looked at


# --- the branch not taken is never run


def broken(a: Node) -> Node:
    """Raises when it is evaluated on a fraction."""
    return OPS["take"](OPS["stack"](a, a * a), AS_INT(a)) * a


@pytest.mark.parametrize("modes", ["", *orders(3)])
def test_the_branch_not_taken_is_never_run(modes: str) -> None:
    graph = derive(build(lambda x: if_else(positive(x), lambda a: a * a * a, broken, x), SCALAR), modes)
    for made in (graph, check(optimise(graph))):
        assert run(made, 0.5)[0] == pytest.approx([0.125, 0.75, 3, 6][len(modes)])
        with pytest.raises(NotWholeNumber):
            run(made, -0.5)


# --- what is kept for the way back


def slots(graph: Graph) -> list[list[Type]]:
    """What each cond of a graph gives beside its own results: the slots of residuals, for the conds that have any."""
    return [list(n.types) for n in graph.nodes if n.op is cond]


@pytest.mark.parametrize(
    ("then", "otherwise", "kept"),
    [
        (lambda a: a + a, lambda a: 3.0 * a, 0),  # linear: nothing
        (lambda a: -(a - 1.0), lambda a: a / 2.0, 0),
        (EXP, lambda a: a + 1.0, 1),  # the result itself
        (SIN, EXP, 1),  # a residual of each branch, in the same slot
        (lambda a: SIN(EXP(a)), EXP, 2),  # cos(exp(a)) and exp(a)
        (lambda a: SIN(SIN(SIN(a))), lambda a: EXP(EXP(a)), 3),
        (lambda a: a * constant(2.0) * constant(3.0), lambda a: OPS["log"](constant(2.0)) * a, 0),  # constants only
    ],
)
def test_only_what_the_adjoint_reads_is_kept(then: Build, otherwise: Build, kept: int) -> None:
    graph = build(lambda x: if_else(positive(x), then, otherwise, x), SCALAR)
    derivative = check(gradient_graph(graph, [0]))
    forwards, _ = (n for n in derivative.nodes if n.op is cond)
    assert len(forwards.types) - 1 == kept


def test_slots_are_shared_by_type() -> None:
    def function(x: Node, v: Node) -> tuple[Node, ...]:
        return if_else(
            positive(x),
            lambda a, b: SUM(SIN(b)) * SIN(a),  # keeps numbers and one array
            lambda a, b: SUM(EXP(b) * SIN(b)),  # keeps arrays
            x,
            v,
        )

    halves = [
        split(build(f, SCALAR, VECTOR), [True, True])
        for f in (
            lambda a, b: SUM(SIN(b)) * SIN(a),
            lambda a, b: SUM(EXP(b) * SIN(b)),
        )
    ]
    counts = [[sum(y.type == t for y in h.forward.outputs[1:]) for t in (SCALAR, VECTOR)] for h in halves]
    derivative = check(gradient_graph(build(function, SCALAR, VECTOR), [0, 1]))
    (forwards, _) = (n for n in derivative.nodes if n.op is cond)
    assert [list(forwards.types[1:]).count(t) for t in (SCALAR, VECTOR)] == [max(c) for c in zip(*counts, strict=True)]


@given(graphs(depth=2), st.floats(-3, 3), st.floats(-3, 3), st.floats(-2, 2))
def test_the_two_halves_are_reverse_mode(graph: Graph, a: float, b: float, w: float) -> None:
    halves = split(graph, [True, True])
    forward, backward = check(halves.forward), check(halves.backward)
    n = len(graph.outputs)
    results = run(forward, a, b)
    whole = run(vjp_graph(graph, [0, 1]), a, b, *[w] * n)
    halved = run(backward, *results[n:], *[w] * n)
    np.testing.assert_array_equal(results[:n], whole[:n])
    np.testing.assert_array_equal(halved, whole[n:])
    assert all(y.type.dtype is DType.FLOAT for y in backward.outputs)


@given(graphs(depth=2), st.floats(-3, 3), st.floats(-3, 3))
def test_a_graph_inside_a_branch_has_the_derivative_it_has_outside(graph: Graph, a: float, b: float) -> None:
    def inside(p: Node, q: Node) -> list[Node]:
        new = substitute(graph, dict(zip(graph.inputs, (p, q), strict=True)))
        return [new[y] for y in graph.outputs]

    def always(x: Node, y: Node) -> tuple[Node, ...]:
        return if_else(OPS["less"](constant(0.0), 1.0), inside, lambda p, q: [p] * len(graph.outputs), x, y)

    whole = build(always, SCALAR, SCALAR)
    weights = [1.0] * len(graph.outputs)
    for transform, extra in ((vjp_graph, weights), (jvp_graph, [1.0, 1.0])):
        expected = run(transform(graph, [0, 1]), a, b, *extra)
        np.testing.assert_array_equal(run(transform(whole, [0, 1]), a, b, *extra), expected)


def test_large_zeros_take_no_room_in_the_program() -> None:
    big = Type(DType.FLOAT, (100_000,))
    graph = build(lambda x, v: if_else(positive(x), lambda a, b: SUM(SIN(b)), lambda a, b: a, x, v), SCALAR, big)
    made = plan(optimise(gradient_graph(graph, [0, 1])))
    held = [made, *made.nested.values()]
    assert sum(np.asarray(v).nbytes for p in held for v in p.slots if v is not None) < 1000
    _, by_x, by_v = execute(made, [np.float64(-1.0), np.ones(100_000)])
    assert by_x == 1.0
    assert not by_v.any()


def test_deeper_derivatives_of_nested_branches_grow_steadily() -> None:
    def deep(x: Node, depth: int = 4) -> Node:
        if not depth:
            return SIN(x)
        return if_else(positive(x), lambda a: deep(a * a, depth - 1), EXP, x)[0]

    counts = [optimise(derive(build(deep, SCALAR), "r" * order)).count() for order in range(4)]
    assert counts[3] < 60 * counts[0], counts
    assert check(graph_of([], [])).count() == 0
