"""A graph as a drawing's text: Graphviz and Mermaid, one row for each dataflow level, branches as boxes inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adcore.export.description import Caller, GraphDescription, NodeDescription, describe_graph
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
    own, called = _by_call(nodes, depth)
    for node in own:
        shape = ", shape=ellipse" if node.op == "input" else ""
        yield f"  {_quote(prefix + node.name)} [label={_quote(_label(node))}{shape}];"
    for call, inside in called.items():
        yield f"  subgraph {_quote(f'cluster {prefix}{inside[0].name} call {depth}')} {{"
        yield f"  label={_quote(_call(call))};"
        yield from _dot_nodes(inside, prefix, depth + 1)
        yield "  }"


def _by_call(
    nodes: Sequence[NodeDescription], depth: int
) -> tuple[list[NodeDescription], dict[Caller, list[NodeDescription]]]:
    """The nodes that stand in no deeper call than so many, and the others by the next call around them."""
    own: list[NodeDescription] = []
    called: dict[Caller, list[NodeDescription]] = {}
    for node in nodes:
        if len(node.calls) > depth:
            called.setdefault(node.calls[depth], []).append(node)
        else:
            own.append(node)
    return own, called


def _call(call: Caller) -> str:
    return f"{call.function}, called in line {call.line}"


def to_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart."""
    return "\n".join(["flowchart TD", *_mermaid(describe_graph(graph), "")]) + "\n"


def _mermaid(drawn: GraphDescription, prefix: str) -> Iterator[str]:
    ids: dict[str, str] = {node.name: f"{prefix}n{i}" for i, node in enumerate(drawn.nodes)}
    yield from _mermaid_nodes(drawn.nodes, ids)
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


def _mermaid_nodes(nodes: Sequence[NodeDescription], ids: Mapping[str, str], depth: int = 0) -> Iterator[str]:
    """The nodes, those of each call of a function in a box."""
    own, called = _by_call(nodes, depth)
    for node in own:
        left, right = ("([", "])") if node.op == "input" else ("[", "]")
        yield f"  {ids[node.name]}{left}{_mermaid_text(_label(node))}{right}"
    for call, inside in called.items():
        yield f"  subgraph {ids[inside[0].name]}_call{depth} [{_mermaid_text(_call(call))}]"
        yield from _mermaid_nodes(inside, ids, depth + 1)
        yield "  end"


def _label(node: NodeDescription) -> str:
    return f"{node.name} = {node.expression}"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_text(text: str) -> str:
    """A quoted label: Mermaid reads ``#34;`` as a quotation mark."""
    return '"' + text.replace("#", "#35;").replace('"', "#34;") + '"'
