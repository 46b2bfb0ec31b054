"""Derivatives of loops, which are loops again: nothing is unrolled, and nothing depends on how often a loop runs.

Forward mode carries, reads and stacks tangents beside the values. Reverse mode stacks the residuals of each pass,
and runs the adjoints of the passes over the same positions backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adcore.graph import Graph, Halves, Node, Pullback, Push, Pushed, Split, input_node, items
from adcore.graph.traversal import applied, dependents, graph_of
from adcore.ops.control.activity import chosen, placed, present
from adcore.ops.control.loop_view import INDEX, LoopOperands, LoopView, loop_view
from adcore.ops.control.stacks import plus, zeros_of

_T = TypeVar("_T")


def _spread_activity(
    active: LoopOperands[bool], through: Callable[[list[bool]], tuple[_T, Sequence[bool]]]
) -> tuple[LoopOperands[bool], _T]:
    """The activity of a pass's inputs, as a least fixed point, and the first result of ``through`` for it.

    A carried value is active if its start is, or if a pass computes it from active values. ``through`` takes the
    activity of all inputs; its second result is the activity of the values that a pass carries on.
    """
    while True:
        result, after = through([False, *active.flat])
        carried = [before or now for before, now in zip(active.carried, after, strict=True)]
        if carried == active.carried:
            return active, result
        active = active._replace(carried=carried)


# --- forward mode


def push_loop(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One loop that carries, reads and stacks the tangents beside the values."""
    view = loop_view(node)
    carried, read = len(view.operands.carried), len(view.operands.read)

    def through(mask: list[bool]) -> tuple[Pushed, Sequence[bool]]:
        pushed = push(view.body, mask)
        return pushed, pushed.active[:carried]

    active, pushed = _spread_activity(view.by_role([t is not None for t in tangents[1:]]), through)
    stacked = pushed.active[carried:]
    seeds = view.by_role(tangents[1:])
    # A carried value that only becomes active in the loop starts with the tangent zero.
    starts = [
        (t or zeros_of(x.type)) if on else None
        for t, x, on in zip(seeds.carried, view.operands.carried, active.carried, strict=True)
    ]
    changed = {
        "body": _pushed_pass(view, pushed, active),
        "test": None if view.test is None else _pushed_test(view.test, active),
        "carried": carried + sum(active.carried),
        "read": read + sum(active.read),
    }
    operands = _beside(view.operands, seeds._replace(carried=starts))
    new = node.op(view.count, *operands, span=node.span, **dict(node.params) | changed)
    finals, trips, stacks = loop_view(new).results(items(new))
    return (
        (*finals[:carried], trips, *stacks[: len(stacked)]),
        (*placed(finals[carried:], active.carried), None, *placed(stacks[len(stacked) :], stacked)),
    )


def _beside(values: LoopOperands[Node], tangents: LoopOperands[Node | None]) -> list[Node]:
    """Values and the tangents that are not None, those of one role together."""
    return [x for role, others in zip(values, tangents, strict=True) for x in (*role, *present(others))]


def _pushed_pass(view: LoopView, pushed: Pushed, active: LoopOperands[bool]) -> Graph:
    """A pass with its tangents, which follow the values of their role; in ``pushed`` they follow all values."""
    inputs, outputs = len(view.body.inputs), len(view.body.outputs)
    carried = len(view.carries)
    position, *values = pushed.graph.inputs[:inputs]
    seeds = placed(pushed.graph.inputs[inputs:], active.flat)
    results = pushed.graph.outputs[:outputs]
    tangents = placed(pushed.graph.outputs[outputs:], [y.type.is_number for y in view.body.outputs])
    return graph_of(
        [position, *_beside(view.by_role(values), view.by_role(seeds))],
        [
            *results[:carried],
            *present(chosen(tangents[:carried], active.carried)),
            *results[carried:],
            *present(chosen(tangents[carried:], pushed.active[carried:])),
        ],
        order=pushed.graph.nodes,
    )


def _pushed_test(test: Graph, active: LoopOperands[bool]) -> Graph:
    """The test, which takes the tangents too, and does not read them."""
    carried = len(active.carried)

    def with_tangents(values: Sequence[Node], mask: Sequence[bool]) -> list[Node]:
        return [*values, *(input_node(f"d{i}", x.type) for i, x in enumerate(values) if mask[i])]

    position, *values = test.inputs
    inputs = [
        *with_tangents(values[:carried], active.carried),
        *with_tangents(values[carried:], active.constants),
    ]
    return graph_of([position, *inputs], test.outputs, order=test.nodes)


# --- reverse mode


