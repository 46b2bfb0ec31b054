"""Batches: one plan, run over many points.

Where every node of a graph is a number computed elementwise, whole blocks of points go through each kernel at once;
the blocks are small enough for a block of every live value to stay in the cache. Any other graph runs point by point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.engines.interpreter import Plan, execute
from adcore.graph import Array, Graph

BLOCK = 4096
"""Points that go through a kernel together, at the most."""


def is_pointwise(graph: Graph) -> bool:
    """Whether one run of the graph can serve many points: all its values are numbers, computed elementwise."""
    return all(node.op.facts.elementwise and node.shape == () for node in graph.nodes) and all(
        x.shape == () for x in graph.inputs
    )


def block_of(graph: Graph, plan: Plan, room: int) -> int:
    """How many points go through the graph together: fewer where ``room`` elements would not hold their values."""
    return max(1, min(BLOCK, room // max(1, plan.elements))) if is_pointwise(graph) else 1


def execute_batch(
    graph: Graph,
    plan: Plan,
    values: Sequence[Any],
    batched: Sequence[bool],
    points: int,
    block: int,
    deadline: float | None = None,
) -> list[Array]:
    """The outputs for every point, stacked along a leading axis of length ``points``.

    ``values`` whose ``batched`` is set have that leading axis; the others are shared by all points. ``block`` is what
    ``block_of`` gives.
    """
    results = [np.empty((points, *y.shape), y.type.dtype.value) for y in graph.outputs]
    for start in range(0, points, block):
        stop = min(start + block, points)
        part = slice(start, stop) if block > 1 else start
        given = [x[part] if many else x for x, many in zip(values, batched, strict=True)]
        for result, value in zip(results, execute(plan, given, deadline), strict=True):
            result[part] = value
    return results
