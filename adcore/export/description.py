"""A graph as plain data: nodes, edges and dataflow levels, with how much of it can run at the same time.

The nodes of one level become fireable together; ``work`` over ``span`` is the parallelism of the program (Harrison
2019, section 2 and Figure 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adcore.errors import Span
from adcore.graph import CONSTANT, INPUT, Graph
from adcore.language.printing import expression
from adcore.traversal import by_level, levels, wengert_names


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
    source: Span | None
    graphs: dict[str, GraphDescription] = field(default_factory=dict)
    """The graphs inside a structured op: the branches of an ``if``."""


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


def describe(graph: Graph) -> GraphDescription:
    """The graph as data, nested graphs included."""
    names = wengert_names(graph)
    level = levels(graph)
    nodes = []
    for node, name in names.items():
        is_input = node.op is INPUT
        text = str(node.param("name")) if is_input else expression(node, names.get)
        args = tuple(names.get(x) or expression(x, names.get) for x in node.inputs)
        inner = {label: describe(value) for label, value in node.params if isinstance(value, Graph)}
        dtype = node.type.dtype.value
        nodes.append(NodeDescription(name, node.op.name, text, args, node.shape, dtype, level[node], node.span, inner))
    computed = by_level(graph)
    edges = tuple((names[x], names[node]) for node in computed for x in node.inputs if x.op is not CONSTANT)
    depth = max((level[node] for node in computed), default=0)
    rows: list[list[str]] = [[] for _ in range(depth + 1)]
    for node, name in names.items():
        rows[level[node]].append(name)
    labels = graph.output_names or tuple(f"y{i}" for i in range(len(graph.outputs)))
    outputs = {label: names.get(y) or expression(y, names.get) for label, y in zip(labels, graph.outputs, strict=True)}
    return GraphDescription(
        dict(zip(graph.input_names, (names[x] for x in graph.inputs), strict=True)),
        outputs,
        tuple(nodes),
        edges,
        tuple(map(tuple, rows)),
        work=len(computed),
        span=depth,
    )
