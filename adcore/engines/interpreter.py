"""The interpreter: runs any graph at once with NumPy, one node after the other.

A graph is planned once: every value gets a slot, every node becomes a kernel with the slots it reads and writes, and
a slot is emptied after its last reader, so that memory grows with the values in use, not with the program's length.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from adcore.clock import Clock, current, tick
from adcore.engines.apply import kernel_of
from adcore.engines.batch import block_size, run_in_blocks
from adcore.engines.equal_eigenvalues import at_equal_eigenvalues
from adcore.engines.memory import most_live
from adcore.engines.notices import listening, with_notice
from adcore.engines.watched import watched
from adcore.engines.zeros import report_wins
from adcore.errors import AdcoreError, MemoryTooLarge, RecursionTooDeep, Span
from adcore.graph import CONSTANT, Array, Function, Graph, Node
from adcore.ops.control.call import call, call_view
from adcore.ops.strong import is_strong, zero_wins


class Instruction(NamedTuple):
    """One kernel, the slots it reads, the slot it writes, and the slots that have no later reader."""

    kernel: Callable[..., Any]
    reads: tuple[int, ...]
    writes: int
    empties: tuple[int, ...]
    structured: bool
    function: Function | None
    """The function of a call."""
    span: Span | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph, ready to run."""

    slots: tuple[Any, ...]
    """The slots before a run: the constants in their places, None elsewhere."""
    inputs: int
    steps: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    elements: int
    """The most elements that are live at one time in a run, the inputs apart."""
    contextual: bool = False
    """Whether the values of some ops, those of nested plans included, depend on the run."""
    strong: bool = False
    """Whether there are products of the chain rule, those of nested plans included."""
    nested: Mapping[Graph, Plan] = field(default_factory=dict)
    """The plans of all graphs inside it, at any depth, and of the functions that they call."""


INSTRUCTION_BYTES = 300
"""The memory of one instruction of a plan, its kernel and slots included, as measured with tracemalloc."""


@dataclass(frozen=True, slots=True)
class Interpreted:
    """A graph with its plan: the interpreter's ``Executable``."""

    graph: Graph
    plan: Plan
    block: int

    @property
    def name(self) -> str:
        return "interpreter"

    @property
    def elements(self) -> int:
        return self.plan.elements

    @property
    def nbytes(self) -> int:
        plans = (self.plan, *self.plan.nested.values())
        constants = sum(int(x.nbytes) for plan in plans for x in plan.slots if x is not None)
        return constants + INSTRUCTION_BYTES * sum(len(plan.steps) for plan in plans)

    def run(self, values: Sequence[Any]) -> list[Any]:
        if not (self.plan.strong and listening()):
            return execute(self.plan, values)
        before = zero_wins()
        results = execute(self.plan, values)
        if zero_wins() != before:
            with np.errstate(all="ignore"):
                report_wins(self.graph, values)
        return results

    def run_batch(self, values: Sequence[Any], batched: Sequence[bool], points: int) -> list[Array]:
        return run_in_blocks(self.graph, self.run, values, batched, points, self.block)


def prepare(graph: Graph, room: int = sys.maxsize) -> Interpreted:
    """The executable of a graph. In batches its blocks of points hold at most ``room`` elements."""
    planned = plan(graph)
    return Interpreted(graph, planned, block_size(graph, planned.elements, room))


# A call of a program's function takes some eight of Python's, and each of these about 200 bytes of the machine's stack,
# of which a thread has 8 MiB. Deeper recursion is an error.
sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))


def plan(graph: Graph) -> Plan:
    """The plan of a graph, with those of all graphs nested in it, and of the functions that they call."""
    return _plan(graph, {}, set())


