"""Eigenvalues of matrices that are not symmetric: values by NumPy's, derivatives by symmetric ones and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

from adcore.compiler import Compiler, Query
from adcore.errors import ComplexResult
from adcore.graph import OPS, items
from tests.adcore.graphs import build, run
from tests.adcore.language.differentiating import agree
from tests.adcore.ops.linalg.matrices import WEIGHTS

pytestmark = pytest.mark.untraced

SKEW = np.eye(3) + 0.4 * WEIGHTS
REAL = SKEW @ np.diag([1.0, 2.5, -0.7]) @ np.linalg.inv(SKEW)
TIED = SKEW @ np.diag([1.0, 1.0, 2.0]) @ np.linalg.inv(SKEW)


def test_values_are_numpys() -> None:
    stack = np.stack([REAL, REAL.T, np.eye(3)])
    w, v = run(build(lambda a: items(OPS["eig"](a)), stack.shape), stack)
    (alone,) = run(build(OPS["eigvals"].__call__, stack.shape), stack)
    expected = np.linalg.eig(stack)
    np.testing.assert_array_equal(w, expected.eigenvalues)
    np.testing.assert_array_equal(v, expected.eigenvectors)
    np.testing.assert_allclose(np.sort(alone), np.sort(w), rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "w = np.linalg.eigvals(A); sum(w**3) + max(w)",
        "w, V = np.linalg.eig(A); sum(V[:, 0]**3) + V[1, 2]*w[1]",
    ],
)
def test_derivatives_by_differences(text: str) -> None:
    agree(text, {"A": REAL, "W": WEIGHTS}, by=["A"])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("a", [REAL, TIED, np.eye(3)], ids=["different", "two equal", "all equal"])
def test_functions_of_a_matrix(a: Any, mode: Any) -> None:
    """V diag(exp(w)) V^-1 is the exponential, with the derivative of it at equal eigenvalues as well."""
    inputs = {"A": a, "W": WEIGHTS}
    text = "w, V = eig(A); sum(W*((V*exp(w)) @ inv(V)))"
    compiled, _ = Compiler().compile(text, inputs, Query("gradient", wrt=("A",), mode=mode))
    expected = scipy.linalg.expm_frechet(a.T, WEIGHTS)[1]
    np.testing.assert_allclose(compiled.evaluate(inputs).gradients["A"], expected, rtol=1e-8, atol=1e-8)
    compiled, _ = Compiler().compile("sum(exp(eigvals(A)))", inputs, Query("gradient", wrt=("A",), mode=mode))
    np.testing.assert_allclose(compiled.evaluate(inputs).gradients["A"], scipy.linalg.expm(a).T, rtol=1e-10, atol=1e-12)


def test_the_eigenvalue_of_a_triangle() -> None:
    """Of a 2 by 2 matrix by the formula for the roots of a quadratic."""
    by_formula = "tr = A[0, 0] + A[1, 1]; tr/2 + sqrt(tr**2/4 - det(A))"
    inputs = {"A": np.array([[2.0, 1.0], [0.5, 1.0]])}
    slopes = []
    for text in ("max(eigvals(A))", by_formula):
        compiled, _ = Compiler().compile(text, inputs, Query("hessian"))
        slopes.append(compiled.evaluate(inputs).hessian["A"]["A"])
    by_op, expected = slopes
    np.testing.assert_allclose(by_op, expected, rtol=1e-10)


@pytest.mark.parametrize("call", ["eig(A)[0][0]", "eigvals(A)[0]"])
def test_complex_eigenvalues_are_an_error(call: str) -> None:
    inputs = {"A": np.array([[0.5, -2.0], [2.0, 0.5]])}
    compiled, _ = Compiler().compile(call, inputs, Query("gradient"))
    with pytest.raises(ComplexResult, match=r"\+ 2j") as caught:
        compiled.evaluate(inputs)
    assert caught.value.span is not None
    assert caught.value.code == "complex_result"
