"""What a result of linear algebra may need said beside it: that a matrix is singular, say, and NaN no mistake.

A notice is made from an op's result and its operands' values alone, when it is run: a code and a message, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Told = tuple[str, str] | None
"""The notice's code, and its message."""


def _bad(result: Any, a: Any) -> int:
    """How many finite matrices have a result that is no number."""
    if not np.isnan(result).any():
        return 0
    finite = np.isfinite(a).all((-2, -1))
    missing = np.isnan(result).reshape(*result.shape[: finite.ndim], -1).any(-1)
    return int(np.count_nonzero(finite & missing if finite.shape == missing.shape else missing))


def _matrices(count: int, a: Any) -> str:
    size = f"{a.shape[-2]} by {a.shape[-1]}"
    return f"the {size} matrix is" if a.ndim == 2 else f"{count} of the {size} matrices are"


def singular(name: str) -> Callable[..., Told]:
    """The notice for an op that has no answer where its first operand is singular."""

    def told(result: Any, a: Any, *rest: Any, n: int = -1, **_: Any) -> Told:
        if n >= 0 or not all(np.isfinite(x).all() for x in rest):
            return None
        count = _bad(result, a)
        if not count:
            return None
        return (
            "singular_matrix",
            f"{_matrices(count, a)} singular to working precision: {name} has no answer there, and NaN says so",
        )

    return told


def indefinite(result: Any, a: Any, **_: Any) -> Told:
    """The notice for Cholesky's factor."""
    count = _bad(result, a)
    if not count:
        return None
    return (
        "not_positive_definite",
        f"{_matrices(count, a)} not positive definite: there is no factor, and NaN says so",
    )


def no_logarithm(result: Any, a: Any, **_: Any) -> Told:
    """The notice for the logarithm of a determinant."""
    value = result[1] if isinstance(result, tuple) else result
    count = int(np.count_nonzero(~np.isfinite(value) & np.isfinite(a).all((-2, -1))))
    if not count:
        return None
    return (
        "singular_matrix",
        f"{_matrices(count, a)} singular, or of a negative determinant, which has no finite logarithm",
    )


def rank(name: str, found: Callable[[Any, Any], Any]) -> Callable[..., Told]:
    """The notice for an op whose derivative holds only while the rank stays what it is."""

    def told(result: Any, a: Any, *rest: Any, **_: Any) -> Told:
        if not np.isfinite(a).all():
            return None
        most = min(a.shape[-2:])
        ranks = np.asarray(found(result, a))
        count = int(np.count_nonzero(ranks < most))
        if not count:
            return None
        message = (
            f"{_matrices(count, a)} of rank {int(ranks.min())}, not {most}: what {name} gives has a derivative only "
            "for changes that keep the rank"
        )
        return "rank_deficient", message

    return told


def rank_of_triangle(result: Any, a: Any) -> Any:
    """The rank that the diagonal of the triangle of a QR factorisation shows."""
    diagonal = np.abs(np.diagonal(result[1], axis1=-2, axis2=-1))
    largest = diagonal.max(-1, keepdims=True, initial=0.0)
    return np.count_nonzero(diagonal > max(a.shape[-2:]) * np.finfo(float).eps * largest, axis=-1)


def rank_of_pseudoinverse(result: Any, a: Any) -> Any:
    """The rank, which is the trace of the projection a a+."""
    return np.rint(np.einsum("...ij,...ji->...", a, result))


def equal_eigenvalues(result: Any, a: Any, **_: Any) -> Told:
    """The notice for eigenvectors of which any basis would do."""
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
