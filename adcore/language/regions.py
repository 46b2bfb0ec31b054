"""Regions: runs of nodes that become a graph of their own, inside a branch or a loop.

A region is lowered like anything else, in the midst of the nodes around it; what it reads from there becomes an input
of its graph afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adcore.graph import CONSTANT, INPUT, Graph, Node, input_node
from adcore.traversal import graph_of


def needed(nodes: Sequence[Node], outputs: Iterable[Node]) -> dict[Node, None]:
    """Those of ``nodes`` that the outputs depend on, in order."""
    wanted = set(outputs)
    for node in reversed(nodes):
        if node in wanted:
            wanted.update(node.inputs)
    return {node: None for node in nodes if node in wanted}


def outside(inside: Mapping[Node, None], outputs: Iterable[Node]) -> dict[Node, None]:
    """What the nodes of a region, and its outputs, read from around it; constants are copied instead."""
    found = {x: None for node in inside for x in node.inputs if x not in inside and x.op is not CONSTANT}
    return found | {x: None for x in outputs if x not in inside and x.op is not CONSTANT}


def closed(inside: Mapping[Node, None], outputs: Sequence[Node], operands: Sequence[Node]) -> Graph:
    """The nodes as a graph of their own, with fresh inputs in the place of what they read from outside."""
    new: dict[Node, Node] = {x: input_node(_name(x, i), x.type, x.span) for i, x in enumerate(operands)}
    inputs = tuple(new.values())
    order: list[Node] = []
    for node in (*inside, None):
        for x in node.inputs if node is not None else outputs:
            if x not in new:
                new[x] = Node(CONSTANT, (), x.params, x.types, x.span)
                order.append(new[x])
        if node is not None:
            new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
            order.append(new[node])
    return graph_of(inputs, [new[x] for x in outputs], order=order)


def _name(node: Node, i: int) -> str:
    return str(node.params[0][1]) if node.op is INPUT else f"u{i}"
