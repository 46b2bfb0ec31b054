"""Indexing: static indices and slices, elements at computed indices, and the transposes of both.

A static index is one hashable key, a tuple of whole numbers, ``("slice", start, stop, step)``, ``None`` for a new axis
and ``"..."`` for all axes that are not named.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.errors import BadCall, IndexOutOfBounds, ShapeMismatch
from adcore.graph import DType, Op, Shape, Type
from adcore.ops.base import Hidden, copies, linear, sample
from adcore.ops.shapes import Axis, broadcast_shapes, describe_shape, one_axis

ALL = ("slice", None, None, None)


def stretch(axis: int, start: int | None, stop: int | None) -> Hidden:
    """The key of the slice from ``start`` to ``stop`` along one axis, counted from the front."""
    return (ALL,) * axis + (("slice", start, stop, None),)


def subscript(key: Hidden) -> tuple[Any, ...]:
    """The key as NumPy takes it."""
    return tuple(slice(*k[1:]) if isinstance(k, tuple) else Ellipsis if k == "..." else k for k in key)


def subscript_text(key: Hidden) -> str:
    """The key as a program writes it: ``0``, ``1:, :``, ``None, -1``."""
    parts = []
    for k in key:
        if isinstance(k, tuple):
            start, stop, step = ("" if n is None else str(n) for n in k[1:])
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        else:
            parts.append(str(k))
    return ", ".join(parts) or "()"


def indexed(shape: Shape, key: Hidden) -> Shape:
    """The shape of the part of an array of ``shape`` at ``key``."""
    if key.count("...") > 1:
        raise BadCall("an index can have only one ...")
    count = sum(k is not None and k != "..." for k in key)
    if count > len(shape):
        axes = "no axes" if not shape else "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise ShapeMismatch(f"an array of shape {describe_shape(shape)} has {axes}, and {count} indices are given")
    out: list[int] = []
    axis = 0
    for k in key:
        if k is None:
            out.append(1)
        elif k == "...":
            rest = len(shape) - count
            out.extend(shape[axis : axis + rest])
            axis += rest
        else:
            size = shape[axis]
            if isinstance(k, tuple):
                if k[3] == 0:
                    raise BadCall("the step of a slice must not be 0")
                out.append(len(range(*slice(*k[1:]).indices(size))))
            elif not -size <= k < size:
                raise IndexOutOfBounds(f"index {k} is out of bounds for axis {axis} with size {size}")
            axis += 1
    return (*out, *shape[axis:])


def _index(x: Any, *, key: Hidden) -> Any:
    return x[subscript(key)][()]


index = linear(
    "index",
    _index,
    lambda x, *, key: Type(x.dtype, indexed(x.shape, key)),
    lambda node, g: (embed(g, key=node.param("key"), shape=node.inputs[0].shape),),
    dtypes=(None,),
    public=False,
    is_identity=lambda node: (
        node.shape == node.inputs[0].shape
        and all(k == "..." or (isinstance(k, tuple) and k[3] in (None, 1)) for k in node.param("key"))
    ),
    text=lambda x, *, key: f"{x}[{subscript_text(key)}]",
    nanoseconds=0.0,
    samples=(
        sample((3,), key=(0,)),
        sample((3,), key=(-1,)),
        sample((4,), key=(("slice", 1, None, None),)),
        sample((5,), key=(("slice", None, None, -2),)),
        sample((2, 3), key=(ALL, 1)),
        sample((2, 3), key=(None, "...", 0)),
        sample((2, 3), key=(1, 2)),
        sample((), key=(None,)),
        sample((), key=()),
    ),
    doc="The element or the part of an array at an index that is known when the program is compiled.",
)


def _embed(g: Any, *, key: Hidden, shape: Hidden) -> Any:
    out = np.zeros(shape)
    out[subscript(key)] = g
    return out[()]


def _infer_embed(g: Type, *, key: Hidden, shape: Hidden) -> Type:
    if g.shape != indexed(shape, key):
        raise ShapeMismatch(
            f"shape {describe_shape(g.shape)} is not that of [{subscript_text(key)}] of {describe_shape(shape)}"
        )
    return Type(DType.FLOAT, shape)


embed: Op = linear(
    "embed",
    _embed,
    _infer_embed,
    lambda node, g: (index(g, key=node.param("key")),),
    public=False,
    text=lambda x, *, key, shape: f"embed({x}, [{subscript_text(key)}], shape={shape})",
    readable=False,
    samples=(
        sample((), key=(0,), shape=(3,)),
        sample((3,), key=(("slice", 1, None, None),), shape=(4,)),
        sample((1, 2), key=(None, "...", 0), shape=(2, 3)),
    ),
    doc="Zeros of a shape, with an array in the place of an index.",
)


# --- computed indices


def check_indices(indices: Any, size: int, axis: int) -> None:
    """Raises IndexOutOfBounds, which names the first index out of bounds."""
    wrong = (indices < -size) | (indices >= size)
    if wrong.any():
        first = int(indices[wrong].flat[0]) if indices.ndim else int(indices)
        raise IndexOutOfBounds(f"index {first} is out of bounds for axis {axis} with size {size}")


def _taken(shape: Shape, indices: Shape, axis: Axis) -> Shape:
    if axis is None:
        return indices
    place = one_axis(axis, len(shape))
    return (*shape[:place], *indices, *shape[place + 1 :])


def _take(x: Any, indices: Any, *, axis: Axis = None) -> Any:
    """Raises IndexOutOfBounds."""
    check_indices(indices, x.size if axis is None else x.shape[axis], 0 if axis is None else one_axis(axis, x.ndim))
    return np.take(x, indices, axis)


def _infer_take(x: Type, indices: Type, *, axis: Axis = None) -> Type:
    shape = _taken(x.shape, indices.shape, axis)
    size = x.size if axis is None else x.shape[axis]
    if indices.size and not size:
        raise IndexOutOfBounds(f"an array of shape {describe_shape(x.shape)} has no element to take")
    return Type(x.dtype, shape)


take = linear(
    "take",
    _take,
    _infer_take,
    lambda node, g: (put(g, node.inputs[1], axis=node.param("axis"), shape=node.inputs[0].shape),),
    operands="x indices",
    steering=1,
    dtypes=(None, DType.INT),
    method=True,
    text=lambda x, indices, *, axis: f"{x}[{indices}]" if axis == 0 else f"take({x}, {indices}, axis={axis})",
    domain=((-3, 3), (-2, 1)),
    samples=(
        sample((3,), ()),
        sample((3,), (4,), axis=0),
        sample((2, 3), (2, 2)),
        sample((2, 3), (3,), axis=0),
        sample((2, 3), (), axis=-1),
        sample((2, 2, 2), (2, 3), axis=1),
    ),
    can_fail=True,
    doc="The elements, or the slices along an axis, at indices; negative ones count from the end.",
)


def _put(g: Any, indices: Any, *, axis: Axis, shape: Hidden) -> Any:
    """Raises IndexOutOfBounds: the transpose of a take may run before the take itself."""
    out = np.zeros(shape)
    if axis is None:
        check_indices(indices, out.size, 0)
        np.add.at(out.reshape(-1), indices, g)
    else:
        check_indices(indices, shape[axis], one_axis(axis, len(shape)))
        np.add.at(out, (slice(None),) * one_axis(axis, len(shape)) + (indices,), g)
    return out[()]


def _infer_put(g: Type, indices: Type, *, axis: Axis, shape: Hidden) -> Type:
    if g.shape != _taken(shape, indices.shape, axis):
        raise ShapeMismatch(
            f"shape {describe_shape(g.shape)} is not that of the elements taken from {describe_shape(shape)}"
        )
    return Type(DType.FLOAT, shape)


put: Op = linear(
    "put",
    _put,
    _infer_put,
    lambda node, g: (take(g, node.inputs[1], axis=node.param("axis")),),
    operands="g indices",
    steering=1,
    dtypes=(DType.FLOAT, DType.INT),
    public=False,
    nanoseconds=15.0,
    scratch=copies(1),
    domain=((-3, 3), (-2, 1)),
    samples=(
        sample((), (), axis=None, shape=(3,)),
        sample((4,), (4,), axis=0, shape=(3,)),
        sample((2, 2), (2, 2), axis=None, shape=(2, 3)),
        sample((2, 4), (4,), axis=1, shape=(2, 3)),
    ),
    can_fail=True,
    doc="Zeros of a shape, with an array's elements added in the places of indices; an index may occur twice.",
)


def _places(shape: Shape, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index in NumPy's terms that takes ``indices`` along ``axis``, and each other axis in order."""
    ndim = len(shape)
    return tuple(
        indices if i == one_axis(axis, ndim) else np.arange(n).reshape([n if j == i else 1 for j in range(ndim)])
        for i, n in enumerate(shape)
    )


