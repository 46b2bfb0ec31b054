"""The interpreter: values, slots, the clock, and errors with their places."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from adcore.clock import limited
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.executable import Executable
from adcore.engines.interpreter import execute, plan, prepare
from adcore.errors import EvaluationTooLong, NotWholeNumber, Span
from adcore.graph import INPUT, OPS, SCALAR, DType, Graph, Node, Type, constant, input_node
from adcore.graph.traversal import check, graph_of
from adcore.ops.control.cond import branch
from tests.adcore.graphs import build, grows_linearly, if_else, run

SIN, SUM = OPS["sin"], OPS["sum"]
AS_INT, AS_FLOAT = OPS["as_int"], OPS["as_float"]
VECTOR = Type(DType.FLOAT, (3,))


def test_outputs_come_in_their_order_and_may_repeat() -> None:
    x, y = input_node("x", SCALAR), input_node("y", SCALAR)
    total = x + y
    graph = check(graph_of([x, y], [total, y, constant(3.0), total]))
    assert run(graph, 1.0, 2.0) == [3, 2, 3, 3]


def test_parameters_reach_the_ops() -> None:
    graph = build(lambda x: [SUM(x, axis=0), SUM(x, axis=1, keepdims=True), SUM(x)], (2, 3))
    first, second, third = run(graph, np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(first, [3, 5, 7])
    np.testing.assert_array_equal(second, [[3], [12]])
    assert third == 15
    digits = build(lambda x: [OPS["round"](x), OPS["round"](x, decimals=2), OPS["round"](x, decimals=-1)])
    assert run(digits, 13.456) == [13, 13.46, 10]


def test_kinds_are_kept() -> None:
    graph = build(lambda x: [AS_INT(x), OPS["less"](x, 3.0), x])
    assert [np.asarray(v).dtype.name for v in run(graph, 2.0)] == ["int64", "bool", "float64"]
    inputs = build(AS_FLOAT, Type(DType.INT, (2,)))
    (value,) = run(inputs, [1, 2])
    assert value.dtype == float


def test_a_plan_runs_many_times_and_in_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    ready = plan(build(lambda x: if_else(OPS["less"](x, 0.0), SIN, lambda a: a * a, x)[0] + 1.0, SCALAR))

    def once(x: float) -> float:
        return float(execute(ready, [np.float64(x)])[0])

    points = np.linspace(-2, 2, 500).tolist()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, points)) == [once(x) for x in points]


def test_inputs_and_constants_are_left_as_they_are() -> None:
    ready = plan(build(lambda x: -(x + constant([1.0, 2.0, 3.0])) * 2.0, VECTOR))
    x = np.ones(3)
    first, second = (execute(ready, [x])[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(x, 1)


def test_floating_point_exceptions_are_values() -> None:
    graph = build(lambda x: [1.0 / x, OPS["log"](-1.0 - x), OPS["exp"](1e9 + x), x / x])
    assert [str(v) for v in run(graph, 0.0)] == ["inf", "nan", "inf", "nan"]


def test_only_the_branch_that_is_taken_runs() -> None:
    graph = build(lambda x: if_else(OPS["less"](x, 0.0), lambda a: AS_FLOAT(AS_INT(a)), lambda a: a, x))
    assert run(graph, 0.5) == [0.5]
    assert run(graph, -2.0) == [-2.0]
    with pytest.raises(NotWholeNumber):
        run(graph, -0.5)


def test_slots_are_emptied_after_their_last_reader() -> None:
    ready = plan(build(lambda x: SIN(y := SIN(x)) + y, VECTOR))
    empties = [step.empties for step in ready.steps]
    # x dies with the first sine; both sines die with the sum.
    assert [len(e) for e in empties] == [1, 0, 2]
    slots = [i for e in empties for i in e]
    assert len(set(slots)) == len(slots)
    assert not set(slots) & set(ready.outputs)


def test_what_is_an_output_is_not_emptied() -> None:
    graph = build(lambda x: [x, y := SIN(x), y * x, y])
    assert [s.empties for s in plan(graph).steps] == [(), ()]


def test_nothing_of_a_run_outlives_it() -> None:
    ready = plan(build(lambda x: SIN(x * 2.0), Type(DType.FLOAT, (100,))))
    (value,) = execute(ready, [np.ones(100)])
    gone = weakref.ref(value)
    del value
    gc.collect()
    assert gone() is None


# --- errors


def whole(x: Node, span: Span | None) -> Node:
    return AS_FLOAT(AS_INT(x, span=span))


def test_an_error_carries_the_place_of_the_op() -> None:
    span = Span(2, 3, 2, 9)
    with pytest.raises(NotWholeNumber) as caught:
        run(build(lambda x: SIN(x) + whole(x, span)), 0.5)
    assert caught.value.span == span


def test_an_error_in_a_branch_carries_the_innermost_place() -> None:
    inner, outer = Span(2, 3, 2, 9), Span(1, 1, 3, 1)
    then, otherwise = build(lambda a: whole(a, inner), SCALAR), build(lambda a: a, SCALAR)

    def function(x: Node) -> Node:

        return branch(OPS["greater"](x, 0.0), then, otherwise, [x], outer)[0]

    with pytest.raises(NotWholeNumber) as caught:
        run(build(function, SCALAR), 0.5)
    assert caught.value.span == inner


def test_an_error_in_a_branch_without_a_place_has_that_of_the_cond() -> None:
    outer = Span(1, 1, 3, 1)
    then, otherwise = build(lambda a: whole(a, None), SCALAR), build(lambda a: a, SCALAR)

    def function(x: Node) -> Node:

        return branch(OPS["greater"](x, 0.0), then, otherwise, [x], outer)[0]

    with pytest.raises(NotWholeNumber) as caught:
        run(build(function, SCALAR), 0.5)
    assert caught.value.span == outer


# --- the clock


def slow(x: Node) -> Node:
    """Some hundred steps of a few milliseconds each."""
    for _ in range(300):
        x = SIN(x)
    return SUM(x)


BIG = Type(DType.FLOAT, (500_000,))


@pytest.mark.parametrize(
    "graph",
    [
        build(slow, BIG),
        gradient_graph(build(slow, BIG), [0]),
        build(lambda x: if_else(OPS["greater"](SUM(x), 0.0), slow, SUM, x), BIG),
    ],
    ids=["program", "gradient", "branch"],
)
def test_an_evaluation_stops_at_its_deadline(graph: Graph) -> None:
    with pytest.raises(EvaluationTooLong), limited(0.05, EvaluationTooLong):
        execute(plan(graph), [np.ones(BIG.shape)])


def test_a_deadline_that_has_passed_stops_at_the_first_step_and_says_where() -> None:
    span = Span(1, 1, 1, 7)
    planned = plan(build(lambda x: SIN(SIN(x, span=span))))
    with pytest.raises(EvaluationTooLong) as caught, limited(-1, EvaluationTooLong):
        execute(planned, [np.float64(1.0)])
    assert caught.value.span == span


def test_a_deadline_that_is_far_away_changes_nothing() -> None:
    graph = build(lambda x: SIN(x) * x)
    with limited(60, EvaluationTooLong):
        assert execute(plan(graph), [np.float64(0.3)]) == run(graph, 0.3)


# --- long programs


@pytest.mark.untraced
def test_a_long_program_is_planned_and_run_without_recursion_in_linear_time() -> None:
    def work(length: int) -> None:
        x = end = input_node("x", SCALAR)
        for _ in range(length):
            end = end + 1.0
        assert execute(plan(graph_of([x], [end])), [np.float64(0.0)]) == [length]

    assert grows_linearly(work, 1000)


def test_every_op_can_be_run() -> None:
    ops = [op for op in OPS.values() if op is not INPUT and not op.rules.compose]
    assert [op.name for op in ops if op.rules.value is None and op.rules.structure is None] == []


def test_everything_in_a_plan_is_immutable() -> None:
    ready = plan(build(SIN, SCALAR))
    change: Callable[[], None] = lambda: setattr(ready, "steps", ())  # noqa: E731
    with pytest.raises(AttributeError):
        change()


# --- the executable


def test_an_executable_says_what_it_takes() -> None:
    executable: Executable = prepare(build(lambda x: SUM(x + constant(np.arange(3.0))), VECTOR))
    assert executable.name == "interpreter"
    assert executable.elements == 3 + 3 + 1
    assert 24 < executable.nbytes < 24 + 2_000
    assert executable.block == 1
    assert executable.run([np.ones(3)]) == [6]
    assert executable.run_batch([np.ones((2, 3))], [True], 2)[0].tolist() == [6, 6]
