"""Equal eigenvalues, and how a run can split them.

Eigenvectors of equal eigenvalues are any basis of a space, and the rules' quotients by the gaps between eigenvalues are
0 / 0. No rule that knows the numbers at this one matrix can tell the limit, as it depends on the functions that
eigenvalues and eigenvectors go through. So a run can be one at a matrix nearby that has the same eigenvectors, and
eigenvalues which are ``split``: there the ordinary rules hold, for every mode and order, in loops and branches. An
engine extrapolates such runs to eigenvalues that are equal (``adcore.engines.equal_eigenvalues``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.graph import OPS, DType, Node, Op, Type
from adcore.ops.base import Hidden, copies, declare, moved, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.linalg.matrices import diagonals, on_diagonals

ROUNDING = 4 * float(np.finfo(float).eps)
"""Eigenvalues of an n by n matrix closer than n times this, relative to the largest, count as equal."""

LOSS = 1e-8
"""Relative error of a derivative by rounding from which the limit at equal eigenvalues is the better answer."""


def _near(order: int) -> float:
    """The relative gap of eigenvalues whose power ``order`` divides rounding errors up to ``LOSS``."""
    return float((np.finfo(float).eps / LOSS) ** (1 / order))


# --- the splitting of a run


@dataclass(slots=True)
class Splitting:
    """How a run treats equal eigenvalues."""

    by: float
    """The shift of equal eigenvalues against one another, in units of their distance to the others; 0 is none."""
    strict: bool
    """True where quotients by the gaps of equal eigenvalues are NaN, which shows what depends on them."""
    near: float
    """The relative gap up to which eigenvalues count as equal: the largest at which a run has met such a quotient."""


_splitting: ContextVar[Splitting | None] = ContextVar("_splitting", default=None)


@contextmanager
def splitting(by: float = 0.0, near: float = 0.0, strict: bool = False) -> Iterator[Splitting]:
    """The runs within this context, in this thread, split equal eigenvalues."""
    current = Splitting(by, strict, near)
    token = _splitting.set(current)
    try:
        yield current
    finally:
        _splitting.reset(token)


def split_apart(w: Any) -> Any:
    """Eigenvalues, the last axis of ``w``; those of them that are equal are shifted apart where the run says so."""
    current = _splitting.get()
    if current is None or not current.by:
        return w
    return w + current.by * np.apply_along_axis(_shifts, -1, w, current.near) if w.size else w


def _shifts(w: Any, near: float) -> Any:
    """The unit shifts of the eigenvalues of one matrix, so small that they stay apart from others, and keep their sign.

    Those that are zero up to rounding are shifted by a part of the largest.
    """
    shifts = np.zeros(w.shape)
    if not np.isfinite(w).all():
        return shifts
    order = np.argsort(w, kind="stable")
    ascending, largest = w[order], float(np.abs(w).max())
    for cluster in np.split(np.arange(len(w)), np.flatnonzero(np.diff(ascending) > near * largest) + 1):
        first, last, size = cluster[0], cluster[-1], float(np.abs(ascending[cluster]).min())
        room = [size if size > len(w) * ROUNDING * largest else largest or 1.0]
        room += [ascending[first] - ascending[first - 1]] if first else []
        room += [ascending[last + 1] - ascending[last]] if last + 1 < len(w) else []
        if len(cluster) > 1:
            shifts[order[cluster]] = min(room) / len(cluster) * np.arange(1, len(cluster) + 1)
    return shifts


# --- ties


def tolerance(w: Any) -> Any:
    """For each row, the distance up to which its numbers count as equal."""
    return w.shape[-1] * ROUNDING * np.abs(w).max(-1, keepdims=True, initial=0.0)


def _pairs_within(w: Any, distance: Any) -> Any:
    apart = np.abs(w[..., None, :] - w[..., :, None])
    return (apart <= distance[..., None]) & ~np.eye(w.shape[-1], dtype=bool)


def _infer_pairs(w: Type) -> Type:
    return Type(DType.BOOL, (*w.shape, w.shape[-1]))


tied = declare(
    "tied",
    "w",
    lambda w: _pairs_within(w, tolerance(w)),
    _infer_pairs,
    public=False,
    nanoseconds=10.0,
    scratch=copies(2),
    samples=(sample((3,)), sample((2, 3))),
    doc="Which pairs of numbers are equal up to the rounding of eigenvalues.",
)


def _clusters(w: Any) -> Any:
    order = np.argsort(w, -1, kind="stable")
    ascending = np.take_along_axis(w, order, -1)
    far = np.ones(w.shape, bool)
    far[..., 1:] = ~(np.diff(ascending) <= tolerance(w))
    starts = np.maximum.accumulate(np.where(far, np.arange(w.shape[-1]), 0), -1)
    out = np.empty(w.shape)
    np.put_along_axis(out, order, np.take_along_axis(ascending, starts, -1), -1)
    return out


clusters = declare(
    "clusters",
    "w",
    _clusters,
    lambda w: w,
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None,),
    public=False,
    nanoseconds=80.0,
    scratch=copies(4.5),
    domain=((1, 1),),
    samples=(sample((3,)), sample((2, 3))),
    doc="Each number, or the least of those that are equal to it up to the rounding of eigenvalues.",
)


# --- quotients by gaps


def _of_pairs(x: Any, w: Any, *, order: Hidden = 1) -> Any:
    current = _splitting.get()
    if current is None or current.by:
        return x
    largest = np.abs(w).max(-1, keepdims=True, initial=0.0)
    near = _pairs_within(w, _near(order) * largest)
    if not near.any():
        return x
    current.near = max(current.near, _near(order))
    if current.strict:
        return np.where(near, np.nan, x)
    if order == 1:
        return x
    # No digit is left of what such a gap has divided several times.
    return np.where(_pairs_within(w, (w.shape[-1] * ROUNDING) ** (1 / order) * largest), np.nan, x)


def _again(node: Node, x: Node) -> Node:
    return moved(node, x, node.inputs[1], order=node.param("order") + 1)


of_pairs: Op = declare(
    "of_pairs",
    "x w",
    _of_pairs,
    lambda x, w, *, order: x,
    jvp=lambda node, tangents: None if tangents[0] is None else _again(node, tangents[0]),
    vjp=lambda node, g: (_again(node, g), None),
    contextual=True,
    public=False,
    nanoseconds=0.0,
    domain=((-3, 3), (1, 2, 1)),
    samples=(sample((3, 3), (3,)), sample((2, 3, 3), (2, 3))),
    flat=(1,),
    doc="x, a derivative with an element for each pair of eigenvalues w; runs learn where these are equal.",
)


def over_gaps(x: Node, w: Node, gaps: Node) -> Node:
    """``x``, a matrix with zeros on its diagonal, divided by the ``gaps`` between functions of the eigenvalues ``w``.

    Where eigenvalues are equal it is infinite, unless ``x`` is 0.
    """
    apart = OPS["where"](tied(w), 0.0, gaps + OPS["eye"](N=w.shape[-1]))
    return of_pairs(divide(x, apart, strong=True), w)


def differences(w: Node) -> Node:
    """w_j - w_i for all pairs."""
    return OPS["expand_dims"](w, axis=-2) - OPS["expand_dims"](w, axis=-1)


def off_diagonal(x: Node) -> Node:
    """``x`` with zeros on its diagonal."""
    return x - on_diagonals(diagonals(x))
