"""The Wengert list of a run: every value in the order of its dataflow level, then the adjoints or the tangents.

The program is run node by node, and the branches it takes are laid out in a line; the rows of derivatives are the
terms of the chain rule on that line, as forward and reverse mode build them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from adcore.derivatives.forward import tangents
from adcore.derivatives.reverse import backpropagate
from adcore.errors import AdcoreError, Span
from adcore.graph import (
    INPUT,
    ITEM,
    Array,
    Graph,
    Node,
    by_level,
    constant,
    graph_of,
    input_node,
    schedule,
    wengert_names,
)
from adcore.language.printing import expression

Values = dict[Node, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a trace: a name, how its value follows from other names, and the value."""

    name: str
    expression: str
    value: Array
    op: str | None = None
    args: tuple[str, ...] = ()
    span: Span | None = None
    input: str | None = None
    """The program's name of an input."""
    origin: str | None = None
    """In adjoint rows: the name of the value that the term flows back from."""


@dataclass(frozen=True, slots=True)
class SeedRows:
    """The tangents of one pass of forward mode. ``seed`` is the input, or element of one, whose tangent is 1."""

    seed: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The primal rows, and the adjoint ones or the tangents; ``truncated`` where the limit of rows cut a part."""

    primal: tuple[Row, ...]
    adjoint: tuple[Row, ...] | None = None
    tangents: tuple[SeedRows, ...] | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A value on its way through the run: what computes it, and what it is."""

    node: Node
    value: Any

    def __bool__(self) -> bool:
        return bool(self.value)


def straighten(graph: Graph, values: Sequence[Any]) -> tuple[Graph, Values]:
    """Run the graph, and lay out what the run did as a graph without branches, with the value of each node."""
    computed: Values = dict(zip(graph.inputs, values, strict=True))
    order: list[Node] = []

    def walk(inner: Graph, operands: Sequence[Step]) -> list[Step]:
        at: dict[Node, Any] = dict(zip(inner.inputs, operands, strict=True))
        for node in inner.nodes:
            given = [at[x] for x in node.inputs]
            if node.op.structure is not None:
                at[node] = node.op.structure.run(walk, *given, **dict(node.params))
            elif node.op is ITEM and node.inputs[0].op.structure is not None:
                at[node] = given[0][node.param("index")]
            else:
                new = node.with_inputs(tuple([step.node for step in given]))
                at[node] = Step(new, _compute(new, [step.value for step in given]))
                computed[new] = at[node].value
                order.append(new)
        return [at[y] for y in inner.outputs]

    with np.errstate(all="ignore"):
        outputs = walk(graph, [Step(x, v) for x, v in zip(graph.inputs, values, strict=True)])
    straight = graph_of(graph.inputs, [y.node for y in outputs], graph.output_names, dict.fromkeys(order))
    return straight, computed


def _compute(node: Node, values: Sequence[Any]) -> Any:
    assert node.op.value is not None
    try:
        return node.op.value(*values, **dict(node.params))
    except AdcoreError as error:
        error.span = error.span or node.span
        raise


def _evaluate(nodes: Iterable[Node], known: Mapping[Node, Any]) -> Values:
    """The values of nodes and of all they depend on, those in ``known`` as given."""
    values = dict(known)
    with np.errstate(all="ignore"):
        for node in schedule(nodes):
            if node not in values:
                values[node] = _compute(node, [values[x] for x in node.inputs])
    return values


def record(
    graph: Graph,
    values: Sequence[Any],
    wrt: Sequence[int],
    mode: Literal["forward", "reverse"] | None,
    limit: int,
) -> Trace:
    """The trace of a run on ``values``, with the derivatives of its first output by the inputs ``wrt``.

    Each part has at most ``limit`` rows, all the passes of forward mode together; ``mode`` None leaves the derivatives
    out.
    """
    straight, computed = straighten(graph, values)
    names = wengert_names(straight)
    primal = tuple(_primal_row(node, names, computed) for node in names)
    adjoint: tuple[Row, ...] | None = None
    seeds: list[SeedRows] | None = None
    left = limit
    if mode == "reverse":
        adjoint = tuple(_adjoint_rows(straight, names, computed, wrt))
        left -= len(adjoint)
    elif mode == "forward":
        seeds = []
        for seed in _tangent_rows(straight, names, computed, wrt):
            if left > 0:
                seeds.append(SeedRows(seed.seed, seed.rows[:left]))
            left -= len(seed.rows)
            if left < 0:
                break  # The passes that are left would be one for each element of the inputs.
    return Trace(
        primal[:limit],
        None if adjoint is None else adjoint[:limit],
        None if seeds is None else tuple(seeds),
        truncated=len(primal) > limit or left < 0,
    )


def _primal_row(node: Node, names: Mapping[Node, str], values: Values) -> Row:
    name, value = names[node], values[node]
    if node.op is INPUT:
        label = str(node.param("name"))
        return Row(name, label, value, input=label, span=node.span)
    args = tuple(names.get(x) or expression(x, names.get) for x in node.inputs)
    text = expression(node, names.get)
    return Row(name, text, value, node.op.name, args, node.span)


def _adjoint_rows(graph: Graph, names: Mapping[Node, str], computed: Values, wrt: Sequence[int]) -> Iterable[Row]:
    """The seed, then each contribution in the order it is made, with the operand's adjoint so far."""
    output = graph.outputs[0]
    seed = constant(1.0)
    _, adjoints = backpropagate(graph, {output: seed}, [graph.inputs[i] for i in wrt])
    terms = adjoints.contributions
    values = _evaluate([term.total for term in terms], computed | {seed: seed.param("literal").array})
    spoken = dict(names)
    if output in adjoints.of:
        spoken[seed] = f"{names[output]}'"
        yield Row(spoken[seed], "1", values[seed], span=output.span)
    for term in terms:
        name = f"{names[term.operand]}'"
        text = expression(term.total, spoken.get)
        yield Row(name, text, values[term.total], span=term.source.span, origin=names[term.source])
        spoken.setdefault(term.total, name)


def _tangent_rows(graph: Graph, names: Mapping[Node, str], computed: Values, wrt: Sequence[int]) -> Iterable[SeedRows]:
    """One pass for each element of the inputs ``wrt``: the same formulas with another seed."""
    inputs = [graph.inputs[i] for i in wrt]
    seeds = {x: input_node(f"d{x.param('name')}", x.type) for x in inputs}
    _, tangent = tangents(graph, seeds)
    spoken = dict(names) | {t: f"d{names[x]}" for x, t in tangent.items() if t not in names}
    zero = {t: np.zeros(x.shape)[()] for x, t in seeds.items()}
    for x in inputs:
        for index in np.ndindex(x.shape):
            one = np.zeros(x.shape)
            one[index] = 1.0
            values = _evaluate(tangent.values(), computed | zero | {seeds[x]: one[()]})
            label = str(x.param("name")) + (f"[{', '.join(map(str, index))}]" if index else "")
            rows = [
                Row(f"d{names[s]}", _seed_text(values[t]), values[t], input=str(s.param("name")))
                for s, t in seeds.items()
            ]
            for node in by_level(graph):
                t = tangent.get(node)
                if t is not None:
                    text = expression(t, spoken.get)
                    rows.append(Row(f"d{names[node]}", text, values[t], span=node.span, origin=names[node]))
            yield SeedRows(label, tuple(rows))


def _seed_text(value: Any) -> str:
    return f"{value:g}" if value.ndim == 0 else str(value.tolist())
