"""A run with control flow, laid out in a line: what it did, as a graph without control flow."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.errors import CallSite, EvaluationTooLong
from adcore.graph import CONSTANT, ITEM, OPS, Graph, Node, RunGraph, constant
from adcore.graph.traversal import graph_of
from adcore.limits import Limits
from adcore.ops.control.call import call
from adcore.ops.control.cond import cond
from adcore.ops.control.loop import loop
from adcore.ops.control.stacks import Tape, ZeroStack, add_stacks


class Whereabouts(NamedTuple):
    """Where in a run something was computed."""

    iteration: tuple[int, ...] = ()
    calls: tuple[CallSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Straight:
    """What a run did, as a graph without control flow; the conditions that decided are among its nodes.

    Where the run is too long to be laid out, the graph is what came first, and its outputs are not the program's.
    """

    graph: Graph
    places: Mapping[Node, Whereabouts]
    cut: bool = False


class _Cut(Exception):
    """The run is too long to be laid out to its end."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A value on its way through the run: what computes it, and what it is."""

    node: Node
    value: Any

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    @property
    def size(self) -> int:
        """The number of elements, which tapes count."""
        return int(np.size(self.value))


def is_straight(graph: Graph) -> bool:
    """Whether every run of the graph does the same."""
    return all(node.op.rules.structure is None for node in graph.nodes)


def straighten(graph: Graph, values: Sequence[Any], limits: Limits, deadline: float | None = None) -> Straight:
    """Run the graph, and lay out what the run did, as far as it is not too much for a trace.

    Raises EvaluationTooLong, and what ops raise at run time, with their place.
    """
    order: list[Node] = []
    places: dict[Node, Whereabouts] = {}
    conditions: list[Node] = []
    held = 0

    def step(value: Any) -> Any:
        """A value as a step of the run: what control flow makes itself, a count, say, is a constant of it."""
        if isinstance(value, (Evaluated, list, Tape, ZeroStack)):
            return value
        order.append(constant(value))
        return Evaluated(order[-1], value)

    def added(a: Any, b: Any) -> Any:
        """The sum of two stacks or tapes, or of two values on them."""
        if isinstance(a, ZeroStack) or isinstance(b, ZeroStack):
            return b if isinstance(a, ZeroStack) else a
        if isinstance(a, Tape):
            return Tape([added(x, y) for x, y in zip(a.parts, b.parts, strict=True)])
        if isinstance(a, list):
            return [added(x, y) for x, y in zip(a, b, strict=True)]
        first, second = step(a), step(b)
        order.append(OPS["add"](first.node, second.node))
        return Evaluated(order[-1], first.value + second.value)

    def inside(node: Node, where: Whereabouts) -> RunGraph:
        """How the graphs inside a node are run: in a loop, each run of one is another iteration."""
        runs: dict[Graph, int] = {}

        def run(inner: Graph, operands: Sequence[Any]) -> list[Any]:
            k = runs[inner] = runs.get(inner, -1) + 1
            if node.op is loop:
                results = walk(inner, operands, where._replace(iteration=(*where.iteration, k)))
                if inner is node.param("test"):
                    conditions.append(results[0].node)
                return results
            if node.op is call and node.span is not None:
                name = node.param("function").name
                calls = (*where.calls, *node.span.calls, CallSite(name, node.span))
                return walk(inner, operands, where._replace(calls=calls))
            return walk(inner, operands, where)

        return run

    @functools.cache
    def ready(inner: Graph) -> Executable:
        return prepare(inner)

    def run_opaque(inner: Graph, operands: Sequence[Any]) -> Sequence[Any]:
        """The graphs inside opaque nodes, a solver's function, say, are no part of the trace."""
        return ready(inner).run(operands, deadline)

    def walk(inner: Graph, operands: Sequence[Any], where: Whereabouts) -> list[Any]:
        nonlocal held
        at: dict[Node, Any] = dict(zip(inner.inputs, map(step, operands), strict=True))
        for node in inner.nodes:
            given = [at[x] for x in node.inputs]
            if node.op.rules.structure is not None and not node.op.rules.structure.opaque:
                if node.op is cond:
                    conditions.append(given[0].node)
                params = dict(node.params)
                if "memory" in params:
                    # A pass that ran again would stand in the trace again; what the trace holds is bounded itself.
                    params["memory"] = None
                at[node] = node.op.rules.structure.run(inside(node, where), *given, **params)
            elif node.op is add_stacks:
                at[node] = added(*given)
            elif node.op.facts.on_stacks:
                # What derivatives inside the program keep is no value of the run, but holds such.
                result = apply(node, given)
                at[node] = list(result) if isinstance(result, tuple) else result
            elif node.op is ITEM and isinstance(given[0], list):
                at[node] = step(given[0][node.param("index")])
            else:
                if deadline is not None and time.monotonic() > deadline:
                    raise EvaluationTooLong("the evaluation took longer than is allowed", span=node.span)
                new = node.with_inputs(tuple([step.node for step in given]))
                at[node] = Evaluated(new, apply(new, [step.value for step in given], run_opaque))
                order.append(new)
                if where.iteration or where.calls:
                    places.setdefault(new, where)
                held += sum(t.size for t in new.types)
                if held > limits.trace_elements or len(order) > limits.graph_nodes:
                    raise _Cut
        return [at[y] for y in inner.outputs]

    try:
        with np.errstate(all="ignore"):
            outputs = walk(graph, [Evaluated(x, v) for x, v in zip(graph.inputs, values, strict=True)], Whereabouts())
    except _Cut:
        first = [node for node in dict.fromkeys(order) if node.op is not CONSTANT][: limits.trace_rows]
        return Straight(graph_of(graph.inputs, _within(first, limits.trace_elements // 2)), places, cut=True)
    ends = [y.node for y in outputs]
    laid = graph_of(graph.inputs, [*ends, *conditions], order=dict.fromkeys(order))
    return Straight(Graph(graph.inputs, laid.nodes, tuple(ends), graph.output_names), places)


def _within(nodes: Sequence[Node], elements: int) -> list[Node]:
    """The first of the nodes that hold so many elements together, one at least, and are one value each."""
    found: list[Node] = []
    held = 0
    for node in nodes:
        held += sum(t.size for t in node.types)
        if found and held > elements:
            break
        if not node.op.facts.several:
            found.append(node)
    return found
