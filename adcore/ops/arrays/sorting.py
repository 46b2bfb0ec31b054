"""Sorting, and the median by sorting.

The derivative follows each element to its place; equal elements share it, as either may come first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import DType, Node, Type
from adcore.ops.arrays.indexing import embed, index, stretch, take_along_axis
from adcore.ops.arrays.reductions import OVER, mean
from adcore.ops.arrays.reshaping import in_line, reshaped
from adcore.ops.base import Hidden, copies, declare, fit, linear, moved, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.shapes import Axis, infer_reduction, one_axis


def _line(x: Any, axis: Axis) -> tuple[Any, int]:
    return (np.reshape(x, -1), 0) if axis is None else (x, axis)


def _sort(x: Any, *, axis: Axis = -1) -> Any:
    line, along = _line(x, axis)
    return np.sort(line, along, kind="stable")


def _argsort(x: Any, *, axis: Axis = -1) -> Any:
    """Equal elements stay in their order, and NaN comes last."""
    line, along = _line(x, axis)
    return np.argsort(line, along, kind="stable")


def _infer_sort(dtype: DType, x: Type, axis: Axis) -> Type:
    if axis is None:
        return Type(dtype, (x.size,))
    one_axis(axis, len(x.shape))
    return Type(dtype, x.shape)


SORTED = 5.0
"""Nanoseconds of a comparison of sorting, with the moves that it leads to."""


def _sort_work(node: Node) -> int:
    (x,), axis = node.inputs, node.param("axis")
    length = x.type.size if axis is None or not x.shape else x.shape[axis]
    return x.type.size * length.bit_length()


_SORTED = (sample((4,)), sample((2, 3)), sample((3, 2), axis=0), sample((2, 3), axis=None), sample((1,)))

argsort = declare(
    "argsort",
    "x",
    _argsort,
    lambda x, *, axis: _infer_sort(DType.INT, x, axis),
    dtypes=(None,),
    method=True,
    nanoseconds=SORTED,
    work=_sort_work,
    scratch=copies(0.5),
    samples=_SORTED,
    doc="The indices that put x in order.",
)


def _tie_mean(x: Any, keys: Any, *, axis: Hidden) -> Any:
    keys = np.moveaxis(keys, axis, -1)
    tied = keys[..., 1:] == keys[..., :-1]
    if not tied.any():
        return x
    values = np.moveaxis(x, axis, -1)
    first = np.ones(keys.shape, bool)
    first[..., 1:] = ~tied
    starts = np.flatnonzero(first)
    counts = np.diff(starts, append=first.size)
    means = np.add.reduceat(values.reshape(-1), starts) / counts
    return np.moveaxis(np.repeat(means, counts).reshape(values.shape), -1, axis)


tie_mean = linear(
    "tie_mean",
    _tie_mean,
    lambda x, keys, *, axis: x,
    lambda node, g: (moved(node, g, node.inputs[1]),),
    operands="x keys",
    steering=1,
    public=False,
    nanoseconds=2.0,
    scratch=copies(1),
    samples=(sample((4,), (4,), axis=0), sample((2, 3), (2, 3), axis=1)),
    doc="Each element's mean with its neighbours along an axis whose keys are equal.",
)


def _sort_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """Tangents go where their elements go; elements that are equal share theirs, as either may come first."""
    (tangent,) = tangents
    assert tangent is not None
    line, along = in_line(tangent, node.param("axis"))
    x, _ = in_line(node.inputs[0], node.param("axis"))
    return tie_mean(take_along_axis(line, argsort(x, axis=along), axis=along), node, axis=along)


def _sort_vjp(node: Node, g: Node) -> tuple[Node]:
    x, along = in_line(node.inputs[0], node.param("axis"))
    places = argsort(argsort(x, axis=along), axis=along)
    back = take_along_axis(tie_mean(g, node, axis=along), places, axis=along)
    return (reshaped(back, node.inputs[0].shape),)


sort = declare(
    "sort",
    "x",
    _sort,
    lambda x, *, axis: _infer_sort(DType.FLOAT, x, axis),
    jvp=_sort_jvp,
    vjp=_sort_vjp,
    nanoseconds=SORTED,
    work=_sort_work,
    scratch=copies(0.5),
    samples=_SORTED,
    doc="The elements in ascending order along an axis; equal ones share the derivative.",
)


# --- the median


def _median(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.median(x, axis, keepdims=keepdims)[()]


def _middle(node: Node) -> tuple[Node, int, Hidden, float]:
    """The sorted elements, the axis, the key of the one or two middle elements, and their number."""
    x, along = in_line(node.inputs[0], node.param("axis"))
    n, along = x.shape[along], one_axis(along, x.ndim)
    start, stop = (n - 1) // 2, n // 2 + 1
    return sort(x, axis=along), along, stretch(along, start, stop), float(stop - start)


def _median_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (tangent,) = tangents
    assert tangent is not None
    ordered, along, key, _ = _middle(node)
    pushed = _sort_jvp(ordered, (reshaped(tangent, ordered.shape),))
    return reshaped(mean(index(pushed, key=key), axis=along), node.shape)


def _median_vjp(node: Node, g: Node) -> tuple[Node]:
    ordered, along, key, number = _middle(node)
    share = divide(reshaped(g, (*ordered.shape[:along], 1, *ordered.shape[along + 1 :])), number, strong=True)
    shares = fit(share, index(ordered, key=key).shape)
    (back,) = _sort_vjp(ordered, embed(shares, key=key, shape=ordered.shape))
    return (reshaped(back, node.inputs[0].shape),)


median = declare(
    "median",
    "x",
    _median,
    infer_reduction(empty=False),
    jvp=_median_jvp,
    vjp=_median_vjp,
    nanoseconds=25.0,
    scratch=copies(1),
    samples=tuple(s for s in OVER if not isinstance(s.params.get("axis"), tuple)),
    doc="The middle element in order, or the mean of the two middle ones.",
)