def _infer_take_along_axis(x: Type, indices: Type, *, axis: int) -> Type:
    if len(x.shape) != len(indices.shape):
        raise ShapeMismatch(
            f"x of shape {describe_shape(x.shape)} and indices of shape {describe_shape(indices.shape)} must have as "
            "many axes"
        )
    place = one_axis(axis, len(x.shape))
    rest = broadcast_shapes(((*x.shape[:place], 1, *x.shape[place + 1 :]), indices.shape), "x and indices")
    return Type(x.dtype, rest)


def _take_along_axis(x: Any, indices: Any, *, axis: int) -> Any:
    """Raises IndexOutOfBounds."""
    check_indices(indices, x.shape[axis], one_axis(axis, x.ndim))
    return x[_places(x.shape, indices, axis)]


take_along_axis = linear(
    "take_along_axis",
    _take_along_axis,
    _infer_take_along_axis,
    lambda node, g: (put_along_axis(g, node.inputs[1], axis=node.param("axis"), shape=node.inputs[0].shape),),
    operands="x indices",
    steering=1,
    dtypes=(None, DType.INT),
    nanoseconds=15.0,
    scratch=copies(1),
    domain=((-3, 3), (-2, 1)),
    samples=(
        sample((3,), (4,), axis=0),
        sample((2, 3), (2, 2), axis=1),
        sample((2, 3), (4, 3), axis=-2),
        sample((1, 3), (2, 1), axis=1),
    ),
    can_fail=True,
    doc="The elements at indices along an axis, where each line along the axis has indices of its own.",
)


