"""Degrees, signs and remainders as C has them, steps, and comparisons with a tolerance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.graph import OPS, DType, Op, Type
from adcore.ops.base import declare, elementwise, sample
from adcore.ops.elementwise.arithmetic import divide, sign, trunc, where
from adcore.ops.shapes import broadcast_shapes

DEGREE = math.pi / 180.0

deg2rad = elementwise(
    "deg2rad", np.deg2rad, lambda y, x: (DEGREE,), aliases=("radians",), doc="An angle in degrees, as radians."
)
rad2deg = elementwise(
    "rad2deg", np.rad2deg, lambda y, x: (1.0 / DEGREE,), aliases=("degrees",), doc="An angle in radians, as degrees."
)
copysign: Op = elementwise(
    "copysign",
    np.copysign,
    lambda y, a, b: (sign(a) * copysign(1.0, b), None),
    operands="x1 x2",
    domain=((0.2, 3), (0.5, 3)),
    doc="x1 with the sign of x2. At x1 = 0 the derivative is 0.",
)
fmod = elementwise(
    "fmod",
    np.fmod,
    lambda y, a, b: (1.0, -trunc(divide(a, b))),
    operands="x1 x2",
    domain=((1.3, 1.7), (0.9, 1.2)),
    doc="What is left of x1 after whole multiples of x2; it has the sign of x1.",
)
heaviside = elementwise(
    "heaviside",
    np.heaviside,
    lambda y, x, h: (None, where(OPS["equal"](x, 0.0), 1.0, 0.0)),
    operands="x1 x2",
    domain=((0.2, 3), (-3, 3)),
    doc="0 for a negative x1, 1 for a positive one, x2 at 0. Its derivative by x1 is zero.",
)


# --- comparisons


def _isclose(a: Any, b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return np.isclose(a, b, rtol, atol, equal_nan)


def _allclose(a: Any, b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return np.isclose(a, b, rtol, atol, equal_nan).all()


_CLOSE = (sample((), ()), sample((3,), (3,), rtol=0.5), sample((2, 3), (3,), atol=2.0, equal_nan=True))

isclose = elementwise(
    "isclose",
    _isclose,
    operands="a b",
    result=DType.BOOL,
    samples=_CLOSE,
    doc="Whether a and b differ by no more than atol + rtol |b|.",
)
allclose = declare(
    "allclose",
    "a b",
    _allclose,
    lambda a, b, **_: Type(DType.BOOL, broadcast_shapes((a.shape, b.shape))[:0]),
    samples=_CLOSE,
    doc="Whether all elements of a and b differ by no more than atol + rtol |b|.",
)
