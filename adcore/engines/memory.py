"""The memory of a run at its peak, known before it runs.

Shapes are known when a program is compiled, and so is the node after which each value is needed no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adcore.engines.cost import WRITTEN, seconds_of
from adcore.engines.watched import piece_of
from adcore.graph import CONSTANT, ITEM, Graph, Node, graphs_of

INTERMEDIATE = 4
"""The intermediate arrays of kernels that act on each element alone, are written in Python, and declare no others."""


def most_live(graph: Graph, last_uses: Mapping[Node, Sequence[Node]], nested: Mapping[Graph, int]) -> int:
    """The most elements that are live at one time: constants, values, what kernels hold besides, and the graphs inside.

    ``last_uses`` has the operands that are dropped after each node, ``nested`` the peaks of the graphs inside. The
    inputs belong to the caller and are not counted. An array that ``item`` takes out of a node is shared with the node.
    """
    users: dict[tuple[Node, int], int] = {}
    live = peak = sum(node.type.size for node in graph.nodes if node.op is CONSTANT)
    for node in graph.nodes:
        if node.op is CONSTANT:
            continue
        if node.op.rules.structure is not None:
            peak = max(peak, live + max((nested.get(g, 0) for g in graphs_of(node)), default=0))
        for array in _arrays(node):
            if array not in users:
                live += array[0].types[array[1]].size
            users[array] = users.get(array, 0) + 1
        is_one_number = node.op.facts.elementwise and not node.types[0].shape
        needed = live if is_one_number else live + scratch_of(node)
        if needed > peak:
            peak = needed
        for operand in last_uses.get(node, ()):
            for array in _arrays(operand):
                count = users.get(array, 0)
                if count == 1:
                    live -= array[0].types[array[1]].size
                    del users[array]
                elif count:
                    users[array] = count - 1
    return peak


def scratch_of(node: Node) -> int:
    """The numbers that the kernel of a node holds at its peak, beside its operands and results.

    What acts on each element alone runs in pieces, so that its intermediate arrays are small.
    """
    rules, size = node.op.rules, node.type.size
    if not node.op.facts.elementwise:
        return 0 if rules.scratch is None else rules.scratch(node)
    if size < 2 or not isinstance(rules.value, WRITTEN):
        return 0
    whole = INTERMEDIATE * size if rules.scratch is None else rules.scratch(node)
    piece = piece_of(node, seconds_of(node))
    return whole if piece is None else whole * piece // size + 1


def _arrays(node: Node) -> list[tuple[Node, int]]:
    """The arrays that live as long as the node's value: each as the node that computes it, and its place there."""
    if node.op is ITEM:
        return [(node.inputs[0], node.params[0][1])]  # type: ignore[list-item]
    return [(node, 0)] if len(node.types) == 1 else [(node, i) for i in range(len(node.types))]
