"""A graph as a Mermaid flowchart, branches and calls as boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adcore.export.description import GraphDescription, NodeDescription, describe_graph
from adcore.export.drawing import call_label, node_label, nodes_by_call
from adcore.export.format import Format
from adcore.graph import Graph


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
    own, called = nodes_by_call(nodes, depth)
    for node in own:
        left, right = ("([", "])") if node.op == "input" else ("[", "]")
        yield f"  {ids[node.name]}{left}{_mermaid_text(node_label(node))}{right}"
    for call, inside in called.items():
        yield f"  subgraph {ids[inside[0].name]}_call{depth} [{_mermaid_text(call_label(call))}]"
        yield from _mermaid_nodes(inside, ids, depth + 1)
        yield "  end"


_ESCAPES = str.maketrans({char: f"#{ord(char)};" for char in "#\"'<>&`\n"})
"""What ends a label, is HTML or Markdown in it, or begins an escape; Mermaid reads ``#34;`` as a quotation mark."""


def _mermaid_text(text: str) -> str:
    """A quoted label that shows this text, whatever it is."""
    return f'"{text.translate(_ESCAPES)}"'


MERMAID = Format("mermaid", "text/plain", to_mermaid)
