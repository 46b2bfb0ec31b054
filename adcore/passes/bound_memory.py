"""Bounds on the memory of loops: the elements that each may hold of what it stacks for its adjoint."""

from __future__ import annotations

from adcore.graph import Graph, Node, inner_graphs
from adcore.graph.traversal import rewrite
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import loop_view

INSIDE = 8
"""The loops inside a pass share this part of the memory, an eighth: their stacks are entries of those around them."""


def bound_memory(graph: Graph, memory: int) -> Graph:
    """The graph with its loops bound to hold at most ``memory`` elements of their stacks, all together.

    The loops of functions that call themselves are not reached: they have the bound that they were lowered with.
    """
    sharing = sum(map(_stacks, graph.nodes))
    if not sharing:
        return graph
    share = memory // sharing
    return rewrite(graph, lambda node: _bounded(node, share) if _stacks(node) else node)


def _bounded(node: Node, memory: int) -> Node:
    """The node bound to ``memory`` elements, or to its own bound where that is tighter."""
    inside = memory // INSIDE if _stacks_itself(node) else memory
    graphs = {name: bound_memory(graph, inside) for name, graph in inner_graphs(node).items()}
    if node.op is not loop:
        return node.with_params(**graphs)
    own = loop_view(node).memory
    return node.with_params(**graphs, memory=memory if own is None else min(memory, own))


def _stacks(node: Node) -> bool:
    """Whether the node is a loop that stacks, or has such loops inside."""
    if node.op.rules.structure is None:
        return False
    return _stacks_itself(node) or any(_stacks(x) for graph in inner_graphs(node).values() for x in graph.nodes)


def _stacks_itself(node: Node) -> bool:
    return node.op is loop and bool(loop_view(node).stacks)
