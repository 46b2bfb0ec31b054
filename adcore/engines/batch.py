"""Batches: one graph, run over many points.

Where every node of a graph is a number computed elementwise, whole blocks of points go through each kernel at once;
the blocks are small enough for a block of every live value to stay in the cache. Any other graph runs point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcore.graph import Array, Graph

BLOCK = 4096
"""The most points that go through a kernel together."""


def is_pointwise(graph: Graph) -> bool:
    """Whether one run of the graph can serve many points: all its values are numbers, computed elementwise."""
    return all(node.op.facts.elementwise and node.shape == () for node in graph.nodes) and all(
        x.shape == () for x in graph.inputs
    )


def block_size(graph: Graph, elements: int, room: int) -> int:
    """The number of points that go through the graph together: at most as many as ``room`` elements can hold.

    ``elements`` are live at one time in a run of one point.
    """
    return max(1, min(BLOCK, room // max(1, elements))) if is_pointwise(graph) else 1


def run_in_blocks(
    graph: Graph,
    run: Callable[[Sequence[Any]], Sequence[Any]],
    values: Sequence[Any],
    batched: Sequence[bool],
    points: int,
    block: int,
) -> list[Array]:
    """The outputs for every point, stacked along a leading axis: ``run`` computes ``block`` points at a time.

    ``run`` takes values with a leading axis of points where ``block`` is more than 1, else those of one point.
    """
    results = [np.empty((points, *y.shape), y.type.dtype.value) for y in graph.outputs]
    for start in range(0, points, block):
        stop = min(start + block, points)
        part = slice(start, stop) if block > 1 else start
        operands = [x[part] if many else x for x, many in zip(values, batched, strict=True)]
        for result, value in zip(results, run(operands), strict=True):
            result[part] = value
    return results
