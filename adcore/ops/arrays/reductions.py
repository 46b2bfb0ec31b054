"""Reductions over all elements or along axes: sums, means, products, extremes and their indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import DType, Node, Op, Type
from adcore.ops.arrays.reshaping import reshape, transpose
from adcore.ops.arrays.scans import cumprod, shift
from adcore.ops.base import Hidden, copies, declare, fit, linear, reducing, sample, spread
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.shapes import Axes, Axis, axes_of, count, infer_reduction

OVER = (
    sample((4,)),
    sample((2, 3)),
    sample((2, 3), axis=0),
    sample((2, 3), axis=-1, keepdims=True),
    sample((2, 3, 2), axis=(0, 2)),
    sample((2, 3), axis=None, keepdims=True),
    sample((2, 3), axis=()),
    sample(()),
    sample((1,)),
)


# --- sums


def total(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return x.sum(axis=axis, keepdims=keepdims)[()]


sum_ = linear(
    "sum",
    total,
    infer_reduction(),
    lambda node, g: (fit(spread(node, g), node.inputs[0].shape),),
    method=True,
    latex=r"\sum\left({0}\right)",
    work=lambda node: node.inputs[0].type.size,
    nanoseconds=1.0,
    samples=OVER,
    doc="The sum of the elements.",
)


def average(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return x.sum(axis=axis, keepdims=keepdims)[()] / np.float64(count(x.shape, axis))


def _mean_vjp(node: Node, g: Node) -> tuple[Node]:
    x = node.inputs[0]
    share = divide(spread(node, g), float(count(x.shape, node.param("axis"))), strong=True)
    return (fit(share, x.shape),)


mean = linear(
    "mean",
    average,
    infer_reduction(),
    _mean_vjp,
    method=True,
    nanoseconds=1.0,
    samples=OVER,
    doc="The mean of the elements.",
)


def _count_nonzero(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return (x != 0).sum(axis=axis, keepdims=keepdims, dtype=np.float64)[()]


count_nonzero = declare(
    "count_nonzero",
    "x",
    _count_nonzero,
    infer_reduction(),
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None,),
    dtypes=(None,),
    nanoseconds=2.5,
    scratch=copies(0.5),
    samples=OVER,
    flat=(0,),
    doc="How many elements are not 0, or hold. Its derivative is zero.",
)


# --- products


def _others(x: Node, axis: Axes) -> Node:
    """For each element the product of all others along the axes: a product of prefixes and suffixes.

    Without a division, so that it holds where elements are zero.
    """
    ndim = x.ndim
    axes = axes_of(axis, ndim)
    order = (*(i for i in range(ndim) if i not in axes), *axes)
    is_moved = order != tuple(range(ndim))
    line = transpose(x, axes=order) if is_moved else x
    shape = line.shape
    if len(axes) != 1:
        line = reshape(line, shape=(*shape[: ndim - len(axes)], count(x.shape, axis)))
    before, after = (
        cumprod(shift(line, axis=-1, reverse=reverse, fill=1.0), axis=-1, reverse=reverse) for reverse in (False, True)
    )
    others = reshape(before * after, shape=shape) if len(axes) != 1 else before * after
    return transpose(others, axes=tuple(order.index(i) for i in range(ndim))) if is_moved else others


def _prod(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return x.prod(axis=axis, keepdims=keepdims)[()]


prod = reducing(
    "prod",
    _prod,
    lambda y, x, *, axis, **_: _others(x, axis),
    method=True,
    latex=r"\prod\left({0}\right)",
    nanoseconds=2.0,
    samples=OVER,
    doc="The product of the elements.",
)


# --- extremes


def _shares(x: Any, extreme: Any, *, axis: Hidden) -> Any:
    """Where the extreme is NaN, it is the NaN among the elements."""
    hits = np.equal(x, extreme)
    if np.isnan(extreme).any():
        hits = hits | np.isnan(x)
    return (hits / hits.sum(axis=axis, keepdims=True))[()]


shares = declare(
    "shares",
    "x extreme",
    _shares,
    lambda x, extreme, *, axis: x,
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None, None),
    public=False,
    nanoseconds=10.0,
    scratch=copies(0.5),
    domain=((1, 1),),
    samples=(sample((3,), (), axis=None), sample((2, 3), (2, 1), axis=1)),
    flat=(0, 1),
    doc="The derivative of an extreme by each element: 1 where it is taken, shared equally where several are equal.",
)


def _extreme(name: str, alias: str, ufunc: Any, what: str) -> Op:
    def value(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
        return ufunc.reduce(x, axis=axis, keepdims=keepdims)[()]

    return reducing(
        name,
        value,
        lambda y, x, *, axis, **_: shares(x, y, axis=axis),
        infer=infer_reduction(empty=False),
        method=True,
        aliases=(alias,),
        latex=rf"\{name}\left({{0}}\right)",
        nanoseconds=1.0,
        samples=OVER,
        doc=f"The {what} element; equal ones share the derivative.",
    )


max_ = _extreme("max", "amax", np.maximum, "greatest")
min_ = _extreme("min", "amin", np.minimum, "smallest")


def _ptp(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return (x.max(axis=axis, keepdims=keepdims) - x.min(axis=axis, keepdims=keepdims))[()]


def _ptp_weights(y: Node, x: Node, *, axis: Axes, keepdims: bool) -> Node:
    ends = (op(x, axis=axis, keepdims=bool(y.shape)) for op in (max_, min_))
    greatest, smallest = (shares(x, end, axis=axis) for end in ends)
    return greatest - smallest


ptp = reducing(
    "ptp",
    _ptp,
    _ptp_weights,
    infer=infer_reduction(empty=False),
    nanoseconds=1.5,
    scratch=copies(1),
    samples=OVER,
    doc="The greatest element less the smallest one.",
)


def _infer_place(x: Type, *, axis: Axis = None, keepdims: bool = False) -> Type:
    return infer_reduction(DType.INT, empty=False)(x, axis=axis, keepdims=keepdims)


def _argmax(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.argmax(x, axis, keepdims=keepdims)[()]


def _argmin(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.argmin(x, axis, keepdims=keepdims)[()]


_PLACES = (sample((4,)), sample((2, 3)), sample((2, 3), axis=0), sample((2, 3), axis=-1, keepdims=True), sample(()))

argmax = declare(
    "argmax",
    "x",
    _argmax,
    _infer_place,
    dtypes=(None,),
    method=True,
    nanoseconds=1.0,
    samples=_PLACES,
    doc="The index of the greatest element, the first one of several. It has no derivative.",
)
argmin = declare(
    "argmin",
    "x",
    _argmin,
    _infer_place,
    dtypes=(None,),
    method=True,
    nanoseconds=1.0,
    samples=_PLACES,
    doc="The index of the smallest element, the first one of several. It has no derivative.",
)


def _all(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return x.all(axis=axis, keepdims=keepdims)[()]


def _any(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    return x.any(axis=axis, keepdims=keepdims)[()]


all_ = declare(
    "all",
    "x",
    _all,
    infer_reduction(DType.BOOL),
    dtypes=(DType.BOOL,),
    method=True,
    nanoseconds=0.5,
    samples=OVER,
    doc="Whether every element holds; a number counts as true unless it is 0.",
)
any_ = declare(
    "any",
    "x",
    _any,
    infer_reduction(DType.BOOL),
    dtypes=(DType.BOOL,),
    method=True,
    nanoseconds=0.5,
    samples=OVER,
    doc="Whether some element holds; a number counts as true unless it is 0.",
)
