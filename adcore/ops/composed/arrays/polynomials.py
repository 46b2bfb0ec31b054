"""Polynomials that fit points by least squares."""

from __future__ import annotations

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, Node, items
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshape
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import sqrt
from adcore.ops.linalg.least_squares import lstsq
from adcore.ops.shapes import describe_shape


def _polyfit(
    x: Node,
    y: Node,
    w: Node | None = None,
    *,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    cov: bool = False,
) -> Node:
    if full or cov:
        raise BadCall("polyfit gives the coefficients alone here", help="leave full and cov out")
    if deg < 0:
        raise BadCall(f"the degree of a polynomial is from 0 up, and this is {deg}")
    if x.ndim != 1 or not x.shape[0] or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ShapeMismatch(
            f"polyfit takes points, at least one, and a value or a row for each, and these have the shapes "
            f"{describe_shape(x.shape)} and {describe_shape(y.shape)}"
        )
    if w is not None and w.shape != x.shape:
        raise ShapeMismatch(f"weights of shape {describe_shape(w.shape)} are not one for each of {x.shape[0]} points")
    powers, values = OPS["vander"](x, N=deg + 1), y
    if w is not None:
        column = reshape(w, shape=(w.shape[0], 1))
        powers, values = powers * column, y * (w if y.ndim == 1 else column)
    # The scale only keeps the equations well conditioned: the coefficients do not depend on it.
    scale = OPS["stop_gradient"](sqrt(sum_(powers * powers, axis=0)))
    tiny = _smallest(x.shape[0]) if rcond is None else rcond
    solution = items(lstsq(powers / scale, values, rcond=tiny))[0]
    return solution / (scale if y.ndim == 1 else reshape(scale, shape=(deg + 1, 1)))


def _smallest(n: int) -> float:
    """NumPy's bound on singular values, relative to the largest, for n points."""
    return n * float(np.finfo(float).eps)


polyfit = composed(
    "polyfit",
    _polyfit,
    arguments=("x", "y", "deg", "rcond", "full", "w", "cov"),
    domain=((-1.0, 1.0), (-3.0, 3.0), (0.5, 2.0)),
    samples=(sample((4,), (4,), deg=1), sample((5,), (5, 2), deg=2), sample((5,), (5,), (5,), deg=2)),
    doc="The coefficients, highest power first, of the polynomial that fits points best, with weights.",
)
