"""Graphs as data and as drawings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from adcore.compiler import Compiler, Query
from adcore.export.description import GraphDescription, describe_graph
from adcore.export.dot import to_dot
from adcore.export.mermaid import to_mermaid
from adcore.graph import OPS, SCALAR, Graph, Node, constant, input_node
from adcore.graph.traversal import graph_of
from adcore.recording.transforms import trace
from tests.adcore.graphs import build, graphs, if_else

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "textbook.json").read_text())
FIGURE_1, TABLE_1 = REFERENCE["figure_1"], REFERENCE["table_1"]
BRANCHES = "if x > 0:\n    y = sin(x)\n    z = x\nelse:\n    y = exp(x) if x > -1 else x\n    z = 2*x\ny * z"


def figure_1() -> Graph:
    return Compiler().graph(FIGURE_1["program"], dict.fromkeys(FIGURE_1["inputs"], ()))


def branches() -> Graph:
    return Compiler().graph(BRANCHES, {"x": ()})


def test_figure_1_shows_what_can_run_at_the_same_time() -> None:
    """The product, Z, then Z + 4, Z**2 and 3 Z together, then 3 Z + B, then the difference."""
    made = describe_graph(figure_1())
    assert made.levels == (("v-2", "v-1", "v0"), ("v1",), ("v2",), ("v3", "v4", "v5"), ("v6",), ("v7",))
    assert (made.work, made.span) == (7, 5)
    assert made.inputs == {"A": "v-2", "B": "v-1", "C": "v0"}
    assert made.outputs == {"W": "v3", "Y": "v7"}
    assert [n.expression for n in made.nodes] == [
        "A",
        "B",
        "C",
        "v-2 * v-1",
        "v1 + v0",
        "v2 + 4",
        "v2 ** 2",
        "3 * v2",
        "v5 + v-1",
        "v4 - v6",
    ]
    assert ("v2", "v3") in made.edges
    assert ("v-1", "v6") in made.edges
    assert len(made.edges) == 11


def test_nodes_say_what_they_are() -> None:
    graph = Compiler().graph("y = sum(x * 2.0) > 1", {"x": (2, 3)})
    made = describe_graph(graph)
    assert [(n.op, n.shape, n.dtype, n.level) for n in made.nodes] == [
        ("input", (2, 3), "float64", 0),
        ("multiply", (2, 3), "float64", 1),
        ("sum", (), "float64", 2),
        ("greater", (), "bool", 3),
    ]
    assert [n.args for n in made.nodes] == [(), ("v0", "2"), ("v1",), ("v2", "1")]
    span = made.nodes[1].source
    assert span is not None
    assert (span.line, span.column, span.end_column) == (1, 9, 16)


@given(graphs(depth=2))
def test_a_description_is_a_dataflow_graph(graph: Graph) -> None:
    _sound(describe_graph(graph))


def _sound(made: GraphDescription) -> None:
    level = {n.name: n.level for n in made.nodes}
    assert len(level) == len(made.nodes)
    assert all(level[a] < level[b] for a, b in made.edges)
    assert [sorted(row) for row in made.levels] == [
        sorted(n for n in level if level[n] == i) for i in range(len(made.levels))
    ]
    assert made.work == sum(n.op != "input" for n in made.nodes)
    assert made.span == max(level.values(), default=0)
    readers = {b for _, b in made.edges}
    for node in made.nodes:
        if node.level > 1:
            assert node.name in readers
            assert node.level == 1 + max(level[a] for a, b in made.edges if b == node.name)
        for inner in node.graphs.values():
            _sound(inner)


def test_an_output_may_be_a_constant_or_an_input() -> None:
    x = input_node("x", SCALAR)
    made = describe_graph(graph_of([x], [x, constant(3.0)], ("same", "three")))
    assert made.outputs == {"same": "v0", "three": "3"}
    assert (made.work, made.span, made.edges) == (0, 0, ())


def test_branches_are_graphs_inside_their_node() -> None:
    made = describe_graph(branches())
    (cond,) = (n for n in made.nodes if n.op == "cond")
    assert set(cond.graphs) == {"then", "otherwise"}
    assert [n.op for n in cond.graphs["then"].nodes if n.op != "input"] == ["sin"]
    (inner,) = (n for n in cond.graphs["otherwise"].nodes if n.op == "cond")
    assert [n.op for n in inner.graphs["then"].nodes if n.op != "input"] == ["exp"]


# --- Graphviz

TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z_0-9]*)|(->|[{}\[\];,=]))', re.DOTALL)


def parse_dot(text: str) -> tuple[dict[str, dict[str, str]], list[tuple[str, str]], list[list[str]], list[str]]:
    """Nodes with their attributes, edges, rows of the same rank, and clusters, of a graph in Graphviz's language.

    A small part of the language's grammar; AssertionError where the text is not in it.
    """
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        assert match, text[at : at + 40]
        tokens.append(match.group().strip())
        at = match.end()
    nodes: dict[str, dict[str, str]] = {}
    edges: list[tuple[str, str]] = []
    ranks: list[list[str]] = []
    clusters: list[str] = []
    i = 0

    def take(wanted: str | None = None) -> str:
        nonlocal i
        token = tokens[i]
        assert wanted is None or token == wanted, (token, wanted)
        i += 1
        return token

    def name() -> str:
        token = take()
        assert token not in "{}[];,=->"
        return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] == '"' else token

    def statements() -> list[str]:
        found = []
        while tokens[i] != "}":
            if tokens[i] == "{":
                take()
                assert take() == "rank"
                take("=")
                assert take() == "same"
                take(";")
                ranks.append(statements())
                take("}")
                continue
            if tokens[i] == "subgraph":
                take()
                clusters.append(name())
                take("{")
                statements()
                take("}")
                continue
            first = name()
            if tokens[i] == "=":
                take()
                name()
            elif tokens[i] == "->":
                take()
                edges.append((first, name()))
            else:
                found.append(first)
                attributes = {}
                if tokens[i] == "[":
                    take()
                    while tokens[i] != "]":
                        key = name()
                        take("=")
                        attributes[key] = name()
                        if tokens[i] == ",":
                            take()
                    take("]")
                    if first != "node":
                        nodes[first] = attributes
            take(";")
        return found

    take("digraph")
    name()
    take("{")
    statements()
    take("}")
    assert i == len(tokens)
    return nodes, edges, ranks, clusters


def test_dot_of_figure_1() -> None:
    nodes, edges, ranks, clusters = parse_dot(to_dot(figure_1()))
    assert nodes["v4"]["label"] == "v4 = v2 ** 2"
    assert nodes["v0"] == {"label": "v0 = C", "shape": "ellipse"}
    assert set(describe_graph(figure_1()).edges) <= set(edges)
    assert ["v3", "v4", "v5"] in ranks
    assert ("v7", "out Y") in edges
    assert not clusters


def test_dot_of_branches() -> None:
    nodes, edges, _, clusters = parse_dot(to_dot(branches()))
    assert len(clusters) == 4
    assert all(c.startswith("cluster") for c in clusters)  # what Graphviz draws a box around
    assert len(set(clusters)) == 4
    assert all(a in nodes and b in nodes for a, b in edges)


@given(graphs(depth=2))
def test_every_drawing_is_well_formed(graph: Graph) -> None:
    nodes, edges, ranks, clusters = parse_dot(to_dot(graph))
    assert all(a in nodes and b in nodes for a, b in edges)
    assert all(name in nodes for row in ranks for name in row)
    assert len(set(clusters)) == len(clusters)
    _parse_mermaid(to_mermaid(graph))


def test_names_of_any_kind_are_quoted() -> None:
    x = input_node('a"b\\c#d]<b>`&', SCALAR)
    graph = graph_of([x], [OPS["sin"](x)], ('out "1"',))
    nodes, _, _, _ = parse_dot(to_dot(graph))
    assert nodes["v0"]["label"] == 'v0 = a"b\\c#d]<b>`&'
    assert nodes['out out "1"']["label"] == 'out "1"'
    boxes, _, _ = _parse_mermaid(to_mermaid(graph))
    assert "v0 = a#34;b\\c#35;d]#60;b#62;#96;#38;" in boxes.values()


# --- Mermaid

BOX = re.compile(r'  (\w+)(?:\(\["([^"]*)"\]\)|\["([^"]*)"\]|>"([^"]*)"\])')
EDGE = re.compile(r"  (\w+) --> (\w+)")
GROUP = re.compile(r'  subgraph (\w+) \["([^"]*)"\]')


def _parse_mermaid(text: str) -> tuple[dict[str, str], list[tuple[str, str]], list[str]]:
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    boxes: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    groups: list[str] = []
    depth = 0
    for line in lines[1:]:
        if box := BOX.fullmatch(line):
            assert box[1] not in boxes
            boxes[box[1]] = box[2] or box[3] or box[4]
        elif edge := EDGE.fullmatch(line):
            edges.append((edge[1], edge[2]))
        elif group := GROUP.fullmatch(line):
            groups.append(group[1])
            depth += 1
        else:
            assert line == "  end", line
            depth -= 1
            assert depth >= 0
    assert depth == 0
    assert all(a in boxes and b in boxes for a, b in edges)
    assert len(set(groups)) == len(groups)
    return boxes, edges, groups


def test_mermaid_of_figure_1() -> None:
    boxes, edges, groups = _parse_mermaid(to_mermaid(figure_1()))
    assert len(boxes) == 10 + 2
    assert len(edges) == 11 + 2
    assert not groups
    assert "v4 = v2 ** 2" in boxes.values()


def test_mermaid_of_branches() -> None:
    _, _, groups = _parse_mermaid(to_mermaid(branches()))
    assert len(groups) == 4


def test_both_front_ends_draw_the_same() -> None:
    recorded = trace(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, 5.0)
    translated = Compiler().graph(TABLE_1["program"], {"x1": (), "x2": ()})
    assert to_dot(recorded) == to_dot(translated)
    assert to_mermaid(recorded) == to_mermaid(translated)


def test_a_gradients_graph_is_drawn_too() -> None:
    graph = Compiler().graph(BRANCHES, {"x": ()}, Query("gradient"))
    _, _, _, clusters = parse_dot(to_dot(graph))
    assert len(clusters) >= 4
    _parse_mermaid(to_mermaid(graph))


@pytest.mark.parametrize("length", [3000])
def test_long_programs_are_described(length: int) -> None:
    def function(x: Node) -> Node:
        for _ in range(length):
            x = OPS["sin"](x)
        return x

    made = describe_graph(build(function, SCALAR))
    assert (made.work, made.span) == (length, length)


def test_a_cond_alone() -> None:
    graph = build(lambda x: if_else(OPS["less"](x, 0.0), OPS["sin"], OPS["cos"], x), SCALAR)
    _sound(describe_graph(graph))
    parse_dot(to_dot(graph))


def test_functions_and_loops_are_nested_graphs() -> None:
    text = "def f(n): return x if n <= 0 else f(n - 1)*x\ns = 0\nfor i in range(3):\n  s = s + f(i)\ns"
    made = describe_graph(Compiler().graph(text, {"x": ()}, Query(outputs=("s",))))
    (looping,) = (node for node in made.nodes if node.op == "loop")
    assert set(looping.graphs) == {"body"}
    (calling,) = (node for node in looping.graphs["body"].nodes if node.op == "call")
    assert (calling.expression.split("(")[0], set(calling.graphs)) == ("f", {"f"})
    inside = [node for branch in calling.graphs["f"].nodes for graph in branch.graphs.values() for node in graph.nodes]
    again = [node for node in inside if node.op == "call"]
    # The function is shown where it is called first, and not again inside itself.
    assert [node.graphs for node in again] == [{}]
    for drawing in (to_dot, to_mermaid):
        assert "f" in drawing(Compiler().graph(text, {"x": ()}, Query(outputs=("s",))))


def test_nodes_of_a_call_say_which() -> None:
    graph = Compiler().graph("def f(t):\n  return sin(t)\ny = f(x) + 1", {"x": ()})
    (sine,) = (node for node in describe_graph(graph).nodes if node.op == "sin")
    assert [(call.function, call.line, call.column) for call in sine.calls] == [("f", 3, 5)]
    # The call is a box around what it computes.
    for drawing, begin, end in ((to_dot(graph), "subgraph", "  }"), (to_mermaid(graph), "subgraph", "  end")):
        lines = drawing.splitlines()
        (start,) = (i for i, line in enumerate(lines) if begin in line)
        inside = lines[start : lines.index(end, start)]
        assert any("f, called in line 3" in line for line in inside)
        assert [line for line in lines if "= sin(" in line] == [line for line in inside if "= sin(" in line]
