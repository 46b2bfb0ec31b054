"""Eigenvalues and eigenvectors where eigenvalues are equal, or nearly so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg

from adcore.compiler import Compiler, Query
from adcore.derivatives import forward, reverse
from adcore.graph import OPS, Array, Node, items
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import TIES, TURN, WEIGHTS, gradient, symmetric, weighted


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


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_eigenvectors_themselves_have_none(mode: str) -> None:
    vectors = build(lambda a: weighted(items(OPS["eigh"](a))[1]), (3, 3))
    if mode == "reverse":
        slope = run(reverse.gradient_graph(vectors, [0]), np.eye(3))[1]
        assert not np.isfinite(slope[~np.eye(3, dtype=bool)]).any()
    else:
        assert not np.isfinite(run(forward.jvp_graph(vectors, [0]), np.eye(3), WEIGHTS)[1])


def test_equal_eigenvalues_share() -> None:
    """The greatest eigenvalue of the identity: the mean of the one-sided derivatives in any direction, for a pair."""
    largest = build(lambda a: OPS["index"](OPS["eigvalsh"](a), key=(-1,)), (2, 2))
    np.testing.assert_allclose(run(reverse.gradient_graph(largest, [0]), np.eye(2))[1], np.eye(2) / 2, atol=1e-15)
    direction = np.array([[1.0, 2.0], [2.0, 3.0]])
    one_sided = np.linalg.eigvalsh(direction)
    assert run(forward.jvp_graph(largest, [0]), np.eye(2), direction)[1] == pytest.approx(one_sided.mean())


# --- every mode and order, and programs around the op, held to those of the matrix exponential

EXPONENTIAL = "B = (A + A.T)/2\n{around}sum(W*B) + B[0, 1]"
BY_VECTORS = "w, V = eigh(B/3); B = (V*exp(w)) @ V.T"
BY_OP = "B = expm((B + B.T)/6)"
AROUND = {
    "alone": "{step}\n",
    "in a loop": "for i in range(2):\n  {step}\n",
    "in a loop that ends by itself": "while trace(B) < 4:\n  {step}\n",
    "in a branch": "if sum(A) > -100:\n  {step}\nelse:\n  B = 2*B\n",
    "in a function": "def f(B):\n  {step}\n  return B\nB = f(f(B))\n",
    "in a derivative": "f = lambda B: sum(W*B)\ndef g(B):\n  {step}\n  return sum(W*B) + trace(B)**2\nB = grad(g)(B)\n",
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("a", [TIES[0], TIES[2], TIES[4], np.zeros((3, 3))], ids=["all", "two", "nearly", "zeros"])
@pytest.mark.untraced
def test_derivatives_at_equal_eigenvalues(around: str, a: Array) -> None:
    """By the exponential of the op ``expm``, whose derivatives know of no eigenvalues."""
    if around == "in a loop that ends by itself" and not a.any():
        return
    inputs = {"A": a, "W": WEIGHTS}

    def derivatives(step: str) -> list[Array]:
        text = EXPONENTIAL.format(around=AROUND[around].format(step=step))
        results = []
        for mode in ("forward", "reverse"):
            compiled, _ = Compiler().compile(text, inputs, Query("gradient", wrt=("A",), mode=mode))
            answer = compiled.evaluate(inputs)
            results += [answer.values["result"], answer.gradients["A"]]
        if around != "in a derivative":
            compiled, _ = Compiler().compile(text, inputs, Query("hvp", wrt=("A",)))
            results.append(compiled.evaluate(inputs, tangents={"A": TURN}).hvp["A"])
        return results

    orders = (1, 1, 1, 1, 2) if around != "in a derivative" else (2, 2, 2, 2)
    for by_vectors, expected, order in zip(derivatives(BY_VECTORS), derivatives(BY_OP), orders, strict=False):
        scale = float(np.abs(expected).max())
        np.testing.assert_allclose(by_vectors, expected, rtol=0, atol=(1e-9, 1e-7)[order - 1] * scale)


def test_one_point_of_a_batch_and_one_matrix_of_a_stack() -> None:
    """The others have the bits they have alone, up to the rounding of the limit."""
    stack = np.array([TIES[0], TIES[6], TIES[2]])
    expected = [scipy.linalg.expm_frechet(a, symmetric(WEIGHTS))[1] for a in stack]
    inputs = {"A": stack, "W": WEIGHTS}
    text = "w, V = eigh(A); sum(W*((V*exp(w)[..., None, :]) @ swapaxes(V, -1, -2)))"
    for batch in (("A",), False):
        compiled, _ = Compiler().compile(text, inputs, Query("gradient", wrt=("A",), batch=batch))
        np.testing.assert_allclose(compiled.evaluate(inputs).gradients["A"], expected, rtol=1e-9, atol=1e-10)


def test_a_notice_says_that_eigenvalues_are_equal_once() -> None:
    inputs = {"A": np.eye(3)}
    compiled, _ = Compiler().compile("w, V = eigh(A); sum((V*w) @ V.T)", inputs, Query("gradient"))
    (notice,) = compiled.evaluate(inputs).notices
    assert (notice.code, notice.times) == ("equal_eigenvalues", 1)
