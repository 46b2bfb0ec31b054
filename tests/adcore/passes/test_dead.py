"""Dead code: what no output needs is left out."""

from __future__ import annotations

from adcore.graph import OPS, SCALAR, Graph, constant, input_node
from adcore.graph.traversal import check
from adcore.passes.dead import prune
from tests.adcore.graphs import build, if_else

SIN = OPS["sin"]


def test_dead_code_goes_and_the_signature_stays() -> None:
    x, y = input_node("x", SCALAR), input_node("y", SCALAR)
    live, dead = SIN(x), SIN(y)
    graph = check(Graph((x, y), (dead, live, dead + live), (live,), ("a",)))
    pruned = check(prune(graph))
    assert (pruned.inputs, pruned.nodes, pruned.outputs, pruned.output_names) == ((x, y), (live,), (live,), ("a",))
    assert prune(pruned).nodes == pruned.nodes


def test_dead_code_goes_with_all_that_only_it_needed() -> None:
    graph = build(lambda x: [SIN(x), SIN(x + constant(3.0))])
    only = Graph(graph.inputs, graph.nodes, graph.outputs[:1])
    assert [n.op.name for n in check(prune(only)).nodes] == ["sin"]


def test_an_unused_result_of_a_cond_is_left_out() -> None:
    graph = build(lambda x: if_else(OPS["less"](x, 0.0), lambda a: [a, SIN(a)], lambda a: [a, a], x)[0])
    assert [n.op.name for n in check(prune(graph)).nodes] == ["constant", "less", "cond", "item"]
