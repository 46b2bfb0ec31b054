"""How much memory a run takes at the most: told from the lifetimes of its values, before it runs.

Shapes are known when a program is compiled, and so is the step after which a value is let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adcore.graph import CONSTANT, ITEM, Graph, Node, graphs_of


def most_live(graph: Graph, dying: Mapping[Node, Sequence[Node]], nested: Mapping[Graph, int]) -> int:
    """The most elements that are live at one time: constants, values, and the dearest graph inside a node.

    ``dying`` has the values that are let go after each node, ``nested`` what the graphs inside take. The inputs belong
    to whoever runs the graph, and are not counted. What ``item`` takes out of a node is shared with that node.
    """
    holders: dict[tuple[Node, int], int] = {}
    live = peak = sum(node.type.size for node in graph.nodes if node.op is CONSTANT)
    for node in graph.nodes:
        if node.op is CONSTANT:
            continue
        if node.op.rules.structure is not None:
            peak = max(peak, live + max((nested.get(g, 0) for g in graphs_of(node)), default=0))
        for part in _parts(node):
            if part not in holders:
                live += part[0].types[part[1]].size
            holders[part] = holders.get(part, 0) + 1
        if live > peak:
            peak = live
        for gone in dying.get(node, ()):
            for part in _parts(gone):
                left = holders.get(part, 0)
                if left == 1:
                    live -= part[0].types[part[1]].size
                    del holders[part]
                elif left:
                    holders[part] = left - 1
    return peak


def _parts(node: Node) -> list[tuple[Node, int]]:
    """The arrays that are held while the node's value is: each as a node, and which of its results it is."""
    if node.op is ITEM:
        return [(node.inputs[0], node.params[0][1])]  # type: ignore[list-item]
    return [(node, i) for i in range(len(node.types))]
