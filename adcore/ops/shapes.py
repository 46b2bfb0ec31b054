"""Shapes: broadcasting, the axes that parameters name, reductions, and the shape rules of the common kinds of op."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from adcore.errors import ArrayTooLarge, ShapeMismatch
from adcore.graph import DType, Shape, Type

# Annotations of keyword-only parameters; the values of ``Kind`` are these names.
Axis = int | None
Axes = int | tuple[int, ...] | None


MOST_ELEMENTS = 2**56
"""More elements than any machine can store; the number of their bytes fits into 64 bits."""


def broadcast_shapes(shapes: Sequence[Shape], what: str = "operands") -> Shape:
    """The shape that shapes broadcast to, as in NumPy. Raises ShapeMismatch, which names them all."""
    first = shapes[0]
    if all(shape == first or shape == () for shape in shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(describe_shape(shape) for shape in shapes)
        raise ShapeMismatch(f"{what} of shapes {listed} do not broadcast") from None


def broadcasts_to(shape: Shape, to: Shape) -> bool:
    """Whether an array of ``shape`` can be broadcast to the other shape."""
    lead = len(to) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))


def describe_shape(shape: Shape) -> str:
    """A shape as a message names it."""
    return str(shape).replace(" ", "") if shape else "() (a number)"


def legal(shape: Shape) -> Shape:
    """``shape``, checked. Raises ShapeMismatch for a negative length, ArrayTooLarge beyond ``MOST_ELEMENTS``."""
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
    """``axis`` counted from the front. Raises ShapeMismatch where it is out of range for ``ndim`` axes."""
    if not -ndim <= axis < ndim:
        what = "a number has no axes" if ndim == 0 else f"an array of {ndim} axes has axes 0 to {ndim - 1}"
        raise ShapeMismatch(f"axis {axis} is out of range: {what}")
    return axis % ndim


def reduced(shape: Shape, axis: Axes, keepdims: bool) -> Shape:
    """The shape after a reduction over the axes."""
    axes = axes_of(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def count(shape: Shape, axis: Axes) -> int:
    """The number of elements along the axes."""
    return math.prod([shape[a] for a in axes_of(axis, len(shape))])


# --- shape rules


def infer_elementwise(dtype: DType = DType.FLOAT) -> Callable[..., Type]:
    """The shape rule of elementwise ops: operands broadcast."""

    def infer(*types: Type, **_: Hashable) -> Type:
        return Type(dtype, broadcast_shapes([t.shape for t in types]) if types else ())

    return infer


def infer_reduction(dtype: DType = DType.FLOAT, *, empty: bool = True) -> Callable[..., Type]:
    """The shape rule of reductions; without ``empty``, of at least one element."""

    def infer(x: Type, *, axis: Axes, keepdims: bool, **_: Hashable) -> Type:
        if not empty and not count(x.shape, axis):
            raise ShapeMismatch(f"an array of shape {describe_shape(x.shape)} has no element along axis={axis}")
        return Type(dtype, reduced(x.shape, axis, keepdims))

    return infer
