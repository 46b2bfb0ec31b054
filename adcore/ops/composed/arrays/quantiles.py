"""Quantiles: numbers that lie between two neighbours in the order of the elements.

Between two elements the derivative by the quantile's level is their distance; at an element it is the mean of those on
both sides, and at the ends that inside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import CONSTANT, OPS, DType, Node, constant, convert, literal
from adcore.ops.arrays.indexing import index, take, take_along_axis
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import broadcast_to, moveaxis, reshape, reshaped, transpose
from adcore.ops.arrays.sorting import sort
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.logic import isnan
from adcore.ops.elementwise.rounding import ceil, floor, round_
from adcore.ops.shapes import Axes, axes_of, count, describe_shape, reduced

CONTINUOUS = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""The parameters of the methods that interpolate, by R. Hyndman and Y. Fan, Sample quantiles in statistical packages
(1996): the place of level q among n elements is n q + alpha + q (1 - alpha - beta) - 1."""

STEPS: dict[str, tuple[Callable[[Any], Any], Callable[[Node], Node]]] = {
    "lower": (np.floor, floor),
    "higher": (np.ceil, ceil),
    "nearest": (np.round, round_),
    "midpoint": (
        lambda place: (np.floor(place) + np.ceil(place)) / 2,
        lambda place: 0.5 * (floor(place) + ceil(place)),
    ),
}
"""The methods that jump from one place to the next: of a known place, and of a computed one."""


OF_COUNTS: dict[str, tuple[Callable[[Any], Any], Callable[[Node], Node]]] = {
    "inverted_cdf": (lambda m: np.ceil(m - 1.0), lambda m: ceil(m - 1.0)),
    "averaged_inverted_cdf": (
        lambda m: (np.ceil(m - 1.0) + np.floor(m)) / 2,
        lambda m: 0.5 * (ceil(m - 1.0) + floor(m)),
    ),
}
"""The methods that invert the distribution of the elements, as the place of how many elements a level is."""


def in_lines(a: Node, axis: Axes) -> Node:
    """The elements along the axes as one last axis."""
    axes = axes_of(axis, a.ndim)
    kept = tuple([i for i in range(a.ndim) if i not in axes])
    moved = a if (*kept, *axes) == tuple(range(a.ndim)) else transpose(a, axes=(*kept, *axes))
    return reshaped(moved, (*[a.shape[i] for i in kept], count(a.shape, axis)))


def _in_range(q: Node) -> Node:
    """The level; NaN outside of 0 to 1."""
    inside = OPS["logical_and"](OPS["greater_equal"](q, 0.0), OPS["less_equal"](q, 1.0))
    return where(inside, q, math.nan)


def _at(ordered: Node, place: Node) -> Node:
    """The elements of the lines at whole places."""
    return take_along_axis(ordered, convert(place, DType.INT), axis=-1)


def _least(a: Node, b: Node) -> Node:
    """The smaller one, of places: their ties are no kinks of the result."""
    return where(OPS["less"](a, b), a, b)


def _greatest(a: Node, b: Node | float) -> Node:
    return where(OPS["greater"](a, b), a, b)


def _between(ordered: Node, place: Node, last: Node) -> Node:
    """The lines, interpolated at a computed place."""
    # What is NaN, or beyond an end, is read at some place, and does not count.
    safe = where(isnan(place), 0.0, _least(_greatest(place, 0.0), last))
    below = floor(safe)
    start, stop = _greatest(ceil(safe) - 1.0, 0.0), _least(below + 1.0, last)
    rise = _at(ordered, stop) - _at(ordered, start)
    return _at(ordered, below) + (place - below) * divide(rise, _greatest(stop - start, 1.0))


def _at_known(ordered: Node, level: Any, method: str) -> Node:
    """The lines at known levels."""
    n = ordered.shape[-1]
    place = level * (n - 1)
    if method in STEPS:
        place = STEPS[method][0](place)
    elif method in OF_COUNTS:
        place = np.clip(OF_COUNTS[method][0](n * level), 0, n - 1)
    elif method != "linear":
        alpha, beta = CONTINUOUS[method]
        place = np.clip(n * level + alpha + level * (1.0 - alpha - beta) - 1.0, 0, n - 1)
    below = np.floor(place)
    part = place - below
    value = take(ordered, constant(below.astype(np.int64)), axis=-1)
    if not part.any():
        return value
    above = take(ordered, constant(np.ceil(place).astype(np.int64)), axis=-1)
    return value + (above - value) * constant(part)


