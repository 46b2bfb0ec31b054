"""Functions of single numbers that are a few ops each, and comparisons of whole arrays."""

from __future__ import annotations

import math

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, DType, Node, constant
from adcore.ops.arrays.creation import zeros_like
from adcore.ops.arrays.reductions import all_, max_, sum_
from adcore.ops.arrays.reshaping import broadcast_to, reshaped
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.distributions import gamma
from adcore.ops.elementwise.elementary import exp, log
from adcore.ops.elementwise.logic import isnan
from adcore.ops.elementwise.special import logaddexp
from adcore.ops.linalg.norms import norm
from adcore.ops.shapes import Axes, broadcast_shapes, describe_shape, reduced

real = composed(
    "real",
    lambda val: val,
    aliases=("conj", "conjugate"),
    samples=(sample(()), sample((2, 3))),
    doc="x itself: all numbers are real.",
)


def _imag(val: Node) -> Node:
    return zeros_like(val)


imag = composed("imag", _imag, samples=(sample(()), sample((2, 3))), doc="Zeros: all numbers are real.")
logaddexp2 = composed(
    "logaddexp2",
    lambda x1, x2: logaddexp(x1 * math.log(2.0), x2 * math.log(2.0)) / math.log(2.0),
    doc="log2(2**x1 + 2**x2), without overflow.",
)
factorial = composed(
    "factorial",
    lambda x: where(OPS["less"](x, 0.0), 0.0, gamma(x + 1.0)),
    domain=((0.2, 4.0),),
    doc="x! = gamma(x + 1), and 0 where x is negative.",
)


def _weighted_logsumexp(a: Node, b: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
    """Shifted by the greatest exponent whose weight is not 0, on which the result does not depend."""
    if a.shape != b.shape:
        shape = broadcast_shapes((a.shape, b.shape))
        a, b = (x if x.shape == shape else broadcast_to(x, shape=shape) for x in (a, b))
    counts = OPS["not_equal"](b, 0.0)
    if not a.type.size:
        return log(sum_(b * exp(a), axis=axis, keepdims=keepdims))
    greatest = OPS["stop_gradient"](max_(where(counts, a, -math.inf), axis=axis, keepdims=True))
    shift = where(OPS["isfinite"](greatest), greatest, 0.0)
    total = sum_(multiply(b, exp(a - shift), strong=1), axis=axis, keepdims=True)
    result = log(total) + shift
    return reshaped(result, reduced(a.shape, axis, keepdims))


weighted_logsumexp = composed(
    "weighted_logsumexp",
    _weighted_logsumexp,
    public=False,
    domain=((-3.0, 3.0), (0.5, 2.0)),
    samples=(sample((4,), (4,)), sample((2, 3), (3,), axis=1), sample((2, 3), (), axis=0, keepdims=True)),
    doc="The logarithm of the sum of b exp(a), without overflow.",
)


def _dist(p: Node, q: Node) -> Node:
    if p.ndim != 1 or p.shape != q.shape:
        raise ShapeMismatch(
            f"dist takes two points of as many coordinates, and these have the shapes {describe_shape(p.shape)} and "
            f"{describe_shape(q.shape)}"
        )
    return norm(p - q)


dist = composed(
    "dist", _dist, samples=(sample((3,), (3,)),), doc="The distance of two points. Where they meet its derivative is 0."
)


def _array_equal(a1: Node, a2: Node, *, equal_nan: bool = False) -> Node:
    if a1.shape != a2.shape:
        return OPS["as_bool"](constant(0.0))
    same = OPS["equal"](a1, a2)
    if equal_nan:
        same = OPS["logical_or"](same, OPS["logical_and"](isnan(a1), isnan(a2)))
    return all_(same) if a1.shape else same


array_equal = composed(
    "array_equal",
    _array_equal,
    dtypes=(DType.FLOAT,),
    samples=(sample((), ()), sample((2, 3), (2, 3), equal_nan=True), sample((3,), (2,))),
    doc="Whether two arrays have the same shape and equal elements.",
)
