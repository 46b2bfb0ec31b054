"""Signs, rounding, remainders as C has them, and degrees."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.graph import OPS, Op
from adcore.ops.base import copies, elementwise
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.choice import where

# --- signs

absolute = elementwise(
    "abs",
    np.absolute,
    lambda y, x: (sign(x),),
    aliases=("absolute", "fabs"),
    latex=r"\left|{0}\right|",
    domain=((0.2, 3),),
    scalar=lambda b, x: b.call("fabs", x),
    doc="The distance from 0. At 0 the derivative is 0.",
)
sign: Op = elementwise(
    "sign",
    np.sign,
    lambda y, x: (None,),
    latex=r"\operatorname{{sgn}}\left({0}\right)",
    domain=((0.2, 3),),
    flat=(0,),
    doc="-1, 0 or 1. Its derivative is zero.",
)
copysign: Op = elementwise(
    "copysign",
    np.copysign,
    lambda y, a, b: (sign(a) * copysign(1.0, b), None),
    operands="x1 x2",
    nanoseconds=4.0,
    domain=((0.2, 3), (0.5, 3)),
    flat=(1,),
    doc="x1 with the sign of x2. At x1 = 0 the derivative is 0.",
)
heaviside = elementwise(
    "heaviside",
    np.heaviside,
    lambda y, x, h: (None, where(OPS["equal"](x, 0.0), 1.0, 0.0)),
    operands="x1 x2",
    nanoseconds=5.0,
    domain=((0.2, 3), (-3, 3)),
    flat=(0,),
    doc="0 for a negative x1, 1 for a positive one, x2 at 0. Its derivative by x1 is zero.",
)


# --- rounding

floor = elementwise(
    "floor",
    np.floor,
    lambda y, x: (None,),
    latex=r"\left\lfloor {0} \right\rfloor",
    domain=((1.2, 1.8),),
    flat=(0,),
    doc="The nearest whole number below. Its derivative is zero.",
)
ceil = elementwise(
    "ceil",
    np.ceil,
    lambda y, x: (None,),
    latex=r"\left\lceil {0} \right\rceil",
    domain=((1.2, 1.8),),
    flat=(0,),
    doc="The nearest whole number above. Its derivative is zero.",
)
trunc = elementwise(
    "trunc",
    np.trunc,
    lambda y, x: (None,),
    aliases=("fix",),
    domain=((1.2, 1.8),),
    flat=(0,),
    doc="The number rounded towards 0. Its derivative is zero.",
)


def _round(x: Any, *, decimals: int = 0) -> Any:
    """As NumPy's, but without its NaN for decimals beyond the range of float64: the number itself, or 0."""
    rounded = np.round(x, max(-308, min(decimals, 308)))
    return rounded if decimals <= 0 else np.where(np.isfinite(rounded), rounded, x)[()]


round_ = elementwise(
    "round",
    _round,
    lambda y, x: (None,),
    aliases=("rint", "around"),
    method=True,
    nanoseconds=1.5,
    domain=((1.1, 1.4),),
    flat=(0,),
    doc="Rounded to a number of decimals, halves to even. Its derivative is zero.",
)
fmod = elementwise(
    "fmod",
    np.fmod,
    lambda y, a, b: (1.0, -trunc(divide(a, b))),
    operands="x1 x2",
    nanoseconds=25.0,
    domain=((1.3, 1.7), (0.9, 1.2)),
    doc="The remainder of x1 divided by x2, with the sign of x1.",
)


def _nearest_remainder(a: Any, b: Any) -> Any:
    """The remainder of IEEE 754, which is exact, by the steps of Python's own."""
    with np.errstate(invalid="ignore"):
        x, y = np.abs(a), np.abs(b)
        rest = np.fmod(x, y)
        other = y - rest
        tie = rest - 2.0 * np.fmod(0.5 * (x - rest), y)
        nearest = np.where(rest < other, rest, np.where(rest > other, -other, tie))
        return (np.copysign(1.0, a) * np.where(np.isinf(y) & np.isfinite(x), x, nearest))[()]


nearest_remainder = elementwise(
    "math.remainder",
    _nearest_remainder,
    lambda y, a, b: (1.0, -round_((a - y) / b)),
    operands="x1 x2",
    nanoseconds=60.0,
    scratch=copies(7),
    domain=((1.0, 1.3), (0.9, 1.1)),
    doc="The distance of x1 from the nearest multiple of x2, halves to the even one.",
)


# --- degrees

DEGREE = math.pi / 180.0

deg2rad = elementwise(
    "deg2rad",
    np.deg2rad,
    lambda y, x: (DEGREE,),
    aliases=("radians",),
    nanoseconds=4.0,
    doc="An angle in degrees, as radians.",
)
rad2deg = elementwise(
    "rad2deg",
    np.rad2deg,
    lambda y, x: (1.0 / DEGREE,),
    aliases=("degrees",),
    nanoseconds=4.0,
    doc="An angle in radians, as degrees.",
)