def _at_computed(ordered: Node, q: Node, method: str, skips: bool) -> Node:
    """The lines at computed levels, or of a number of elements that depends on which are missing."""
    lines = (*ordered.shape[:-1], q.shape[0])
    level = broadcast_to(_in_range(q), shape=lines)
    elements: Node = constant(float(ordered.shape[-1]))
    if skips:
        there = sum_(where(isnan(ordered), 0.0, 1.0), axis=-1, keepdims=True)
        elements = broadcast_to(there, shape=lines)
    last = _greatest(elements - 1.0, 0.0)
    place = level * last
    if method in STEPS:
        place = STEPS[method][1](place)
    elif method in OF_COUNTS:
        place = _least(_greatest(OF_COUNTS[method][1](elements * level), 0.0), last)
    elif method != "linear":
        alpha, beta = CONTINUOUS[method]
        place = elements * level + (alpha - 1.0) + level * (1.0 - alpha - beta)
        place = _least(_greatest(place, 0.0), last)
    return _between(ordered, place, last)


_NAMES = (*CONTINUOUS, *STEPS, *OF_COUNTS)


def _quantile(
    skips: bool,
    scale: float,
    a: Node,
    q: Node,
    *,
    axis: Axes = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Node:
    if method not in _NAMES:
        raise BadCall(f"the method of a quantile is one of {', '.join(_NAMES)}, and not {method!r}")
    n = count(a.shape, axis)
    if not n:
        raise ShapeMismatch(f"an array of shape {describe_shape(a.shape)} has no element along axis={axis}")
    known = literal(q) if q.op is CONSTANT else None
    if known is not None and not bool(np.all((known >= 0) & (known <= scale))):
        raise BadCall(f"the level of a quantile is from 0 to {scale:g}")
    ordered = sort(in_lines(a, axis), axis=-1)
    if known is not None and not skips:
        value = _at_known(ordered, np.ravel(known) / scale, method)
    else:
        value = _at_computed(ordered, reshape(q / scale if scale != 1 else q, shape=(q.type.size,)), method, skips)
    if not skips:
        # A missing element is the last in order, and what is computed from it is missing.
        end = index(ordered, key=("...", ("slice", -1, None, None)))
        value = where(isnan(end), math.nan, value)
    value = moveaxis(value, source=-1, destination=0)
    return reshaped(value, (*q.shape, *reduced(a.shape, axis, keepdims)))


_METHODS = tuple(sample((5,), (), method=method) for method in _NAMES if method != "linear")
_SAMPLES = (
    sample((5,), ()),
    sample((2, 3), (2,)),
    sample((3, 2), (), axis=0),
    sample((2, 4), (2, 2), axis=-1, keepdims=True),
    sample((2, 3, 2), (3,), axis=(0, 2)),
    sample((1,), ()),
)

quantile = composed(
    "quantile",
    partial(_quantile, False, 1.0),
    domain=((-3.0, 3.0), (0.05, 0.95)),
    samples=(*_SAMPLES, *_METHODS),
    doc="The numbers below which the shares q of the elements lie.",
)
percentile = composed(
    "percentile",
    partial(_quantile, False, 100.0),
    domain=((-3.0, 3.0), (5.0, 95.0)),
    samples=_SAMPLES,
    doc="The numbers below which q percent of the elements lie.",
)
nanquantile = composed(
    "nanquantile",
    partial(_quantile, True, 1.0),
    domain=((-3.0, 3.0), (0.05, 0.95)),
    samples=_SAMPLES[:4],
    doc="The quantiles of the elements that are not NaN.",
)
nanpercentile = composed(
    "nanpercentile",
    partial(_quantile, True, 100.0),
    domain=((-3.0, 3.0), (5.0, 95.0)),
    samples=_SAMPLES[:4],
    doc="The percentiles of the elements that are not NaN.",
)


def _nanmedian(a: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
    return _quantile(True, 1.0, a, constant(0.5), axis=axis, keepdims=keepdims)


nanmedian = composed(
    "nanmedian",
    _nanmedian,
    samples=(sample((4,)), sample((2, 3), axis=0), sample((2, 3), axis=-1, keepdims=True)),
    doc="The middle of the elements that are not NaN, in order.",
)
