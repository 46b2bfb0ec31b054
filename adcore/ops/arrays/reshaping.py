"""The same elements in other shapes and other orders. All are linear; the transpose restores shape and order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import Node, Op, Shape, Type
from adcore.ops.base import Extent, Hidden, copies, fit, linear, moved, sample
from adcore.ops.shapes import Axes, Axis, axes_of, broadcast_shapes, describe_shape, legal, one_axis


def unchanged(node: Node) -> bool:
    """True where the result has the operand's shape."""
    return node.shape == node.inputs[0].shape


def _shape_back(node: Node, g: Node) -> tuple[Node]:
    return (reshape(g, shape=node.inputs[0].shape),)


def reshaped(x: Node, shape: Shape) -> Node:
    """``x`` reshaped; ``x`` itself where it has the shape."""
    return x if x.shape == shape else reshape(x, shape=shape)


def in_line(x: Node, axis: Axis) -> tuple[Node, int]:
    """The operand and the axis of an op along an ``axis``: for None the flattened array and 0."""
    return (x, axis) if axis is not None else (reshaped(x, (x.type.size,)), 0)


# --- other shapes


def _infer_reshape(x: Type, *, shape: Extent) -> Type:
    known = math.prod(n for n in shape if n != -1)
    missing = shape.count(-1)
    if missing > 1 or any(n < -1 for n in shape):
        raise ShapeMismatch(
            f"{describe_shape(shape)} is not a shape: lengths are 0 or more, and at most one of them is -1"
        )
    if missing and known and x.size % known == 0:
        return Type(x.dtype, tuple(x.size // known if n == -1 else n for n in shape))
    legal(tuple(max(n, 0) for n in shape))
    if missing or known != x.size:
        raise ShapeMismatch(
            f"an array of shape {describe_shape(x.shape)}, which has {x.size} elements, "
            f"does not fit into the shape {describe_shape(shape)}"
        )
    return Type(x.dtype, shape)


def _reshape(x: Any, *, shape: Extent) -> Any:
    return np.reshape(x, shape)[()]


reshape = linear(
    "reshape",
    _reshape,
    _infer_reshape,
    _shape_back,
    dtypes=(None,),
    method=True,
    is_identity=unchanged,
    nanoseconds=0.0,
    samples=(
        sample((2, 3), shape=(3, 2)),
        sample((2, 3), shape=(3, -1)),
        sample((1,), shape=()),
        sample((), shape=(1,)),
    ),
    doc="The same elements, row by row, in another shape; one length of -1 is inferred.",
)
ravel = linear(
    "ravel",
    lambda x: np.reshape(x, -1),
    lambda x: Type(x.dtype, (x.size,)),
    _shape_back,
    dtypes=(None,),
    method=True,
    aliases=("flatten",),
    is_identity=unchanged,
    nanoseconds=0.0,
    doc="All elements in one row.",
)


def _infer_expand_dims(x: Type, *, axis: Axes) -> Type:
    count = len(axis) if isinstance(axis, tuple) else 1
    if axis is None:
        raise ShapeMismatch("expand_dims needs to know the axis")
    new = axes_of(axis, len(x.shape) + count)
    sizes = iter(x.shape)
    return Type(x.dtype, tuple(1 if i in new else next(sizes) for i in range(len(x.shape) + count)))


def _expand_dims(x: Any, *, axis: Axes) -> Any:
    assert axis is not None
    return np.expand_dims(x, axis)


expand_dims = linear(
    "expand_dims",
    _expand_dims,
    _infer_expand_dims,
    _shape_back,
    dtypes=(None,),
    nanoseconds=0.0,
    samples=(sample((3,), axis=0), sample((2, 3), axis=-1), sample((), axis=(0, 1))),
    doc="The array with axes of length 1 put in.",
)


def _infer_squeeze(x: Type, *, axis: Axes = None) -> Type:
    axes = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of(axis, len(x.shape))
    for a in axes:
        if x.shape[a] != 1:
            raise ShapeMismatch(
                f"axis {a} of an array of shape {describe_shape(x.shape)} has length {x.shape[a]}, not 1"
            )
    return Type(x.dtype, tuple(n for i, n in enumerate(x.shape) if i not in axes))


def _squeeze(x: Any, *, axis: Axes = None) -> Any:
    return np.squeeze(x, axis)[()]


squeeze = linear(
    "squeeze",
    _squeeze,
    _infer_squeeze,
    _shape_back,
    dtypes=(None,),
    method=True,
    is_identity=unchanged,
    nanoseconds=0.0,
    samples=(sample((1, 3, 1)), sample((1, 3, 1), axis=0), sample((1, 1)), sample(())),
    doc="The array without its axes of length 1.",
)


def _infer_broadcast_to(x: Type, *, shape: Extent) -> Type:
    if broadcast_shapes((x.shape, legal(shape))) != shape:
        raise ShapeMismatch(f"shape {describe_shape(x.shape)} does not broadcast to {describe_shape(shape)}")
    return Type(x.dtype, shape)


def _broadcast_to(x: Any, *, shape: Extent) -> Any:
    return np.broadcast_to(x, shape)[()]


broadcast_to = linear(
    "broadcast_to",
    _broadcast_to,
    _infer_broadcast_to,
    lambda node, g: (fit(g, node.inputs[0].shape),),
    dtypes=(None,),
    is_identity=unchanged,
    nanoseconds=0.0,
    samples=(sample((), shape=(3,)), sample((3,), shape=(2, 3)), sample((2, 1), shape=(2, 3))),
    doc="The array repeated along new axes and along those of length 1, up to a shape.",
)


def _infer_sum_to(x: Type, *, shape: Hidden) -> Type:
    if broadcast_shapes((x.shape, shape)) != x.shape:
        raise ShapeMismatch(f"shape {describe_shape(shape)} does not broadcast to {describe_shape(x.shape)}")
    return Type(x.dtype, shape)


def _sum_to(x: Any, *, shape: Hidden) -> Any:
    lead = x.ndim - len(shape)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n != x.shape[i + lead]))
    return np.reshape(x.sum(axes), shape)[()]


