"""Singular value decompositions at equal singular values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.graph import OPS, Array, Node, items
from tests.adcore.ops.linalg.matrices import TIES, TURN, WEIGHTS, gradient, weighted

pytestmark = pytest.mark.untraced


def products(f: str) -> Callable[[Node], Node]:
    def function(a: Node) -> Node:
        u, s, vt = items(OPS["svd"](a))
        return weighted(OPS["matmul"](u * OPS[f](s), vt))

    return function


@pytest.mark.parametrize("a", [np.eye(3), TURN, 2 * TURN @ np.diag([1.0, 1.0, 3.0]) @ TIES[2]], ids=range(3))
def test_products_of_the_singular_values_have_gradients_at_equal_ones(a: Array) -> None:
    """U diag(s) V' is the matrix itself; without s it is the nearest orthogonal matrix."""
    np.testing.assert_allclose(gradient(products("positive"), a), WEIGHTS, atol=1e-12)
    if np.allclose(a @ a.T, np.eye(3)):
        expected = (WEIGHTS - a @ WEIGHTS.T @ a) / 2
        np.testing.assert_allclose(gradient(products("ones_like"), a), expected, atol=1e-12)


@pytest.mark.parametrize("text", ["(U*exp(s)) @ Vt", "(U*s) @ Vt @ (U*s) @ Vt"])
def test_both_modes_and_the_second_order_at_equal_singular_values(text: str) -> None:
    """By a matrix whose singular values differ by so little that it does not matter, but enough for the rules."""
    random = np.random.default_rng(5)
    left, right = (np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in range(2))
    inputs = [
        {"A": left @ np.diag([1.0, 1.0, 0.5]) @ right + x * left @ np.diag([1.0, -1.0, 0]) @ right}
        for x in (0, 1e-3, -1e-3)
    ]
    program = f"U, s, Vt = svd(A); B = {text}; sum(B**2*B) + B[0, 1]"
    for query in (Query("gradient", mode="forward"), Query("gradient", mode="reverse"), Query("hessian")):
        compiled, _ = Compiler().compile(program, inputs[0], query)
        equal, above, below = (compiled.evaluate(x) for x in inputs)
        exact, *around = (
            x.hessian["A"]["A"] if query.kind == "hessian" else x.gradients["A"] for x in (equal, above, below)
        )
        np.testing.assert_allclose(exact, sum(around) / 2, rtol=0, atol=2e-5 * np.abs(exact).max())
