"""Jacobians of several outputs by several inputs: both modes against columns, in one loop of the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.jacobian import Mode, cheaper_mode, jacobian_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.graph import OPS, SCALAR, Array, DType, Graph, Node, Type
from adcore.graph.traversal import applied, check
from adcore.passes import optimise
from adcore.passes.bound_memory import bound_memory
from tests.adcore.graphs import Build, build, run
from tests.adcore.language.differentiating import graph_and_values

SIN, EXP, SUM, MATMUL = OPS["sin"], OPS["exp"], OPS["sum"], OPS["matmul"]
MODES: list[Mode] = ["auto", "forward", "reverse"]
RANDOM = np.random.default_rng(7)


def columns(graph: Graph, wrt: Sequence[int], values: Sequence[Array]) -> list[Array]:
    """The Jacobians, a column a run: the tangents of one element after the other."""
    pushed, count = jvp_graph(graph, wrt), len(graph.outputs)
    inputs = [graph.inputs[i] for i in wrt]
    jacobians = [np.zeros((*y.shape, *x.shape)) for y in graph.outputs for x in inputs]
    for i, x in enumerate(inputs):
        for index in np.ndindex(x.shape):
            seeds = [np.zeros(each.shape) for each in inputs]
            seeds[i][index] = 1.0
            for j, tangent in enumerate(run(pushed, *values, *seeds)[count:]):
                jacobians[j * len(inputs) + i][(..., *index)] = tangent
    return jacobians


# A function, the shapes of its inputs, and why it is here.
CASES: dict[str, tuple[Build, list[tuple[int, ...]]]] = {
    "numbers, written out": (lambda a, b: [a * SIN(b), EXP(a), a / b], [(), ()]),
    "one number of several": (lambda a, b: a * SIN(b), [(), ()]),
    "several of one number": (lambda a: [SIN(a), a * a], [()]),
    "an array by a number": (lambda x, a: SIN(x) * a, [(3,), ()]),
    "a number by arrays": (lambda x, A: SUM(MATMUL(A, x)), [(3,), (2, 3)]),
    "arrays by arrays": (lambda A, x: [MATMUL(A, SIN(x)), SUM(A, axis=(0,)) * x], [(2, 3), (3,)]),
    "shapes of all ranks": (lambda a, x, A: [a * x, A * a, SUM(x * A)], [(), (2,), (2, 2)]),
    "arrays of one element": (lambda x: [x * x, SUM(x)], [(1,)]),
    "no element": (lambda x, a: [x * a, SUM(x) + a * a], [(0,), ()]),
    "no element at all": (SIN, [(0, 2)]),
    "an output that is an input, and one twice": (lambda x, a: [x, x, x * a, a], [(2,), ()]),
    "an output that depends on nothing": (lambda x: [OPS["ones"](shape=(2,)), x * 2.0], [(3,)]),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("function", "shapes"), CASES.values(), ids=CASES)
def test_every_mode_gives_the_columns(function: Build, shapes: list[tuple[int, ...]], mode: Mode) -> None:
    graph = build(function, *shapes)
    values = [RANDOM.uniform(0.5, 1.5, shape) for shape in shapes]
    for wrt in (list(range(len(shapes))), [len(shapes) - 1], []):
        made = check(jacobian_graph(graph, wrt, mode))
        assert made.inputs == graph.inputs
        results = run(check(optimise(made)), *values)
        for value, plain in zip(results[: len(graph.outputs)], run(graph, *values), strict=True):
            np.testing.assert_array_equal(value, plain)
        for jacobian, expected in zip(results[len(graph.outputs) :], columns(graph, wrt, values), strict=True):
            assert jacobian.shape == expected.shape
            np.testing.assert_allclose(jacobian, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_only_some_of_the_outputs(mode: Mode) -> None:
    graph = build(lambda x: [SIN(x), x * x, SUM(x)], (3,))
    x = [0.1, 0.2, 0.3]
    whole = run(jacobian_graph(graph, [0], mode), x)
    part = run(jacobian_graph(graph, [0], mode, of=[1]), x)
    assert len(part) == 3 + 1
    np.testing.assert_array_equal(part[3], whole[4])


@pytest.mark.parametrize(
    ("inputs", "outputs", "mode"),
    [
        ([()], [()], "reverse"),  # one number is differentiated as a gradient
        ([(3,)], [()], "reverse"),
        ([()], [(3,)], "forward"),
        ([(2,), ()], [(3,)], "forward"),  # as many sweeps, and those of forward mode keep nothing
        ([(2,), (2,)], [(3,)], "reverse"),  # the inputs together have more elements
        ([(2,), (2,)], [(3,), (2,)], "forward"),
    ],
)
def test_auto_takes_fewer_sweeps(inputs: list[tuple[int, ...]], outputs: list[tuple[int, ...]], mode: str) -> None:
    xs, ys = (
        build(lambda *x: list(x), *(Type(DType.FLOAT, shape) for shape in shapes)).inputs
        for shapes in (inputs, outputs)
    )
    assert cheaper_mode(xs, ys) == mode


def test_the_graph_does_not_grow_with_the_number_of_elements() -> None:
    def made(n: int, mode: Mode) -> Graph:
        return optimise(jacobian_graph(build(lambda x, y: [SIN(x) * y, EXP(y)], (n,), (n,)), [0, 1], mode))

    for mode in MODES:
        assert made(3, mode).count() == made(300, mode).count()
        assert sum(node.op.name == "loop" for node in made(300, mode).nodes) == 1, "one loop for all inputs and outputs"


def test_many_numbers_are_a_loop_too() -> None:
    graph = build(lambda *x: [SIN(a) * x[0] for a in x], *[SCALAR] * 60)
    for mode in ("forward", "reverse"):
        made = jacobian_graph(graph, range(60), mode)
        assert sum(node.op.name == "loop" for node in made.nodes) == 1
        assert made.count() < 60 * 60 * 3, "hardly more than it takes to name each element"


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_sweep_computes_only_what_depends_on_its_element(mode: Mode) -> None:
    graph = optimise(jacobian_graph(build(lambda x: EXP(MATMUL(OPS["outer"](x, x), SIN(x))), (3,)), [0], mode))
    (node,) = [node for node in graph.nodes if node.op.name == "loop"]
    swept = {inner.op.name for inner in node.param("body").nodes}
    assert swept.isdisjoint({"sin", "cos", "exp"})
    assert "multiply" in swept


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_without_hoisting_the_loop_reads_the_inputs(mode: Mode) -> None:
    graph = build(lambda x, a: EXP(MATMUL(OPS["outer"](x, x), SIN(x))) * a, (3,), ())
    plain, hoisted = (check(jacobian_graph(graph, [0, 1], mode, hoist=hoist)) for hoist in (False, True))
    (node,) = [node for node in plain.nodes if node.op.name == "loop"]
    assert node.inputs[-2:] == graph.inputs
    values = ([0.1, 0.2, 0.3], 0.4)
    for first, second in zip(run(plain, *values), run(hoisted, *values), strict=True):
        np.testing.assert_array_equal(first, second)


PROGRAMS: dict[str, tuple[str, dict[str, object]]] = {
    "while": (
        "y = x\ni = 0\nwhile sum(y*y) < 50:\n  y = y*1.5 + sin(y*a)\n  i += 1\ny * i",
        {"x": [0.4, -0.3, 0.7], "a": 1.3},
    ),
    "for": ("s = x\nfor k in range(40):\n  s = s*0.9 + cos(s)*a*0.1\ns[:2]", {"x": [0.4, -0.3, 0.7], "a": 1.3}),
    "cond": ("y = x*x if sum(x) > 0 else sin(x)*a\ny * a", {"x": [0.4, -0.3, 0.7], "a": 1.3}),
    "recursion": (
        "def f(y, n):\n  return y if n < 1 else f(sin(y)*a + y*0.1, n - 1) * 1.1\nf(x, 4)",
        {"x": [0.4, -0.3, 0.7], "a": 1.3},
    ),
}


@pytest.mark.parametrize(("text", "inputs"), PROGRAMS.values(), ids=PROGRAMS)
def test_through_control_flow(text: str, inputs: dict[str, object]) -> None:
    graph, values = graph_and_values(text, inputs)
    expected = columns(graph, [0, 1], values)
    for mode in MODES:
        made = check(jacobian_graph(graph, [0, 1], mode))
        for memory in (None, 30):  # so little memory that the loops compute again what they cannot keep
            bound = optimise(made) if memory is None else bound_memory(optimise(made), memory)
            for jacobian, other in zip(run(bound, *values)[1:], expected, strict=True):
                np.testing.assert_allclose(jacobian, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_a_jacobian_differentiates_again(mode: Mode) -> None:
    """The derivative of a sum of squares of all its elements, against differences."""
    graph = build(lambda x, a: [SIN(x) * a, SUM(x * x) * a], (2,), ())
    jacobian = jacobian_graph(graph, [0, 1], mode)

    def sum_of_squares(x: Node, a: Node) -> Node:
        first, *others = [SUM(y * y) for y in applied(jacobian, (x, a))[2:]]
        return sum(others, first)

    whole = build(sum_of_squares, (2,), ())
    x, a, step = np.array([0.3, 0.8]), 1.2, 1e-6
    _, by_x, by_a = run(check(gradient_graph(whole, [0, 1])), x, a)
    (after,), (before,) = run(whole, x, a + step), run(whole, x, a - step)
    assert by_a == pytest.approx((after - before) / (2 * step), rel=1e-7)
    for i in range(2):
        way = step * np.eye(2)[i]
        (after,), (before,) = run(whole, x + way, a), run(whole, x - way, a)
        assert by_x[i] == pytest.approx((after - before) / (2 * step), rel=1e-7)
