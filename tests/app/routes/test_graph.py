"""``POST /graph``: Figure 1's parallelism can be read off, in data and in drawings."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adcore.export import FORMATS, Format
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


TABLE_1: dict[str, Any] = {"program": "y = log(x1) + x1*x2 - sin(x2)", "inputs": {"x1": 2, "x2": 5}}


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_each_format_is_written(client: httpx.Client, format: Format) -> None:
    for of in ("program", "gradient"):
        answer = client.post("/graph", json=TABLE_1 | {"of": of, "format": format.name})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(format.media_type)
        assert "log" in answer.text


def test_a_gradient_names_what_its_outputs_are(client: httpx.Client) -> None:
    assert list(graph(client, TABLE_1["program"], inputs=TABLE_1["inputs"], of="gradient").outputs) == [
        "y",
        "dy/dx1",
        "dy/dx2",
    ]
    assert list(graph(client, TABLE_1["program"], inputs=TABLE_1["inputs"], of="gradient", wrt=["x2"]).outputs) == [
        "y",
        "dy/dx2",
    ]
    # The program's own names are no others' names.
    assert list(graph(client, "y1 = θ*y0", shapes={"y0": [], "θ": []}, of="gradient").outputs) == [
        "y1",
        "dy1/dθ",
        "dy1/dy0",
    ]


def test_a_gradient_as_a_program_computes_the_gradient(client: httpx.Client) -> None:
    text = client.post("/graph", json=TABLE_1 | {"of": "gradient", "format": "program"}).text
    read_back = client.post("/evaluate", json={"program": text, "inputs": TABLE_1["inputs"]}).json()["values"]
    asked = client.post("/grad", json=TABLE_1).json()
    assert list(read_back.values()) == [asked["value"], *asked["gradients"].values()]
    assert list(read_back) == ["y", "dy_dx1", "dy_dx2"]


@pytest.mark.parametrize(
    ("program", "place"),
    [
        # Each pass keeps what its adjoint reads.
        ("s = x\nfor i in range(5):\n    s = sin(s)\ns", {"line": 2, "column": 1, "end_line": 2, "end_column": 4}),
    ],
)
def test_what_a_format_cannot_express_is_an_error(client: httpx.Client, program: str, place: dict[str, int]) -> None:
    body = {"program": program, "inputs": {"x": 2}, "of": "gradient", "format": "program"}
    answer = client.post("/graph", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_expressible"
    assert answer.json()["span"] == place


def test_an_unknown_format_is_refused(client: httpx.Client) -> None:
    answer = client.post("/graph", json=TABLE_1 | {"format": "docx"})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/format"
    assert error["detail"].startswith("Input should be ")
    assert all(f"'{name}'" in error["detail"] for name in FORMATS)