sum_to = linear(
    "sum_to",
    _sum_to,
    _infer_sum_to,
    lambda node, g: (fit(g, node.inputs[0].shape),),
    public=False,
    text=lambda x, *, shape: f"sum_to({x}, shape={shape})",
    readable=False,
    nanoseconds=1.0,
    samples=(
        sample((3,), shape=()),
        sample((2, 3), shape=(3,)),
        sample((2, 3), shape=(2, 1)),
        sample((1, 3), shape=(3,)),
    ),
    doc="The sum over the axes along which an array of the shape given would be broadcast.",
)


# --- other orders


def _permutation(ndim: int, axes: Axes) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(ndim))[::-1]
    chosen = axes_of(axes, ndim)
    if len(chosen) != ndim:
        raise ShapeMismatch(f"axes={axes} must name each of the {ndim} axes once")
    return chosen


def _infer_transpose(x: Type, *, axes: Axes = None) -> Type:
    return Type(x.dtype, tuple(x.shape[a] for a in _permutation(len(x.shape), axes)))


def _transpose(x: Any, *, axes: Axes = None) -> Any:
    return np.transpose(x, axes)[()]


def _transpose_vjp(node: Node, g: Node) -> tuple[Node]:
    axes = node.param("axes")
    back = None if axes is None else tuple(int(a) for a in np.argsort(_permutation(node.ndim, axes)))
    return (transpose(g, axes=back),)


transpose = linear(
    "transpose",
    _transpose,
    _infer_transpose,
    _transpose_vjp,
    dtypes=(None,),
    method=True,
    is_identity=lambda node: _permutation(node.ndim, node.param("axes")) == tuple(range(node.ndim)),
    text=lambda x, *, axes: f"{x}.T" if axes is None else f"transpose({x}, axes={axes})",
    latex="{{{0}}}^{{\\mathsf{{T}}}}",
    nanoseconds=0.0,
    samples=(
        sample((2, 3)),
        sample((2, 3, 4), axes=(1, 2, 0)),
        sample((2, 3, 4), axes=(-1, 0, 1)),
        sample((3,)),
        sample(()),
    ),
    doc="The array with its axes reversed, or in another order; x.T.",
)


