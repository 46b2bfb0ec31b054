"""What an evaluation needs, predicted from the compiled program: bytes and seconds."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.compiler import Compiler, Query, answer_bytes, evaluation_bytes, evaluation_seconds
from adcore.graph import UNKNOWN

COMPILER = Compiler()


@pytest.mark.parametrize(
    ("text", "query", "shape", "points", "numbers"),
    [
        ("sin(x)", Query(), (10,), 1, 10),
        ("sum(x**2)", Query("gradient"), (10,), 1, 1 + 10),
        ("x**2", Query("jacobian"), (10,), 1, 10 + 100),
        ("sum(x**3)", Query("hessian"), (10,), 1, 1 + 10 + 100),
        ("sum(x**2)", Query("gradient", mode="forward"), (10,), 1, 1 + 10),  # swept: a column a run
        ("x**2", Query("gradient", batch=True), (7,), 7, 7 + 7),
        ("sum(x**2)", Query("gradient", batch=True), (7, 3), 7, 7 * (1 + 3)),
    ],
)
def test_the_bytes_of_an_answer(text: str, query: Query, shape: tuple[int, ...], points: int, numbers: int) -> None:
    inputs = {"x": np.ones(shape)}
    compiled, _ = COMPILER.compile(text, inputs, query)
    assert compiled.points(inputs) == points
    assert answer_bytes(compiled, points) == 8 * numbers
    assert _nbytes(compiled.evaluate(inputs).results) == 8 * numbers
    assert evaluation_bytes(compiled, points) >= 8 * (numbers + np.size(inputs["x"]))


def _nbytes(results: object) -> int:
    return sum(map(_nbytes, results.values())) if isinstance(results, dict) else int(np.asarray(results).nbytes)


def test_seconds_follow_the_elements_the_passes_and_the_points() -> None:
    def predicted(text: str, size: int, points: int = 1) -> float:
        return evaluation_seconds(COMPILER.compile(text, {"x": np.ones(size)}, Query())[0], points)

    assert predicted("sin(x)", 10**6) > 100 * predicted("sin(x)", 10)
    assert predicted("sin(x)", 10, 1_000) == pytest.approx(1_000 * predicted("sin(x)", 10))
    text = "y = x\nfor i in range({}):\n  y = sin(y)\ny"
    assert predicted(text.format(1_000), 10) == pytest.approx(10 * predicted(text.format(100), 10), rel=0.3)
    assert predicted("y = sum(x)\nwhile y < 1e9:\n  y = y + 1\ny", 10) > UNKNOWN * 1e-7
