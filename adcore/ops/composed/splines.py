"""Interpolation by cubic splines, and by lines beyond the ends.

A spline is differentiated by the points where it is evaluated, by its values and by its knots. Its slopes at the knots
are the solution of a tridiagonal system (C. de Boor, A Practical Guide to Splines, chapter 4), as in SciPy.
"""

from __future__ import annotations

import math

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, Node, constant
from adcore.ops.arrays.indexing import index, take
from adcore.ops.arrays.interpolation import interp, neighbour, searchsorted
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.choice import where
from adcore.ops.linalg.systems.banded import solve_banded
from adcore.ops.shapes import describe_shape

NOT_A_KNOT, FIRST, SECOND = "not-a-knot", "first", "second"
"""The conditions at an end: the first two pieces are one cubic; the first, or the second, derivative has a value."""


def _row(x: Node, i: int) -> Node:
    """One element of a vector, or one row, as a part of length 1 along the first axis."""
    n = x.shape[0]
    place = i % n
    return index(x, key=(("slice", place, place + 1, None),))


def _rows(x: Node, start: int | None, stop: int | None) -> Node:
    return index(x, key=(("slice", start, stop, None),))


def _column(x: Node) -> Node:
    return reshaped(x, (x.shape[0], 1))


def _slopes(knots: Node, y: Node, ends: tuple[Node, Node], conditions: tuple[str, str]) -> Node:
    """The derivatives of the spline at its knots, for values of the shape (knots, number of splines)."""
    n = knots.shape[0]
    h = _rows(knots, 1, None) - _rows(knots, None, -1)
    hc = _column(h)
    slope = (_rows(y, 1, None) - _rows(y, None, -1)) / hc
    if n == 2 and NOT_A_KNOT in conditions:
        # As in SciPy, a line replaces what two points do not give.
        conditions, ends = _lines(conditions, ends, slope)
    zero, one = constant([0.0]), constant([1.0])
    if n == 3 and conditions == (NOT_A_KNOT, NOT_A_KNOT):  # One parabola.
        h0, h1 = _row(h, 0), _row(h, 1)
        diagonal = concatenate(one, 2.0 * (h0 + h1), one, axis=0)
        above, below = concatenate(zero, one, h0, axis=0), concatenate(h1, one, zero, axis=0)
        right = [
            2.0 * _row(slope, 0),
            3.0 * (_row(hc, 0) * _row(slope, 1) + _row(hc, 1) * _row(slope, 0)),
            2.0 * _row(slope, 1),
        ]
    else:
        first, beside_first, right_first = _end(h, slope, y, ends[0], conditions[0], 0)
        last, beside_last, right_last = _end(h, slope, y, ends[1], conditions[1], -1)
        inner = [2.0 * (_rows(h, None, -1) + _rows(h, 1, None))] if n > 2 else []
        diagonal = concatenate(first, *inner, last, axis=0)
        above = concatenate(zero, beside_first, *([_rows(h, None, -1)] if n > 2 else []), axis=0)
        below = concatenate(*([_rows(h, 1, None)] if n > 2 else []), beside_last, zero, axis=0)
        between = (
            3.0 * (_rows(hc, 1, None) * _rows(slope, None, -1) + _rows(hc, None, -1) * _rows(slope, 1, None))
            if n > 2
            else None
        )
        right = [right_first, *([] if between is None else [between]), right_last]
    ab = concatenate(*[reshaped(each, (1, n)) for each in (above, diagonal, below)], axis=0)
    return solve_banded(ab, concatenate(*right, axis=0), l_and_u=(1, 1))


def _lines(
    conditions: tuple[str, str], ends: tuple[Node, Node], slope: Node
) -> tuple[tuple[str, str], tuple[Node, Node]]:
    first, last = (
        (FIRST, reshaped(slope, slope.shape)) if condition == NOT_A_KNOT else (condition, end)
        for condition, end in zip(conditions, ends, strict=True)
    )
    return (first[0], last[0]), (first[1], last[1])


def _end(h: Node, slope: Node, y: Node, value: Node, condition: str, at: int) -> tuple[Node, Node, Node]:
    """The equation at an end, the first or, at -1, the last: its coefficients there and beside, its right-hand side."""
    step = 1 if at == 0 else -1
    h0 = _row(h, at)
    h0c = _column(h0)
    if condition == FIRST:
        return constant([1.0]), constant([0.0]), value * _row(OPS["ones_like"](slope), 0)
    if condition == SECOND:
        rise = _row(slope, at) * h0c
        return 2.0 * h0, h0, 3.0 * rise - step * 0.5 * value * h0c * h0c
    h1 = _row(h, at + step)
    h1c, both = _column(h1), h0 + h1
    right = ((h0c + 2.0 * _column(both)) * h1c * _row(slope, at) + h0c * h0c * _row(slope, at + step)) / _column(both)
    return h1, both, right


