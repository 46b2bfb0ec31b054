"""Memory: what each mode keeps while it runs, measured in arrays of the size that the program works on."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import execute, plan
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Type
from adcore.graph.traversal import check
from adcore.passes import optimise
from tests.adcore.graphs import Build, build, if_else

pytestmark = pytest.mark.untraced

SIZE = 100_000
ARRAY = Type(DType.FLOAT, (SIZE,))
SIN, SUM = OPS["sin"], OPS["sum"]


def peak(graph: Graph) -> float:
    """The most memory that a run takes beyond its inputs, in arrays of ``SIZE`` float64."""
    ready = plan(graph)
    values = [np.full(x.shape, 0.5)[()] for x in graph.inputs]
    tracemalloc.start()
    execute(ready, values)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / (8 * SIZE)


def repeated(step: Callable[[Node], Node], length: int) -> Graph:
    def function(x: Node) -> Node:
        for _ in range(length):
            x = step(x)
        return SUM(x)

    return build(function, ARRAY)


@pytest.mark.untraced
@pytest.mark.parametrize("prepare", [check, optimise])
@pytest.mark.parametrize(("order", "length", "most"), [(1, 300, 5), (2, 100, 10), (3, 40, 20)])
def test_forward_modes_memory_does_not_grow_with_the_program(
    prepare: Callable[[Graph], Graph], order: int, length: int, most: float
) -> None:
    def pushed(length: int) -> Graph:
        graph = repeated(SIN, length)
        for _ in range(order):
            graph = jvp_graph(graph, [0])
        return prepare(graph)

    short, long = peak(pushed(10)), peak(pushed(length))
    assert long <= short + 0.1, (short, long)
    assert short < most


LINEAR: dict[str, Callable[[Node], Node]] = {
    "additions": lambda x: x + 1.0,
    "sums with itself": lambda x: x + x,
    "products with numbers": lambda x: 1.01 * x,
    "quotients by numbers": lambda x: x / 1.01,
    "differences": lambda x: 1.0 - x,
    "reversals": OPS["flip"],
    "negations and shifts": lambda x: -OPS["roll"](x, shift=(1,)),
    "cumulative sums": lambda x: OPS["cumsum"](x) * (1.0 / SIZE),
}


@pytest.mark.parametrize("prepare", [check, optimise])
@pytest.mark.parametrize("step", LINEAR.values(), ids=LINEAR)
def test_reverse_mode_keeps_nothing_of_linear_programs(
    step: Callable[[Node], Node], prepare: Callable[[Graph], Graph]
) -> None:
    short, long = (peak(prepare(gradient_graph(repeated(step, length), [0]))) for length in (5, 100))
    assert long <= short + 0.1, (short, long)
    assert short < 5


def test_reverse_mode_keeps_one_array_for_each_step_that_needs_one() -> None:
    # A sine's adjoint needs its operand (or the cosine of it), and nothing more.
    short, long = (peak(optimise(gradient_graph(repeated(SIN, length), [0]))) for length in (10, 60))
    assert long - short == pytest.approx(50, abs=0.5)


def test_a_branch_keeps_nothing_of_a_linear_program() -> None:
    def inside(length: int) -> Graph:
        def body(x: Node) -> Node:
            for _ in range(length):
                x = 1.01 * x + 1.0
            return x

        def function(x: Node) -> Node:
            return SUM(if_else(OPS["greater"](SUM(x), 0.0), body, lambda a: a, x)[0])

        return optimise(gradient_graph(build(function, ARRAY), [0]))

    short, long = peak(inside(5)), peak(inside(100))
    assert long <= short + 0.1, (short, long)


def test_a_fan_of_readers_is_added_up_as_it_goes() -> None:
    def fan(width: int) -> Graph:
        def function(x: Node) -> Node:
            total = SUM(x * 1.0001)
            for i in range(1, width):
                total = total + SUM(x * (1.0 + i))
            return total

        return optimise(gradient_graph(build(function, ARRAY), [0]))

    short, long = peak(fan(5)), peak(fan(100))
    assert long <= short + 0.1, (short, long)


def test_a_plain_run_empties_slots_after_their_last_reader() -> None:
    short, long = peak(repeated(SIN, 5)), peak(repeated(SIN, 200))
    assert long == pytest.approx(short, abs=0.1)
    assert short == pytest.approx(2, abs=0.1)


def test_numbers_take_no_arrays() -> None:
    function: Build = SIN
    assert peak(gradient_graph(build(function, SCALAR), [0])) < 0.05
