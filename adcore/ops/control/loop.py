"""Loops: one op for all of them, counted or while a condition holds, which carries values from pass to pass.

A pass can also read one entry of each of several stacks, and write entries of others. That closes loops under
differentiation: what the adjoint of a pass needs is stacked on the way forward, and the adjoint of a loop is a loop
that runs over the same positions backwards. Nothing depends on how often a loop runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import AdcoreError, LimitError, LoopTooLong
from adcore.graph import (
    UNKNOWN,
    DType,
    Graph,
    Node,
    Op,
    Pullback,
    Push,
    RunGraph,
    Split,
    Structure,
    Type,
    input_node,
    items,
    literal,
)
from adcore.graph.traversal import dependents, graph_of, substitute
from adcore.ops.base import Hidden, declare
from adcore.ops.control.checkpoints import Record
from adcore.ops.control.stacks import ZeroStack, plus, zeros_of

INDEX = Type(DType.INT, ())
ENDLESS = 2**53
"""The count of a loop that has none: it ends by its test or not at all."""


# --- what a loop is given and gives


def _parts(carried: int, read: int, operands: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Operands after the count, or inputs of a pass after the position: carried, read from stacks, constant."""
    return list(operands[:carried]), list(operands[carried : carried + read]), list(operands[carried + read :])


def _entry(type: Type) -> Type:
    return type._replace(depth=type.depth - 1)


def _stack(type: Type) -> Type:
    return type._replace(depth=type.depth + 1)


def _loop(
    count: Any,
    *operands: Any,
    body: Hidden,
    carried: Hidden,
    test: Hidden = None,
    read: Hidden = 0,
    backwards: Hidden = False,
    limit: Hidden = None,
    memory: Hidden = None,
) -> Any:
    """``limit`` bounds the passes, ``memory`` the elements of what is stacked and held; None is no bound."""
    raise NotImplementedError("a loop is run by an engine, through its structure")


def _types(
    count: Type, *operands: Type, body: Graph, test: Graph | None = None, carried: int, read: int = 0, **_: Any
) -> tuple[Type, ...]:
    assert count == INDEX, "a loop's count is one index"
    carry, stacks, constants = _parts(carried, read, operands)
    taken = [INDEX, *carry, *map(_entry, stacks), *constants]
    assert [x.type for x in body.inputs] == taken, "a pass takes other values than it is given"
    given = [y.type for y in body.outputs]
    assert given[:carried] == carry, "a pass gives other values than it takes"
    if test is not None:
        assert [x.type for x in test.inputs] == [INDEX, *carry, *constants], "a loop's test takes other values"
        assert [y.type for y in test.outputs] == [Type(DType.BOOL, ())], "a loop's test gives one condition"
    return (*carry, INDEX, *map(_stack, given[carried:]))


