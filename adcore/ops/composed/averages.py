"""Averages with weights."""

from __future__ import annotations

from adcore.errors import ShapeMismatch
from adcore.graph import Node
from adcore.ops.arrays.reductions import mean, sum_
from adcore.ops.arrays.reshaping import reshape
from adcore.ops.base import composed, sample
from adcore.ops.shapes import Axes, describe_shape


def _average(a: Node, weights: Node | None = None, *, axis: Axes = None, keepdims: bool = False) -> Node:
    if weights is None:
        return mean(a, axis=axis, keepdims=keepdims)
    if weights.shape != a.shape:
        if not isinstance(axis, int) or weights.shape != (a.shape[axis],):
            raise ShapeMismatch(
                f"weights have the shape of the array, {describe_shape(a.shape)}, or that of the axis, "
                f"and these have shape {describe_shape(weights.shape)}"
            )
        weights = reshape(weights, shape=tuple([n if i == axis % a.ndim else 1 for i, n in enumerate(a.shape)]))
    return sum_(a * weights, axis=axis, keepdims=keepdims) / sum_(weights, axis=axis, keepdims=keepdims)


average = composed(
    "average",
    _average,
    arguments=("a", "axis", "weights", "keepdims"),
    domain=((-3.0, 3.0), (0.5, 2.0)),
    samples=(
        sample(()),
        sample((2, 3)),
        sample((2, 3), axis=1, keepdims=True),
        sample((2, 3), (2, 3), axis=0),
        sample((2, 3), (3,), axis=-1),
        sample((4,), (4,)),
    ),
    nan_gradient="Derivatives by subnormal weights divide by their sum again and again.",
    doc="The mean of the elements along the axes, each with its weight.",
)