def _infer_put_along_axis(g: Type, indices: Type, *, axis: int, shape: Hidden) -> Type:
    if _infer_take_along_axis(Type(g.dtype, shape), indices, axis=axis) != g:
        raise ShapeMismatch(
            f"shape {describe_shape(g.shape)} is not that of the elements taken from {describe_shape(shape)}"
        )
    return Type(DType.FLOAT, shape)


def _put_along_axis(g: Any, indices: Any, *, axis: int, shape: Hidden) -> Any:
    """Raises IndexOutOfBounds."""
    check_indices(indices, shape[axis], one_axis(axis, len(shape)))
    out = np.zeros(shape)
    np.add.at(out, _places(shape, indices, axis), g)
    return out


put_along_axis: Op = linear(
    "put_along_axis",
    _put_along_axis,
    _infer_put_along_axis,
    lambda node, g: (take_along_axis(g, node.inputs[1], axis=node.param("axis")),),
    operands="g indices",
    steering=1,
    dtypes=(DType.FLOAT, DType.INT),
    public=False,
    nanoseconds=12.0,
    scratch=copies(1),
    domain=((-3, 3), (-2, 1)),
    samples=(sample((4,), (4,), axis=0, shape=(3,)), sample((2, 2), (2, 2), axis=1, shape=(2, 3))),
    can_fail=True,
    doc="Zeros of a shape, with an array's elements added in the places of indices along an axis.",
)
