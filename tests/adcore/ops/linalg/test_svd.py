"""Singular value decompositions at equal singular values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from adcore.graph import OPS, Array, Node, items
from tests.adcore.ops.linalg.matrices import TIES, TURN, WEIGHTS, gradient, weighted


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
