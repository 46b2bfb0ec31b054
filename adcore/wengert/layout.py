"""The layout of a trace: its rows without their values, and the graph that computes the values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from adcore.derivatives.forward import tangents
from adcore.derivatives.reverse import backpropagate
from adcore.derivatives.seeds import unit_seeds, zero_seeds
from adcore.graph import INPUT, Graph, Node, constant, input_node
from adcore.graph.traversal import by_level, graph_of, wengert_names
from adcore.language.printing.expression import expression_text
from adcore.wengert.trace import Row, SeedRows, Trace
from adcore.wengert.unfolding import Whereabouts


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a trace without their values, and the graph that computes the values.

    The graph's inputs are the program's, then, in forward mode, the tangents of ``seeds``; its outputs are the values
    of the primal rows, then those of the adjoint rows, or of the tangent rows of one pass.
    """

    graph: Graph
    primal: tuple[Row, ...]
    adjoint: tuple[Row, ...] | None
    tangent: tuple[Row, ...] | None
    seeds: tuple[Node, ...]
    """The inputs that the derivatives are by: in forward mode the tangent of each of their elements is 1 in turn."""
    passes: int
    """The number of passes of forward mode in the trace; in reverse mode 1."""
    truncated: bool
    limit: int

    @property
    def rows(self) -> int:
        return len(self.primal) + len(self.adjoint or ()) + len(self.tangent or ()) * self.passes

    def elements(self, one_run: int) -> int:
        """The number of elements that a trace holds, where one run of the graph holds ``one_run``."""
        return one_run + sum(y.type.size for y in self.graph.outputs[len(self.primal) :]) * max(0, self.passes - 1)


