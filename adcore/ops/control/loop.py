"""Loops: one op for counted loops and loops with a test, which carries values from pass to pass.

A pass can also read an entry of each of several stacks, and write an entry of each of others. That closes loops under
differentiation: the residuals of a pass are stacked on the way forward, and the adjoint of a loop is a loop over the
same positions backwards. See ``loop_view`` for the roles of operands and results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import AdcoreError, EvaluationTooLong, LimitError, LoopTooLong
from adcore.graph import UNKNOWN, DType, Graph, Node, Op, RunGraph, Structure, Type, literal
from adcore.ops.base import Hidden, declare
from adcore.ops.control.checkpoints import Record
from adcore.ops.control.loop_derivatives import pull_loop, push_loop
from adcore.ops.control.loop_view import ENDLESS, INDEX, loop_view, operands_by_role
from adcore.ops.control.stacks import ZeroStack


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
    """``limit`` bounds the passes, ``memory`` the stored elements of stacks and checkpoints; None is no bound."""
    raise NotImplementedError("a loop is run by an engine, through its structure")


def _types(
    count: Type, *operands: Type, body: Graph, test: Graph | None = None, carried: int, read: int = 0, **_: Any
) -> tuple[Type, ...]:
    assert count == INDEX, "a loop's count is one index"
    starts, stacks, constants = operands_by_role(operands, carried, read)
    inputs = [INDEX, *starts, *map(_entry, stacks), *constants]
    assert [x.type for x in body.inputs] == inputs, "the inputs of a pass have other types than the loop's operands"
    outputs = tuple([y.type for y in body.outputs])
    assert outputs[:carried] == starts, "a pass carries on other types than it takes"
    if test is not None:
        assert [x.type for x in test.inputs] == [INDEX, *starts, *constants], "a loop's test takes other values"
        assert [y.type for y in test.outputs] == [Type(DType.BOOL, ())], "a loop's test gives one condition"
    return (*starts, INDEX, *map(_stack, outputs[carried:]))


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

    Raises LoopTooLong, and the errors of a pass, with the number of the iteration.
    """
    carry, stacks, constants = operands_by_role(operands, carried, read)
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
        if isinstance(error, EvaluationTooLong):
            error.message += f"; in pass {passes + 1}{'' if total >= ENDLESS else f' of {total}'} of the loop"
        elif not isinstance(error, LimitError):
            error.message += f"; in iteration {passes} of the loop, counted from 0"
        raise
    return [*carry, np.int64(passes), *(record.stacks(passes, backwards) if record is not None else ())]


def _entry_reader(stack: Any, type: Type) -> Any:
    """The function from a position to the stack's entry there."""
    if isinstance(stack, ZeroStack):
        zero: Any = np.zeros(type.shape, type.dtype.value)[()] if type.is_array else stack
        return lambda position: zero
    return stack.__getitem__


def _times(node: Node) -> int:
    """The number of passes, where it is known beforehand, else UNKNOWN."""
    view = loop_view(node)
    count = literal(view.count)
    return UNKNOWN if count is None or view.test is not None else max(1, int(count))


loop: Op = declare(
    "loop",
    "count *operands",
    _loop,
    _types,
    structure=Structure(_run, push_loop, pull_loop, _times),
    several=True,
    dtypes=(DType.INT, None),
    public=False,
    doc="Passes of a graph over carried values, a number of times or while a condition holds.",
)
