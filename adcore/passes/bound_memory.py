"""Loops bound to a budget: how many elements each may hold of what it stacks."""

from __future__ import annotations

from adcore.graph import Graph, Node
from adcore.graph.traversal import graph_of
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import loop_view

INSIDE = 8
"""What part of a loop's memory those inside its passes have: what they stack is an entry of what the loop stacks."""


def bound_memory(graph: Graph, memory: int) -> Graph:
    """The graph, its loops bound to hold so many elements together of what they stack.

    The loops of functions that call themselves are not reached; they have the bound they were made with.
    """
    holders = {node for node in graph.nodes if _stacks(node)}
    if not holders:
        return graph
    new: dict[Node, Node] = {x: x for x in graph.inputs}
    for node in graph.nodes:
        new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
        if node in holders:
            own = memory // len(holders)
            params = dict(node.params)
            if node.op is loop:
                params["memory"] = own if node.param("memory") is None else min(own, node.param("memory"))
            inside = own // INSIDE if _stacks_itself(node) else own
            params |= {name: bound_memory(value, inside) for name, value in node.params if isinstance(value, Graph)}
            new[node] = Node(node.op, new[node].inputs, tuple(params.items()), node.types, node.span)
    order = [new[node] for node in graph.nodes]
    return graph_of(graph.inputs, [new[y] for y in graph.outputs], graph.output_names, order)


def _stacks_itself(node: Node) -> bool:
    return node.op is loop and bool(loop_view(node).stacks)


def _stacks(node: Node) -> bool:
    """Whether the node is a loop that stacks, or has such loops inside."""
    if node.op.rules.structure is None:
        return False
    inner = (value for _, value in node.params if isinstance(value, Graph))
    return _stacks_itself(node) or any(_stacks(x) for graph in inner for x in graph.nodes)
