"""The passes as one: a single walk, in which each node is simplified, folded and shared after its operands have been.

A rule sees operands in their final form, so one walk achieves what rounds of single passes would.
"""

from __future__ import annotations

from adcore.graph import Graph, Node
from adcore.graph.traversal import rewrite, with_graphs
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
        node = folded(node)
        return shared(node if node.op.rules.structure is None else with_graphs(node, optimise))

    return rewrite(graph, rule)
