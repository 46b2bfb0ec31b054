"""Eigenvalues and eigenvectors where eigenvalues are equal, or nearly so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, Array, Node, items
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import TIES, WEIGHTS, gradient, symmetric, weighted


def rebuilt(f: str) -> Callable[[Node], Node]:
    """sum(weights * V diag(f(w)) V'), which is the function f of the matrix."""

    def function(a: Node) -> Node:
        w, v = items(OPS["eigh"](a))
        return weighted(OPS["matmul"](v * OPS[f](w), OPS["transpose"](v)))

    return function


@pytest.mark.parametrize("a", TIES)
def test_functions_of_a_matrix_have_gradients_at_equal_eigenvalues(a: Array) -> None:
    """V diag(w) V' is the matrix itself; with exp(w), the exponential, by SciPy's derivative of it."""
    np.testing.assert_allclose(gradient(rebuilt("positive"), a), symmetric(WEIGHTS), rtol=1e-8, atol=1e-8)
    expected = scipy.linalg.expm_frechet(a, symmetric(WEIGHTS))[1]
    np.testing.assert_allclose(gradient(rebuilt("exp"), a), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("a", TIES)
def test_functions_of_the_eigenvalues_have_gradients_at_equal_ones(a: Array) -> None:
    slope = gradient(lambda a: OPS["sum"](OPS["exp"](OPS["eigvalsh"](a))), a)
    np.testing.assert_allclose(slope, scipy.linalg.expm(a), rtol=1e-13)


def test_a_space_of_equal_eigenvalues_has_a_gradient() -> None:
    """The projection on it depends on the space only."""
    a = TIES[2]

    def projection(a: Node) -> Node:
        _, v = items(OPS["eigh"](a))
        pair = OPS["index"](v, key=("...", ("slice", 0, 2, None)))
        return weighted(OPS["matmul"](pair, OPS["transpose"](pair)))

    def value(t: float) -> float:
        _, v = np.linalg.eigh(a + t * symmetric(WEIGHTS))
        return float(np.sum(WEIGHTS * (v[:, :2] @ v[:, :2].T)))

    slope = np.sum(gradient(projection, a) * WEIGHTS)
    assert slope == pytest.approx((value(1e-5) - value(-1e-5)) / 2e-5, rel=1e-7)


def test_eigenvectors_themselves_have_none() -> None:
    assert not np.isfinite(gradient(lambda a: weighted(items(OPS["eigh"](a))[1]), np.eye(3))).any()
    pushed = forward.jvp_graph(build(lambda a: weighted(items(OPS["eigh"](a))[1]), (3, 3)), [0])
    assert not np.isfinite(run(pushed, np.eye(3), WEIGHTS)[1])


def test_a_second_derivative_at_equal_eigenvalues_is_not_made_up() -> None:
    twice = forward.jvp_graph(reverse.gradient_graph(build(rebuilt("exp"), (3, 3)), [0]), [0])
    assert np.isnan(run(twice, np.eye(3), WEIGHTS)[3]).any()


def test_equal_eigenvalues_share() -> None:
    """The greatest eigenvalue of the identity: the mean of the one-sided derivatives in any direction, for a pair."""
    largest = build(lambda a: OPS["index"](OPS["eigvalsh"](a), key=(-1,)), (2, 2))
    np.testing.assert_allclose(run(reverse.gradient_graph(largest, [0]), np.eye(2))[1], np.eye(2) / 2, atol=1e-15)
    direction = np.array([[1.0, 2.0], [2.0, 3.0]])
    one_sided = np.linalg.eigvalsh(direction)
    assert run(forward.jvp_graph(largest, [0]), np.eye(2), direction)[1] == pytest.approx(one_sided.mean())
