"""A graph as plain data: nodes, edges and dataflow levels, with how much of it can run at the same time.

The nodes of one level become fireable together; ``work`` over ``span`` is the parallelism of the program (Harrison
2019, section 2 and Figure 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adcore.errors import Span
from adcore.export.format import Format
from adcore.graph import CONSTANT, INPUT, Function, Graph, Node
from adcore.graph.traversal import by_level, levels, wengert_names
from adcore.language.printing.expression import expression_text


@dataclass(frozen=True, slots=True)
class SourceRange:
    """A stretch of the program's text."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Caller:
    """A call of one of the program's functions, and where it stands."""

    function: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """One value: its name in the trace, what computes it, and at which level it becomes fireable."""

    name: str
    op: str
    expression: str
    args: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    level: int
    source: SourceRange | None
    calls: tuple[Caller, ...] = ()
    """The calls of the program's functions that it stands in, the outermost first."""
    graphs: dict[str, GraphDescription] = field(default_factory=dict)
    """The graphs inside a structured op: branches, the pass and the condition of a loop, the function of a call."""


@dataclass(frozen=True, slots=True)
class GraphDescription:
    """Nodes and the edges along which values flow. Constants are part of the expressions, not nodes of their own."""

    inputs: dict[str, str]
    """The program's names of the inputs, to the names of their values."""
    outputs: dict[str, str]
    """The program's names of the outputs, to the names of their values (or to the constant that is one)."""
    nodes: tuple[NodeDescription, ...]
    edges: tuple[tuple[str, str], ...]
    levels: tuple[tuple[str, ...], ...]
    work: int
    """How many nodes compute something."""
    span: int
    """How many of them must run one after the other: the length of the longest path."""


def describe_graph(graph: Graph) -> GraphDescription:
    """The graph as data, nested graphs included; a function's at the first of its calls."""
    return _described(graph, set())


def _described(graph: Graph, known: set[Function]) -> GraphDescription:
    names = wengert_names(graph)
    level = levels(graph)
    nodes = []
    for node, name in names.items():
        is_input = node.op is INPUT
        text = str(node.param("name")) if is_input else expression_text(node, names.get)
        args = tuple(names.get(x) or expression_text(x, names.get) for x in node.inputs)
        inner = dict(_inside(node, known))
        dtype = node.type.dtype.value
        nodes.append(
            NodeDescription(
                name,
                node.op.name,
                text,
                args,
                node.shape,
                dtype,
                level[node],
                _source(node.span),
                _calls(node.span),
                inner,
            )
        )
    computed = by_level(graph)
    edges = tuple((names[x], names[node]) for node in computed for x in node.inputs if x.op is not CONSTANT)
    depth = max((level[node] for node in computed), default=0)
    rows: list[list[str]] = [[] for _ in range(depth + 1)]
    for node, name in names.items():
        rows[level[node]].append(name)
    outputs = {
        label: names.get(y) or expression_text(y, names.get)
        for label, y in zip(graph.labels, graph.outputs, strict=True)
    }
    return GraphDescription(
        dict(zip(graph.input_names, (names[x] for x in graph.inputs), strict=True)),
        outputs,
        tuple(nodes),
        edges,
        tuple(map(tuple, rows)),
        work=len(computed),
        span=depth,
    )


def _inside(node: Node, known: set[Function]) -> Iterator[tuple[str, GraphDescription]]:
    """The graphs among a node's parameters, by what they are called; functions that are ``known`` are left out."""
    for label, value in node.params:
        if isinstance(value, Graph):
            yield label, _described(value, known)
        elif isinstance(value, Function) and value not in known:
            known.add(value)
            yield value.name, _described(value.graph, known)


def _source(span: Span | None) -> SourceRange | None:
    return None if span is None else SourceRange(span.line, span.column, span.end_line, span.end_column)


def _calls(span: Span | None) -> tuple[Caller, ...]:
    return () if span is None else tuple(Caller(c.function, c.span.line, c.span.column) for c in span.calls)


JSON = Format("json", "application/json", describe_graph)
