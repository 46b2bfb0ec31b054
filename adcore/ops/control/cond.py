"""Branches: an op with two graphs, of which it evaluates one. Its derivatives are branches again, at every order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adcore.errors import Span
from adcore.graph import DType, Graph, Halves, Node, Pullback, Push, RunGraph, Split, Structure, Type, input_node, items
from adcore.graph.traversal import applied, graph_of
from adcore.ops.base import Hidden, declare
from adcore.ops.control.activity import placed, present
from adcore.ops.control.stacks import zeros_of


def _cond(predicate: Any, *operands: Any, then: Hidden, otherwise: Hidden) -> Any:
    raise NotImplementedError("a cond is run by an engine, through its structure")


@dataclass(frozen=True, slots=True)
class CondView:
    """A node of the op ``cond``: its operands and parameters by name."""

    predicate: Node
    operands: tuple[Node, ...]
    """The inputs of either branch."""
    then: Graph
    otherwise: Graph

    @property
    def branches(self) -> tuple[Graph, Graph]:
        return self.then, self.otherwise


def cond_view(node: Node) -> CondView:
    """A node of the op ``cond``, by role."""
    return CondView(node.inputs[0], node.inputs[1:], node.param("then"), node.param("otherwise"))


def _cond_types(*types: Type, then: Graph, otherwise: Graph) -> tuple[Type, ...]:
    assert types[0] == Type(DType.BOOL, ()), "a predicate is one boolean"
    for graph in (then, otherwise):
        assert tuple(x.type for x in graph.inputs) == types[1:], "a branch's inputs have other types than the operands"
    results = tuple(x.type for x in then.outputs)
    assert results == tuple(x.type for x in otherwise.outputs), "the branches' outputs have different types"
    return results


def _cond_run(run: RunGraph, predicate: Any, *operands: Any, then: Graph, otherwise: Graph) -> Sequence[Any]:
    return run(then if predicate else otherwise, operands)


def _cond_push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    """One cond of both branches with their tangents."""
    active = [t is not None for t in tangents[1:]]
    then, otherwise = (push(graph, active) for graph in cond_view(node).branches)
    pushed = cond(*node.inputs, *present(tangents[1:]), then=then.graph, otherwise=otherwise.graph, span=node.span)
    results = items(pushed)
    outputs = placed(results[len(node.types) :], [type.is_number for type in node.types])
    either = [a or b for a, b in zip(then.active, otherwise.active, strict=True)]
    return results[: len(node.types)], tuple([t if on else None for t, on in zip(outputs, either, strict=True)])


def _share_slots(halves: Sequence[Halves], outputs: int) -> tuple[list[Type], list[list[int]]]:
    """Slots for the residuals of the branches, each shared by the branches that have a residual of its type.

    Only one branch runs, so the residuals of the other one need no room of their own. Gives the slots' types, and for
    each branch the slot of each of its residuals.
    """
    slots: list[Type] = []
    places: list[list[int]] = []
    for half in halves:
        free = list(range(len(slots)))
        own: list[int] = []
        for residual in half.forward.outputs[outputs:]:
            slot = next((i for i in free if slots[i] == residual.type), None)
            if slot is None:
                slot = len(slots)
                slots.append(residual.type)
            else:
                free.remove(slot)
            own.append(slot)
        places.append(own)
    return slots, places


def _forward_branch(half: Halves, outputs: int, slots: Sequence[Type], places: Sequence[int]) -> Graph:
    """A branch that gives its results, then a value for each slot: a residual, or zeros where it has none there."""
    residuals = dict(zip(places, half.forward.outputs[outputs:], strict=True))
    filled = [residuals.get(i) or zeros_of(slot) for i, slot in enumerate(slots)]
    return graph_of(half.forward.inputs, (*half.forward.outputs[:outputs], *filled))


def _backward_branch(half: Halves, slots: Sequence[Type], places: Sequence[int]) -> Graph:
    """The adjoint of a branch, from all slots and the cotangents of its results."""
    stored = [input_node(f"r{i}", slot) for i, slot in enumerate(slots)]
    cotangents = half.backward.inputs[len(places) :]
    return graph_of((*stored, *cotangents), applied(half.backward, (*[stored[i] for i in places], *cotangents)))


def _cond_pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    """A cond that also gives the residuals of the branch it takes, and, backwards, a cond of the branches' adjoints."""
    view, outputs = cond_view(node), len(node.types)
    halves = [split(graph, wanted[1:]) for graph in view.branches]
    slots, places = _share_slots(halves, outputs)
    then, otherwise = (_forward_branch(half, outputs, slots, own) for half, own in zip(halves, places, strict=True))
    forward = cond(*node.inputs, then=then, otherwise=otherwise, span=node.span)
    results = items(forward)
    adjoint_then, adjoint_otherwise = (
        _backward_branch(half, slots, own) for half, own in zip(halves, places, strict=True)
    )

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        # Residuals follow the results of the new node; no cotangent reaches them.
        flow = [g or zeros_of(type) for type, g in zip(node.types, cotangents, strict=False) if type.is_number]
        residuals = results[outputs:]
        back = cond(view.predicate, *residuals, *flow, then=adjoint_then, otherwise=adjoint_otherwise, span=node.span)
        return tuple(placed(items(back), (False, *wanted[1:])))

    return results[:outputs], forward, pullback


cond = declare(
    "cond",
    "predicate *operands",
    _cond,
    _cond_types,
    structure=Structure(_cond_run, _cond_push, _cond_pull),
    several=True,
    dtypes=(DType.BOOL, None),
    public=False,
    doc="The results of one of two graphs: the first where the predicate holds, else the second; only that one is run.",
)


def branch(
    predicate: Node, then: Graph, otherwise: Graph, operands: Sequence[Node], span: Span | None = None
) -> tuple[Node, ...]:
    """The results of ``then`` where ``predicate`` holds, else of ``otherwise``, applied to ``operands``."""
    return items(cond(predicate, *operands, then=then, otherwise=otherwise, span=span))
