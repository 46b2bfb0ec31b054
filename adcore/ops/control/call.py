"""Calls of functions that may call themselves: a call is one node, however deep it goes, and so is its derivative.

The derivative of a function that calls itself is one that calls itself again, so derivatives are made lazily and
remembered by the function they are of. What the adjoint of one call needs is packed into a tape, which holds the
tapes of the calls inside it: the tape of a run is the tree of its calls.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import AdcoreError, LimitError, RecursionTooDeep, StackTooLarge
from adcore.graph import (
    UNKNOWN,
    DType,
    Function,
    Graph,
    Halves,
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
)
from adcore.graph.traversal import graph_of, substitute
from adcore.ops.base import Hidden, declare
from adcore.ops.control.stacks import Tape, ZeroStack, zeros_of

TAPE = Type(DType.TAPE, ())

# --- tapes


def _pack(*parts: Any, memory: Hidden = None) -> Tape:
    """``memory`` bounds the elements that a tape holds, the tapes inside it included; None is no bound."""
    tape = Tape(parts)
    if memory is not None and tape.size > memory:
        raise StackTooLarge(f"the adjoint of the recursion needs more than {memory} numbers, which is not allowed")
    return tape


def _pack_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """The tape of tangents has an entry for each number on the tape."""
    pairs = zip(tangents, node.inputs, strict=True)
    return pack(*(t or zeros_of(x.type) for t, x in pairs if x.type.is_number), memory=node.param("memory"))


def _pack_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    parts = iter(items(unpack(g, types=tuple(x.type for x in node.inputs if x.type.is_number))))
    return tuple(next(parts) if x.type.is_number else None for x in node.inputs)


pack: Op = declare(
    "pack",
    "*parts",
    _pack,
    lambda *parts, memory: TAPE,
    jvp=_pack_jvp,
    vjp=_pack_vjp,
    dtypes=(None,),
    on_stacks=True,
    public=False,
    can_fail=True,
    doc="A tape of values of any kinds.",
)


def _unpack(tape: Any, *, types: Hidden) -> tuple[Any, ...]:
    if not isinstance(tape, ZeroStack):
        return tuple(tape.parts)
    return tuple(np.zeros(t.shape, t.dtype.value)[()] if t.is_array else tape for t in types)


def _unpack_jvp(node: Node, tangents: tuple[Node]) -> tuple[Node | None, ...]:
    parts = iter(items(unpack(*tangents, types=tuple(t for t in node.types if t.is_number))))
    return tuple(next(parts) if t.is_number else None for t in node.types)


def _unpack_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    return (pack(*(g or zeros_of(t) for g, t in zip(cotangents, node.types, strict=True) if t.is_number)),)


unpack: Op = declare(
    "unpack",
    "tape",
    _unpack,
    lambda tape, *, types: types,
    jvp=_unpack_jvp,
    vjp=_unpack_vjp,
    several=True,
    dtypes=(None,),
    on_stacks=True,
    public=False,
    doc="The values that a tape was packed from.",
)


# --- calls


def _call(*operands: Any, function: Hidden) -> Any:
    raise NotImplementedError("a call is run by an engine, through its structure")


def _types(*operands: Type, function: Function) -> tuple[Type, ...]:
    assert operands == function.inputs, "a function takes other operands than it is given"
    return function.outputs


def _run(run: RunGraph, *operands: Any, function: Function) -> Sequence[Any]:
    try:
        return run(function.graph, operands)
    except RecursionError:
        raise RecursionTooDeep(f"the calls of {function.name} go deeper than can be followed") from None
    except AdcoreError as error:
        if not error.called and (isinstance(error, RecursionTooDeep) or not isinstance(error, LimitError)):
            error.called = True
            given = zip(function.graph.input_names, operands, strict=True)
            told = [
                f"{name} = {x:g}" for name, x in given if isinstance(x, np.generic) and name in function.parameters
            ][:_TOLD]
            error.message += f"; in a call of {function.name}" + (f" with {', '.join(told)}" if told else "")
        raise


_TOLD = 4
"""How many arguments a message shows at most."""


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One call of the function with its tangents."""
    function: Function = node.param("function")
    active = tuple(t is not None for t in tangents)
    pushed = function.derived(
        ("push", active),
        (*function.inputs, *(t for t, on in zip(function.inputs, active, strict=True) if on)),
        (*function.outputs, *(t for t in function.outputs if t.is_number)),
        lambda: push(function.graph, active).graph,
    )
    results = items(call(*node.inputs, *(t for t in tangents if t is not None), function=pushed, span=node.span))
    values, found = results[: len(node.types)], iter(results[len(node.types) :])
    return values, tuple(next(found) if t.is_number else None for t in node.types)


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A call that also gives a tape, and, backwards, a call of the function's adjoint, which reads it."""
    function: Function = node.param("function")
    mask = tuple(wanted)
    outputs = len(function.outputs)
    numbers = tuple(t for t in function.outputs if t.is_number)

    @functools.cache
    def halves() -> Halves:
        return split(function.graph, mask)

    def ahead() -> Graph:
        half = halves().forward
        tape = pack(*half.outputs[outputs:], memory=function.memory)
        return graph_of(half.inputs, (*half.outputs[:outputs], tape), order=(*half.nodes, tape))

    def back() -> Graph:
        half = halves()
        kept = half.forward.outputs[outputs:]
        tape = input_node("tape", TAPE)
        cotangents = half.backward.inputs[len(kept) :]
        stored = items(unpack(tape, types=tuple(x.type for x in kept)))
        inside = substitute(half.backward, dict(zip(half.backward.inputs, (*stored, *cotangents), strict=True)))
        return graph_of((tape, *cotangents), [inside[y] for y in half.backward.outputs])

    forward = function.derived(("forward", mask), function.inputs, (*function.outputs, TAPE), ahead)
    to = tuple(t for t, want in zip(function.inputs, mask, strict=True) if want)
    backward = function.derived(("backward", mask), (TAPE, *numbers), to, back)
    new = call(*node.inputs, function=forward, span=node.span)
    results = items(new)

    def pullback(given: Sequence[Node | None]) -> tuple[Node | None, ...]:
        flow = [g or zeros_of(t) for g, t in zip(given, node.types, strict=False) if t.is_number]
        found = iter(items(call(results[outputs], *flow, function=backward, span=node.span)))
        return tuple(next(found) if want else None for want in mask)

    return results[:outputs], new, pullback


call: Op = declare(
    "call",
    "*operands",
    _call,
    _types,
    structure=Structure(_run, _push, _pull, times=lambda node: UNKNOWN),
    several=True,
    dtypes=(None,),
    public=False,
    text=lambda *operands, function: f"{function.name}({', '.join(operands)})",
    doc="What a function of the program gives that may call itself.",
)
