"""The Wengert list of a run: every value in the order of its dataflow level, then the adjoints or the tangents.

The rows of derivatives are the terms of the chain rule, as forward and reverse mode build them for a program without
control flow; where there is some, the run is followed first, and what it did laid out in a line. What the rows say is
laid out before they have values: for a program without control flow that is done once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from adcore.derivatives.forward import tangents
from adcore.derivatives.reverse import backpropagate
from adcore.errors import AdcoreError, Call, EvaluationTooLong, Span
from adcore.graph import CONSTANT, INPUT, ITEM, OPS, Array, Graph, Node, Run, constant, input_node
from adcore.language.printing import expression
from adcore.limits import Limits
from adcore.ops.calls import call
from adcore.ops.control import Tape, ZeroStack, add_stacks, cond
from adcore.ops.loops import loop
from adcore.traversal import by_level, graph_of, wengert_names


class Row(NamedTuple):
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
    iteration: tuple[int, ...] = ()
    """In which pass of each loop around it, the outermost first, counted from 0."""
    calls: tuple[Call, ...] = ()
    """In which calls of the program's functions, the outermost first."""


class Whereabouts(NamedTuple):
    """Where in a run something was computed."""

    iteration: tuple[int, ...] = ()
    calls: tuple[Call, ...] = ()


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


# --- a run with control flow, laid out in a line


@dataclass(frozen=True, slots=True)
class Straight:
    """What a run did, as a graph without control flow; the conditions that decided are among its nodes.

    Where the run is too long to be laid out, the graph is what came first, and its outputs are not the program's.
    """

    graph: Graph
    places: Mapping[Node, Whereabouts]
    cut: bool = False


class _Cut(Exception):
    """The run is too long to be laid out to its end."""


@dataclass(frozen=True, slots=True)
class Step:
    """A value on its way through the run: what computes it, and what it is."""

    node: Node
    value: Any

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    @property
    def size(self) -> int:
        """The number of elements, which tapes count."""
        return int(np.size(self.value))


def is_straight(graph: Graph) -> bool:
    """Whether every run of the graph does the same."""
    return all(node.op.structure is None for node in graph.nodes)


