"""Dead code elimination: nodes that no output depends on are left out."""

from __future__ import annotations

from adcore.graph import Graph
from adcore.graph.traversal import graph_of


def prune(graph: Graph) -> Graph:
    """The graph without the nodes that its outputs do not need. All inputs stay: they are its signature."""
    return graph_of(graph.inputs, graph.outputs, graph.output_names, order=graph.nodes)
