"""Least squares of matrices that are rank deficient, held to the closed form of a product of factors of full rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.graph import OPS, items
from tests.adcore.graphs import build, run

pytestmark = pytest.mark.untraced


def test_lstsq_is_numpys() -> None:
    """The residuals are there for a matrix of less than full rank too, where NumPy leaves them out."""
    a, b = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), np.array([1.0, 1.0, 2.0])
    x, residuals, rank, s = run(build(lambda a, b: items(OPS["lstsq"](a, b)), (3, 2), (3,)), a, b)
    expected = np.linalg.lstsq(a, b)
    np.testing.assert_allclose(x, expected[0], rtol=1e-14)
    np.testing.assert_allclose(residuals, [np.sum((a @ x - b) ** 2)], rtol=1e-14)
    assert rank == expected[2] == 1
    np.testing.assert_allclose(s, expected[3], rtol=1e-14, atol=1e-15)


def derivatives(text: str, inputs: dict[str, Any]) -> list[Any]:
    """The gradients in both modes, then the Hessian's product with one direction."""
    results: list[Any] = []
    tangents = {name: np.cos(np.arange(x.size, dtype=float)).reshape(x.shape) for name, x in inputs.items()}
    for mode in ("forward", "reverse"):
        compiled, _ = Compiler().compile(text, inputs, Query("gradient", mode=mode))
        gradients = compiled.evaluate(inputs).gradients
        results += [gradients[name] for name in inputs]
    compiled, _ = Compiler().compile(text, inputs, Query("hvp"))
    products = compiled.evaluate(inputs, tangents=tangents).hvp
    return [*results, *[products[name] for name in inputs]]


PSEUDOINVERSE = (
    "swapaxes(C, -1, -2) @ inv(C @ swapaxes(C, -1, -2)) @ inv(swapaxes(B, -1, -2) @ B) @ swapaxes(B, -1, -2)"
)
"""The pseudoinverse of B C, where B has full column rank and C full row rank."""


@pytest.mark.parametrize(
    ("rows", "rank", "columns", "stack"),
    [
        (3, 1, 3, ()),
        (3, 2, 3, ()),
        (4, 1, 2, ()),
        (2, 1, 4, ()),
        (4, 2, 3, (2,)),
        (4, 2, 2, ()),
        (2, 2, 4, ()),
        (3, 3, 3, ()),
    ],
    ids=str,
)
def test_derivatives_of_a_pseudoinverse_that_keep_the_rank(
    rows: int, rank: int, columns: int, stack: tuple[int, ...]
) -> None:
    random = np.random.default_rng(3)
    inputs = {"B": random.normal(size=(*stack, rows, rank)), "C": random.normal(size=(*stack, rank, columns))}
    texts = [f"P = {way}\nsum(P**2) + sum(sin(P[..., 0, 1]))" for way in ("pinv(B @ C, 1e-12)", PSEUDOINVERSE)]
    for by_op, expected in zip(*(derivatives(text, inputs) for text in texts), strict=True):
        np.testing.assert_allclose(by_op, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize(("rows", "rank", "columns"), [(3, 1, 3), (4, 1, 2), (2, 1, 4), (5, 2, 3), (3, 2, 2)], ids=str)
@pytest.mark.parametrize("right", [(), (2,)], ids=["vector", "matrix"])
def test_derivatives_of_least_squares_that_keep_the_rank(
    rows: int, rank: int, columns: int, right: tuple[int, ...]
) -> None:
    random = np.random.default_rng(4)
    inputs = {
        "B": random.normal(size=(rows, rank)),
        "C": random.normal(size=(rank, columns)),
        "b": random.normal(size=(rows, *right)),
    }
    texts = [
        f"x = {way}\nsum(x**3) + sum(sin(b - B @ (C @ x)))" for way in ("lstsq(B @ C, b)[0]", PSEUDOINVERSE + " @ b")
    ]
    for by_op, expected in zip(*(derivatives(text, inputs) for text in texts), strict=True):
        np.testing.assert_allclose(by_op, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_pseudoinverse_of_an_outer_product(mode: Any) -> None:
    """outer(b, a) / (a.a b.b): the gradient by the closed form."""
    inputs = {"a": np.array([0.5, 1.2, -0.3]), "b": np.array([1.0, -0.4, 0.8])}
    compiled, _ = Compiler().compile("P = pinv(outer(a, b)); sum(P**2) + P[0, 1]", inputs, Query("gradient", mode=mode))
    a, b = inputs.values()
    squares = (a @ a) * (b @ b)
    expected = -2 * a / (a @ a * squares) + b[0] / squares * (np.array([0, 1, 0]) - 2 * a[1] * a / (a @ a))
    np.testing.assert_allclose(compiled.evaluate(inputs).gradients["a"], expected, rtol=1e-12)
