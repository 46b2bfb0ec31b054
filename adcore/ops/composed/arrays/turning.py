"""Arrays turned, mirrored and joined, and their diagonals."""

from __future__ import annotations

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import Node, constant
from adcore.ops.arrays.creation import diag
from adcore.ops.arrays.indexing import take
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reshaping import flip, moveaxis, ravel, reshape, transpose
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.choice import where
from adcore.ops.shapes import Axes, Axis, axes_of, describe_shape


def _append(arr: Node, values: Node, *, axis: Axis = None) -> Node:
    if axis is None:
        return concatenate(ravel(arr), ravel(values), axis=0)
    return concatenate(arr, values, axis=axis)


append = composed(
    "append",
    _append,
    samples=(sample((2,), (3,)), sample((2, 3), ()), sample((2, 3), (1, 3), axis=0), sample((2, 3), (2, 1), axis=-1)),
    doc="The array with values behind its elements, along an axis; without one, both are flattened.",
)
flipud = composed(
    "flipud",
    lambda m: flip(m, axis=0),
    dtypes=(None,),
    samples=(sample((3,)), sample((2, 3))),
    doc="The array with its rows in reverse order.",
)


def _fliplr(m: Node) -> Node:
    if m.ndim < 2:
        raise ShapeMismatch(f"fliplr takes a matrix, and this has the shape {describe_shape(m.shape)}")
    return flip(m, axis=1)


fliplr = composed(
    "fliplr",
    _fliplr,
    dtypes=(None,),
    samples=(sample((2, 3)), sample((2, 3, 2))),
    doc="The array with its columns in reverse order.",
)


def _rot90(m: Node, *, k: int = 1, axes: Axes = (0, 1)) -> Node:
    plane = axes_of(axes, m.ndim)
    if len(plane) != 2:
        raise BadCall(f"rot90 turns in the plane of two axes, and these are axes={axes}")
    turns = k % 4
    if turns in (0, 2):
        return flip(m, axis=plane) if turns else m
    order = list(range(m.ndim))
    order[plane[0]], order[plane[1]] = plane[1], plane[0]
    if turns == 1:
        return transpose(flip(m, axis=plane[1]), axes=tuple(order))
    return flip(transpose(m, axes=tuple(order)), axis=plane[1])


rot90 = composed(
    "rot90",
    _rot90,
    dtypes=(None,),
    samples=(
        *(sample((2, 3), k=k) for k in (1, 2, -1, 4)),
        sample((2, 3, 2), axes=(1, 2)),
        sample((2, 3, 2), k=3, axes=(-1, 0)),
    ),
    doc="The array turned by k quarters in the plane of two axes, from the first towards the second.",
)


def _diagonal(a: Node, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    axes = axes_of((axis1, axis2), a.ndim)
    x = moveaxis(a, source=axes, destination=(-2, -1))
    if x.ndim == 2:
        return diag(x, k=offset)
    rows, columns = x.shape[-2:]
    places = np.arange(rows * columns).reshape(rows, columns)
    chosen = np.diagonal(places, max(-rows, min(offset, columns)))
    return take(reshape(x, shape=(*x.shape[:-2], rows * columns)), constant(chosen), axis=-1)


diagonal = composed(
    "diagonal",
    _diagonal,
    dtypes=(None,),
    method=True,
    samples=(
        sample((3, 3)),
        sample((2, 3), offset=1),
        sample((3, 2), offset=-1, axis1=1, axis2=0),
        sample((2, 3, 2)),
        sample((2, 3, 2), offset=1, axis1=-1, axis2=1),
    ),
    doc="The elements whose indices along two axes are equal, or differ by the offset.",
)


def _fill_diagonal(a: Node, val: Node, *, wrap: bool = False) -> Node:
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ShapeMismatch(
            f"fill_diagonal takes a matrix, or an array of equal lengths, and this has shape {describe_shape(a.shape)}"
        )
    on = np.zeros(a.shape, bool)
    np.fill_diagonal(on, True, wrap)
    if val.shape:
        # Each place on the diagonal is the place of its value among those, which start again at their end.
        order = np.zeros(a.shape, np.int64)
        order[on] = np.arange(on.sum()) % max(val.type.size, 1)
        val = take(ravel(val), constant(order), axis=0)
    return where(constant(on), val, a)


fill_diagonal = composed(
    "fill_diagonal",
    _fill_diagonal,
    public=False,
    samples=(
        sample((3, 3), ()),
        sample((2, 3), (2,)),
        sample((5, 2), (), wrap=True),
        sample((2, 2, 2), ()),
    ),
    doc="The array with other values on its diagonal.",
)