def _infer_swapaxes(x: Type, *, axis1: int, axis2: int) -> Type:
    shape = list(x.shape)
    i, j = one_axis(axis1, len(shape)), one_axis(axis2, len(shape))
    shape[i], shape[j] = shape[j], shape[i]
    return Type(x.dtype, tuple(shape))


def _swapaxes(x: Any, *, axis1: int, axis2: int) -> Any:
    return np.swapaxes(x, axis1, axis2)


swapaxes = linear(
    "swapaxes",
    _swapaxes,
    _infer_swapaxes,
    lambda node, g: (moved(node, g),),
    dtypes=(None,),
    method=True,
    involution=True,
    nanoseconds=0.0,
    samples=(sample((2, 3, 4), axis1=0, axis2=-1), sample((2, 3), axis1=0, axis2=1)),
    doc="The array with two of its axes exchanged.",
)


def _infer_moveaxis(x: Type, *, source: Axes, destination: Axes) -> Type:
    ndim = len(x.shape)
    if source is None or destination is None:
        raise ShapeMismatch("moveaxis needs to know the axes to move, and where to")
    old, new = axes_of(source, ndim), axes_of(destination, ndim)
    if len(old) != len(new):
        raise ShapeMismatch(f"source={source} and destination={destination} must name as many axes")
    rest = iter(i for i in range(ndim) if i not in old)
    place = dict(zip(new, old, strict=True))
    return Type(x.dtype, tuple(x.shape[place[i] if i in place else next(rest)] for i in range(ndim)))


def _moveaxis(x: Any, *, source: Axes, destination: Axes) -> Any:
    assert source is not None
    assert destination is not None
    return np.moveaxis(x, source, destination)


moveaxis: Op = linear(
    "moveaxis",
    _moveaxis,
    _infer_moveaxis,
    lambda node, g: (moveaxis(g, source=node.param("destination"), destination=node.param("source")),),
    dtypes=(None,),
    nanoseconds=0.0,
    samples=(sample((2, 3, 4), source=0, destination=-1), sample((2, 3, 4), source=(0, 1), destination=(2, 0))),
    doc="The array with some axes moved to other places.",
)


def _infer_same(x: Type, *, axis: Axes = None, **_: Any) -> Type:
    axes_of(axis, len(x.shape))
    return x


def _flip(x: Any, *, axis: Axes = None) -> Any:
    return np.flip(x, axis)[()]


flip = linear(
    "flip",
    _flip,
    _infer_same,
    lambda node, g: (moved(node, g),),
    dtypes=(None,),
    involution=True,
    nanoseconds=0.0,
    samples=(sample((3,)), sample((2, 3)), sample((2, 3), axis=1), sample((2, 3), axis=(0, -1)), sample(())),
    doc="The elements in the opposite order, along all axes or those given.",
)


def _infer_roll(x: Type, *, shift: Extent, axis: Axes = None) -> Type:
    count = len(axes_of(axis, len(x.shape))) if axis is not None else 1
    if len(shift) not in (1, count) and count != 1:
        raise ShapeMismatch(f"shift={shift} and axis={axis} must have as many entries")
    return x


def _roll(x: Any, *, shift: Extent, axis: Axes = None) -> Any:
    by = shift[0] if len(shift) == 1 else shift
    return np.roll(x, by, axis)[()]


roll = linear(
    "roll",
    _roll,
    _infer_roll,
    lambda node, g: (moved(node, g, shift=tuple(-n for n in node.param("shift"))),),
    dtypes=(None,),
    nanoseconds=8.0,
    scratch=copies(1),
    samples=(
        sample((4,), shift=(1,)),
        sample((2, 3), shift=(-2,)),
        sample((2, 3), shift=(1,), axis=1),
        sample((2, 3), shift=(1, 2), axis=(0, 1)),
        sample((), shift=(1,)),
    ),
    doc="The elements moved on by a number of places; those pushed out at the end come in at the front.",
)
