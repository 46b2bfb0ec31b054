"""Calls by full names are those of the library: its keywords, order, further parameters and defaults."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import lowered, result
from tests.adcore.language.marking import unmarked

INPUTS: dict[str, Any] = {
    "x": 2.3,
    "v": np.array([1.0, -2.0, 4.0, 0.5]),
    # Neither of its triangles is that of the other.
    "A": np.array([[4.0, 1.0, 0.2], [0.5, 3.0, 0.3], [0.1, 0.7, 2.0]]),
    "B": np.sqrt(np.arange(12.0).reshape(4, 3)),
}
SPACE: dict[str, Any] = {"np": np, "math": math, "scipy": scipy, "P": np.polynomial.polynomial}

EXPRESSIONS = [
    # keywords and order
    "np.sum(a=A, axis=0)",
    "np.sum(A, 0, None, None, True)",
    "np.sum(A, axis=1, dtype=np.float64, keepdims=True)",
    "np.std(A, 0, None, None, 1)",
    "np.take(a=A, indices=[0, 1], axis=0, mode='raise')",
    "np.sort(A, kind='stable')",
    "np.reshape(A, (9,), order='C')",
    "np.clip(a=A, a_min=0, a_max=1)",
    "np.concatenate((A, A), 0)",
    "np.hstack(tup=(A, A))",
    "np.linspace(0, 1, 5, dtype=float)",
    "np.zeros((2, 2), float)",
    "np.trace(A, dtype=None)",
    "np.tensordot(a=A, b=A, axes=1)",
    "np.flip(m=v)",
    "np.tile(A=v, reps=2)",
    "np.linalg.svd(A, hermitian=False)[1]",
    "np.around(A, decimals=1, out=None)",
    "scipy.linalg.solve(A, A[0], overwrite_a=True, check_finite=False)",
    "scipy.linalg.inv(A, False, False)",
    "scipy.linalg.svdvals(A, check_finite=False)",
    "scipy.linalg.norm(a=A, ord=2)",
    "scipy.special.logsumexp(a=A, axis=0, keepdims=True)",
    "math.atan2(x, 1.0)",
    "np.add(v, 1, out=None)",
    "np.einsum('i,i->', v, v, optimize=True)",
    # one triangle or the other
    "np.linalg.cholesky(A)",
    "np.linalg.cholesky(A, upper=True)",
    "np.linalg.eigh(A)[0]",
    "np.linalg.eigh(A, 'U')[0]",
    "np.linalg.eigvalsh(A, UPLO='U')",
    "scipy.linalg.cholesky(A)",
    "scipy.linalg.cholesky(A, lower=True)",
    "scipy.linalg.cholesky(A, True, check_finite=False)",
    "scipy.linalg.eigh(A)[0]",
    "scipy.linalg.eigh(A, lower=False)[0]",
    "scipy.linalg.eigh(A, eigvals_only=True)",
    "scipy.linalg.eigvalsh(A, lower=False)",
    "abs(scipy.linalg.qr(A)[1])",
    "abs(scipy.linalg.qr(B.T)[1])",
    "abs(scipy.linalg.qr(B, mode='economic')[1])",
    "abs(np.linalg.qr(B)[1])",
    # other functions of the same last name
    "math.remainder(x, 0.7)",
    "math.isclose(x, x*(1 + 1e-8))",
    "math.isclose(x, x*(1 + 1e-8), rel_tol=1e-7)",
    "math.isclose(math.inf, math.inf) and not math.isclose(x, math.inf)",
    "np.isclose(x, x*(1 + 1e-8))",
    "np.remainder(x, 0.7)",
    "np.polyval(A[0], x)",
    "P.polyval(x, A[0])",
    "np.correlate(v, v[:2])",
    "scipy.signal.correlate(v, v[:2])",
    "scipy.signal.convolve(v[:2], v, mode='same')",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values_are_the_librarys(expression: str) -> None:
    text = f"import numpy.polynomial.polynomial as P\n{expression}"
    np.testing.assert_allclose(result(text, **INPUTS), eval(expression, SPACE, INPUTS), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "expression",
    [
        "np.linalg.cholesky(A)[2, 1]*np.linalg.cholesky(A)[1, 0]",
        "scipy.linalg.cholesky(A)[0, 1]*scipy.linalg.cholesky(A)[2, 2]",
        "np.linalg.eigh(A)[0][0]*np.linalg.eigvalsh(A, 'U')[2]",
        "scipy.linalg.eigh(A, lower=False)[0][1]",
        "math.remainder(A[0, 0], A[1, 1])*A[0, 0]",
    ],
)
def test_derivatives_are_those_of_the_librarys_function(expression: str) -> None:
    """By every element of a matrix, those that the library does not read included."""
    slopes = agree(expression, {"A": INPUTS["A"]})["A"]
    step = 1e-6
    for i, j in np.ndindex(3, 3):
        ahead, behind = (INPUTS["A"] + sign * step * np.eye(3)[:, [i]] * np.eye(3)[j] for sign in (1, -1))
        difference = (eval(expression, SPACE, {"A": ahead}) - eval(expression, SPACE, {"A": behind})) / (2 * step)
        assert slopes[i, j] == pytest.approx(difference, rel=1e-7, abs=1e-8)


def test_jax_takes_the_symmetric_part() -> None:
    symmetric = (INPUTS["A"] + INPUTS["A"].T) / 2
    for name in ("jnp.linalg.cholesky", "cholesky"):
        np.testing.assert_allclose(result(f"{name}(A)", A=INPUTS["A"]), np.linalg.cholesky(symmetric), rtol=1e-13)


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("np.sum(A, 0, «True»)", "sum computes with float64 numbers here"),
        ("np.sum(A, 0, None, «A»)", "numpy.sum takes out only at its default here"),
        ("np.take(v, [0], mode=«'clip'»)", "numpy.take takes mode only at its default here"),
        ("scipy.linalg.solve(A, A[0], lower=«True»)", "scipy.linalg.solve takes lower only at its default here"),
        ("np.flip(v, 0, «1»)", "numpy.flip takes at most 2 positional arguments, and this is number 3"),
        ("np.sum(A, axes=«0»)", "sum takes no argument axes"),
        ("np.linalg.eigh(A, UPLO=«'X'»)", "UPLO of numpy.linalg.eigh is 'L' or 'U'"),
        ("scipy.linalg.cholesky(A, lower=«np.array([])»)", "lower of scipy.linalg.cholesky is one value, not several"),
        ("scipy.linalg.qr(«B»)", "of a matrix with more rows than columns"),
    ],
)
def test_what_is_refused(marked: str, message: str) -> None:
    text, span = unmarked(marked)
    with pytest.raises(AdcoreError) as caught:
        lowered(text, INPUTS)
    assert caught.value.span == span
    assert caught.value.message.startswith(message)
