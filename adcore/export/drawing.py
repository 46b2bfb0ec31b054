"""A graph as a drawing's text: Graphviz and Mermaid, one row for each dataflow level, branches as boxes inside."""

from __future__ import annotations

from collections.abc import Iterator

from adcore.export.description import GraphDescription, NodeDescription, describe
from adcore.graph import Graph


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz's language; the nodes of one level stand in one row."""
    lines = ["digraph program {", "  rankdir=TB;", '  node [shape=box, fontname="monospace"];']
    lines += _dot(describe(graph), "")
    return "\n".join([*lines, "}", ""])


def _dot(drawn: GraphDescription, prefix: str) -> Iterator[str]:
    for node in drawn.nodes:
        shape = ", shape=ellipse" if node.op == "input" else ""
        yield f"  {_quote(prefix + node.name)} [label={_quote(_label(node))}{shape}];"
    for row in drawn.levels:
        if len(row) > 1 and not prefix:
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


def to_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart."""
    return "\n".join(["flowchart TD", *_mermaid(describe(graph), "")]) + "\n"


def _mermaid(drawn: GraphDescription, prefix: str) -> Iterator[str]:
    ids: dict[str, str] = {node.name: f"{prefix}n{i}" for i, node in enumerate(drawn.nodes)}
    for node in drawn.nodes:
        left, right = ("([", "])") if node.op == "input" else ("[", "]")
        yield f"  {ids[node.name]}{left}{_mermaid_text(_label(node))}{right}"
    for start, end in drawn.edges:
        yield f"  {ids[start]} --> {ids[end]}"
    for i, (name, value) in enumerate(drawn.outputs.items()):
        yield f"  {prefix}out{i}>{_mermaid_text(name)}]"
        if value in ids:
            yield f"  {ids[value]} --> {prefix}out{i}"
    for node in drawn.nodes:
        for label, inner in node.graphs.items():
            inside = f"{ids[node.name]}_{label}_"
            yield f"  subgraph {inside}box [{_mermaid_text(f'{node.name}: {label}')}]"
            yield from _mermaid(inner, inside)
            yield "  end"


def _label(node: NodeDescription) -> str:
    inside = f" (in {'.'.join(call.function for call in node.calls)})" if node.calls else ""
    return f"{node.name} = {node.expression}{inside}"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_text(text: str) -> str:
    """A quoted label: Mermaid reads ``#34;`` as a quotation mark."""
    return '"' + text.replace("#", "#35;").replace('"', "#34;") + '"'
