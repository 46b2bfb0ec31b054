"""Searches in sorted arrays, and piecewise linear interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, DType, Node, Type
from adcore.ops.arrays.indexing import put, take
from adcore.ops.base import Hidden, copies, declare, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.choice import where
from adcore.ops.shapes import describe_shape
from adcore.ops.strong import strong_times

# --- places


def _searchsorted(a: Any, v: Any, *, side: str = "left") -> Any:
    return np.asarray(np.searchsorted(a, v, side))[()]  # type: ignore[call-overload]


def _infer_searchsorted(a: Type, v: Type, *, side: str) -> Type:
    if len(a.shape) != 1:
        raise ShapeMismatch(
            f"searchsorted takes a vector to search in, and this has the shape {describe_shape(a.shape)}"
        )
    if side not in ("left", "right"):
        raise BadCall(f"side is 'left' or 'right', and not {side!r}")
    return Type(DType.INT, v.shape)


SEARCHED = 6.0
"""Nanoseconds of a step of a binary search."""


def _search_work(node: Node) -> int:
    return node.type.size * node.inputs[0].type.size.bit_length()


searchsorted = declare(
    "searchsorted",
    "a v",
    _searchsorted,
    _infer_searchsorted,
    work=_search_work,
    nanoseconds=SEARCHED,
    samples=(sample((4,), ()), sample((4,), (3,), side="right"), sample((4,), (2, 3))),
    doc="The indices at which the elements of v would stand in the sorted vector a. They have no derivative.",
)


def _shifted(places: Any, *, by: Hidden, size: Hidden) -> Any:
    return np.clip(places + by, 0, size - 1)


neighbour = declare(
    "neighbour",
    "places",
    _shifted,
    lambda places, *, by, size: Type(DType.INT, places.shape),
    dtypes=(DType.INT,),
    public=False,
    nanoseconds=7.0,
    scratch=copies(1.5),
    domain=((0, 4),),
    samples=(sample((), by=-1, size=4), sample((3,), by=0, size=4)),
    doc="Indices moved on by a number of places, none beyond the ends of an array of a size.",
)


# --- lines


def _interp(x: Any, xp: Any, fp: Any, *, left: float | None = None, right: float | None = None) -> Any:
    if (np.diff(xp) < 0).any():
        return np.full(x.shape, np.nan)[()]
    return np.asarray(np.interp(x, xp, fp, left, right))[()]


def _infer_interp(x: Type, xp: Type, fp: Type, **_: Any) -> Type:
    if len(xp.shape) != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeMismatch(
            "interp takes the points as two vectors of equal length, and these have the shapes "
            f"{describe_shape(xp.shape)} and {describe_shape(fp.shape)}"
        )
    return Type(DType.FLOAT, x.shape)


class Piece(NamedTuple):
    """A segment of the interpolant: the indices of its ends, each with its weight in the value; its slope."""

    ends: tuple[tuple[Node, Node], ...]
    slope: Node


def _pieces(node: Node) -> list[Piece]:
    """The segments to the left and to the right of each number; they differ at a point, where the derivative is a mean.

    Beyond the ends the slope is 0, and the weights are 0 where ``left`` or ``right`` is the value.
    """
    x, xp, fp = node.inputs
    size = xp.shape[0]
    pieces = []
    for side in ("left", "right"):
        place = searchsorted(xp, x, side=side)
        low, high = neighbour(place, by=-1, size=size), neighbour(place, by=0, size=size)
        inside = OPS["not_equal"](low, high)
        start, stop = take(xp, low), take(xp, high)
        width = where(inside, stop - start, 1.0)
        share = where(inside, divide(x - start, width), 0.0)
        slope = where(inside, divide(take(fp, high) - take(fp, low), width), 0.0)
        rest = 1.0 - share
        for outside, beyond in (
            (node.param("left"), OPS["less"](x, OPS["index"](xp, key=(0,)))),
            (node.param("right"), OPS["greater"](x, OPS["index"](xp, key=(-1,)))),
        ):
            rest = rest if outside is None else where(beyond, 0.0, rest)
        pieces.append(Piece(((low, rest), (high, share)), slope))
    return pieces


def _sum(terms: Sequence[Node]) -> Node:
    return sum(terms[1:], start=terms[0])


def _interp_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    dx, dxp, dfp = tangents
    terms = []
    for ends, slope in _pieces(node):
        if dx is not None:
            terms.append(strong_times(dx, slope))
        for place, share in ends:
            if dfp is not None:
                terms.append(strong_times(take(dfp, place), share))
            if dxp is not None:
                terms.append(strong_times(take(dxp, place), -(share * slope)))
    return 0.5 * _sum(terms)


def _interp_vjp(node: Node, g: Node) -> tuple[Node, Node, Node]:
    shape, half = node.inputs[1].shape, 0.5 * g
    by_x: list[Node] = []
    by_xp: list[Node] = []
    by_fp: list[Node] = []
    for ends, slope in _pieces(node):
        by_x.append(strong_times(half, slope))
        for place, share in ends:
            by_fp.append(put(strong_times(half, share), place, axis=None, shape=shape))
            by_xp.append(put(strong_times(half, -(share * slope)), place, axis=None, shape=shape))
    return _sum(by_x), _sum(by_xp), _sum(by_fp)


interp = declare(
    "interp",
    "x xp fp",
    _interp,
    _infer_interp,
    jvp=_interp_jvp,
    vjp=_interp_vjp,
    nanoseconds=lambda node: (8 + SEARCHED * node.inputs[1].type.size.bit_length()) * node.type.size,
    scratch=copies(0.5),
    domain=((1.2, 1.8), (-0.1, 0.1, 1), (-3, 3)),
    samples=(sample((), (4,), (4,)), sample((3,), (4,), (4,)), sample((2, 3), (4,), (4,), left=0.0, right=1.0)),
    doc="The values at x on the lines through the points (xp, fp); xp must ascend, or there is NaN. At a point of xp "
    "the derivative is the mean of the slopes on its two sides.",
)
