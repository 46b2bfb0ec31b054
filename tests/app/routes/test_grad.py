"""``POST /grad``: the report's Table 1 to the letter, and what a request can ask for."""

from __future__ import annotations

import base64
import struct
from typing import Any

import httpx
import pytest

from app.schemas import GradResponse
from app.settings import ServiceLimits, Settings
from tests.app.conftest import serving


def grad(client: httpx.Client, program: str, /, **asked: Any) -> dict[str, Any]:
    answer = client.post("/grad", json={"program": program, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    # The answers are written without their model; here it is held against them.
    GradResponse.model_validate_json(answer.content)
    read: dict[str, Any] = answer.json()
    return read


def test_table_1(client: httpx.Client, textbook: Any) -> None:
    table = textbook["table_1"]
    answer = grad(client, table["program"], inputs=table["inputs"], mode="reverse", trace=True)
    assert answer["value"] == pytest.approx(table["value"], rel=1e-15)
    assert answer["gradients"] == pytest.approx(table["gradients"], rel=1e-15)
    assert (answer["output"], answer["mode"], answer["notices"]) == ("y", "reverse", [])
    for part in ("primal", "adjoint"):
        rows = answer["trace"][part]
        assert [[row["name"], row["expression"]] for row in rows] == [row[:2] for row in table[part]]
        assert [row["value"] for row in rows] == pytest.approx([row[2] for row in table[part]], rel=1e-15)
    assert answer["trace"]["truncated"] is False


def test_the_fields_of_trace_rows(client: httpx.Client, textbook: Any) -> None:
    table = textbook["table_1"]
    trace = grad(client, table["program"], inputs=table["inputs"], mode="reverse", trace=True)["trace"]
    first, log = trace["primal"][0], trace["primal"][2]
    assert first["input"] == "x1"
    assert "op" not in first
    assert (log["op"], log["args"], log["value"]) == ("log", ["v-1"], pytest.approx(0.6931471805599453))
    assert log["source"] == {"line": 1, "column": 5, "end_line": 1, "end_column": 12}
    assert [row.get("from") for row in trace["adjoint"]] == [None, "v5", "v5", "v4", "v4", "v3", "v2", "v2", "v1"]


def test_a_forward_trace_has_one_list_for_each_seed(client: httpx.Client, textbook: Any) -> None:
    table = textbook["table_1"]
    answer = grad(client, table["program"], inputs=table["inputs"], mode="forward", trace=True)
    assert answer["gradients"] == pytest.approx(table["gradients"], rel=1e-15)
    assert answer["mode"] == "forward"
    tangents = answer["trace"]["tangents"]
    assert [each["seed"] for each in tangents] == ["x1", "x2"]
    assert [each["rows"][-1]["value"] for each in tangents] == pytest.approx(list(table["gradients"].values()))
    assert "adjoint" not in answer["trace"]


def test_figure_1(client: httpx.Client, textbook: Any) -> None:
    figure = textbook["figure_1"]
    for output in figure["outputs"]:
        answer = grad(client, figure["program"], inputs=figure["inputs"], output=output)
        assert (answer["output"], answer["value"]) == (output, figure["values"][output])
        assert answer["gradients"] == figure[f"gradient_of_{output}"]


def test_without_a_trace_there_is_none_and_tracing_changes_no_bit(client: httpx.Client) -> None:
    program, inputs = "sin(x)**2 / (1 + exp(-x*z))", {"x": 0.3, "z": -1.7}
    plain = grad(client, program, inputs=inputs)
    traced = grad(client, program, inputs=inputs, trace=True)
    assert "trace" not in plain
    assert (plain["value"], plain["gradients"]) == (traced["value"], traced["gradients"])


def test_wrt_picks_inputs(client: httpx.Client) -> None:
    assert list(grad(client, "a*b", inputs={"a": 2, "b": 3}, wrt=["b"])["gradients"]) == ["b"]


def test_gradients_have_the_shapes_of_their_inputs(client: httpx.Client) -> None:
    inputs = {"A": [[1, 2, 3], [4, 5, 6]], "x": [1, 0, -1]}
    answer = grad(client, "sum((A @ x)**2)", inputs=inputs)
    assert answer["value"] == 8
    assert answer["gradients"] == {"A": [[-4, 0, 4], [-4, 0, 4]], "x": [-20, -28, -36]}


def test_arrays_in_bytes_both_ways(client: httpx.Client) -> None:
    def encoded(*numbers: float) -> dict[str, Any]:
        buffer = base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()
        return {"shape": [len(numbers)], "dtype": "float64", "data": {"buffer": buffer, "encoding": "base64"}}

    answer = grad(client, "sum(x**2)", inputs={"x": encoded(0.1, 2, -3)}, encoding="base64")
    assert answer["value"] == pytest.approx(13.01)
    assert answer["gradients"]["x"] == encoded(0.2, 4, -6)


def test_numbers_that_are_not_finite(client: httpx.Client) -> None:
    answer = grad(client, "sum(log(x)) + z", inputs={"x": [0, 2, "Infinity"], "z": "-Infinity"})
    assert answer["value"] == "NaN"
    assert answer["gradients"] == {"x": ["Infinity", 0.5, 0], "z": 1}


def test_a_batch_is_its_points_one_by_one(client: httpx.Client) -> None:
    program = "a * sin(x) * exp(-x / 4)"
    points = [0.0, 0.5, 1.0, 2.25]
    together = grad(client, program, inputs={"a": 2, "x": points}, batch=True)
    for index, x in enumerate(points):
        alone = grad(client, program, inputs={"a": 2, "x": x})
        assert together["value"][index] == pytest.approx(alone["value"], rel=1e-14)
        for name in ("a", "x"):
            assert together["gradients"][name][index] == pytest.approx(alone["gradients"][name], rel=1e-14)


def test_a_batch_of_named_inputs(client: httpx.Client) -> None:
    answer = grad(client, "dot(w, x)", inputs={"w": [1, 2], "x": [[3, 4], [5, 6]]}, batch=["x"])
    assert answer["value"] == [11, 17]
    assert answer["gradients"]["w"] == [[3, 4], [5, 6]]


def test_the_second_request_finds_the_program_compiled(client: httpx.Client) -> None:
    asked = {"program": "cached_x**3 + 1", "inputs": {"cached_x": 2}}
    first, second = (client.post("/grad", json=asked).json() for _ in range(2))
    other = client.post("/grad", json=asked | {"inputs": {"cached_x": [2.0]}, "batch": True}).json()
    assert [first["cached"], second["cached"], other["cached"]] == [False, True, False]
    assert first["program_id"] == second["program_id"] == other["program_id"]
    assert len(first["program_id"]) == 32
    assert (first["value"], first["gradients"]) == (second["value"], second["gradients"])


def test_a_large_answer_comes_whole(client: httpx.Client) -> None:
    numbers = [index / 7 for index in range(100_000)]
    answer = grad(client, "sum(x**2)", inputs={"x": numbers})
    assert answer["gradients"]["x"] == [2 * number for number in numbers]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("program", "inputs", "value", "gradients"),
    [
        ("sum(a*b for a, b in zip(u, v) if a > 0)", {"u": [1, -2], "v": [3, 4]}, 3, {"u": [3, 0], "v": [1, 0]}),
        ("y = [a**2 for a in u]\ny[0] * y[1]", {"u": [1, 2]}, 4, {"u": [8, 4]}),
        ("u[k:k+2] @ v", {"u": [1, 2, 3], "v": [4, 5], "k": 1}, 23, {"u": [0, 4, 5], "v": [2, 3]}),
        ("u[u < 0] = 0\nsum(u**2)", {"u": [1, -2]}, 1, {"u": [2, 0]}),
        ("u[[0, 0, 1]] @ v", {"u": [1, 2], "v": [3, 4, 5]}, 17, {"u": [7, 5], "v": [1, 1, 2]}),
        ("y = []\nfor a in u:\n  y.append(a**2)\nsum(y)", {"u": [1, 2]}, 5, {"u": [2, 4]}),
    ],
)
def test_what_people_write(
    client: httpx.Client, program: str, inputs: dict[str, Any], value: float, gradients: dict[str, Any], mode: str
) -> None:
    answer = grad(client, program, inputs=inputs, wrt=list(gradients), mode=mode)
    assert (answer["value"], answer["gradients"]) == (value, gradients)


def test_what_is_raised_is_told_with_its_place_and_iteration(client: httpx.Client) -> None:
    program = "for a in u:\n  if a < 0:\n    raise ValueError(f'{a} is negative')\n  y = a\ny"
    answer = client.post("/grad", json={"program": program, "inputs": {"u": [1, -2, 3]}})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["span"]["line"]) == (422, "assertion_failed", 3)
    assert problem["detail"] == "{a} is negative: a is -2.0; in iteration 1 of the loop, counted from 0"


