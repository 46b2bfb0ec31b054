"""Polynomials: those that fit points by least squares, derivatives, integrals, sums and products."""

from __future__ import annotations

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, Node, constant, items
from adcore.ops.arrays.joining import concatenate
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


def _check_vector(name: str, *vectors: Node) -> None:
    for p in vectors:
        if p.ndim != 1:
            raise ShapeMismatch(
                f"{name} takes a vector of coefficients, and this has the shape {describe_shape(p.shape)}"
            )


def _front(p: Node, count: int) -> Node:
    """The first coefficients, those of the highest powers."""
    return OPS["index"](p, key=(("slice", None, count, None),))


def _polyder(p: Node, *, m: int = 1) -> Node:
    _check_vector("polyder", p)
    if m < 0:
        raise BadCall(f"the order of a derivative is from 0 up, and this is {m}")
    for _ in range(m):
        n = p.shape[0] - 1
        if n < 1:
            return _front(p, 0)
        p = _front(p, n) * constant(np.arange(n, 0, -1.0))
    return p


polyder = composed(
    "polyder",
    _polyder,
    samples=(sample((4,)), sample((5,), m=2), sample((1,))),
    doc="The coefficients of the derivative of a polynomial, highest power first.",
)


def _polyint(p: Node, *, m: int = 1) -> Node:
    _check_vector("polyint", p)
    if m < 0:
        raise BadCall(f"the order of an integral is from 0 up, and this is {m}")
    for _ in range(m):
        n = p.shape[0]
        p = concatenate(p / constant(np.arange(n, 0, -1.0)), constant(np.zeros(1)), axis=0)
    return p


polyint = composed(
    "polyint",
    _polyint,
    samples=(sample((4,)), sample((2,), m=2)),
    doc="The coefficients of the integral of a polynomial from 0, highest power first.",
)


def _added(name: str, sign: float) -> None:
    def rule(a1: Node, a2: Node) -> Node:
        _check_vector(name, a1, a2)
        size = max(a1.shape[0], a2.shape[0])
        first, second = [
            p if p.shape[0] == size else concatenate(constant(np.zeros(size - p.shape[0])), p, axis=0) for p in (a1, a2)
        ]
        return first + second if sign > 0 else first - second

    composed(
        name,
        rule,
        samples=(sample((3,), (5,)), sample((4,), (2,))),
        doc=f"The coefficients of the {'sum' if sign > 0 else 'difference'} of two polynomials, highest power first.",
    )


_added("polyadd", 1.0)
_added("polysub", -1.0)


def _polymul(a1: Node, a2: Node) -> Node:
    _check_vector("polymul", a1, a2)
    return OPS["convolve"](a1, a2)


polymul = composed(
    "polymul",
    _polymul,
    samples=(sample((3,), (4,)),),
    doc="The coefficients of the product of two polynomials, highest power first.",
)
