"""The passes as one: a single walk, in which each node is simplified, folded and shared after its operands have been.

A rule sees operands in their final form, so one walk achieves what rounds of single passes would.
"""

from __future__ import annotations

from collections.abc import Hashable

from adcore.graph import Function, Graph, Node
from adcore.graph.traversal import rewrite
from adcore.passes.cse import sharing
from adcore.passes.fold import folded
from adcore.passes.simplify import simplified


def optimise(graph: Graph) -> Graph:
    """A graph of at most as many nodes with the same inputs, and the same outputs to the bit; nested graphs too."""
    shared = sharing()

    def rule(node: Node) -> Node:
        simpler = simplified(node)
        while simpler is not node:
            node, simpler = simpler, simplified(simpler)
        return shared(_nested(folded(node)))

    return rewrite(graph, rule)


def _nested(node: Node) -> Node:
    """The node with the graphs among its parameters optimised."""
    if node.op.rules.structure is None:
        return node
    params = tuple((name, _optimised(value)) for name, value in node.params)
    return Node(node.op, node.inputs, params, node.types, node.span)


def _optimised(value: Hashable) -> Hashable:
    if isinstance(value, Graph):
        return optimise(value)
    if isinstance(value, Function):
        return value.mapped(optimise)
    return value
