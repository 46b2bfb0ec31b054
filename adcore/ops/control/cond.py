"""Structured control flow: ops whose parameters are graphs. Only the graph that is taken is evaluated.

Differentiating one gives ops of the same kind, so that derivatives of any order stay inside the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adcore.errors import Span
from adcore.graph import DType, Graph, Halves, Node, Pullback, Push, RunGraph, Split, Structure, Type, input_node, items
from adcore.graph.traversal import graph_of, substitute
from adcore.ops.base import Hidden, declare
from adcore.ops.control.stacks import zeros_of


def _cond(predicate: Any, *operands: Any, then: Hidden, otherwise: Hidden) -> Any:
    raise NotImplementedError("a cond is run by an engine, through its structure")


def _cond_types(*types: Type, then: Graph, otherwise: Graph) -> tuple[Type, ...]:
    assert types[0] == Type(DType.BOOL, ()), "a predicate is one boolean"
    for graph in (then, otherwise):
        assert tuple(x.type for x in graph.inputs) == types[1:], "a branch takes other operands than it is given"
    results = tuple(x.type for x in then.outputs)
    assert results == tuple(x.type for x in otherwise.outputs), "the branches give values of different types"
    return results


def _cond_run(run: RunGraph, predicate: Any, *operands: Any, then: Graph, otherwise: Graph) -> Sequence[Any]:
    return run(then if predicate else otherwise, operands)


def _cond_push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One cond of both branches with their tangents."""
    active = [t is not None for t in tangents[1:]]
    then, otherwise = (push(node.param(name), active) for name in ("then", "otherwise"))
    operands = (*node.inputs, *(t for t in tangents[1:] if t is not None))
    pushed = cond(*operands, then=then.graph, otherwise=otherwise.graph, span=node.span)
    values, results = items(pushed)[: len(node.types)], iter(items(pushed)[len(node.types) :])
    out: list[Node | None] = []
    for type, in_then, in_otherwise in zip(node.types, then.active, otherwise.active, strict=True):
        tangent = next(results) if type.is_number else None
        out.append(tangent if in_then or in_otherwise else None)
    return values, tuple(out)


def _share_slots(halves: Sequence[Halves], outputs: int) -> tuple[list[Type], list[list[int]]]:
    """Slots for what the branches keep, each used by as many branches as have a residual of its type.

    Only one branch runs, so the residuals of the other one need no room of their own.
    """
    slots: list[Type] = []
    places: list[list[int]] = []
    for half in halves:
        free = list(range(len(slots)))
        chosen: list[int] = []
        for residual in half.forward.outputs[outputs:]:
            slot = next((i for i in free if slots[i] == residual.type), None)
            if slot is None:
                slot = len(slots)
                slots.append(residual.type)
            else:
                free.remove(slot)
            chosen.append(slot)
        places.append(chosen)
    return slots, places


def _cond_pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A cond that also gives what its taken branch keeps, and, backwards, a cond of the branches' adjoint programs."""
    outputs = len(node.types)
    halves = [split(node.param(name), wanted[1:]) for name in ("then", "otherwise")]
    slots, places = _share_slots(halves, outputs)
    kept, adjoint = [], []
    for half, chosen in zip(halves, places, strict=True):
        residuals = dict(zip(chosen, half.forward.outputs[outputs:], strict=True))
        filled = [residuals.get(i) or zeros_of(slot) for i, slot in enumerate(slots)]
        kept.append(graph_of(half.forward.inputs, (*half.forward.outputs[:outputs], *filled)))
        stored = [input_node(f"r{i}", slot) for i, slot in enumerate(slots)]
        cotangents = half.backward.inputs[len(chosen) :]
        values = dict(zip(half.backward.inputs, [stored[i] for i in chosen], strict=False))
        new = substitute(half.backward, values | {x: x for x in cotangents})
        adjoint.append(graph_of((*stored, *cotangents), [new[x] for x in half.backward.outputs]))
    predicate, *operands = node.inputs
    forward = cond(predicate, *operands, then=kept[0], otherwise=kept[1], span=node.span)
    memory = items(forward)[outputs:]

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        given = [
            zeros_of(type) if g is None else g
            # What follows the results are residuals of this node's own, which no cotangent reaches.
            for type, g in zip(node.types, cotangents, strict=False)
            if type.is_number
        ]
        back = cond(predicate, *memory, *given, then=adjoint[0], otherwise=adjoint[1], span=node.span)
        results = iter(items(back))
        return tuple(next(results) if want else None for want in (False, *wanted[1:]))

    return items(forward)[:outputs], forward, pullback


cond = declare(
    "cond",
    "predicate *operands",
    _cond,
    _cond_types,
    structure=Structure(_cond_run, _cond_push, _cond_pull),
    several=True,
    dtypes=(DType.BOOL, None),
    public=False,
    doc="What one of two graphs gives: the first where the predicate holds, else the second; only that one is run.",
)


def branch(
    predicate: Node, then: Graph, otherwise: Graph, operands: Sequence[Node], span: Span | None = None
) -> tuple[Node, ...]:
    """The results of ``then`` where ``predicate`` holds, else of ``otherwise``, both applied to ``operands``."""
    return items(cond(predicate, *operands, then=then, otherwise=otherwise, span=span))
