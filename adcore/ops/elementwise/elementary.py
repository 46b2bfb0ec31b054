"""The elementary functions: exponentials, logarithms, circles and hyperbolas."""

from __future__ import annotations

import numpy as np

from adcore.graph import Op
from adcore.ops.base import elementwise
from adcore.ops.elementwise.arithmetic import divide, sqrt, square

LN2 = float(np.log(2.0))
LN10 = float(np.log(10.0))

# --- exponentials and logarithms

exp: Op = elementwise(
    "exp",
    np.exp,
    lambda y, x: (y,),
    latex="e^{{{0}}}",
    scalar=lambda b, x: b.call("exp", x),
    doc="e to the power x.",
)
exp2 = elementwise("exp2", np.exp2, lambda y, x: (y * LN2,), latex="2^{{{0}}}", doc="2 to the power x.")
expm1 = elementwise(
    # exp(x) rather than y + 1, which has no correct digit for large negative x.
    "expm1",
    np.expm1,
    lambda y, x: (exp(x),),
    latex="e^{{{0}}} - 1",
    scalar=lambda b, x: b.call("expm1", x),
    doc="exp(x) - 1, exact for small x.",
)
log = elementwise(
    "log",
    np.log,
    lambda y, x: (1.0 / x,),
    aliases=("ln",),
    latex=r"\ln\left({0}\right)",
    domain=((0.5, 3),),
    scalar=lambda b, x: b.call("log", x),
    doc="The natural logarithm; -inf at 0, NaN for a negative number.",
)
log2 = elementwise(
    "log2",
    np.log2,
    lambda y, x: (1.0 / (x * LN2),),
    latex=r"\log_2\left({0}\right)",
    domain=((0.5, 3),),
    doc="The logarithm to the base 2.",
)
log10 = elementwise(
    "log10",
    np.log10,
    lambda y, x: (1.0 / (x * LN10),),
    latex=r"\log_{{10}}\left({0}\right)",
    domain=((0.5, 3),),
    doc="The logarithm to the base 10.",
)
log1p = elementwise(
    "log1p",
    np.log1p,
    lambda y, x: (1.0 / (1.0 + x),),
    latex=r"\ln\left(1 + {0}\right)",
    domain=((-0.5, 3),),
    scalar=lambda b, x: b.call("log1p", x),
    doc="log(1 + x), exact for small x.",
)

# --- circles

sin = elementwise(
    "sin",
    np.sin,
    lambda y, x: (cos(x),),
    latex=r"\sin\left({0}\right)",
    scalar=lambda b, x: b.call("sin", x),
    doc="The sine of an angle in radians.",
)
cos: Op = elementwise(
    "cos",
    np.cos,
    lambda y, x: (-sin(x),),
    latex=r"\cos\left({0}\right)",
    scalar=lambda b, x: b.call("cos", x),
    doc="The cosine of an angle in radians.",
)
tan = elementwise(
    "tan",
    np.tan,
    lambda y, x: (1.0 + square(y),),
    latex=r"\tan\left({0}\right)",
    domain=((-1.2, 1.2),),
    doc="The tangent of an angle in radians.",
)
arcsin = elementwise(
    "arcsin",
    np.arcsin,
    # (1 - x)(1 + x) keeps the digits that 1 - x**2 loses near the ends.
    lambda y, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    aliases=("asin",),
    latex=r"\arcsin\left({0}\right)",
    domain=((-0.8, 0.8),),
    doc="The angle from -pi/2 to pi/2 whose sine is x; NaN outside -1 to 1.",
)
arccos = elementwise(
    "arccos",
    np.arccos,
    lambda y, x: (-(1.0 / sqrt((1.0 - x) * (1.0 + x))),),
    aliases=("acos",),
    latex=r"\arccos\left({0}\right)",
    domain=((-0.8, 0.8),),
    doc="The angle from 0 to pi whose cosine is x; NaN outside -1 to 1.",
)
arctan = elementwise(
    "arctan",
    np.arctan,
    lambda y, x: (1.0 / (1.0 + square(x)),),
    aliases=("atan",),
    latex=r"\arctan\left({0}\right)",
    doc="The angle from -pi/2 to pi/2 whose tangent is x.",
)
arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    lambda y, a, b: (
        divide(b, square(a) + square(b), strong=True),
        -divide(a, square(a) + square(b), strong=True),
    ),
    operands="x1 x2",
    aliases=("atan2",),
    latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
    domain=((0.5, 3), (0.5, 3)),
    doc="The angle of the point (x2, x1), from -pi to pi.",
)

# --- hyperbolas

sinh: Op = elementwise(
    "sinh", np.sinh, lambda y, x: (cosh(x),), latex=r"\sinh\left({0}\right)", doc="The hyperbolic sine."
)
cosh: Op = elementwise(
    "cosh", np.cosh, lambda y, x: (sinh(x),), latex=r"\cosh\left({0}\right)", doc="The hyperbolic cosine."
)
tanh = elementwise(
    # 1 / cosh(x)**2 rather than 1 - y**2, which is 0 as soon as y rounds to 1.
    "tanh",
    np.tanh,
    lambda y, x: (1.0 / square(cosh(x)),),
    latex=r"\tanh\left({0}\right)",
    scalar=lambda b, x: b.call("tanh", x),
    doc="The hyperbolic tangent.",
)
arcsinh = elementwise(
    "arcsinh",
    np.arcsinh,
    lambda y, x: (1.0 / sqrt(1.0 + square(x)),),
    aliases=("asinh",),
    latex=r"\operatorname{{arsinh}}\left({0}\right)",
    doc="The number whose hyperbolic sine is x.",
)
arccosh = elementwise(
    "arccosh",
    np.arccosh,
    lambda y, x: (1.0 / sqrt((x - 1.0) * (x + 1.0)),),
    aliases=("acosh",),
    latex=r"\operatorname{{arcosh}}\left({0}\right)",
    domain=((1.5, 3),),
    doc="The number from 0 on whose hyperbolic cosine is x; NaN below 1.",
)
arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda y, x: (1.0 / ((1.0 - x) * (1.0 + x)),),
    aliases=("atanh",),
    latex=r"\operatorname{{artanh}}\left({0}\right)",
    domain=((-0.8, 0.8),),
    doc="The number whose hyperbolic tangent is x; NaN outside -1 to 1.",
)
