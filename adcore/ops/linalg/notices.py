"""Notices of linear algebra: that a matrix is singular, not positive definite, or deficient in rank.

A notice is computed from an op's result and the values of its operands when it is run: a code and a message, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_Notice = tuple[str, str] | None
"""A code and a message; None where nothing is to be noticed."""


def _failures(result: Any, a: Any) -> int:
    """The number of finite matrices whose result is NaN."""
    if not np.isnan(result).any():
        return 0
    finite = np.isfinite(a).all((-2, -1))
    missing = np.isnan(result).reshape(*result.shape[: finite.ndim], -1).any(-1)
    return int(np.count_nonzero(finite & missing if finite.shape == missing.shape else missing))


def _matrices(count: int, a: Any) -> str:
    size = f"{a.shape[-2]} by {a.shape[-1]}"
    return f"the {size} matrix is" if a.ndim == 2 else f"{count} of the {size} matrices are"


def singular(name: str) -> Callable[..., _Notice]:
    """The notice of an op without a result where its first operand is singular."""

    def notice(result: Any, a: Any, *rest: Any, n: int = -1, **_: Any) -> _Notice:
        if n >= 0 or not all(np.isfinite(x).all() for x in rest):
            return None
        count = _failures(result, a)
        if not count:
            return None
        return (
            "singular_matrix",
            f"{_matrices(count, a)} singular to working precision: {name} has no answer there, and NaN says so",
        )

    return notice


def indefinite(result: Any, a: Any, **_: Any) -> _Notice:
    """The notice of the Cholesky factorisation."""
    count = _failures(result, a)
    if not count:
        return None
    return (
        "not_positive_definite",
        f"{_matrices(count, a)} not positive definite: there is no factor, and NaN says so",
    )


def no_logarithm(result: Any, a: Any, **_: Any) -> _Notice:
    """The notice of the logarithm of a determinant."""
    value = result[1] if isinstance(result, tuple) else result
    count = int(np.count_nonzero(~np.isfinite(value) & np.isfinite(a).all((-2, -1))))
    if not count:
        return None
    return (
        "singular_matrix",
        f"{_matrices(count, a)} singular, or of a negative determinant, which has no finite logarithm",
    )


def rank(name: str, rank_of: Callable[[Any, Any], Any]) -> Callable[..., _Notice]:
    """The notice of an op whose derivative holds only for changes that keep the rank; ``rank_of`` gives the ranks."""

    def notice(result: Any, a: Any, *rest: Any, **_: Any) -> _Notice:
        if not np.isfinite(a).all():
            return None
        most = min(a.shape[-2:])
        ranks = np.asarray(rank_of(result, a))
        count = int(np.count_nonzero(ranks < most))
        if not count:
            return None
        message = (
            f"{_matrices(count, a)} of rank {int(ranks.min())}, not {most}: the derivative of {name} holds only for "
            "changes that keep the rank"
        )
        return "rank_deficient", message

    return notice


def rank_of_triangle(result: Any, a: Any) -> Any:
    """The rank by the diagonal of R in a QR factorisation."""
    diagonal = np.abs(np.diagonal(result[1], axis1=-2, axis2=-1))
    largest = diagonal.max(-1, keepdims=True, initial=0.0)
    return np.count_nonzero(diagonal > max(a.shape[-2:]) * np.finfo(float).eps * largest, axis=-1)


def rank_of_pseudoinverse(result: Any, a: Any) -> Any:
    """The rank as the trace of the projection a a+."""
    return np.rint(np.einsum("...ij,...ji->...", a, result))


def equal_eigenvalues(result: Any, a: Any, **_: Any) -> _Notice:
    """The notice of eigenvectors of equal eigenvalues."""
    w = result[0]
    apart = np.abs(np.diff(w, axis=-1))
    largest = np.abs(w).max(-1, keepdims=True, initial=0.0)
    count = int(np.count_nonzero((apart <= w.shape[-1] * 4 * np.finfo(float).eps * largest).any(-1)))
    if not count or not np.isfinite(w).all():
        return None
    message = (
        f"{_matrices(count, a)} of equal eigenvalues: their vectors are any basis of a space, and only what does not "
        "depend on the choice has a derivative"
    )
    return "equal_eigenvalues", message
