"""Reverse mode: the adjoint program, which runs through the graph backwards and adds up the terms of each adjoint.

The order in which adjoints are added is fixed by the graph's dataflow levels: it is the order in which a trace shows
them, and it does not depend on how the graph came about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adcore.derivatives.joined import joined, terms
from adcore.errors import NotDifferentiable
from adcore.graph import ITEM, Graph, Halves, Node, Pullback, constant, input_node
from adcore.graph.traversal import by_level, dependents, graph_of, schedule
from adcore.ops.base import fit
from adcore.ops.control.stacks import plus, zeros_of
from adcore.ops.strong import is_flat


@dataclass(frozen=True, slots=True)
class Contribution:
    """One term of the chain rule: the contribution of a node to the adjoint of one of its operands.

    ``total`` is the operand's adjoint so far, this term included.
    """

    source: Node
    operand: Node
    term: Node
    total: Node


@dataclass(frozen=True, slots=True)
class Adjoints:
    """The adjoint of each node (a node without one has the exact adjoint zero), and the terms in their order."""

    of: Mapping[Node, Node]
    contributions: tuple[Contribution, ...]
    became: Mapping[Node, Node]
    """The new node of each node of a graph with structured ops; empty without them."""


def augment(graph: Graph, active: set[Node]) -> tuple[dict[Node, Node], dict[Node, Pullback]]:
    """Replace each active structured op by one that stores the values its adjoint needs.

    Returns the new node of each node, and the pullbacks of the new structured ones.
    """
    new: dict[Node, Node] = {x: x for x in graph.inputs}
    pullbacks: dict[Node, Pullback] = {}
    results: dict[Node, tuple[Node, ...]] = {}
    for node in graph.nodes:
        if node.op is ITEM and node.inputs[0] in results:
            new[node] = results[node.inputs[0]][node.param("index")]
            continue
        moved = new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
        if node.op.rules.structure is not None and node in active:
            wanted = [x in active and x.type.is_number for x in node.inputs]
            results[node], new[node], pullback = node.op.rules.structure.pull(moved, wanted, split)
            pullbacks[new[node]] = pullback
    return new, pullbacks


def backpropagate(graph: Graph, seeds: Mapping[Node, Node], wrt: Collection[Node]) -> tuple[Graph, Adjoints]:
    """Pull the cotangents ``seeds`` of outputs back to the inputs ``wrt``.

    Returns the graph with its structured ops augmented, and the adjoints of its nodes.
    """
    active = dependents(graph.nodes, wrt)
    pullbacks: dict[Node, Pullback] = {}
    new: dict[Node, Node] = {}
    if any(node.op.rules.structure is not None for node in graph.nodes):
        new, pullbacks = augment(graph, active)
        seeds = {new[y]: g for y, g in seeds.items()}
        active = {new[x] for x in active}
        outputs = [new[y] for y in graph.outputs]
        graph = graph_of(graph.inputs, outputs, graph.output_names, order=schedule([new[n] for n in graph.nodes]))
    adjoint = {y: g for y, g in seeds.items() if y in active}
    parts: dict[Node, list[Node | None]] = {}
    contributions: list[Contribution] = []

    def receive(source: Node, operand: Node, term: Node) -> None:
        before = adjoint.get(operand)
        total = adjoint[operand] = term if before is None else plus(before, term)
        contributions.append(Contribution(source, operand, term, total))

    powers = joined(graph.nodes)
    for node in reversed(by_level(graph)):
        if node not in active:
            continue
        if node.op is ITEM:
            whole, index, flow = node.inputs[0], node.param("index"), adjoint.get(node)
            if flow is not None:
                collected = parts.setdefault(whole, [None] * len(whole.types))
                before = collected[index]
                collected[index] = flow if before is None else plus(before, flow)
            continue
        g: Any = parts.get(node) if node.op.facts.several else adjoint.get(node)
        if g is None or not any(t.is_number for t in node.types):
            continue
        if node in powers:
            flows = {base: g for base in powers[node] if base in active}
            for base, total in terms(powers[node], flows, {}, node.span):
                receive(node, base, fit(total, base.shape))
            continue
        if node in pullbacks:
            cotangents = pullbacks[node](g)
        elif node.op.rules.vjp is None:
            raise NotDifferentiable(f"{node.op.name} has no derivative", span=node.span)
        else:
            cotangents = node.op.rules.vjp(node, g)
        for operand, term in zip(node.inputs, cotangents, strict=True):
            if term is not None and operand in active:
                receive(node, operand, term)
    return graph, Adjoints(adjoint, tuple(contributions), new)


def vjp_graph(graph: Graph, wrt: Sequence[int], of: Sequence[int] | None = None) -> Graph:
    """The vector-Jacobian product: inputs, then a cotangent for each output, to outputs, then inputs' cotangents.

    ``of`` are the outputs that have a cotangent; None means all. Raises NotDifferentiable where the way from those
    outputs to the inputs ``wrt`` goes through an op without a derivative.
    """
    names = graph.output_names or [f"y{i}" for i in range(len(graph.outputs))]
    of = range(len(graph.outputs)) if of is None else of
    cotangents = [input_node(f"{names[i]}'", graph.outputs[i].type) for i in of]
    outputs, gradients = pull(graph, _seeds([graph.outputs[i] for i in of], cotangents), wrt)
    return graph_of((*graph.inputs, *cotangents), (*outputs, *gradients))


def gradient_graph(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The graph's inputs to its one output, a number, then the output's gradients by the inputs ``wrt``."""
    (output,) = graph.outputs
    outputs, gradients = pull(graph, {output: constant(1.0)}, wrt)
    return graph_of(graph.inputs, (*outputs, *gradients))