def _shape_of_points(knots: Node, y: Node) -> tuple[int, int]:
    """The number of points, and of splines."""
    if knots.ndim != 1 or knots.shape[0] < 2 or y.ndim < 1 or y.shape[0] != knots.shape[0]:
        raise ShapeMismatch(
            "a spline takes at least two points, its knots as a vector, and these have the shapes "
            f"{describe_shape(knots.shape)} and {describe_shape(y.shape)}"
        )
    return knots.shape[0], y.type.size // knots.shape[0]


def _spline_slopes(
    knots: Node,
    y: Node,
    start: Node = 0.0,  # type: ignore[assignment]
    end: Node = 0.0,  # type: ignore[assignment]
    *,
    first: str = NOT_A_KNOT,
    last: str = NOT_A_KNOT,
) -> Node:
    """NaN where the knots do not ascend."""
    flat = reshaped(y, _shape_of_points(knots, y))
    ascending = OPS["all"](OPS["greater"](_rows(knots, 1, None), _rows(knots, None, -1)))
    return reshaped(where(ascending, _slopes(knots, flat, (start, end), (first, last)), math.nan), y.shape)


spline_slopes = composed(
    "spline_slopes",
    _spline_slopes,
    public=False,
    domain=((-0.1, 0.1, 1), (-3.0, 3.0), (-1.0, 1.0)),
    samples=(
        sample((5,), (5,)),
        sample((4,), (4,), (), (), first=FIRST, last=SECOND),
        sample((3,), (3, 2)),
        sample((2,), (2,), (), (), first=SECOND, last=NOT_A_KNOT),
    ),
    nan_gradient="Derivatives by knots divide by the squares of their distances.",
    doc="The derivatives at the knots of the cubic spline through points.",
)


def _spline(x: Node, knots: Node, y: Node, slopes: Node, *, nu: int = 0) -> Node:
    n, size = _shape_of_points(knots, y)
    if nu < 0:
        raise BadCall(f"the order of a derivative is at least 0, and this is {nu}")
    places = neighbour(searchsorted(knots, x, side="right"), by=-1, size=n - 1)
    after = neighbour(places, by=1, size=n)

    def at(values: Node, places: Node) -> Node:
        return take(reshaped(values, (n, size)), places, axis=0)

    place = (*x.shape, 1)
    start = take(knots, places)
    h, t = reshaped(take(knots, after) - start, place), reshaped(x - start, place)
    y0, s0, s1 = at(y, places), at(slopes, places), at(slopes, after)
    slope = (at(y, after) - y0) / h
    c2, c3 = (3.0 * slope - 2.0 * s0 - s1) / h, (s0 + s1 - 2.0 * slope) / (h * h)
    value: Node | None = None
    for i, c in reversed(list(enumerate([y0, s0, c2, c3][nu:]))):
        factor = float(math.perm(i + nu, nu))
        term = c if factor == 1.0 else factor * c
        value = term if value is None else term + t * value
    return reshaped(0.0 * y0 if value is None else value, (*x.shape, *y.shape[1:]))


spline = composed(
    "spline",
    _spline,
    public=False,
    domain=((1.2, 1.8), (-0.1, 0.1, 1), (-3.0, 3.0)),
    samples=(
        sample((2,), (4,), (4,), (4,)),
        sample((), (3,), (3, 2), (3, 2), nu=1),
        sample((), (3,), (3,), (3,), nu=2),
    ),
    nan_gradient="Derivatives by knots divide by the squares of their distances.",
    doc="The spline through points, or its derivative of order nu, at x; beyond the ends it is the last cubic.",
)


def _linear_spline(x: Node, xp: Node, fp: Node) -> Node:
    """A point is added beyond each end, on the line through the last two."""
    if xp.ndim != 1 or xp.shape != fp.shape or xp.shape[0] < 2:
        raise ShapeMismatch(
            "lines take at least two points, as two vectors, and these have the shapes "
            f"{describe_shape(xp.shape)} and {describe_shape(fp.shape)}"
        )
    ends, values = [], []
    for at, beside, extreme, step in ((0, 1, "min", -1.0), (-1, -2, "max", 1.0)):
        start, other = _row(xp, at), _row(xp, beside)
        furthest = concatenate(start, reshaped(x, (x.type.size,)), axis=0)
        beyond = OPS["stop_gradient"](reshaped(OPS[extreme](furthest), (1,)) + step * OPS["abs"](start - other))
        ends.append(beyond)
        slope = (_row(fp, at) - _row(fp, beside)) / (start - other)
        values.append(_row(fp, at) + (beyond - start) * slope)
    return interp(x, concatenate(ends[0], xp, ends[1], axis=0), concatenate(values[0], fp, values[1], axis=0))


linear_spline = composed(
    "linear_spline",
    _linear_spline,
    public=False,
    domain=((1.2, 1.8), (-0.1, 0.1, 1), (-3, 3)),
    samples=(sample((), (4,), (4,)), sample((3,), (3,), (3,)), sample((2, 2), (2,), (2,))),
    doc="The lines through points, at x; beyond the ends the last lines go on.",
)