def test_rows_say_their_iteration_and_their_calls(client: httpx.Client) -> None:
    text = "def f(t): return sin(t)*t\ny = x\nfor i in range(2):\n  y = f(y)\ny"
    trace = grad(client, text, inputs={"x": 0.5}, mode="reverse", trace=True)["trace"]
    told = [(row["op"], row["iteration"], row["calls"]) for row in trace["primal"][1:]]
    call = [{"function": "f", "line": 4, "column": 7}]
    assert told == [(op, [i], call) for i in range(2) for op in ("sin", "multiply")]
    assert [row.get("iteration") for row in trace["adjoint"]] == [None, [1], [1], [1], [0], [0], [0]]
    assert "iteration" not in trace["primal"][0]


def test_a_trace_with_an_equation(client: httpx.Client) -> None:
    trace = grad(client, "root(lambda t: t**2 - x, 1.0)*x", inputs={"x": 4}, mode="reverse", trace=True)["trace"]
    assert [row.get("op") for row in trace["primal"]] == [None, "solution", "item", "multiply"]
    assert trace["primal"][2]["value"] == pytest.approx(2)
    assert trace["adjoint"][-1]["value"] == pytest.approx(3)


def test_a_long_run_is_traced_as_far_as_that_goes() -> None:
    text = "y = x\nfor i in range(26000):\n  y = y + x\ny"
    with serving(Settings(max=ServiceLimits(graph_nodes=24_000))) as client:
        answer = grad(client, text, inputs={"x": 0.5}, mode="reverse", trace=True)
    assert (answer["value"], answer["gradients"]) == (13_000.5, {"x": 26_001.0})
    assert answer["trace"]["truncated"] is True
    assert len(answer["trace"]["primal"]) == 10_000
    assert "adjoint" not in answer["trace"]


def test_notices(client: httpx.Client) -> None:
    asked = {"A": [[1, 2], [2, 4]], "b": [1, 2]}
    for _ in range(2):  # the second answer is of the cached program
        answer = grad(client, "sum(solve(A, b))", inputs=asked)
        first, second = answer["notices"]
        assert answer["value"] == "NaN"
        assert first["code"] == second["code"] == "singular_matrix"
        assert first["span"] == {"line": 1, "column": 5, "end_line": 1, "end_column": 16}
        assert "span" not in second
        assert "2 by 2" in first["message"]
    assert grad(client, "sum(solve(A, b))", inputs=asked | {"A": [[1, 2], [2, 5]]})["notices"] == []
