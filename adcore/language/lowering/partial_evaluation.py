"""Partial evaluation: the small part of a graph that decides a shape, a count or a bound, run at compile time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.engines.apply import apply
from adcore.engines.cost import DISPATCH, seconds_of
from adcore.graph import CONSTANT, INPUT, Array, Graph, Node

MOST_SECONDS = 0.3
"""The most predicted seconds of one value: shapes, counts and bounds are cheap to compute."""
MOST_ELEMENTS = 10**7
"""The most elements of all that one value is computed from."""
KEPT_ELEMENTS = 4096
"""Elements of the largest values that are kept for the values computed after; larger ones are computed again."""


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
    seconds = 0.0
    elements = 0
    seen = set(values)
    while stack:
        x, done = stack.pop()
        if done:
            order.append(x)
        elif x not in seen:
            seen.add(x)
            if x.op is INPUT and x not in inputs:
                raise Unknown(x)
            seconds += seconds_of(x)
            elements += x.type.size
            if seconds > MOST_SECONDS or elements > MOST_ELEMENTS:
                raise TooDear
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    budget = Budget(MOST_SECONDS)
    with np.errstate(all="ignore"):
        for x in order:
            tick()
            if x.op is INPUT:
                used.add(str(x.params[0][1]))
                values[x] = inputs[x]
            else:
                values[x] = apply(x, [values[y] for y in x.inputs], budget.run)
    value = values[node]
    for x in order:
        if x.type.size > KEPT_ELEMENTS and x.op is not INPUT:
            del values[x]
    return value


class Budget:
    """Runs the graphs inside branches and loops, for so many predicted seconds in all."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._costs: dict[Graph, float] = {}

    def run(self, graph: Graph, operands: Sequence[Any]) -> list[Any]:
        """The outputs of a branch, or of a pass of a loop. Raises TooDear."""
        tick()
        if graph not in self._costs:
            self._costs[graph] = DISPATCH + sum(map(seconds_of, graph.nodes))
        self.seconds -= self._costs[graph]
        if self.seconds < 0:
            raise TooDear
        values = dict(zip(graph.inputs, operands, strict=True))
        for node in graph.nodes:
            values[node] = apply(node, [values[x] for x in node.inputs], self.run)
        return [values[x] for x in graph.outputs]


def is_constant(node: Node) -> bool:
    """Whether a node is a literal, or an application to literals alone, a comparison, say: known without any input."""
    return node.op is CONSTANT or (bool(node.inputs) and all(x.op is CONSTANT for x in node.inputs))
