"""Partial evaluation: the small part of a graph that decides a shape, a count or a bound, run at compile time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.cost import work_of
from adcore.graph import CONSTANT, INPUT, Array, Graph, Node

MOST_WORK = 10**7
"""The most scalar operations of one value: shapes, counts and bounds are cheap to compute."""
MOST_NODES = 10**5
"""The most nodes that are run inside branches and loops for one value."""


class Unknown(Exception):
    """The value depends on an input of unknown value."""

    def __init__(self, node: Node) -> None:
        super().__init__(str(node.params[0][1]))
        self.node = node
        self.name = str(node.params[0][1])


class TooDear(Exception):
    """The value is too expensive to compute at compile time."""


def evaluate(node: Node, inputs: Mapping[Node, Array], values: dict[Node, Any], used: set[str]) -> Any:
    """The value of ``node`` for these values of the inputs; the names of those it depends on are added to ``used``.

    ``values`` is shared by calls: it has what was computed before, and grows. Raises Unknown and TooDear.
    """
    order: list[Node] = []
    stack = [(node, False)]
    work = 0
    seen = set(values)
    while stack:
        x, done = stack.pop()
        if done:
            order.append(x)
        elif x not in seen:
            seen.add(x)
            if x.op is INPUT and x not in inputs:
                raise Unknown(x)
            work += work_of(x)
            if work > MOST_WORK:
                raise TooDear
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    budget = Budget(MOST_NODES)
    with np.errstate(all="ignore"):
        for x in order:
            if x.op is INPUT:
                used.add(str(x.params[0][1]))
                values[x] = inputs[x]
            else:
                values[x] = apply(x, [values[y] for y in x.inputs], budget.run)
    return values[node]


class Budget:
    """Runs the graphs inside branches and loops, up to so many nodes, repeated ones counted each time."""

    def __init__(self, nodes: float) -> None:
        self.nodes = nodes

    def run(self, graph: Graph, operands: Sequence[Any]) -> list[Any]:
        """The outputs of a branch, or of a pass of a loop. Raises TooDear."""
        self.nodes -= 1 + len(graph.nodes)
        if self.nodes < 0:
            raise TooDear
        values = dict(zip(graph.inputs, operands, strict=True))
        for node in graph.nodes:
            values[node] = apply(node, [values[x] for x in node.inputs], self.run)
        return [values[x] for x in graph.outputs]


def is_constant(node: Node) -> bool:
    """Whether a node is a literal, or an application to literals alone, a comparison, say: known without any input."""
    return node.op is CONSTANT or (bool(node.inputs) and all(x.op is CONSTANT for x in node.inputs))
