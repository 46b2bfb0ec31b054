"""The straight line of one run: what a program with control flow did, as a graph without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcore.clock import tick
from adcore.engines.apply import apply
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.errors import CallSite, EvaluationTooLong
from adcore.graph import CONSTANT, ITEM, OPS, Graph, Node, RunGraph, constant, graphs_of
from adcore.graph.traversal import graph_of
from adcore.limits import Limits
from adcore.ops.control.call import call, call_view
from adcore.ops.control.cond import cond
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import loop_view


class Whereabouts(NamedTuple):
    """Where in a run something was computed."""

    iteration: tuple[int, ...] = ()
    calls: tuple[CallSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Straight:
    """What a run did, as a graph without control flow; the conditions that decided are among its nodes.

    A run that is too long is ``cut``: the graph is its beginning, and has other outputs than the program.
    """

    graph: Graph
    places: Mapping[Node, Whereabouts]
    cut: bool = False


class _Cut(Exception):
    """The run is longer than a trace may be."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A value of a run, with the node of the straight line that computes it; a sum with another is the next node."""

    node: Node
    value: Any
    line: list[Node]

    def __add__(self, other: Evaluated) -> Evaluated:
        self.line.append(OPS["add"](self.node, other.node))
        return Evaluated(self.line[-1], self.value + other.value, self.line)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    @property
    def size(self) -> int:
        """The number of elements, which tapes count."""
        return int(np.size(self.value))


def is_straight(graph: Graph) -> bool:
    """Whether the graph has no control flow, so that every run of it does the same."""
    return all(node.op.rules.structure is None for node in graph.nodes)


def straighten(graph: Graph, values: Sequence[Any], limits: Limits) -> Straight:
    """Run the graph on ``values``, and record what the run did, as far as a trace may go.

    Raises EvaluationTooLong, and what ops raise at run time, with their place.
    """
    run = _Run(limits)
    try:
        with np.errstate(all="ignore"):
            inputs = [Evaluated(x, value, run.line) for x, value in zip(graph.inputs, values, strict=True)]
            outputs = run.walk(graph, inputs, Whereabouts())
    except _Cut:
        first = [node for node in dict.fromkeys(run.line) if node.op is not CONSTANT][: limits.trace_rows]
        return Straight(graph_of(graph.inputs, _within(first, limits.trace_elements // 2)), run.places, cut=True)
    ends = [y.node for y in outputs]
    straight = graph_of(graph.inputs, [*ends, *run.conditions], order=dict.fromkeys(run.line))
    return Straight(Graph(graph.inputs, straight.nodes, tuple(ends), graph.output_names), run.places)


class _Run:
    """A run in progress. Its values are ``Evaluated``, and the stacks and tapes that hold such."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.line: list[Node] = []
        """The nodes of the straight line so far, in the order of their evaluation."""
        self.places: dict[Node, Whereabouts] = {}
        self.conditions: list[Node] = []
        self.elements = 0
        """The elements of all values of the line."""
        self._prepared: dict[Graph, Executable] = {}

    def walk(self, graph: Graph, operands: Sequence[Any], where: Whereabouts) -> list[Any]:
        """The values of the outputs, the evaluation of each node appended to the line."""
        values: dict[Node, Any] = dict(zip(graph.inputs, map(self._evaluated, operands), strict=True))
        for node in graph.nodes:
            values[node] = self._apply(node, [values[x] for x in node.inputs], where)
        return [values[y] for y in graph.outputs]

    def _apply(self, node: Node, operands: list[Any], where: Whereabouts) -> Any:
        structure = node.op.rules.structure
        if structure is not None and not structure.opaque:
            if node.op is cond:
                self.conditions.append(operands[0].node)  # the predicate
            return apply(_unbounded(node), operands, self._inside(node, where))
        if node.op.facts.on_stacks:
            # Stacks and tapes, made by derivatives inside the program, hold values of the run and are none themselves.
            return apply(node, operands)
        if node.op is ITEM and not isinstance(operands[0], Evaluated):
            return self._evaluated(apply(node, operands))
        return self._step(node.with_inputs(tuple([x.node for x in operands])), [x.value for x in operands], where)

    def _step(self, node: Node, values: Sequence[Any], where: Whereabouts) -> Evaluated:
        """The next node of the line, evaluated."""
        try:
            tick()
        except EvaluationTooLong as error:
            error.span = node.span
            raise
        result = Evaluated(node, apply(node, values, self._run_opaque), self.line)
        self.line.append(node)
        if where.iteration or where.calls:
            self.places.setdefault(node, where)
        self.elements += sum(t.size for t in node.types)
        if self.elements > self.limits.trace_elements or len(self.line) > self.limits.graph_nodes:
            raise _Cut
        return result

    def _evaluated(self, value: Any) -> Any:
        """The value as one of the run: an array that control flow makes itself, a count, say, is a constant of it."""
        if not isinstance(value, (np.ndarray, np.generic)):
            return value
        self.line.append(constant(value))
        return Evaluated(self.line[-1], value, self.line)

    def _inside(self, node: Node, where: Whereabouts) -> RunGraph:
        """The runner of the graphs inside a node; of each graph inside a loop, every run is another iteration."""
        if node.op is loop:
            return self._iterations(node, where)
        if node.op is call and node.span is not None:
            site = CallSite(call_view(node).function.name, node.span)
            where = where._replace(calls=(*where.calls, *node.span.calls, site))
        return lambda graph, operands: self.walk(graph, operands, where)

    def _iterations(self, node: Node, where: Whereabouts) -> RunGraph:
        test, runs = loop_view(node).test, dict.fromkeys(graphs_of(node), 0)

        def run(graph: Graph, operands: Sequence[Any]) -> list[Any]:
            results = self.walk(graph, operands, where._replace(iteration=(*where.iteration, runs[graph])))
            runs[graph] += 1
            if graph is test:
                self.conditions.append(results[0].node)
            return results

        return run

    def _run_opaque(self, graph: Graph, operands: Sequence[Any]) -> Sequence[Any]:
        """Runs a graph inside an opaque node, a solver's function, say: it is no part of the line."""
        if graph not in self._prepared:
            self._prepared[graph] = prepare(graph)
        return self._prepared[graph].run(operands)


def _unbounded(node: Node) -> Node:
    """The node without bound on the memory of what it stacks: a pass that ran again would be in the trace twice.

    What the trace holds has a limit of its own.
    """
    return node.with_params(memory=None) if node.op is loop else node


def _within(nodes: Sequence[Node], elements: int) -> list[Node]:
    """The longest beginning of ``nodes`` that has at most so many elements, of its nodes those with one value.

    The first node is there in any case.
    """
    within: list[Node] = []
    total = 0
    for node in nodes:
        total += sum(t.size for t in node.types)
        if within and total > elements:
            break
        if not node.op.facts.several:
            within.append(node)
    return within
