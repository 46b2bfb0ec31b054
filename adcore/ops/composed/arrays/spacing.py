"""Numbers spaced evenly on a logarithmic scale."""

from __future__ import annotations

import math

import numpy as np

from adcore.graph import OPS, Node, constant
from adcore.ops.arrays.creation import linspace
from adcore.ops.arrays.reshaping import broadcast_to
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import power
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.rounding import absolute, sign
from adcore.ops.shapes import broadcast_shapes, legal


def _logspace(
    start: Node,
    stop: Node,
    base: Node = 10.0,  # type: ignore[assignment]
    *,
    num: int = 50,
    endpoint: bool = True,
) -> Node:
    ends = broadcast_shapes((start.shape, stop.shape, base.shape))
    if start.shape != ends:
        start = broadcast_to(start, shape=ends)
    return power(base, linspace(start, stop, num=num, endpoint=endpoint))


logspace = composed(
    "logspace",
    _logspace,
    arguments=("start", "stop", "num", "endpoint", "base"),
    domain=((-1.0, 1.0), (1.0, 2.0), (2.0, 4.0)),
    samples=(
        sample((), (), num=4),
        sample((), (), (), num=3),
        sample((2,), (), num=3, endpoint=False),
        sample((), (), (2,), num=2),
        sample((), (), num=1),
        sample((), (), num=0),
    ),
    nan_gradient="A power of 0 has no derivative by its exponent where that is 0.",
    doc="Powers of a base, whose exponents are evenly spaced from start to stop.",
)


def _geomspace(start: Node, stop: Node, *, num: int = 50, endpoint: bool = True) -> Node:
    """start^(1 - t) stop^t, which is exact at both ends and does not overflow; NaN where the signs differ."""
    legal((num,))
    ends = broadcast_shapes((start.shape, stop.shape))
    start, stop = (x if x.shape == ends else broadcast_to(x, shape=ends) for x in (start, stop))
    column = (num,) + (1,) * len(ends)
    growth = np.linspace(0.0, 1.0, num, endpoint=endpoint).reshape(column)
    decay = np.linspace(1.0, 0.0, num, endpoint=endpoint).reshape(column)
    between = power(absolute(start), constant(decay)) * power(absolute(stop), constant(growth))
    signs = OPS["stop_gradient"](sign(start))
    return where(OPS["greater"](signs * sign(stop), 0.0), signs * between, math.nan)


geomspace = composed(
    "geomspace",
    _geomspace,
    domain=((0.5, 1.0), (2.0, 4.0)),
    samples=(
        sample((), (), num=4),
        sample((2,), (), num=3, endpoint=False),
        sample((), (2, 2), num=2),
        sample((), (), num=1),
    ),
    doc="Numbers from start to stop, each the same multiple of the one before; both have the same sign.",
)
