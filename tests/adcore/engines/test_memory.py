"""What a run holds at the most, told before it runs, and what it does hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import Plan, plan
from adcore.graph import CONSTANT, ITEM, OPS, SCALAR, DType, Graph, Node, Type, constant
from adcore.passes import optimise
from tests.adcore.graphs import build, if_else
from tests.adcore.graphs import graphs as random_graphs

pytestmark = pytest.mark.untraced

SIN, SUM = OPS["sin"], OPS["sum"]
VECTOR = Type(DType.FLOAT, (10,))


def chain(length: int, x: Node) -> Node:
    for _ in range(length):
        x = SIN(x)
    return x


@pytest.mark.parametrize(
    ("graph", "elements"),
    [
        (build(SIN, VECTOR), 10),
        (build(lambda x: x, VECTOR), 0),  # the input is the caller's
        (build(lambda x: chain(50, x), VECTOR), 20),  # what is read and what is written
        (build(lambda x: [y := SIN(x), chain(50, y)], VECTOR), 30),  # an output stays
        (
            gradient_graph(build(lambda x: SUM(chain(50, x)), VECTOR), [0]),
            552,  # and a product with strong zeros may need some arrays
        ),  # reverse mode keeps every sine's operand
        (build(SUM, VECTOR), 1),
        (build(lambda x: x + constant(np.arange(10.0)), VECTOR), 20),  # a constant stays
        (build(lambda x: if_else(OPS["less"](SUM(x), 0.0), lambda a: chain(9, a), lambda a: a, x), VECTOR), 22),
    ],
    ids=["one", "none", "chain", "output", "reverse", "sum", "constant", "dearest branch"],
)
def test_what_is_live_at_one_time(graph: Graph, elements: int) -> None:
    assert plan(graph).elements == elements


def test_what_is_taken_out_of_a_node_is_not_counted_twice() -> None:
    graph = build(lambda x: if_else(OPS["less"](SUM(x), 0.0), SIN, SIN, x), VECTOR)
    assert any(n.op is ITEM for n in graph.nodes)
    assert plan(graph).elements == 12


def held(ready: Plan, graph: Graph) -> int:
    """The most elements in the slots of a plan without nested graphs, by going through its steps."""
    sizes = [node.type.size for node in (*graph.inputs, *graph.nodes)]
    live = {i: sizes[i] for i, x in enumerate(ready.slots) if x is not None}
    most = sum(live.values())
    for step in ready.steps:
        live[step.writes] = sizes[step.writes]
        most = max(most, sum(live.values()))
        for i in step.empties:
            live.pop(i, None)
    return most


@given(random_graphs())
def test_random_graphs_hold_what_is_told(graph: Graph) -> None:
    for each in (graph, optimise(graph)):
        if any(n.op.rules.structure is not None or n.op is ITEM or n.op.facts.several for n in each.nodes):
            continue
        assert plan(each).elements == held(plan(each), each)


def test_constants_are_part_of_what_is_held() -> None:
    graph = build(lambda x: [x + constant(2.0), x + constant(3.0)], SCALAR)
    assert sum(n.op is CONSTANT for n in graph.nodes) == 2
    assert plan(graph).elements == 4