def _seeds(outputs: Sequence[Node], cotangents: Sequence[Node]) -> dict[Node, Node]:
    """The initial adjoint of each output: a value that is an output twice has the sum of both cotangents."""
    seeds: dict[Node, Node] = {}
    for y, g in zip(outputs, cotangents, strict=True):
        seeds[y] = plus(seeds[y], g) if y in seeds else g
    return seeds


def pull(graph: Graph, seeds: Mapping[Node, Node], wrt: Sequence[int]) -> tuple[tuple[Node, ...], list[Node]]:
    """The outputs, and the cotangents of the inputs ``wrt`` that follow from the cotangents ``seeds`` of outputs."""
    inputs = [graph.inputs[i] for i in wrt]
    augmented, adjoints = backpropagate(graph, seeds, inputs)
    return augmented.outputs, [adjoints.of.get(x) or zeros_of(x.type) for x in inputs]


def split(graph: Graph, wanted: Sequence[bool]) -> Halves:
    """Cut the graph's reverse mode where its backward pass begins.

    This decides which values are stored between the two halves, and which are computed again: stored are just those
    that the adjoint program reads and that depend on an input, but not on a cotangent. Values that depend on neither,
    and steps, are recomputed by the backward half.
    """
    inputs = [x for x, want in zip(graph.inputs, wanted, strict=True) if want]
    numbers = [y for y in graph.outputs if y.type.is_number]
    cotangents = [input_node(f"g{i}", y.type) for i, y in enumerate(numbers)]
    augmented, adjoints = backpropagate(graph, _seeds(numbers, cotangents), inputs)
    results = [adjoints.of.get(x) or zeros_of(x.type) for x in inputs]

    order = schedule(results)
    late, early = dependents(order, cotangents), dependents(order, graph.inputs)
    # A step is computed again from its operands, which takes no more room, and shows that its zeros are by choice.
    late |= {x for node in order if node in late for x in node.inputs if x in early and x not in late and is_flat(x)}
    reads = [x for node in order if node in late for x in node.inputs] + results
    residuals = [x for x in dict.fromkeys(reads) if x in early and x not in late]
    forward = graph_of(graph.inputs, (*augmented.outputs, *residuals))

    stored = [input_node(f"r{i}", x.type, x.span) for i, x in enumerate(residuals)]
    new: dict[Node, Node] = dict(zip(residuals, stored, strict=True))
    for node in order:
        if node not in new:
            new[node] = node.with_inputs(tuple([new[x] for x in node.inputs])) if node in late else node
    return Halves(forward, graph_of((*stored, *cotangents), [new[x] for x in results]))