def layout_of(
    graph: Graph,
    wrt: Sequence[int],
    mode: Literal["forward", "reverse"] | None,
    limit: int,
    places: Mapping[Node, Whereabouts] | None = None,
) -> Layout:
    """The rows for a graph without control flow, with the derivatives of its first output by the inputs ``wrt``.

    Each part has at most ``limit`` rows, all the passes of forward mode together; ``mode`` None leaves the derivatives
    out.
    """
    names = wengert_names(graph)
    places = places or {}
    primal = [_primal_row(node, names, places) for node in names]
    outputs = list(names)[:limit]
    adjoint = tangent = None
    inputs, seeds, passes = graph.inputs, [graph.inputs[i] for i in wrt], 1
    truncated = len(primal) > limit
    if mode == "reverse":
        values, rows = _adjoint_rows(graph, names, seeds, places)
        truncated |= len(rows) > limit
        adjoint = tuple(rows[:limit])
        outputs += values[:limit]
    elif mode == "forward":
        tangent_inputs, values, rows = _tangent_rows(graph, names, seeds, places)
        all_passes = sum(x.type.size for x in seeds)
        passes = min(all_passes, -(-limit // max(1, len(rows))))
        truncated |= len(rows) * all_passes > limit
        tangent = tuple(rows[:limit])
        outputs += values[:limit]
        inputs = (*inputs, *tangent_inputs)
    return Layout(
        graph_of(inputs, outputs), tuple(primal[:limit]), adjoint, tangent, tuple(seeds), passes, truncated, limit
    )


_UNKNOWN: Any = None
"""The value of a row before a run."""


def _where(node: Node, places: Mapping[Node, Whereabouts]) -> Whereabouts:
    """Where in the run a value was computed: the calls recorded by the run come before those inlined in the graph."""
    iteration, calls = places.get(node, Whereabouts())
    return Whereabouts(iteration, calls if node.span is None else (*calls, *node.span.calls))


def _primal_row(node: Node, names: Mapping[Node, str], places: Mapping[Node, Whereabouts]) -> Row:
    if node.op is INPUT:
        label = str(node.param("name"))
        return Row(names[node], label, _UNKNOWN, input=label, span=node.span)
    args = tuple(names.get(x) or expression_text(x, names.get) for x in node.inputs)
    where = _where(node, places)
    text = expression_text(node, names.get)
    return Row(names[node], text, _UNKNOWN, node.op.name, args, node.span, None, None, *where)


def _adjoint_rows(
    graph: Graph, names: Mapping[Node, str], wrt: Sequence[Node], places: Mapping[Node, Whereabouts]
) -> tuple[list[Node], list[Row]]:
    """The seed, then each contribution in the order of the backward sweep, with the operand's adjoint so far."""
    output = graph.outputs[0]
    seed = constant(1.0)
    _, adjoints = backpropagate(graph, {output: seed}, wrt)
    names = {**names, **{adjoints.became[x]: name for x, name in names.items() if x in adjoints.became}}
    output = adjoints.became.get(output, output)
    labels = dict(names)
    values: list[Node] = []
    rows: list[Row] = []
    if output in adjoints.of:
        labels[seed] = f"{names[output]}'"
        values.append(seed)
        rows.append(Row(labels[seed], "1", _UNKNOWN, span=output.span))
    for term in adjoints.contributions:
        name = f"{names[term.operand]}'"
        text = expression_text(term.total, labels.get)
        values.append(term.total)
        where = _where(term.source, places)
        rows.append(Row(name, text, _UNKNOWN, None, (), term.source.span, None, names[term.source], *where))
        labels.setdefault(term.total, name)
    return values, rows


def _tangent_rows(
    graph: Graph, names: Mapping[Node, str], wrt: Sequence[Node], places: Mapping[Node, Whereabouts]
) -> tuple[list[Node], list[Node], list[Row]]:
    """The inputs for the tangents, then the values and the rows of one pass: all passes have the same rows."""
    seeds = {x: input_node(f"d{x.param('name')}", x.type) for x in wrt}
    primal, tangent = tangents(graph, seeds)
    labels = dict(names) | {primal[x]: name for x, name in names.items()}
    labels |= {t: f"d{names[x]}" for x, t in tangent.items() if t not in names}
    values = list(seeds.values())
    rows = [Row(f"d{names[x]}", "", _UNKNOWN, input=str(x.param("name"))) for x in seeds]
    for node in by_level(graph):
        t = tangent.get(node)
        if t is not None:
            values.append(t)
            text = expression_text(t, labels.get)
            where = _where(node, places)
            rows.append(Row(f"d{names[node]}", text, _UNKNOWN, None, (), node.span, None, names[node], *where))
    return list(seeds.values()), values, rows


def fill(layout: Layout, values: Sequence[Any], run: Callable[[Sequence[Any]], Sequence[Any]]) -> Trace:
    """The trace of a run on ``values``; ``run`` runs the layout's graph."""
    first = len(layout.primal)
    if layout.tangent is None:
        results = run(values)
        adjoint = None if layout.adjoint is None else _filled(layout.adjoint, results[first:])
        return Trace(_filled(layout.primal, results[:first]), adjoint, truncated=layout.truncated)
    primal: tuple[Row, ...] = ()
    passes: list[SeedRows] = []
    remaining = layout.limit
    # The limit of rows cuts the passes by further elements.
    for place, index, seeds in islice(unit_seeds(layout.seeds), layout.passes):
        results = run([*values, *seeds])
        primal = primal or _filled(layout.primal, results[:first])
        rows = _filled(layout.tangent[:remaining], results[first:])
        label = str(layout.seeds[place].param("name")) + (f"[{', '.join(map(str, index))}]" if index else "")
        with_seeds = [r._replace(expression=_seed_text(r.value)) if r.input else r for r in rows]
        passes.append(SeedRows(label, tuple(with_seeds)))
        remaining -= len(rows)
    if not passes:
        primal = _filled(layout.primal, run([*values, *zero_seeds(layout.seeds)])[:first])
    return Trace(primal, None, tuple(passes), layout.truncated)


def _filled(rows: Iterable[Row], values: Iterable[Any]) -> tuple[Row, ...]:
    return tuple([row._replace(value=value) for row, value in zip(rows, values, strict=False)])


def _seed_text(value: Any) -> str:
    return f"{value:g}" if value.ndim == 0 else str(value.tolist())
