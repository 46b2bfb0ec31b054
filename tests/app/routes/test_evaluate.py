"""``POST /evaluate``: values without derivatives."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.schemas import EvaluateResponse


def evaluate(client: httpx.Client, program: str, /, **asked: Any) -> dict[str, Any]:
    answer = client.post("/evaluate", json={"program": program, **asked})
    assert answer.status_code == 200, answer.text
    EvaluateResponse.model_validate_json(answer.content)
    values: dict[str, Any] = answer.json()["values"]
    return values


def test_figure_1(client: httpx.Client, textbook: Any) -> None:
    figure = textbook["figure_1"]
    names = ["Z", "W", "Y"]
    values = evaluate(client, figure["program"], inputs=figure["inputs"], outputs=names)
    assert values == figure["values"]
    assert list(values) == names


VALUES = [
    ("no inputs at all", "2 + 3*4", {}, 14),
    ("a condition is a truth value", "x > 1", {"x": 2}, True),
    ("conditions in a list", "x > 1", {"x": [0, 1, 2]}, [False, False, True]),
    ("a truth value as an input", "where(c, 1, 2)", {"c": [True, False]}, [1, 2]),
    ("an index", "argmax(x)", {"x": [1, 7, 3]}, 1),
    ("NaN and infinities", "x", {"x": ["NaN", 1, "-Infinity"]}, ["NaN", 1, "-Infinity"]),
    ("an array without elements", "x[1:]", {"x": [1]}, []),
    ("a matrix", "A.T", {"A": [[1, 2], [3, 4]]}, [[1, 3], [2, 4]]),
    ("a name in Greek", "θ**2", {"θ": 3}, 9),
]


@pytest.mark.parametrize(("why", "program", "inputs", "expected"), VALUES, ids=[row[0] for row in VALUES])
def test_values(client: httpx.Client, why: str, program: str, inputs: dict[str, Any], expected: Any) -> None:
    (value,) = evaluate(client, program, inputs=inputs).values()
    assert value == expected
    assert type(value) is type(expected) or isinstance(value, float)


def test_a_batch(client: httpx.Client) -> None:
    assert evaluate(client, "y = a + sum(x)", inputs={"a": 1, "x": [[1, 2], [3, 4]]}, batch=["x"]) == {"y": [4, 8]}


def test_the_same_program_has_the_same_id_whatever_is_asked(client: httpx.Client) -> None:
    asked = {"program": "x*x", "inputs": {"x": 2}}
    assert (
        client.post("/evaluate", json=asked).json()["program_id"]
        == (client.post("/grad", json=asked).json()["program_id"])
    )