def _run(
    run: RunGraph,
    count: Any,
    *operands: Any,
    body: Graph,
    carried: int,
    test: Graph | None = None,
    read: int = 0,
    backwards: bool = False,
    limit: int | None = None,
    memory: int | None = None,
) -> Sequence[Any]:
    """Pass after pass, until the count is reached or the test fails.

    Raises LoopTooLong, and what a pass raises, with the iteration it was in.
    """
    start, stacks, constants = _parts(carried, read, operands)
    carry: Sequence[Any] = start
    entries = [_entry_reader(stack, x.type) for stack, x in zip(stacks, body.inputs[1 + carried :], strict=False)]
    total, passes = int(count), 0
    if test is None and limit is not None and limit < total < ENDLESS:
        raise LoopTooLong(f"the loop would run {total} times, and {limit} is the most that is allowed")

    def one(index: int, carry: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        place = total - 1 - index if backwards else index
        results = run(body, [np.int64(place), *carry, *[entry(place) for entry in entries], *constants])
        return results[:carried], results[carried:]

    stacked = [y.type for y in body.outputs[carried:]]
    record = Record(one, carry, [*stacks, *constants], stacked, memory) if stacked else None
    try:
        while passes < total:
            if test is not None:
                position = np.int64(total - 1 - passes if backwards else passes)
                if not run(test, [position, *carry, *constants])[0]:
                    break
            if limit is not None and passes >= limit:
                raise LoopTooLong(f"the loop has run {limit} times, which is the most that is allowed")
            carry, row = one(passes, carry)
            if record is not None:
                record.add(row, carry)
            passes += 1
    except AdcoreError as error:
        if not isinstance(error, LimitError):
            error.message += f"; in iteration {passes} of the loop, counted from 0"
        raise
    return [*carry, np.int64(passes), *(record.stacks(passes, backwards) if record is not None else ())]


def _entry_reader(stack: Any, type: Type) -> Any:
    """What gives the entry at a position of a stack."""
    if isinstance(stack, ZeroStack):
        zero: Any = np.zeros(type.shape, type.dtype.value)[()] if type.is_array else stack
        return lambda position: zero
    return stack.__getitem__


def _times(node: Node) -> int:
    """How often the body runs, as far as that is known."""
    count = literal(node.inputs[0])
    return UNKNOWN if count is None or node.param("test") is not None else max(1, int(count))


# --- forward mode


def _chosen(values: Sequence[Any], mask: Sequence[bool]) -> list[Any]:
    return [value for value, on in zip(values, mask, strict=True) if on]


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One loop that carries, reads and stacks the tangents beside the values."""
    body, test = node.param("body"), node.param("test")
    carried, read = node.param("carried"), node.param("read")
    carry, stacks, constants = _parts(carried, read, [t is not None for t in tangents[1:]])
    while True:
        # A carried value is active if what it starts from is, or what a pass makes of active values.
        pushed = push(body, [False, *carry, *stacks, *constants])
        grown = [was or now for was, now in zip(carry, pushed.active[:carried], strict=True)]
        if grown == carry:
            break
        carry = grown
    inputs = len(body.inputs)
    position, *taken = pushed.graph.inputs[:inputs]
    added = iter(pushed.graph.inputs[inputs:])
    seeds = [next(added) if on else None for on in [*carry, *stacks, *constants]]
    outputs = pushed.graph.outputs[: len(body.outputs)]
    more = iter(pushed.graph.outputs[len(body.outputs) :])
    out = [next(more) if y.type.is_number else None for y in body.outputs]
    stacked = [on for on, y in zip(pushed.active[carried:], body.outputs[carried:], strict=True)]

    def both(values: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        return [*values, *(x for x in others if x is not None)]

    values, entries, fixed = _parts(carried, read, taken)
    dvalues, dentries, dfixed = _parts(carried, read, seeds)
    new_body = graph_of(
        [position, *both(values, dvalues), *both(entries, dentries), *both(fixed, dfixed)],
        [*outputs[:carried], *_chosen(out[:carried], carry), *outputs[carried:], *_chosen(out[carried:], stacked)],
        order=pushed.graph.nodes,
    )
    new_test = None
    if test is not None:
        old_carry, _, old_fixed = _parts(carried, 0, test.inputs[1:])
        extra_carry = [input_node(f"d{i}", x.type) for i, x in enumerate(old_carry) if carry[i]]
        extra_fixed = [input_node(f"d{i}", x.type) for i, x in enumerate(old_fixed) if constants[i]]
        new_test = graph_of(
            [test.inputs[0], *old_carry, *extra_carry, *old_fixed, *extra_fixed], test.outputs, order=test.nodes
        )
    start, given, same = _parts(carried, read, node.inputs[1:])
    dstart, dgiven, dsame = _parts(carried, read, tangents[1:])
    # A carried value that only becomes active in the loop starts with the tangent zero.
    dstart = [(t or zeros_of(x.type)) if on else None for t, x, on in zip(dstart, start, carry, strict=True)]
    new = loop(
        node.inputs[0],
        *both(start, dstart),
        *both(given, dgiven),
        *both(same, dsame),
        span=node.span,
        **dict(node.params)
        | {"body": new_body, "test": new_test, "carried": carried + sum(carry), "read": read + sum(stacks)},
    )
    results = list(items(new))
    first, dfirst = results[:carried], iter(results[carried : carried + sum(carry)])
    trips = results[carried + sum(carry)]
    rest = results[carried + sum(carry) + 1 :]
    written, dwritten = rest[: len(stacked)], iter(rest[len(stacked) :])
    return (
        (*first, trips, *written),
        (
            *(next(dfirst) if on else None for on in carry),
            None,
            *(next(dwritten) if on else None for on in stacked),
        ),
    )


# --- reverse mode


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A loop that stacks what each pass keeps, and, backwards, a loop of the pass's adjoint."""
    body: Graph = node.param("body")
    carried, read = node.param("carried"), node.param("read")
    carry, stacks, constants = _parts(carried, read, list(wanted[1:]))
    while True:
        mask = [False, *carry, *stacks, *constants]
        depends = dependents(body.nodes, _chosen(body.inputs, mask))
        grown = [was or (y in depends and y.type.is_number) for was, y in zip(carry, body.outputs, strict=False)]
        if grown == carry:
            break
        carry = grown
    halves = split(body, [False, *carry, *stacks, *constants])
    outputs = len(body.outputs)
    position, *taken = body.inputs
    fixed = taken[carried + read :]
    kept = halves.forward.outputs[outputs:]
    # What a pass keeps and has from outside, or knows anyway, need not be stacked.
    outside = {x: node.inputs[1 + carried + read + i] for i, x in enumerate(fixed)}
    stacked = [x for x in dict.fromkeys(kept) if x not in outside and x is not position]
    hoisted = [x for x in dict.fromkeys(kept) if x in outside]
    forward_body = graph_of(body.inputs, [*halves.forward.outputs[:outputs], *stacked], order=halves.forward.nodes)
    forward = node.op(*node.inputs, span=node.span, **dict(node.params) | {"body": forward_body})
    results = items(forward)
    own = len(node.types)
    trips, memory = results[carried], results[own:]

    # The adjoint of one pass: position, carried adjoints and sums, then entries, then what is the same in each pass.
    place = input_node("position", INDEX)
    adjoints = [input_node(f"a{i}", y.type) for i, y in enumerate(body.outputs[:carried]) if carry[i]]
    sums = [input_node(f"s{i}", x.type) for i, x in enumerate(fixed) if constants[i]]
    entries = [input_node(f"e{i}", x.type) for i, x in enumerate(stacked)]
    pushed = [y for y in body.outputs[carried:] if y.type.is_number]
    cotangents = [input_node(f"g{i}", y.type) for i, y in enumerate(pushed)]
    same = [input_node(f"c{i}", x.type) for i, x in enumerate(hoisted)]
    stored = {position: place, **dict(zip(stacked, entries, strict=True)), **dict(zip(hoisted, same, strict=True))}
    own_adjoint = iter(adjoints)
    flows = [
        (next(own_adjoint) if carry[i] else zeros_of(y.type))
        for i, y in enumerate(body.outputs[:carried])
        if y.type.is_number
    ]
    given = [*(stored[x] for x in kept), *flows, *cotangents]
    inside = substitute(halves.backward, dict(zip(halves.backward.inputs, given, strict=True)))
    found = iter([inside[y] for y in halves.backward.outputs])
    to_carry = [next(found) for on in carry if on]
    to_stacks = [next(found) for on in stacks if on]
    to_sums = [plus(s, next(found)) for s in sums]
    backward_body = graph_of([place, *adjoints, *sums, *entries, *cotangents, *same], [*to_carry, *to_sums, *to_stacks])

    def pullback(given: Sequence[Node | None]) -> tuple[Node | None, ...]:
        start = [g or zeros_of(node.types[i]) for i, g in enumerate(given[:carried]) if carry[i]]
        flow = [
            g or zeros_of(type)
            for g, type in zip(given[carried + 1 : own], node.types[carried + 1 :], strict=True)
            if type.is_number
        ]
        back = loop(
            trips,
            *start,
            *(zeros_of(x.type) for x in sums),
            *memory,
            *flow,
            *(outside[x] for x in hoisted),
            span=node.span,
            body=backward_body,
            test=None,
            carried=len(adjoints) + len(sums),
            read=len(entries) + len(cotangents),
            backwards=not node.param("backwards"),
            limit=None,
            memory=node.param("memory"),
        )
        out = list(items(back))
        finals = iter(out[: len(adjoints)])
        totals = iter(out[len(adjoints) : len(adjoints) + len(sums)])
        spread = iter(out[len(adjoints) + len(sums) + 1 :])
        by_carry = [next(finals) if on else None for on in carry]
        return (
            None,
            *(g if want else None for g, want in zip(by_carry, wanted[1:], strict=False)),
            *(next(spread) if on else None for on in stacks),
            *(next(totals) if on else None for on in constants),
        )

    return results[:own], forward, pullback


loop: Op = declare(
    "loop",
    "count *operands",
    _loop,
    _types,
    structure=Structure(_run, _push, _pull, _times),
    several=True,
    dtypes=(DType.INT, None),
    public=False,
    doc="Passes of a graph over carried values, a number of times or while a condition holds.",
)


# --- memory
