"""A graph in Graphviz's language: one row for each dataflow level, branches and calls as boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adcore.export.description import GraphDescription, NodeDescription, describe_graph
from adcore.export.drawing import call_label, node_label, nodes_by_call
from adcore.export.format import Format
from adcore.graph import Graph


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz's language; the nodes of one level stand in one row."""
    lines = ["digraph program {", "  rankdir=TB;", '  node [shape=box, fontname="monospace"];']
    lines += _dot(describe_graph(graph), "")
    return "\n".join([*lines, "}", ""])


def _dot(drawn: GraphDescription, prefix: str) -> Iterator[str]:
    yield from _dot_nodes(drawn.nodes, prefix)
    for row in drawn.levels:
        # Boxes around calls leave the rows to Graphviz.
        if len(row) > 1 and not prefix and not any(node.calls for node in drawn.nodes):
            yield f"  {{ rank=same; {' '.join(_quote(prefix + name) + ';' for name in row)} }}"
    for start, end in drawn.edges:
        yield f"  {_quote(prefix + start)} -> {_quote(prefix + end)};"
    for name, value in drawn.outputs.items():
        yield f"  {_quote(prefix + 'out ' + name)} [label={_quote(name)}, shape=plaintext];"
        if any(value == node.name for node in drawn.nodes):
            yield f"  {_quote(prefix + value)} -> {_quote(prefix + 'out ' + name)};"
    for node in drawn.nodes:
        for label, inner in node.graphs.items():
            inside = f"{prefix}{node.name} {label} "
            yield f"  subgraph {_quote('cluster ' + inside)} {{"
            yield f"  label={_quote(f'{node.name}: {label}')};"
            yield from _dot(inner, inside)
            yield "  }"


def _dot_nodes(nodes: Sequence[NodeDescription], prefix: str, depth: int = 0) -> Iterator[str]:
    """The nodes, those of each call of a function in a box."""
    own, called = nodes_by_call(nodes, depth)
    for node in own:
        shape = ", shape=ellipse" if node.op == "input" else ""
        yield f"  {_quote(prefix + node.name)} [label={_quote(node_label(node))}{shape}];"
    for call, inside in called.items():
        yield f"  subgraph {_quote(f'cluster {prefix}{inside[0].name} call {depth}')} {{"
        yield f"  label={_quote(call_label(call))};"
        yield from _dot_nodes(inside, prefix, depth + 1)
        yield "  }"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


DOT = Format("dot", "text/vnd.graphviz", to_dot)
