"""Flat programs: the inputs that reach an output, but only by way of ops whose derivative is zero everywhere.

A rounding, a comparison or an argmax cuts the way of every derivative. That follows from the graph alone, so it is
computed once, when a program is compiled: for each value the set of inputs it depends on, and the set of inputs that a
derivative reaches it from. Sets are whole numbers, with a bit for each input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from adcore.graph import ITEM, Graph, Node
from adcore.ops.control.assertions import require
from adcore.ops.control.call import call, call_view
from adcore.ops.control.cond import cond, cond_view
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import loop_view


class Ways(NamedTuple):
    """The inputs that a value depends on, and those among them that it has a derivative by."""

    depends: int
    active: int

    def __or__(self, other: Ways) -> Ways:
        return Ways(self.depends | other.depends, self.active | other.active)


NONE = Ways(0, 0)
Results = tuple[Ways, ...]


class Flat(NamedTuple):
    """An input that reaches an output by flat ops only, and the nodes where the ways of its derivative end."""

    input: int
    output: int
    ends: tuple[Node, ...]


def flat_inputs(graph: Graph, wrt: Iterable[int]) -> Iterator[Flat]:
    """The inputs among ``wrt`` that reach an output, but not so that it has a derivative by them."""
    if not any(_may_be_flat(node) for inner in graph.within() for node in inner.nodes):
        return
    analysis = _Analysis()
    ways = analysis.settled(graph)
    for j, y in enumerate(graph.outputs):
        for i in wrt:
            bit = 1 << i
            if ways[y][0].depends & bit and not ways[y][0].active & bit:
                yield Flat(i, j, tuple(dict.fromkeys(_ends(y, ways, bit, analysis))))


def _may_be_flat(node: Node) -> bool:
    op = node.op
    if op is ITEM or op.rules.structure is not None:
        return False
    return bool(op.facts.flat) or (op.rules.jvp is None and bool(node.inputs))


class _Analysis:
    """The ways to the outputs of all graphs inside a graph: the least sets that agree with one another."""

    def __init__(self) -> None:
        self.outputs: dict[Graph, Results] = {}
        self.seen: set[Graph] = set()
        """The graphs of this round: a function that calls itself is walked once a round."""

    def settled(self, graph: Graph) -> dict[Node, Results]:
        """The ways to the results of each node of ``graph``."""
        while True:
            before = dict(self.outputs)
            self.seen.clear()
            ways = self.walk(graph)
            if self.outputs == before:
                return ways

    def walk(self, graph: Graph) -> dict[Node, Results]:
        ways: dict[Node, Results] = {x: (Ways(1 << i, 1 << i),) for i, x in enumerate(graph.inputs)}
        for node in graph.nodes:
            if node.op is ITEM:
                ways[node] = (ways[node.inputs[0]][node.param("index")],)
                continue
            operands = [ways[x][0] for x in node.inputs]
            if node.op.rules.structure is None:
                ways[node] = (_through(node, operands),) * len(node.types)
            else:
                ways[node] = self.through_structure(node, operands)
        return ways

    def through(self, graph: Graph) -> Results:
        """The ways through a graph inside a node."""
        if graph not in self.seen:
            self.seen.add(graph)
            self.outputs.setdefault(graph, (NONE,) * len(graph.outputs))
            ways = self.walk(graph)
            self.outputs[graph] = tuple(ways[y][0] for y in graph.outputs)
        return self.outputs[graph]

    def through_structure(self, node: Node, operands: Sequence[Ways]) -> Results:
        if node.op is cond:
            decides = Ways(operands[0].depends, 0)
            sides = zip(*map(self.through, cond_view(node).branches), strict=True)
            return tuple(_composed(a | b, operands[1:]) | decides for a, b in sides)
        if node.op is call:
            return tuple(_composed(way, operands) for way in self.through(call_view(node).function.graph))
        if node.op is loop:
            return self.through_loop(node, operands)
        everything = NONE
        for way in operands:
            everything |= way
        return (everything,) * len(node.types)

    def through_loop(self, node: Node, operands: Sequence[Ways]) -> Results:
        """The carried values have the ways of all passes together."""
        view = loop_view(node)
        count, starts = operands[0].depends, list(operands[1 : 1 + len(view.operands.carried)])
        rest = operands[1 + len(starts) :]
        body = self.through(view.body)
        test = self.through(view.test)[0] if view.test is not None else NONE
        while True:
            inputs = [NONE, *starts, *rest]
            tested = [NONE, *starts, *view.by_role([*starts, *rest]).constants]
            decides = Ways(count | _composed(test, tested).depends, 0)
            new = [a | _composed(way, inputs) | decides for a, way in zip(starts, body, strict=False)]
            if new == starts:
                break
            starts = new
        stacked = [_composed(way, inputs) | decides for way in body[len(starts) :]]
        return (*starts, decides, *stacked)


def _through(node: Node, operands: Sequence[Ways]) -> Ways:
    if node.op is require:
        # What an assertion reads decides whether there is a value, and not which.
        return NONE
    depends = active = 0
    flat = node.op.facts.flat
    for i, way in enumerate(operands):
        depends |= way.depends
        if i not in flat:
            active |= way.active
    return Ways(depends, active if node.op.rules.jvp is not None else 0)


def _composed(ways: Ways, operands: Sequence[Ways]) -> Ways:
    """The ways through a graph after the ways to its inputs."""
    depends = active = 0
    for i, operand in enumerate(operands):
        if ways.depends >> i & 1:
            depends |= operand.depends
        if ways.active >> i & 1:
            active |= operand.active
    return Ways(depends, active)


# --- where the ways end


def _ends(value: Node, ways: Mapping[Node, Results], bit: int, analysis: _Analysis) -> Iterator[Node]:
    """The nodes from which on no derivative by the input comes nearer to ``value``."""
    seen = {value}
    stack = [value]
    while stack:
        node = stack.pop()
        whole = node.inputs[0] if node.op is ITEM else node
        on = [bool(ways[x][0].active & bit) for x in whole.inputs]
        if any(on):
            yield from _ends_at(whole, on, ways, bit, analysis, set())
        for x in whole.inputs:
            if ways[x][0].depends & bit and not ways[x][0].active & bit and x not in seen:
                seen.add(x)
                stack.append(x)


def _ends_at(
    node: Node,
    on: Sequence[bool],
    ways: Mapping[Node, Results],
    bits: int,
    analysis: _Analysis,
    seen: set[tuple[Graph, int]],
) -> Iterator[Node]:
    """The node itself, or those inside where derivatives by the inputs ``bits`` come to it, by the operands ``on``."""
    if node.op is cond:
        inner = [(graph, on[1:]) for graph in cond_view(node).branches]
    elif node.op is call:
        inner = [(call_view(node).function.graph, on)]
    elif node.op is loop:
        view = loop_view(node)
        carried = [bool(ways[node][i].active & bits) for i in range(len(view.operands.carried))]
        operands = view.by_role([a or b for a, b in zip_longest(on[1:], carried, fillvalue=False)])
        inner = [(view.body, [False, *operands.flat])]
        if view.test is not None:
            inner.append((view.test, [False, *operands.carried, *operands.constants]))
    else:
        yield node
        return
    for graph, active in inner:
        yield from _ends_inside(graph, sum(1 << i for i, a in enumerate(active) if a), analysis, seen)


def _ends_inside(graph: Graph, bits: int, analysis: _Analysis, seen: set[tuple[Graph, int]]) -> Iterator[Node]:
    if (graph, bits) in seen:
        return
    seen.add((graph, bits))
    ways = analysis.walk(graph)
    for node in graph.nodes:
        on = [bool(ways[x][0].active & bits) for x in node.inputs]
        if node.op is not ITEM and any(on) and (node.op.facts.several or not ways[node][0].active & bits):
            yield from _ends_at(node, on, ways, bits, analysis, seen)
