"""Summaries of the elements that a condition chooses, and of those that are not missing, which are not NaN."""

from __future__ import annotations

import math

from adcore.graph import OPS, DType, Node
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import composed, sample
from adcore.ops.composed.arrays.quantiles import in_lines
from adcore.ops.elementwise.arithmetic import sqrt
from adcore.ops.elementwise.choice import where
from adcore.ops.linalg.norms import norm
from adcore.ops.shapes import Axes


def _chosen(a: Node, condition: Node) -> tuple[Node, Node]:
    """The elements with 0 in the place of those that are not chosen, and 1 or 0 for each."""
    kept = where(condition, a, 0.0)
    return kept, where(condition, OPS["ones_like"](kept), 0.0)


def masked_mean(a: Node, condition: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
    """The mean of the chosen elements; NaN where there is none."""
    kept, ones = _chosen(a, condition)
    return sum_(kept, axis=axis, keepdims=keepdims) / sum_(ones, axis=axis, keepdims=keepdims)


def _deviations(a: Node, condition: Node, axis: Axes) -> tuple[Node, Node]:
    """The deviations of the chosen elements from their mean, with 0 for the others, and 1 or 0 for each."""
    kept, ones = _chosen(a, condition)
    mean = sum_(kept, axis=axis, keepdims=True) / sum_(ones, axis=axis, keepdims=True)
    return where(condition, kept - mean, 0.0), ones


def _freedom(ones: Node, axis: Axes, ddof: float, keepdims: bool) -> Node:
    """The divisor of the variance; NaN where too few elements are chosen."""
    freedom = sum_(ones, axis=axis, keepdims=keepdims) - ddof
    return where(OPS["greater"](freedom, 0.0), freedom, math.nan)


def masked_var(a: Node, condition: Node, *, axis: Axes = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """The variance of the chosen elements."""
    d, ones = _deviations(a, condition, axis)
    return sum_(d * d, axis=axis, keepdims=keepdims) / _freedom(ones, axis, ddof, keepdims)


def masked_std(a: Node, condition: Node, *, axis: Axes = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """The standard deviation by the length of the deviations, whose derivative is 0 where all are 0."""
    d, ones = _deviations(a, condition, axis)
    freedom = _freedom(ones, axis, ddof, keepdims)
    return reshaped(norm(in_lines(d, axis), axis=-1), freedom.shape) / sqrt(freedom)


_CHOSEN = (
    sample((6,), (6,)),
    sample((2, 7), (7,), axis=1),
    sample((6, 2), (6, 1), axis=0, keepdims=True),
)
_WORDS = {"mean": masked_mean, "var": masked_var, "std": masked_std}
MASKED = {
    name: composed(
        f"masked_{name}",
        rule,
        public=False,
        dtypes=(DType.FLOAT, DType.BOOL),
        samples=_CHOSEN,
        doc=f"The {name} of the elements where the condition holds.",
    )
    for name, rule in _WORDS.items()
}
"""The summaries by a condition, by the names of the ops without one."""