@dataclass(frozen=True, slots=True)
class _Residuals:
    """The residuals of a pass: the values that its adjoint reads."""

    all: Sequence[Node]
    """In the order of the adjoint's inputs."""
    stacked: Sequence[Node]
    hoisted: dict[Node, Node]
    """Those that are constants of the loop, which need no stack: a pass's input to the loop's operand."""

    @classmethod
    def of(cls, view: LoopView, halves: Halves) -> _Residuals:
        residuals = halves.forward.outputs[len(view.body.outputs) :]
        operands = dict(zip(view.inputs.constants, view.operands.constants, strict=True))
        distinct = dict.fromkeys(residuals)
        return cls(
            residuals,
            # The adjoint of a pass knows its position.
            [x for x in distinct if x not in operands and x is not view.position],
            {x: operands[x] for x in distinct if x in operands},
        )


def pull_loop(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A loop that stacks the residuals of each pass, and, backwards, a loop of the passes' adjoints."""
    view = loop_view(node)

    def through(mask: list[bool]) -> tuple[None, Sequence[bool]]:
        depends = dependents(view.body.nodes, chosen(view.body.inputs, mask))
        return None, [y in depends and y.type.is_number for y in view.carries]

    active, _ = _spread_activity(view.by_role(list(wanted[1:])), through)
    halves = split(view.body, [False, *active.flat])
    residuals = _Residuals.of(view, halves)
    outputs = [*halves.forward.outputs[: len(view.body.outputs)], *residuals.stacked]
    body = graph_of(view.body.inputs, outputs, order=halves.forward.nodes)
    forward = node.op(*node.inputs, span=node.span, **dict(node.params) | {"body": body})
    results = items(forward)
    own = len(node.types)
    adjoint_pass = _adjoint_pass(view, active, halves, residuals)

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        types, flow = view.results(node.types), view.results(cotangents[:own])
        starts = [
            g or zeros_of(type) for g, type, on in zip(flow.finals, types.finals, active.carried, strict=True) if on
        ]
        sums = [zeros_of(x.type) for x in chosen(view.inputs.constants, active.constants)]
        entries = [g or zeros_of(type) for g, type in zip(flow.stacked, types.stacked, strict=True) if type.is_number]
        backward = node.op(
            view.results(results[:own]).trips,
            *starts,
            *sums,
            *results[own:],
            *entries,
            *residuals.hoisted.values(),
            span=node.span,
            body=adjoint_pass,
            carried=len(starts) + len(sums),
            read=len(residuals.stacked) + len(entries),
            backwards=not view.backwards,
            memory=view.memory,
        )
        finals, _, stacks = loop_view(backward).results(items(backward))
        to_starts = placed(finals[: len(starts)], active.carried)
        return (
            None,
            *(g if want else None for g, want in zip(to_starts, wanted[1:], strict=False)),
            *placed(stacks, active.read),
            *placed(finals[len(starts) :], active.constants),
        )

    return results[:own], forward, pullback


def _adjoint_pass(view: LoopView, active: LoopOperands[bool], halves: Halves, residuals: _Residuals) -> Graph:
    """The adjoint of one pass, as a pass.

    It carries the adjoints of the active carried values, and the sums of the cotangents of the active constants; reads
    the residuals and the cotangents of the entries that the pass stacked; has the hoisted residuals as constants; and
    stacks the cotangents of the entries that the pass read.
    """
    place = input_node("position", INDEX)
    adjoints = [input_node(f"a{i}", y.type) if active.carried[i] else None for i, y in enumerate(view.carries)]
    sums = [input_node(f"s{i}", x.type) for i, x in enumerate(view.inputs.constants) if active.constants[i]]
    entries = [input_node(f"e{i}", x.type) for i, x in enumerate(residuals.stacked)]
    numbers = [y for y in view.stacks if y.type.is_number]
    cotangents = [input_node(f"g{i}", y.type) for i, y in enumerate(numbers)]
    constants = [input_node(f"c{i}", x.type) for i, x in enumerate(residuals.hoisted)]
    stored = {view.position: place}
    stored |= zip((*residuals.stacked, *residuals.hoisted), (*entries, *constants), strict=True)
    flow = [g or zeros_of(y.type) for g, y in zip(adjoints, view.carries, strict=True) if y.type.is_number]
    results = applied(halves.backward, [*(stored[x] for x in residuals.all), *flow, *cotangents])
    to = view.by_role(placed(results, active.flat))
    totals = [plus(total, g) for total, g in zip(sums, present(to.constants), strict=True)]
    return graph_of(
        [place, *present(adjoints), *sums, *entries, *cotangents, *constants],
        [*present(to.carried), *totals, *present(to.read)],
    )
