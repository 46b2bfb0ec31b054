"""Calls of functions that may call themselves: a call is one node, however deep it goes, and so is its derivative.

The derivative of a function that calls itself is one that calls itself again, so derivatives are made lazily and
remembered by the function they belong to. The residuals of one call are packed into a tape, which holds the tapes of
the calls inside it: the tape of a run is the tree of its calls.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
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
from adcore.graph.traversal import applied, graph_of
from adcore.ops.base import Hidden, declare
from adcore.ops.control.activity import chosen, placed, present
from adcore.ops.control.stacks import Tape, ZeroStack, zeros_of

TAPE = Type(DType.TAPE, ())

# --- tapes


def _pack(*parts: Any, memory: Hidden = None) -> Tape:
    """Raises StackTooLarge if a tape, with the tapes inside it, has more than ``memory`` elements; None is no bound."""
    tape = Tape(parts)
    if memory is not None and tape.size > memory:
        raise StackTooLarge(f"the adjoint of the recursion needs more than {memory} numbers, which is not allowed")
    return tape


def _pack_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """The tape of the tangents of the parts that are numbers."""
    pairs = zip(tangents, node.inputs, strict=True)
    return pack(*(t or zeros_of(x.type) for t, x in pairs if x.type.is_number), memory=node.param("memory"))


def _pack_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    numbers = [x.type.is_number for x in node.inputs]
    parts = items(unpack(g, types=tuple(chosen([x.type for x in node.inputs], numbers))))
    return tuple(placed(parts, numbers))


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
    numbers = [t.is_number for t in node.types]
    return tuple(placed(items(unpack(*tangents, types=tuple(chosen(node.types, numbers)))), numbers))


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


@dataclass(frozen=True, slots=True)
class CallView:
    """A node of the op ``call``: the function, and the operands it is applied to."""

    function: Function
    operands: tuple[Node, ...]


def call_view(node: Node) -> CallView:
    """A node of the op ``call``, by role."""
    return CallView(node.param("function"), node.inputs)


def _call(*operands: Any, function: Hidden) -> Any:
    raise NotImplementedError("a call is run by an engine, through its structure")


def _types(*operands: Type, function: Function) -> tuple[Type, ...]:
    assert operands == function.inputs, "the operands have other types than the function's inputs"
    return function.outputs


def _run(run: RunGraph, *operands: Any, function: Function) -> Sequence[Any]:
    """Raises RecursionTooDeep, and the errors of the function, with the call they are raised in."""
    try:
        return run(function.graph, operands)
    except RecursionError:
        raise RecursionTooDeep(f"the calls of {function.name} go deeper than can be followed") from None
    except AdcoreError as error:
        if not error.called and (isinstance(error, RecursionTooDeep) or not isinstance(error, LimitError)):
            error.called = True
            error.message += f"; in a call of {function.name}" + _arguments_text(function, operands)
        raise


_MOST_ARGUMENTS = 4
"""The most arguments that a message shows."""


def _arguments_text(function: Function, operands: Sequence[Any]) -> str:
    """The arguments of a call that are numbers, as a message shows them."""
    numbers = [
        f"{name} = {x:g}"
        for name, x in zip(function.graph.input_names, operands, strict=True)
        if isinstance(x, np.generic) and name in function.parameters
    ]
    return f" with {', '.join(numbers[:_MOST_ARGUMENTS])}" if numbers else ""


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One call of the function with its tangents."""
    function = call_view(node).function
    active = tuple(t is not None for t in tangents)
    pushed = function.derived(
        ("push", active),
        (*function.inputs, *chosen(function.inputs, active)),
        (*function.outputs, *(t for t in function.outputs if t.is_number)),
        lambda: push(function.graph, active).graph,
    )
    results = items(call(*node.inputs, *present(tangents), function=pushed, span=node.span))
    outputs = len(node.types)
    return results[:outputs], tuple(placed(results[outputs:], [t.is_number for t in node.types]))


def _forward_graph(function: Function, halves: Halves) -> Graph:
    """The function's outputs, then a tape of the residuals."""
    outputs, half = len(function.outputs), halves.forward
    tape = pack(*half.outputs[outputs:], memory=function.memory)
    return graph_of(half.inputs, (*half.outputs[:outputs], tape), order=(*half.nodes, tape))


def _backward_graph(function: Function, halves: Halves) -> Graph:
    """The function's adjoint, from the tape and the cotangents of the outputs that are numbers."""
    residuals = halves.forward.outputs[len(function.outputs) :]
    cotangents = halves.backward.inputs[len(residuals) :]
    tape = input_node("tape", TAPE)
    stored = items(unpack(tape, types=tuple(x.type for x in residuals)))
    return graph_of((tape, *cotangents), applied(halves.backward, (*stored, *cotangents)))


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A call that also gives a tape, and, backwards, a call of the function's adjoint, which reads it."""
    function = call_view(node).function
    mask = tuple(wanted)
    outputs = len(function.outputs)

    @functools.cache
    def halves() -> Halves:
        return split(function.graph, mask)

    forward = function.derived(
        ("forward", mask), function.inputs, (*function.outputs, TAPE), lambda: _forward_graph(function, halves())
    )
    backward = function.derived(
        ("backward", mask),
        (TAPE, *(t for t in function.outputs if t.is_number)),
        tuple(chosen(function.inputs, mask)),
        lambda: _backward_graph(function, halves()),
    )
    new = call(*node.inputs, function=forward, span=node.span)
    results = items(new)

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        flow = [g or zeros_of(t) for g, t in zip(cotangents, node.types, strict=False) if t.is_number]
        back = call(results[outputs], *flow, function=backward, span=node.span)
        return tuple(placed(items(back), mask))

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
    doc="The results of a function of the program, which may call itself.",
)
