"""Padding: an array with elements around it, one axis after the other, so that later axes pad the corners."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import Node, Op, Shape, constant
from adcore.graph import number as number_of
from adcore.ops.arrays.creation import linspace
from adcore.ops.arrays.indexing import embed, index, stretch, take
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reductions import max_, mean, min_
from adcore.ops.arrays.reshaping import broadcast_to, flip, moveaxis
from adcore.ops.arrays.sorting import median
from adcore.ops.base import Pairs, composed, sample
from adcore.ops.shapes import describe_shape, legal

GATHERING = ("edge", "reflect", "symmetric", "wrap")
"""The modes that repeat elements of the array."""
STATISTICS: dict[str, Op] = {"maximum": max_, "mean": mean, "median": median, "minimum": min_}
MODES = ("constant", "empty", "linear_ramp", *GATHERING, *STATISTICS)

Widths = tuple[tuple[int, int], ...]


def _widths(pad_width: Pairs, ndim: int) -> Widths:
    """How much is added before and after each axis."""
    try:
        pairs = np.broadcast_to(np.array(pad_width, dtype=np.int64), (ndim, 2))
    except ValueError:
        raise BadCall(
            f"pad_width is a number, a pair (before, after), or a pair for each of {ndim} axes, and not {pad_width}"
        ) from None
    if (pairs < 0).any():
        raise BadCall(f"pad_width is from 0 up, and this is {pad_width}")
    return tuple([(int(before), int(after)) for before, after in pairs])


def _padded_shape(shape: Shape, widths: Widths) -> Shape:
    return legal(tuple([before + n + after for n, (before, after) in zip(shape, widths, strict=True)]))


def _joined(x: Node, axis: int, before: Node, after: Node) -> Node:
    parts = [part for part in (before, x, after) if part.shape[axis]]
    return concatenate(*parts, axis=axis) if len(parts) > 1 else x


def _with_length(shape: Shape, axis: int, length: int) -> Shape:
    return (*shape[:axis], length, *shape[axis + 1 :])


def _pairs_of(values: Node, ndim: int) -> Callable[[int, int], Node]:
    """The value for an axis and a side of it, of values that are one, a pair, or a pair for each axis."""
    if not values.shape:
        return lambda axis, side: values
    try:
        np.broadcast_shapes(values.shape, (ndim, 2))
    except ValueError:
        raise ShapeMismatch(
            f"values of shape {describe_shape(values.shape)} are not one, a pair, or a pair for each of {ndim} axes"
        ) from None
    table = broadcast_to(values, shape=(ndim, 2))
    return lambda axis, side: index(table, key=(axis, side))


def _constant(x: Node, widths: Widths, values: Node) -> Node:
    if number_of(values) == 0.0:
        key = tuple([("slice", before, before + n, None) for n, (before, _) in zip(x.shape, widths, strict=True)])
        return embed(x, key=key, shape=_padded_shape(x.shape, widths)) if x.shape else x
    value = _pairs_of(values, x.ndim)
    for axis, pair in enumerate(widths):
        ends = [
            broadcast_to(value(axis, side), shape=_with_length(x.shape, axis, width)) for side, width in enumerate(pair)
        ]
        x = _joined(x, axis, *ends)
    return x


def _ramp(x: Node, widths: Widths, values: Node) -> Node:
    value = _pairs_of(values, x.ndim)
    for axis, pair in enumerate(widths):
        ends = []
        for side, width in enumerate(pair):
            edge = index(x, key=(*stretch(axis, 0, 0)[:-1], -side))
            ramp = moveaxis(linspace(value(axis, side), edge, num=width, endpoint=False), source=0, destination=axis)
            ends.append(flip(ramp, axis=axis) if side else ramp)
        x = _joined(x, axis, *ends)
    return x


def _pad(
    array: Node,
    constant_values: Node = 0.0,  # type: ignore[assignment]
    end_values: Node = 0.0,  # type: ignore[assignment]
    *,
    pad_width: Pairs,
    mode: str = "constant",
    reflect_type: str = "even",
) -> Node:
    if mode not in MODES:
        raise BadCall(f"the mode of pad is one of {', '.join(MODES)}, and not {mode!r}")
    if reflect_type != "even":
        raise BadCall(f"reflect_type is 'even' here, and not {reflect_type!r}")
    widths = _widths(pad_width, array.ndim)
    padded = _padded_shape(array.shape, widths)
    if mode in ("constant", "empty"):
        return _constant(array, widths, constant_values if mode == "constant" else constant(0.0))
    if any(n == 0 and max(pair) > 0 for n, pair in zip(array.shape, widths, strict=True)):
        raise ShapeMismatch(
            f"the mode {mode} pads with elements, and an array of shape {describe_shape(array.shape)} has none"
        )
    if mode == "linear_ramp":
        return _ramp(array, widths, end_values)
    for axis, (before, after) in enumerate(widths):
        if before == after == 0:
            continue
        n = array.shape[axis]
        if mode in GATHERING:
            places: Any = np.pad(np.arange(n), (before, after), mode)  # type: ignore[call-overload]
            array = take(array, constant(places), axis=axis)
        else:
            whole = STATISTICS[mode](array, axis=axis, keepdims=True)
            ends = [broadcast_to(whole, shape=_with_length(array.shape, axis, width)) for width in (before, after)]
            array = _joined(array, axis, *ends)
    assert math.prod(array.shape) == math.prod(padded)
    return array


pad = composed(
    "pad",
    _pad,
    arguments=("array", "pad_width", "mode", "constant_values", "end_values", "reflect_type"),
    samples=(
        sample((3,), pad_width=2),
        sample((2, 3), pad_width=(1, 2)),
        sample((2, 3), (), pad_width=((1, 0), (2, 1))),
        sample((2, 3), (2,), pad_width=1),
        sample((2, 3), (2, 2), pad_width=((2,), (1,))),
        sample((3,), (), (), pad_width=(2, 1), mode="linear_ramp"),
        sample((2, 3), (), (2, 2), pad_width=2, mode="linear_ramp"),
        *(sample((2, 3), pad_width=((1, 2), (4, 0)), mode=mode) for mode in (*GATHERING, *STATISTICS)),
    ),
    doc="The array with elements around it: constants, or its own elements, by the mode.",
)