def _plan(graph: Graph, nested: dict[Graph, Plan], begun: set[Graph]) -> Plan:
    """``nested`` collects the plans; a nested graph that is ``begun`` already is shared, or calls itself."""
    begun.add(graph)
    for inner in graph.subgraphs():
        if inner not in begun:
            nested[inner] = _plan(inner, nested, begun)
    slot = {node: i for i, node in enumerate((*graph.inputs, *graph.nodes))}
    last_uses = _last_uses(graph)
    slots: list[Any] = [None] * len(slot)
    steps = []
    contextual = False
    for node in graph.nodes:
        tick()
        if node.op is CONSTANT:
            slots[slot[node]] = node.param("literal").array
            continue
        empties = tuple([slot[x] for x in last_uses.get(node, ())])
        reads = tuple([slot[x] for x in node.inputs])
        op = node.op
        structured = op.rules.structure is not None
        function = call_view(node).function if op is call else None
        contextual = contextual or op.facts.contextual
        kernel = watched(kernel_of(node), node)
        if op.rules.notice is not None:
            kernel = with_notice(kernel, node)
        steps.append(Instruction(kernel, reads, slot[node], empties, structured, function, node.span))
    outputs = tuple([slot[y] for y in graph.outputs])
    # The memory of a function that calls itself depends on the depth of its calls: ``_enter`` bounds it at run time.
    elements = most_live(graph, last_uses, {x: nested[x].elements for x in graph.subgraphs() if x in nested})
    strong = any(map(is_strong, graph.nodes)) or any(plan.strong for plan in nested.values())
    contextual = contextual or any(plan.contextual for plan in nested.values())
    return Plan(tuple(slots), len(graph.inputs), tuple(steps), outputs, elements, contextual, strong, nested)


def _last_uses(graph: Graph) -> dict[Node, list[Node]]:
    """For each node the operands that no later node reads; outputs and constants live on."""
    reader: dict[Node, Node] = {}
    for node in graph.nodes:
        for x in node.inputs:
            reader[x] = node
    outputs = set(graph.outputs)
    last_uses: dict[Node, list[Node]] = {}
    for x, node in reader.items():
        if x not in outputs and x.op is not CONSTANT:
            last_uses.setdefault(node, []).append(x)
    return last_uses


def execute(plan: Plan, values: Sequence[Any]) -> list[Any]:
    """The values of the outputs for the values of the inputs, which are NumPy scalars or arrays.

    Raises what the current clock raises, and what ops raise at run time (an index out of bounds), with the span of the
    node.
    """
    with np.errstate(all="ignore"):
        if plan.contextual:
            return at_equal_eigenvalues(lambda: _execute(plan, values, plan.nested, current(), 0))
        return _execute(plan, values, plan.nested, current(), 0)


def _execute(
    plan: Plan, values: Sequence[Any], nested: Mapping[Graph, Plan], clock: Clock | None, depth: int
) -> list[Any]:
    """``depth`` is the number of calls around this run."""
    slots = list(plan.slots)
    slots[: plan.inputs] = values
    step = None
    if clock is not None and not plan.steps:
        # A pass of a loop may have nothing to compute, and there may be millions of them.
        clock.tick()
    try:
        for step in plan.steps:
            kernel, reads, writes, empties, structured, function, _ = step
            if structured:
                inside = depth if function is None else _enter(function, nested, depth)
                slots[writes] = kernel(
                    lambda graph, operands, inside=inside: _execute(nested[graph], operands, nested, clock, inside),
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
            if clock is not None and monotonic() > clock.at:
                clock.due()
    except AdcoreError as error:
        if error.span is None and step is not None:
            error.span = step.span
        raise
    return [slots[i] for i in plan.outputs]


def _enter(function: Function, nested: Mapping[Graph, Plan], depth: int) -> int:
    """The depth inside a call. Raises RecursionTooDeep, and MemoryTooLarge where so many calls would hold too much."""
    if depth >= function.limit:
        raise RecursionTooDeep(f"calls go deeper than {function.limit} inside one another, which is the most allowed")
    if function.memory is not None and depth * nested[function.graph].elements > function.memory:
        raise MemoryTooLarge(f"{depth} calls inside one another hold more than {function.memory} numbers")
    return depth + 1
