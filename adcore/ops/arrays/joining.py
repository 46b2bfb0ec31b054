"""Concatenation and stacking of arrays, and repetition of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import Node, Op, Shape, Type, constant
from adcore.ops.arrays.indexing import index, put, stretch
from adcore.ops.arrays.reshaping import reshaped, unchanged
from adcore.ops.base import Extent, fit, linear, sample
from adcore.ops.shapes import Axis, describe_shape, legal, one_axis

# --- several joined


def joining(
    name: str,
    value: Callable[..., Any],
    placed: Callable[..., tuple[Shape, int]],
    **facts: Any,
) -> Op:
    """An op that joins any number of arrays along an axis.

    ``placed(shape, **parameters)`` gives the shape to which an operand of ``shape`` is reshaped first, and the axis to
    join along, counted from the front.
    """

    def infer(*types: Type, **params: Any) -> Type:
        if not types:
            raise ShapeMismatch(f"{name} needs at least one array")
        shapes = [placed(t.shape, **params) for t in types]
        (first, axis), *_ = shapes
        for t, (shape, _) in zip(types, shapes, strict=True):
            if (*shape[:axis], *shape[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
                raise ShapeMismatch(
                    f"{name} of shapes {describe_shape(types[0].shape)} and {describe_shape(t.shape)}: "
                    f"they may differ only along the axis where they are joined"
                )
        return Type(types[0].dtype, (*first[:axis], sum(shape[axis] for shape, _ in shapes), *first[axis + 1 :]))

    def pieces(node: Node, g: Node) -> tuple[Node, ...]:
        start, out = 0, []
        for x in node.inputs:
            shape, axis = placed(x.shape, **dict(node.params))
            piece = index(g, key=stretch(axis, start, start + shape[axis]))
            out.append(reshaped(piece, x.shape))
            start += shape[axis]
        return tuple(out)

    return linear(name, value, infer, pieces, operands="*arrays", **facts)


def _concatenate(*arrays: Any, axis: Axis = 0) -> Any:
    return np.concatenate(arrays, axis)


def _in_concatenate(shape: Shape, *, axis: Axis) -> tuple[Shape, int]:
    return ((math.prod(shape),), 0) if axis is None else (shape, one_axis(axis, len(shape)))


concatenate = joining(
    "concatenate",
    _concatenate,
    _in_concatenate,
    aliases=("concat",),
    samples=(
        sample((2,), (3,)),
        sample((2, 3), (1, 3)),
        sample((2, 3), (2, 1), (2, 2), axis=-1),
        sample((2,), (2, 3), axis=None),
        sample((2,)),
    ),
    doc="The arrays one after the other along an axis they have.",
)


def _stack(*arrays: Any, axis: int = 0) -> Any:
    return np.array(arrays) if axis == 0 else np.stack(arrays, axis)


def _in_stack(shape: Shape, *, axis: int) -> tuple[Shape, int]:
    place = one_axis(axis, len(shape) + 1)
    return (*shape[:place], 1, *shape[place:]), place


def _stack_text(*arrays: str, axis: int) -> str:
    listed = f"[{', '.join(arrays)}]"
    return listed if axis == 0 else f"stack({listed}, axis={axis})"


stack = joining(
    "stack",
    _stack,
    _in_stack,
    text=_stack_text,
    samples=(sample((), ()), sample((3,), (3,)), sample((2, 3), (2, 3), (2, 3), axis=-1), sample((3,))),
    doc="The arrays, which have one shape, side by side along a new axis; [a, b].",
)


def _hstack(*arrays: Any) -> Any:
    return np.hstack(arrays)


def _vstack(*arrays: Any) -> Any:
    return np.vstack(arrays)


def _column_stack(*arrays: Any) -> Any:
    return np.column_stack(arrays)


hstack = joining(
    "hstack",
    _hstack,
    lambda shape: (shape or (1,), 1 if len(shape) > 1 else 0),
    samples=(sample((2,), (3,)), sample((2, 3), (2, 1)), sample((), ())),
    doc="The arrays side by side: along the second axis, or along the only one.",
)
vstack = joining(
    "vstack",
    _vstack,
    lambda shape: (shape if len(shape) > 1 else (1, *(shape or (1,))), 0),
    samples=(sample((3,), (3,)), sample((2, 3), (3,)), sample((), ())),
    doc="The arrays on top of one another, as rows.",
)
column_stack = joining(
    "column_stack",
    _column_stack,
    lambda shape: (shape if len(shape) > 1 else (*(shape or (1,)), 1), 1),
    samples=(sample((3,), (3,)), sample((3, 2), (3,)), sample((), ())),
    doc="The arrays side by side; those of one axis become columns.",
)


# --- one repeated


def _infer_repeat(x: Type, *, repeats: Extent, axis: Axis = None) -> Type:
    shape = (x.size,) if axis is None else x.shape
    place = one_axis(axis or 0, len(shape))
    if min(repeats, default=-1) < 0:
        raise ShapeMismatch(f"repeats={repeats}: a number of repeats is from 0 up")
    if len(repeats) not in (1, shape[place]):
        raise ShapeMismatch(f"{len(repeats)} repeats are given for an axis of length {shape[place]}")
    length = repeats[0] * shape[place] if len(repeats) == 1 else sum(repeats)
    return Type(x.dtype, legal((*shape[:place], length, *shape[place + 1 :])))


def _repeat(x: Any, *, repeats: Extent, axis: Axis = None) -> Any:
    return np.repeat(x, repeats[0] if len(repeats) == 1 else repeats, axis)


def _repeat_vjp(node: Node, g: Node) -> tuple[Node]:
    (x,), repeats, axis = node.inputs, node.param("repeats"), node.param("axis")
    shape = (x.type.size,) if axis is None else x.shape
    place = one_axis(axis or 0, len(shape))
    if len(repeats) == 1:
        split = reshaped(g, (*shape[: place + 1], repeats[0], *shape[place + 1 :]))
        total = fit(split, (*shape[: place + 1], 1, *shape[place + 1 :]))
    else:
        places = constant(np.repeat(np.arange(shape[place]), repeats))
        total = put(g, places, axis=place, shape=shape)
    return (reshaped(total, x.shape),)


repeat = linear(
    "repeat",
    _repeat,
    _infer_repeat,
    _repeat_vjp,
    dtypes=(None,),
    method=True,
    samples=(
        sample((3,), repeats=(2,)),
        sample((2, 3), repeats=(2,)),
        sample((2, 3), repeats=(3,), axis=1),
        sample((2, 3), repeats=(1, 0, 2), axis=-1),
        sample((), repeats=(3,)),
    ),
    doc="Each element, or each slice along an axis, several times in a row.",
)


def _tiles(shape: Shape, reps: Extent) -> tuple[Shape, Extent]:
    ndim = max(len(shape), len(reps))
    return (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(reps)) + reps


def _infer_tile(x: Type, *, reps: Extent) -> Type:
    if min(reps, default=0) < 0:
        raise ShapeMismatch(f"reps={reps}: a number of repeats is from 0 up")
    return Type(x.dtype, legal(tuple(n * r for n, r in zip(*_tiles(x.shape, reps), strict=True))))


def _tile(x: Any, *, reps: Extent) -> Any:
    return np.tile(x, reps)[()]


def _tile_vjp(node: Node, g: Node) -> tuple[Node]:
    x = node.inputs[0]
    shape, reps = _tiles(x.shape, node.param("reps"))
    split = reshaped(g, tuple(n for pair in zip(reps, shape, strict=True) for n in pair))
    total = fit(split, tuple(n for size in shape for n in (1, size)))
    return (reshaped(total, x.shape),)


tile = linear(
    "tile",
    _tile,
    _infer_tile,
    _tile_vjp,
    dtypes=(None,),
    is_identity=lambda node: all(n == 1 for n in node.param("reps")) and unchanged(node),
    nanoseconds=4.0,
    samples=(sample((3,), reps=(2,)), sample((2, 3), reps=(2, 1)), sample((3,), reps=(2, 2)), sample((), reps=(3,))),
    doc="The whole array several times, side by side.",
)
