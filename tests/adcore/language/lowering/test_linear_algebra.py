"""Calls with several results, or with any number of operands, written as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.adcore.language.evaluating import result, run

A = np.array([[2.0, 1.0], [1.0, 3.0]])
B = np.array([1.0, 2.0])

PROGRAMS: list[tuple[str, Any]] = [
    ("w, V = np.linalg.eigh(A)\nV @ diag(w) @ V.T", A),
    ("np.linalg.eigh(A)[0]", np.linalg.eigvalsh(A)),
    ("Q, R = np.linalg.qr(A)\nQ @ R", A),
    ("U, s, Vt = np.linalg.svd(A)\nU * s @ Vt", A),
    ("U, s, Vt = np.linalg.svd(A[:, :1], full_matrices=False)\nU * s @ Vt", A[:, :1]),
    ("np.linalg.svd(A, compute_uv=False)", np.linalg.svdvals(A)),
    ("s = svd(A, compute_uv=False)\ns[0] + s[1]", np.linalg.svdvals(A).sum()),
    ("sign, logarithm = np.linalg.slogdet(A)\nsign * exp(logarithm)", 5.0),
    ("np.linalg.lstsq(A, B, rcond=None)[0]", np.linalg.solve(A, B)),
    ("x, residuals, rank, s = np.linalg.lstsq(A, B)\nx * rank", 2 * np.linalg.solve(A, B)),
    ("np.einsum('ij,jk->ik', A, A)", A @ A),
    ("np.einsum('ii', A)", 5.0),
    ("np.einsum('ij,j->i', A, [1, 2])", A @ [1, 2]),
    ("np.tensordot(A, A, axes=([0, 1], [1, 0]))", np.tensordot(A, A, axes=([0, 1], [1, 0]))),
    ("np.tensordot(A, A, 1)", A @ A),
    ("np.tensordot(A, A, (0, 0))", A.T @ A),
    ("scipy.linalg.solve_triangular(A, B, lower=True, trans='T')", np.linalg.solve(np.tril(A).T, B)),
    ("np.linalg.norm(A, 'nuc') + np.linalg.norm(A, ord=2)", np.linalg.norm(A, "nuc") + np.linalg.norm(A, 2)),
    ("np.trapezoid(B)", 1.5),
    ("np.trapezoid(B, dx=2)", 3.0),
    ("np.trapz(B, [0, 3])", 4.5),
    ("np.interp(0.5, [0, 1], B)", 1.5),
    ("np.interp([-1, 2], [0, 1], B, left=-5, right=7)", np.array([-5.0, 7.0])),
    ("A[np.searchsorted([0, 1, 2], 0.5)]", A[1]),
]


@pytest.mark.parametrize(("text", "expected"), PROGRAMS)
def test_programs(text: str, expected: Any) -> None:
    given = {name: value for name, value in {"A": A, "B": B}.items() if name in text}
    np.testing.assert_allclose(result(text, **given), expected, rtol=1e-13)


def test_results_by_number() -> None:
    """Several results that nobody names are called as those of a tuple are."""
    assert list(run("eigh(A)", {"A": A})) == ["result_1", "result_2"]
