"""``POST /graph``: Figure 1's parallelism can be read off, in data and in drawings."""

from __future__ import annotations

from typing import Any

import httpx

from app.schemas import GraphResponse


def graph(client: httpx.Client, program: str, /, **asked: Any) -> GraphResponse:
    answer = client.post("/graph", json={"program": program, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return GraphResponse.model_validate_json(answer.content)


def test_the_levels_of_figure_1(client: httpx.Client, textbook: Any) -> None:
    figure = textbook["figure_1"]
    ways: list[dict[str, Any]] = [{"inputs": figure["inputs"]}, {"shapes": {name: [] for name in figure["inputs"]}}]
    for given in ways:
        drawn = graph(client, figure["program"], outputs=figure["outputs"], **given)
        said = {node.name: node.expression for node in drawn.nodes}
        assert set(drawn.inputs) == {"A", "B", "C"}
        assert list(drawn.outputs) == ["W", "Y"]
        # Once Z has its value, Z + 4, Z**2 and 3*Z can be computed at the same time.
        (together,) = [row for row in drawn.levels if len(row) == 3 and not set(row) & set(drawn.inputs.values())]
        z = next(name for name, expression in said.items() if expression.endswith(f"+ {drawn.inputs['C']}"))
        assert sorted(said[name].replace(z, "Z") for name in together) == ["3 * Z", "Z ** 2", "Z + 4"]
        assert all([z, name] in drawn.edges for name in together)
        assert (drawn.work, drawn.span) == (7, 5)
        assert sum(map(len, drawn.levels)) == len(drawn.nodes) == drawn.work + 3


def test_the_gradient(client: httpx.Client) -> None:
    drawn = graph(client, "log(x1) + x1*x2 - sin(x2)", inputs={"x1": 2, "x2": 5}, of="gradient", wrt=["x2"])
    assert "cos" in {node.op for node in drawn.nodes}
    assert len(drawn.outputs) == 2


def test_shapes_and_branches(client: httpx.Client) -> None:
    program = "if sum(x) > 0:\n    y = 2*x\nelse:\n    y = -x\ny"
    drawn = graph(client, program, shapes={"x": [2, 3]})
    (choice,) = [node for node in drawn.nodes if node.graphs]
    assert choice.shape == [2, 3]
    assert len(choice.graphs) == 2


def test_drawings(client: httpx.Client) -> None:
    asked = {"program": "y = x*x + sin(x)", "shapes": {"x": []}}
    dot = client.post("/graph", json=asked | {"format": "dot"})
    assert dot.headers["content-type"].startswith("text/vnd.graphviz")
    assert dot.text.startswith("digraph")
    assert dot.text.count("->") >= 5
    mermaid = client.post("/graph", json=asked | {"format": "mermaid"})
    assert mermaid.headers["content-type"].startswith("text/plain")
    assert mermaid.text.startswith("flowchart")
