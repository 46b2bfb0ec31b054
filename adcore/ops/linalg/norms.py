"""Norms of vectors and of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, DType, Node, Type
from adcore.ops.arrays.projections import root_of_squares, unit
from adcore.ops.arrays.reductions import shares, sum_, total
from adcore.ops.arrays.reshaping import moveaxis
from adcore.ops.base import Order, copies, reducing, sample
from adcore.ops.elementwise.arithmetic import divide, multiply
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.rounding import absolute, sign
from adcore.ops.linalg.matrices import solved
from adcore.ops.linalg.spectral.svd import svdvals, values_flow
from adcore.ops.shapes import Axes, axes_of, count, describe_shape, reduced

_OF_VECTORS = (1, 2, math.inf, -math.inf)
_OF_MATRICES = (*_OF_VECTORS, -1, -2, "fro", "nuc")
_BY_SINGULAR_VALUES = (2, -2, "nuc")


def _extreme(ord: Order) -> str:
    return "min" if isinstance(ord, (int, float)) and ord < 0 else "max"


def _lines(ord: Order, axis: Axes, ndim: int) -> tuple[int, int]:
    """Of the matrix norm by sums of columns (1) or of rows (inf): the axis of the sums, and the other one."""
    rows, columns = axes_of(axis, ndim)
    return (rows, columns) if ord in (1, -1) else (columns, rows)


def _norm(x: Any, *, ord: Order = None, axis: Axes = None, keepdims: bool = False) -> Any:
    if ord in (None, "fro"):
        return root_of_squares(x, axis, keepdims)
    axes = axes_of(axis, x.ndim)
    if len(axes) == 2:
        if ord in _BY_SINGULAR_VALUES:
            s = solved(lambda a: np.linalg.svd(a, compute_uv=False), np.moveaxis(x, axes, (-2, -1)))[0]
            out = s.sum(-1) if ord == "nuc" else getattr(s, _extreme(ord))(-1)
        else:
            along, across = _lines(ord, axis, x.ndim)
            sums = np.abs(x).sum(axis=along, keepdims=True)
            out = getattr(sums, _extreme(ord))(axis=across)
        return np.reshape(out, reduced(x.shape, axis, keepdims))[()]
    if ord == 2:
        return root_of_squares(x, axis, keepdims)
    if ord == 1:
        return total(np.abs(x), axis=axis, keepdims=keepdims)
    if ord in (math.inf, -math.inf):
        return getattr(np.abs(x), _extreme(ord))(axis=axis, keepdims=keepdims)[()]
    if ord == 0:
        return np.asarray(x != 0).sum(axis=axis, keepdims=keepdims, dtype=np.float64)[()]
    return _root_of_powers(np.abs(x), float(ord), axis, keepdims)


def _root_of_powers(x: Any, ord: float, axis: Axes, keepdims: bool) -> Any:
    """The sum of powers to the power of 1 / ord, scaled by the greatest number where the powers leave the range."""
    with np.errstate(all="ignore"):
        plain = total(x**ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)
        if not x.size or ((plain > 1e-300) & (plain < 1e300)).all():
            return plain
        largest = getattr(x, "max" if ord > 0 else "min")(axis=axis, keepdims=True)
        scale = np.where((largest > 0) & (largest < math.inf), largest, 1.0)
        scaled = scale * total((x / scale) ** ord, axis=axis, keepdims=True) ** (1.0 / ord)
    return np.reshape(scaled, plain.shape)[()]


def _infer_norm(x: Type, *, ord: Order = None, axis: Axes = None, keepdims: bool = False) -> Type:
    shape = reduced(x.shape, axis, keepdims)
    over = len(axes_of(axis, len(x.shape)))
    if ord is None and (axis is None or over <= 2):
        return Type(DType.FLOAT, shape)
    if over > 2:
        raise ShapeMismatch(
            f"norm takes a vector or a matrix, and this is {over} axes of an array of shape {describe_shape(x.shape)}"
        )
    if over == 2 and ord not in _OF_MATRICES:
        raise BadCall(
            f"the norm of a matrix takes ord 'fro' (Frobenius), 'nuc' (nuclear), 1, 2, inf, -1, -2 or -inf, and not "
            f"ord={ord!r}"
        )
    if over < 2 and (not isinstance(ord, (int, float)) or ord != ord):
        raise BadCall(f"the norm of a vector takes a number ord, and not ord={ord!r}")
    if not count(x.shape, axis) and ord in (math.inf, -math.inf, -1, -2, *((1, 2) if over == 2 else ())):
        raise ShapeMismatch(f"an array of shape {describe_shape(x.shape)} has no element along axis={axis}")
    return Type(DType.FLOAT, shape)


def _norm_weights(y: Node, x: Node, *, ord: Order, axis: Axes, **_: Any) -> Node:
    """At the origin 0, the mean of the one-sided derivatives."""
    if ord in (None, "fro"):
        return unit(x, axis=axis, centred=False)
    axes = axes_of(axis, x.ndim)
    if len(axes) == 2:
        return _by_singular_values(x, ord, axes) if ord in _BY_SINGULAR_VALUES else _by_lines(x, ord, axis)
    if ord == 2:
        return unit(x, axis=axis, centred=False)
    if ord == 1:
        return sign(x)
    if ord in (math.inf, -math.inf):
        return shares(absolute(x), y, axis=axis) * sign(x)
    if ord == 0:
        return OPS["zeros_like"](x)
    # sign(x) (|x| / y)^(ord - 1); where x is 0, the mean of the one-sided derivatives.
    power = OPS["power"](divide(absolute(x), y, strong=True), float(ord) - 1.0)
    return where(OPS["equal"](x, 0.0), 0.0, sign(x) * power)


def _by_lines(x: Node, ord: Order, axis: Axes) -> Node:
    along, across = _lines(ord, axis, x.ndim)
    sums = sum_(absolute(x), axis=along, keepdims=True)
    chosen = shares(sums, OPS[_extreme(ord)](sums, axis=across, keepdims=True), axis=across)
    return multiply(chosen, sign(x))


def _by_singular_values(x: Node, ord: Order, axes: tuple[int, ...]) -> Node:
    s = svdvals(moveaxis(x, source=axes, destination=(-2, -1)))
    if ord == "nuc":
        chosen = OPS["ones_like"](s)
    else:
        chosen = shares(s, OPS[_extreme(ord)](s, axis=-1, keepdims=True), axis=-1)
    weights = values_flow(s.inputs[0], s, chosen)
    return moveaxis(weights, source=(-2, -1), destination=axes)


def _nanoseconds(node: Node) -> float:
    (x,), ord, axis = node.inputs, node.param("ord"), node.param("axis")
    axes = axes_of(axis, x.ndim)
    if ord in _BY_SINGULAR_VALUES and len(axes) == 2:
        small = min(x.shape[i] for i in axes)
        stack = x.type.size // max(1, math.prod(x.shape[i] for i in axes))
        return 15_000 + 1_500 * stack + (40 + 0.2 * small) * x.type.size
    return (10 if ord in (None, "fro", *_OF_VECTORS, 0) or len(axes) == 2 else 30) * x.type.size


norm = reducing(
    "norm",
    _norm,
    _norm_weights,
    infer=_infer_norm,
    latex=r"\left\lVert {0} \right\rVert",
    nanoseconds=_nanoseconds,
    scratch=copies(2),
    samples=(
        *(sample((4,), ord=order) for order in (None, 1, 2, math.inf, -math.inf, 0, 3, 1.5, -1)),
        sample((2, 3)),
        *(sample((2, 3), ord=order) for order in _OF_MATRICES),
        sample((2, 3), axis=0),
        sample((2, 3), ord=1, axis=-1, keepdims=True),
        sample((2, 3), ord=math.inf, axis=1),
        sample((2, 3, 2), axis=(0, 2)),
        sample((2, 3, 2), ord="nuc", axis=(2, 0)),
        sample((2, 3, 2), ord=2, axis=(1, 2), keepdims=True),
        sample((2, 3, 2), ord=1, axis=(2, 1)),
        sample((2, 3, 2)),
    ),
    doc="The length of a vector, the Frobenius norm of a matrix; other norms by ord. At 0 its derivative is 0.",
)
