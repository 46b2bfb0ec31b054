"""Bounds on the memory of loops: shared by those of a program, smaller for those inside, and never wider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adcore.graph import Graph, Node
from adcore.graph.traversal import check
from adcore.limits import Limits
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import loop_view
from adcore.passes import optimise
from adcore.passes.bound_memory import INSIDE, bound_memory
from tests.adcore.graphs import derive
from tests.adcore.language.evaluating import lowered

AMPLE = 10**9
PLAIN = "y = x\nfor i in range(9):\n  y = sin(y) * x\n"
NESTED = "for i in range(9):\n  for j in range(i):\n    y = sin(y) * x\n"


def derived(text: str, modes: str, **inputs: Any) -> Graph:
    limits = Limits(stack_elements=AMPLE)
    return optimise(derive(lowered(text, inputs or {"x": 0.5}, shapes_only=True, limits=limits).graph, modes))


def loops(graph: Graph) -> Iterator[Node]:
    return (node for node in graph.nodes if node.op is loop)


def test_the_loops_of_a_program_share_its_memory() -> None:
    graph = check(bound_memory(derived(PLAIN + NESTED + "y", "rr"), 10_000))
    stacking = [node for node in loops(graph) if loop_view(node).stacks]
    assert len(stacking) > 2
    assert sum(node.param("memory") for node in stacking) <= 10_000
    for node in stacking:
        assert all(x.param("memory") <= node.param("memory") // INSIDE for x in loops(node.param("body")))


def test_loops_in_branches_are_bound_too() -> None:
    text = "y = x\nif x > 0:\n  y = 2*x\n  for i in range(9):\n    y = sin(y) * x\ny"
    graph = check(bound_memory(derived(text, "r"), 1_000))
    bounds = [loop_view(node).memory for inner in graph.within() for node in loops(inner) if loop_view(node).stacks]
    assert bounds
    assert max(bound or AMPLE for bound in bounds) <= 1_000


def test_what_stacks_nothing_is_left_as_it_is() -> None:
    graph = derived(PLAIN + "y", "f")
    assert any(loops(graph))
    assert bound_memory(graph, 1_000) is graph


def test_a_tighter_bound_stays() -> None:
    tight = bound_memory(derived(PLAIN + "y", "r"), 100)
    again = bound_memory(tight, 1_000)
    assert [node.param("memory") for node in loops(again)] == [node.param("memory") for node in loops(tight)]
