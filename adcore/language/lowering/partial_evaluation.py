"""Evaluating the little part of a graph that decides a shape, a count or a bound, while the program is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.cost import work_of
from adcore.graph import CONSTANT, INPUT, Array, Graph, Node

MOST_WORK = 10**7
"""Scalar operations that may be spent on one value: these things are small, or the program is meant otherwise."""
MOST_NODES = 10**5
"""Nodes that may be run inside branches and loops for one value."""


class Unknown(Exception):
    """The value depends on an input whose value is not known."""

    def __init__(self, node: Node) -> None:
        super().__init__(str(node.params[0][1]))
        self.node = node
        self.name = str(node.params[0][1])


class TooDear(Exception):
    """The value is computed from more than is reasonable while compiling."""


def evaluate(node: Node, given: Mapping[Node, Array], known: dict[Node, Any], used: set[str]) -> Any:
    """The value of ``node``, from the inputs' values ``given``; ``used`` gets the names of those it depends on.

    ``known`` remembers values from one call to the next. Raises Unknown and TooDear.
    """
    order: list[Node] = []
    stack = [(node, False)]
    work = 0
    seen = set(known)
    while stack:
        x, done = stack.pop()
        if done:
            order.append(x)
        elif x not in seen:
            seen.add(x)
            if x.op is INPUT and x not in given:
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
                known[x] = given[x]
            else:
                known[x] = apply(x, [known[y] for y in x.inputs], budget.run)
    return known[node]


class Budget:
    """How many nodes the graphs inside branches and loops may still run, each as often as they do."""

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
    """Whether a node is a literal, or a comparison of literals and the like: known without any input."""
    return node.op is CONSTANT or (bool(node.inputs) and all(x.op is CONSTANT for x in node.inputs))
