"""Common subexpressions: equal computations are made once, to the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.graph import OPS, SCALAR, Graph, Node, Op, input_node, items
from adcore.graph.traversal import check, graph_of, rewrite
from adcore.passes.cse import sharing
from tests.adcore.graphs import Build, bits, build, run

SIN, ADD, MULTIPLY, DIVIDE, MAXIMUM = OPS["sin"], OPS["add"], OPS["multiply"], OPS["divide"], OPS["maximum"]


def merged(graph: Graph) -> Graph:
    """The graph with equal computations merged into the first of them."""
    return check(rewrite(graph, sharing()))


def steps(graph: Graph) -> int:
    return sum(n.op.name != "constant" for n in graph.nodes)


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x, y: SIN(x) * SIN(x), 2),
        (lambda x, y: (x + y) * (x + y), 2),
        (lambda x, y: (x + y) * (y + x), 2),  # commutative
        (lambda x, y: (x * y) - (y * x), 2),
        (lambda x, y: OPS["logical_and"](x, y) * OPS["logical_and"](y, x), 5),  # two conversions, and, float, product
        (lambda x, y: (x - y) * (y - x), 3),  # not commutative
        (lambda x, y: (x / y) * (y / x), 3),
        (lambda x, y: x**y * y**x, 3),
        (lambda x, y: SIN(x + 2.0) * SIN(2.0 + x), 3),  # constants of the same bits are one
        (lambda x, y: (x + 0.0) * (x + -0.0), 3),  # constants of other bits are two
        (lambda x, y: OPS["round"](x) + OPS["round"](x, decimals=1), 3),  # other parameters
        (lambda x, y: OPS["round"](x, decimals=1) + OPS["round"](x, decimals=1), 2),
        # Strong products know their operands by their places.
        (lambda x, y: MULTIPLY(x, y, strong=1) + MULTIPLY(y, x, strong=1), 3),
        (lambda x, y: MULTIPLY(x, y, strong=2) + MULTIPLY(y, x, strong=1), 3),
        (lambda x, y: MULTIPLY(x, y, strong=1) + MULTIPLY(x, y, strong=1), 2),
        (lambda x, y: MULTIPLY(x, y, strong=1) + MULTIPLY(x, y), 3),
        (lambda x, y: DIVIDE(x, y, strong=True) + DIVIDE(x, y), 3),
        (lambda x, y: SIN(SIN(SIN(x))) + SIN(SIN(SIN(x))), 4),  # what becomes equal is merged on the way
    ],
)
def test_equal_computations_are_made_once(function: Build, left: int) -> None:
    graph = build(function, SCALAR, SCALAR)
    shared = merged(graph)
    assert steps(shared) == left
    for point in ((0.5, 1.5), (0.0, np.inf), (np.inf, 0.0), (-0.0, 0.0), (0.0, np.nan), (np.nan, 0.0)):
        assert bits(run(shared, *point)) == bits(run(graph, *point))


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.facts.commutative], ids=lambda op: op.name)
def test_what_calls_itself_commutative_is_so_to_the_bit(op: Op) -> None:
    assert op.rules.value is not None
    special = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, 0.1, 0.3])
    a, b = np.meshgrid(special, special)
    with np.errstate(all="ignore"):
        assert bits([op.rules.value(a, b)]) == bits([op.rules.value(b, a)])
        for x in special:
            for y in special:
                assert bits([op.rules.value(x, y)]) == bits([op.rules.value(y, x)])


def test_the_first_of_equal_computations_stays_in_its_place() -> None:
    x = input_node("x", SCALAR)
    first, second = SIN(x), SIN(x)
    shared = merged(check(graph_of([x], [second, first])))
    assert shared.outputs[0] is shared.outputs[1] is second
    assert shared.nodes == (second,)


def test_one_cond_with_the_same_branches_is_run_once() -> None:
    then, otherwise = build(SIN, SCALAR), build(OPS["cos"], SCALAR)

    def twice(x: Node) -> Node:
        p = OPS["less"](x, 0.0)
        first, second = (OPS["cond"](p, x, then=then, otherwise=otherwise) for _ in range(2))
        return items(first)[0] + items(second)[0]

    graph = build(twice, SCALAR)
    assert len(list(merged(graph).subgraphs())) == 2
    assert run(merged(graph), 1.0) == run(graph, 1.0)
