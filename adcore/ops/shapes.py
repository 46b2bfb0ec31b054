"""Shapes: how they broadcast, which axes a parameter names, and what a reduction leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from adcore.errors import ArrayTooLarge, ShapeMismatch
from adcore.graph import Shape

# What the keyword-only parameters of a ``value`` are annotated with; ``Kind`` is made from these names.
Axis = int | None


Axes = int | tuple[int, ...] | None


MOST_ELEMENTS = 2**56
"""More than any machine holds, and few enough for the bytes to be counted in 64 bits."""


def broadcast_shapes(shapes: Sequence[Shape], what: str = "operands") -> Shape:
    """NumPy's broadcast of shapes; ShapeMismatch names them all where there is none."""
    first = shapes[0]
    if all(shape == first or shape == () for shape in shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        told = " and ".join(describe_shape(shape) for shape in shapes)
        raise ShapeMismatch(f"{what} of shapes {told} do not broadcast") from None


def describe_shape(shape: Shape) -> str:
    """A shape as a message names it."""
    return str(shape).replace(" ", "") if shape else "() (a number)"


def legal(shape: Shape) -> Shape:
    """``shape``, once it is seen to be one.

    Raises ShapeMismatch for a negative length, ArrayTooLarge for lengths that no machine can count.
    """
    if any(n < 0 for n in shape):
        raise ShapeMismatch(f"no array can have the shape {describe_shape(shape)}")
    if math.prod([n or 1 for n in shape]) > MOST_ELEMENTS:
        raise ArrayTooLarge(f"an array of shape {describe_shape(shape)} is larger than any array can be")
    return shape


def axes_of(axis: Axes, ndim: int) -> tuple[int, ...]:
    """The axes that ``axis`` names among ``ndim``, counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(one_axis(a, ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ShapeMismatch(f"axis={axis} names an axis twice")
    return axes


def one_axis(axis: int, ndim: int) -> int:
    """``axis`` counted from the front; ShapeMismatch where an array of ``ndim`` axes has none such."""
    if not -ndim <= axis < ndim:
        what = "a number has no axes" if ndim == 0 else f"an array of {ndim} axes has axes 0 to {ndim - 1}"
        raise ShapeMismatch(f"axis {axis} is out of range: {what}")
    return axis % ndim


def reduced(shape: Shape, axis: Axes, keepdims: bool) -> Shape:
    """The shape that is left when the axes are reduced."""
    axes = axes_of(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def count(shape: Shape, axis: Axes) -> int:
    """The number of elements along the axes."""
    return math.prod([shape[a] for a in axes_of(axis, len(shape))])
