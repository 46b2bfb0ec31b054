"""The interpreter: runs any graph at once with NumPy, one node after the other.

A graph is planned once: every value gets a slot, every node becomes a kernel with the slots it reads and writes, and
a slot is emptied after its last reader, so that memory follows what is still needed and not the program's length.
"""

from __future__ import annotations

import functools
import operator
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from adcore.engines.memory import most_live
from adcore.errors import AdcoreError, EvaluationTooLong, Span
from adcore.graph import CONSTANT, ITEM, Graph, Node


class Step(NamedTuple):
    """One kernel, the slots it reads, the slot it writes, and the slots that nobody reads after it."""

    kernel: Callable[..., Any]
    reads: tuple[int, ...]
    writes: int
    empties: tuple[int, ...]
    structured: bool
    span: Span | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph, ready to run. ``slots`` holds the constants in their places."""

    slots: tuple[Any, ...]
    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    elements: int
    """The most elements that are live at one time in a run, the inputs apart."""
    nested: Mapping[Graph, Plan] = field(default_factory=dict)


def plan(graph: Graph) -> Plan:
    """Lay out a graph and all graphs nested in it."""
    slot = {node: i for i, node in enumerate((*graph.inputs, *graph.nodes))}
    last: dict[Node, Node] = {}
    for node in graph.nodes:
        for x in node.inputs:
            last[x] = node
    kept = {*graph.outputs, *(node for node in graph.nodes if node.op is CONSTANT)}
    dying: dict[Node, list[Node]] = {}
    for x, reader in last.items():
        if x not in kept:
            dying.setdefault(reader, []).append(x)
    values: list[Any] = [None] * len(slot)
    steps = []
    for node in graph.nodes:
        if node.op is CONSTANT:
            values[slot[node]] = node.param("literal").array
            continue
        empties = tuple([slot[x] for x in dying.get(node, ())])
        reads = tuple([slot[x] for x in node.inputs])
        steps.append(Step(_kernel(node), reads, slot[node], empties, node.op.structure is not None, node.span))
    outputs = tuple([slot[y] for y in graph.outputs])
    nested = {inner: plan(inner) for inner in graph.subgraphs()}
    elements = most_live(graph, dying, {inner: made.elements for inner, made in nested.items()})
    return Plan(tuple(values), len(graph.inputs), tuple(steps), outputs, elements, nested)


def _kernel(node: Node) -> Callable[..., Any]:
    if node.op is ITEM:
        return operator.itemgetter(node.param("index"))
    function = node.op.value if node.op.structure is None else node.op.structure.run
    assert function is not None
    params = {p.name: v for p, (_, v) in zip(node.op.parameters, node.params, strict=True) if v != p.default}
    required = {p.name: v for p, (_, v) in zip(node.op.parameters, node.params, strict=True) if p.required}
    return functools.partial(function, **(params | required)) if params or required else function


def execute(plan: Plan, values: Sequence[Any], deadline: float | None = None) -> list[Any]:
    """The outputs' values for the inputs' values, which are NumPy scalars or arrays.

    Raises EvaluationTooLong when ``time.monotonic()`` passes ``deadline``, and what ops raise at run time (an index
    out of bounds), with the span of the node.
    """
    with np.errstate(all="ignore"):
        return _execute(plan, values, deadline)


def _execute(plan: Plan, values: Sequence[Any], deadline: float | None) -> list[Any]:
    slots = list(plan.slots)
    slots[: plan.inputs] = values
    step = None
    try:
        for step in plan.steps:
            kernel, reads, writes, empties, structured, _ = step
            if structured:
                slots[writes] = kernel(
                    lambda graph, operands: _execute(plan.nested[graph], operands, deadline),
                    *[slots[i] for i in reads],
                )
            elif len(reads) == 2:
                first, second = reads
                slots[writes] = kernel(slots[first], slots[second])
            elif len(reads) == 1:
                slots[writes] = kernel(slots[reads[0]])
            else:
                slots[writes] = kernel(*[slots[i] for i in reads])
            for i in empties:
                slots[i] = None
            if deadline is not None and time.monotonic() > deadline:
                raise EvaluationTooLong("the evaluation took longer than is allowed")
    except AdcoreError as error:
        if error.span is None and step is not None:
            error.span = step.span
        raise
    return [slots[i] for i in plan.outputs]