def straighten(graph: Graph, values: Sequence[Any], limits: Limits, deadline: float | None = None) -> Straight:
    """Run the graph, and lay out what the run did, as far as it is not too much for a trace.

    Raises EvaluationTooLong, and what ops raise at run time, with their place.
    """
    order: list[Node] = []
    places: dict[Node, Whereabouts] = {}
    conditions: list[Node] = []
    held = 0

    def step(value: Any) -> Any:
        """A value as a step of the run: what control flow makes itself, a count, say, is a constant of it."""
        if isinstance(value, (Step, list, Tape, ZeroStack)):
            return value
        order.append(constant(value))
        return Step(order[-1], value)

    def added(a: Any, b: Any) -> Any:
        """The sum of two stacks or tapes, or of two values on them."""
        if isinstance(a, ZeroStack) or isinstance(b, ZeroStack):
            return b if isinstance(a, ZeroStack) else a
        if isinstance(a, Tape):
            return Tape([added(x, y) for x, y in zip(a.parts, b.parts, strict=True)])
        if isinstance(a, list):
            return [added(x, y) for x, y in zip(a, b, strict=True)]
        first, second = step(a), step(b)
        order.append(OPS["add"](first.node, second.node))
        return Step(order[-1], first.value + second.value)

    def inside(node: Node, where: Whereabouts) -> Run:
        """How the graphs inside a node are run: in a loop, each run of one is another iteration."""
        runs: dict[Graph, int] = {}

        def run(inner: Graph, operands: Sequence[Any]) -> list[Any]:
            k = runs[inner] = runs.get(inner, -1) + 1
            if node.op is loop:
                results = walk(inner, operands, where._replace(iteration=(*where.iteration, k)))
                if inner is node.param("test"):
                    conditions.append(results[0].node)
                return results
            if node.op is call and node.span is not None:
                name = node.param("function").name
                calls = (*where.calls, *node.span.calls, Call(name, node.span))
                return walk(inner, operands, where._replace(calls=calls))
            return walk(inner, operands, where)

        return run

    def walk(inner: Graph, operands: Sequence[Any], where: Whereabouts) -> list[Any]:
        nonlocal held
        at: dict[Node, Any] = dict(zip(inner.inputs, map(step, operands), strict=True))
        for node in inner.nodes:
            given = [at[x] for x in node.inputs]
            if node.op.structure is not None and not node.op.structure.opaque:
                if node.op is cond:
                    conditions.append(given[0].node)
                params = dict(node.params)
                if "memory" in params:
                    # A pass that ran again would stand in the trace again; what the trace holds is bounded itself.
                    params["memory"] = None
                at[node] = node.op.structure.run(inside(node, where), *given, **params)
            elif node.op is add_stacks:
                at[node] = added(*given)
            elif node.op.stacks:
                # What derivatives inside the program keep is no value of the run, but holds such.
                assert node.op.value is not None
                kept = node.op.value(*given, **dict(node.params))
                at[node] = list(kept) if isinstance(kept, tuple) else kept
            elif node.op is ITEM and isinstance(given[0], list):
                at[node] = step(given[0][node.param("index")])
            else:
                new = node.with_inputs(tuple([step.node for step in given]))
                at[node] = Step(new, _compute(new, [step.value for step in given], deadline))
                order.append(new)
                if where.iteration or where.calls:
                    places.setdefault(new, where)
                held += sum(t.size for t in new.types)
                if held > limits.trace_elements or len(order) > limits.graph_nodes:
                    raise _Cut
        return [at[y] for y in inner.outputs]

    try:
        with np.errstate(all="ignore"):
            outputs = walk(graph, [Step(x, v) for x, v in zip(graph.inputs, values, strict=True)], Whereabouts())
    except _Cut:
        first = [node for node in dict.fromkeys(order) if node.op is not CONSTANT][: limits.trace_rows]
        return Straight(graph_of(graph.inputs, _within(first, limits.trace_elements // 2)), places, cut=True)
    ends = [y.node for y in outputs]
    laid = graph_of(graph.inputs, [*ends, *conditions], order=dict.fromkeys(order))
    return Straight(Graph(graph.inputs, laid.nodes, tuple(ends), graph.output_names), places)


def _within(nodes: Sequence[Node], elements: int) -> list[Node]:
    """The first of the nodes that hold so many elements together, one at least, and are one value each."""
    found: list[Node] = []
    held = 0
    for node in nodes:
        held += sum(t.size for t in node.types)
        if found and held > elements:
            break
        if not node.op.several:
            found.append(node)
    return found


def _compute(node: Node, values: Sequence[Any], deadline: float | None) -> Any:
    def run(graph: Graph, operands: Sequence[Any]) -> list[Any]:
        at = dict(zip(graph.inputs, operands, strict=True))
        for inner in graph.nodes:
            at[inner] = _compute(inner, [at[x] for x in inner.inputs], deadline)
        return [at[y] for y in graph.outputs]

    if deadline is not None and time.monotonic() > deadline:
        raise EvaluationTooLong("the evaluation took longer than is allowed", span=node.span)
    try:
        if node.op.structure is not None:
            return node.op.structure.run(run, *values, **dict(node.params))
        assert node.op.value is not None
        return node.op.value(*values, **dict(node.params))
    except AdcoreError as error:
        error.span = error.span or node.span
        raise


# --- what the rows say


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a trace without their values, and the graph that computes these.

    The graph takes the program's inputs, then, in forward mode, the tangents of ``seeds``; it gives the values of the
    primal rows, then those of the adjoint rows, or of the tangent rows of one pass.
    """

    graph: Graph
    primal: tuple[Row, ...]
    adjoint: tuple[Row, ...] | None
    tangent: tuple[Row, ...] | None
    seeds: tuple[Node, ...]
    """The inputs whose elements' tangents are 1 in turn."""
    passes: int
    """How many passes of forward mode are shown; without it, 1."""
    truncated: bool
    limit: int

    @property
    def rows(self) -> int:
        return len(self.primal) + len(self.adjoint or ()) + len(self.tangent or ()) * self.passes

    def elements(self, once: int) -> int:
        """How many numbers a trace holds, where one run of the graph holds ``once``."""
        return once + sum(y.type.size for y in self.graph.outputs[len(self.primal) :]) * max(0, self.passes - 1)


def lay_out(
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
        added, values, rows = _tangent_rows(graph, names, seeds, places)
        all_passes = sum(x.type.size for x in seeds)
        passes = min(all_passes, -(-limit // max(1, len(rows))))
        truncated |= len(rows) * all_passes > limit
        tangent = tuple(rows[:limit])
        outputs += values[:limit]
        inputs = (*inputs, *added)
    return Layout(
        graph_of(inputs, outputs), tuple(primal[:limit]), adjoint, tangent, tuple(seeds), passes, truncated, limit
    )


_NOTHING: Any = None


def _where(node: Node, places: Mapping[Node, Whereabouts]) -> Whereabouts:
    """Where in the run a value was computed: the calls that only the run knows come before those of the text."""
    iteration, calls = places.get(node, Whereabouts())
    return Whereabouts(iteration, calls if node.span is None else (*calls, *node.span.calls))


def _primal_row(node: Node, names: Mapping[Node, str], places: Mapping[Node, Whereabouts]) -> Row:
    if node.op is INPUT:
        label = str(node.param("name"))
        return Row(names[node], label, _NOTHING, input=label, span=node.span)
    args = tuple(names.get(x) or expression(x, names.get) for x in node.inputs)
    where = _where(node, places)
    text = expression(node, names.get)
    return Row(names[node], text, _NOTHING, node.op.name, args, node.span, None, None, *where)


def _adjoint_rows(
    graph: Graph, names: Mapping[Node, str], wrt: Sequence[Node], places: Mapping[Node, Whereabouts]
) -> tuple[list[Node], list[Row]]:
    """The seed, then each contribution in the order it is made, with the operand's adjoint so far."""
    output = graph.outputs[0]
    seed = constant(1.0)
    _, adjoints = backpropagate(graph, {output: seed}, wrt)
    names = {**names, **{adjoints.became[x]: name for x, name in names.items() if x in adjoints.became}}
    output = adjoints.became.get(output, output)
    spoken = dict(names)
    values: list[Node] = []
    rows: list[Row] = []
    if output in adjoints.of:
        spoken[seed] = f"{names[output]}'"
        values.append(seed)
        rows.append(Row(spoken[seed], "1", _NOTHING, span=output.span))
    for term in adjoints.contributions:
        name = f"{names[term.operand]}'"
        text = expression(term.total, spoken.get)
        values.append(term.total)
        where = _where(term.source, places)
        rows.append(Row(name, text, _NOTHING, None, (), term.source.span, None, names[term.source], *where))
        spoken.setdefault(term.total, name)
    return values, rows


def _tangent_rows(
    graph: Graph, names: Mapping[Node, str], wrt: Sequence[Node], places: Mapping[Node, Whereabouts]
) -> tuple[list[Node], list[Node], list[Row]]:
    """The inputs for the tangents, and a pass over the tangents of all values: the rows are those of every pass."""
    seeds = {x: input_node(f"d{x.param('name')}", x.type) for x in wrt}
    primal, tangent = tangents(graph, seeds)
    spoken = dict(names) | {primal[x]: name for x, name in names.items()}
    spoken |= {t: f"d{names[x]}" for x, t in tangent.items() if t not in names}
    values = list(seeds.values())
    rows = [Row(f"d{names[x]}", "", _NOTHING, input=str(x.param("name"))) for x in seeds]
    for node in by_level(graph):
        t = tangent.get(node)
        if t is not None:
            values.append(t)
            text = expression(t, spoken.get)
            where = _where(node, places)
            rows.append(Row(f"d{names[node]}", text, _NOTHING, None, (), node.span, None, names[node], *where))
    return list(seeds.values()), values, rows


# --- the values of the rows


def fill(layout: Layout, values: Sequence[Any], run: Callable[[Sequence[Any]], Sequence[Any]]) -> Trace:
    """The trace of a run on ``values``; ``run`` gives the outputs of the layout's graph."""
    first = len(layout.primal)
    if layout.tangent is None:
        results = run(values)
        adjoint = None if layout.adjoint is None else _filled(layout.adjoint, results[first:])
        return Trace(_filled(layout.primal, results[:first]), adjoint, truncated=layout.truncated)
    zeros = [np.zeros(x.shape)[()] for x in layout.seeds]
    primal: tuple[Row, ...] = ()
    passes: list[SeedRows] = []
    left = layout.limit
    for place, x in enumerate(layout.seeds):
        for index in np.ndindex(x.shape):
            if len(passes) == layout.passes:
                break  # The passes that are left would be one for each element of the inputs.
            one = np.zeros(x.shape)
            one[index] = 1.0
            results = run([*values, *zeros[:place], one[()], *zeros[place + 1 :]])
            primal = primal or _filled(layout.primal, results[:first])
            rows = _filled(layout.tangent[:left], results[first:])
            label = str(x.param("name")) + (f"[{', '.join(map(str, index))}]" if index else "")
            told = [r._replace(expression=_seed_text(r.value)) if r.input else r for r in rows]
            passes.append(SeedRows(label, tuple(told)))
            left -= len(rows)
    if not passes:
        primal = _filled(layout.primal, run([*values, *zeros])[:first])
    return Trace(primal, None, tuple(passes), layout.truncated)


def _filled(rows: Iterable[Row], values: Iterable[Any]) -> tuple[Row, ...]:
    return tuple([row._replace(value=value) for row, value in zip(rows, values, strict=False)])


def _seed_text(value: Any) -> str:
    return f"{value:g}" if value.ndim == 0 else str(value.tolist())
