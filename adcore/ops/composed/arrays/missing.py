"""Summaries that pass over missing elements, which are NaN, and the replacement of what is no finite number."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from adcore.graph import OPS, Node, Op
from adcore.ops.arrays.reductions import all_, argmax, argmin, max_, min_, prod, sum_
from adcore.ops.arrays.scans import cumprod, cumsum
from adcore.ops.base import composed, sample
from adcore.ops.composed.arrays.masked import masked_mean, masked_std, masked_var
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.logic import isnan
from adcore.ops.shapes import Axes, Axis

LARGEST = float(np.finfo(float).max)

_OVER = (
    sample((4,)),
    sample((2, 3)),
    sample((2, 3), axis=-1, keepdims=True),
    sample((2, 3, 2), axis=(0, 2)),
)
_SPREADS = (*_OVER, sample((4,), ddof=1), sample((3, 2), axis=0, ddof=1))
_ALONG = (sample((4,)), sample((2, 3)), sample((2, 3), axis=0))


def _filled(op: Op, neutral: float, a: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
    return op(where(isnan(a), neutral, a), axis=axis, keepdims=keepdims)


def _scanned(op: Op, neutral: float, a: Node, *, axis: Axis = None) -> Node:
    return op(where(isnan(a), neutral, a), axis=axis)


def _placed(op: Op, neutral: float, a: Node, *, axis: Axis = None, keepdims: bool = False) -> Node:
    return op(where(isnan(a), neutral, a), axis=axis, keepdims=keepdims)


def _extreme(op: Op, neutral: float, a: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
    """NaN where all elements are missing."""
    none = all_(isnan(a), axis=axis, keepdims=keepdims)
    return where(none, math.nan, op(where(isnan(a), neutral, a), axis=axis, keepdims=keepdims))


def _there(op: Callable[..., Node]) -> Callable[..., Node]:
    """The summary by a condition, of the elements that are not missing."""

    def of(a: Node, *, axis: Axes = None, keepdims: bool = False) -> Node:
        return op(a, OPS["logical_not"](isnan(a)), axis=axis, keepdims=keepdims)

    return of


def _spread(op: Callable[..., Node]) -> Callable[..., Node]:
    def of(a: Node, *, axis: Axes = None, ddof: float = 0, keepdims: bool = False) -> Node:
        return op(a, OPS["logical_not"](isnan(a)), axis=axis, ddof=ddof, keepdims=keepdims)

    return of


nansum = composed("nansum", partial(_filled, sum_, 0.0), samples=_OVER, doc="The sum of the elements that are not NaN.")
nanprod = composed(
    "nanprod", partial(_filled, prod, 1.0), samples=_OVER, doc="The product of the elements that are not NaN."
)
nancumsum = composed(
    "nancumsum", partial(_scanned, cumsum, 0.0), samples=_ALONG, doc="The sums up to each element, with NaN as 0."
)
nancumprod = composed(
    "nancumprod", partial(_scanned, cumprod, 1.0), samples=_ALONG, doc="The products up to each element, with NaN as 1."
)
nanmax = composed(
    "nanmax", partial(_extreme, max_, -math.inf), samples=_OVER, doc="The greatest of the elements that are not NaN."
)
nanmin = composed(
    "nanmin", partial(_extreme, min_, math.inf), samples=_OVER, doc="The smallest of the elements that are not NaN."
)
nanargmax = composed(
    "nanargmax",
    partial(_placed, argmax, -math.inf),
    samples=_ALONG,
    doc="The index of the greatest of the elements that are not NaN. It has no derivative.",
)
nanargmin = composed(
    "nanargmin",
    partial(_placed, argmin, math.inf),
    samples=_ALONG,
    doc="The index of the smallest of the elements that are not NaN. It has no derivative.",
)
nanmean = composed("nanmean", _there(masked_mean), samples=_OVER, doc="The mean of the elements that are not NaN.")
nanvar = composed("nanvar", _spread(masked_var), samples=_SPREADS, doc="The variance of the elements that are not NaN.")
nanstd = composed(
    "nanstd",
    _spread(masked_std),
    samples=_SPREADS,
    doc="The standard deviation of the elements that are not NaN; where all are equal its derivative is 0.",
)


def _nan_to_num(
    x: Node,
    nan: Node = 0.0,  # type: ignore[assignment]
    posinf: Node | None = None,
    neginf: Node | None = None,
    *,
    copy: bool = True,
) -> Node:
    above = where(OPS["equal"](x, math.inf), LARGEST if posinf is None else posinf, x)
    both = where(OPS["equal"](x, -math.inf), -LARGEST if neginf is None else neginf, above)
    return where(isnan(x), nan, both)


nan_to_num = composed(
    "nan_to_num",
    _nan_to_num,
    arguments=("x", "copy", "nan", "posinf", "neginf"),
    samples=(sample(()), sample((2, 3)), sample((3,), (), (), ())),
    doc="x with other numbers in the place of NaN and of the infinities, by default 0 and the largest numbers.",
)
