"""The elementary functions: exponentials, logarithms, circles and hyperbolas."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, copies, elementwise
from adcore.ops.elementwise.arithmetic import (
    PRODUCT,
    all_between,
    cosine,
    direction,
    into,
    sqrt,
    square,
    sum_of_squares,
)

LN2 = float(np.log(2.0))
LN10 = float(np.log(10.0))

# --- exponentials and logarithms

exp: Op = elementwise(
    "exp",
    np.exp,
    lambda y, x: (y,),
    latex="e^{{{0}}}",
    scalar=lambda b, x: b.call("exp", x),
    nanoseconds=10.0,
    doc="e to the power x.",
)
exp2 = elementwise(
    "exp2", np.exp2, lambda y, x: (y * LN2,), latex="2^{{{0}}}", nanoseconds=10.0, doc="2 to the power x."
)
expm1 = elementwise(
    # exp(x) rather than y + 1, which has no correct digit for large negative x.
    "expm1",
    np.expm1,
    lambda y, x: (exp(x),),
    latex="e^{{{0}}} - 1",
    scalar=lambda b, x: b.call("expm1", x),
    nanoseconds=20.0,
    doc="exp(x) - 1, exact for small x.",
)
log = elementwise(
    "log",
    np.log,
    lambda y, x: (1.0 / x,),
    aliases=("ln",),
    latex=r"\ln\left({0}\right)",
    nanoseconds=10.0,
    domain=((0.5, 3),),
    scalar=lambda b, x: b.call("log", x),
    doc="The natural logarithm; -inf at 0, NaN for a negative number.",
)
log2 = elementwise(
    "log2",
    np.log2,
    lambda y, x: (1.0 / (x * LN2),),
    latex=r"\log_2\left({0}\right)",
    nanoseconds=10.0,
    domain=((0.5, 3),),
    doc="The logarithm to the base 2.",
)
log10 = elementwise(
    "log10",
    np.log10,
    lambda y, x: (1.0 / (x * LN10),),
    latex=r"\log_{{10}}\left({0}\right)",
    nanoseconds=15.0,
    domain=((0.5, 3),),
    doc="The logarithm to the base 10.",
)
log1p = elementwise(
    "log1p",
    np.log1p,
    lambda y, x: (1.0 / (1.0 + x),),
    latex=r"\ln\left(1 + {0}\right)",
    nanoseconds=20.0,
    domain=((-0.5, 3),),
    scalar=lambda b, x: b.call("log1p", x),
    doc="log(1 + x), exact for small x.",
)

# --- the slopes of inverse functions, as ops whose own derivatives cancel no digits and underflow only where they are 0

unit_complement = elementwise(
    # (1 - x)(1 + x) keeps the digits that 1 - x**2 loses near the ends; by terms, its derivative would lose them at 0.
    "unit_complement",
    lambda x: (1.0 - x) * (1.0 + x),
    lambda y, x: (-2.0 * x,),
    public=False,
    text="(1 - {0}) * (1 + {0})",
    binding=PRODUCT,
    nanoseconds=5.0,
    doc="1 - x**2.",
)


def _cauchy(x: Any) -> Any:
    squares = x * x
    squares += 1.0
    return np.divide(1.0, squares, out=into(squares))


cauchy: Op = elementwise(
    "cauchy",
    _cauchy,
    # The imaginary part of 1 / (x + i), with its sign changed.
    lambda y, x: (inverse_power(x, 1.0, n=2, imaginary=True),),
    public=False,
    text="1 / (1 + square({0}))",
    binding=PRODUCT,
    nanoseconds=2.0,
    doc="1 / (1 + x**2), the derivative of arctan.",
)


def _arcsinh_slope(x: Any) -> Any:
    squares = x * x
    squares += 1.0
    length = np.sqrt(squares, out=into(squares)) if all_between(squares, 0.0, 1e300) else np.hypot(1.0, x)
    return np.divide(1.0, length, out=into(length))


arcsinh_slope: Op = elementwise(
    "arcsinh_slope",
    _arcsinh_slope,
    lambda y, x: (-(direction(x, 1.0) * y * y),),
    public=False,
    text="1 / hypot(1, {0})",
    binding=PRODUCT,
    nanoseconds=5.0,
    doc="1 / sqrt(1 + x**2), the derivative of arcsinh.",
)

# --- circles

sin = elementwise(
    "sin",
    np.sin,
    lambda y, x: (cos(x),),
    latex=r"\sin\left({0}\right)",
    scalar=lambda b, x: b.call("sin", x),
    nanoseconds=20.0,
    doc="The sine of an angle in radians.",
)
cos: Op = elementwise(
    "cos",
    np.cos,
    lambda y, x: (-sin(x),),
    latex=r"\cos\left({0}\right)",
    scalar=lambda b, x: b.call("cos", x),
    nanoseconds=25.0,
    doc="The cosine of an angle in radians.",
)
tan = elementwise(
    "tan",
    np.tan,
    lambda y, x: (1.0 + square(y),),
    latex=r"\tan\left({0}\right)",
    nanoseconds=30.0,
    domain=((-1.2, 1.2),),
    doc="The tangent of an angle in radians.",
)
arcsin = elementwise(
    "arcsin",
    np.arcsin,
    lambda y, x: (1.0 / sqrt(unit_complement(x)),),
    aliases=("asin",),
    latex=r"\arcsin\left({0}\right)",
    nanoseconds=25.0,
    domain=((-0.8, 0.8),),
    doc="The angle from -pi/2 to pi/2 whose sine is x; NaN outside -1 to 1.",
)
arccos = elementwise(
    "arccos",
    np.arccos,
    lambda y, x: (-(1.0 / sqrt(unit_complement(x))),),
    aliases=("acos",),
    latex=r"\arccos\left({0}\right)",
    nanoseconds=30.0,
    domain=((-0.8, 0.8),),
    doc="The angle from 0 to pi whose cosine is x; NaN outside -1 to 1.",
)
arctan = elementwise(
    "arctan",
    np.arctan,
    lambda y, x: (cauchy(x),),
    aliases=("atan",),
    latex=r"\arctan\left({0}\right)",
    nanoseconds=20.0,
    doc="The angle from -pi/2 to pi/2 whose tangent is x.",
)


def _plain_inverse_power(x: Any, y: Any, squares: Any, n: int, imaginary: bool) -> Any:
    """Where the sums of squares are in range, by powers of (x - i y) / (x**2 + y**2)."""
    if n == 1:
        part = np.divide(y if imaginary else x, squares, out=into(squares))
        return np.negative(part, out=into(part)) if imaginary else part
    c, s = x / squares, -y / squares
    real, unreal = c, s
    for _ in range(n - 1):
        real, unreal = real * c - unreal * s, real * s + unreal * c
    if imaginary:
        return unreal
    return (x - y) / squares * ((x + y) / squares) if n == 2 else real


def _inverse_power(x: Any, y: Any, *, n: Hidden = 1, imaginary: Hidden = False) -> Any:
    """By the number of length 1 in the same direction, then divided by the length n times: no power leaves the range
    of float64 long before the result does. At 0 it is 0, the mean of what is around."""
    squares, is_plain = sum_of_squares(x, y)
    if is_plain:
        return _plain_inverse_power(x, y, squares, n, imaginary)
    c, s, length = cosine(x, y), -cosine(y, x), np.hypot(x, y)
    real, unreal = c, s
    for _ in range(n - 1):
        real, unreal = real * c - unreal * s, real * s + unreal * c
    if n == 2:  # The difference of squares without their rounding.
        factored = (x - y) / length * ((x + y) / length)
        real = np.where(np.isfinite(factored), factored, real)
    part = unreal if imaginary else real
    for _ in range(n):
        part = part / length
    return np.where((x == 0.0) & (y == 0.0), 0.0, part)[()]


def _inverse_power_partials(w: Node, x: Node, y: Node) -> tuple[Node, Node]:
    """(z**-n)' = -n z**(-n-1), and by the imaginary part i times as much."""
    n, imaginary = w.param("n"), w.param("imaginary")
    real, unreal = (inverse_power(x, y, n=n + 1, imaginary=part) for part in (False, True))
    return (-n * unreal, -n * real) if imaginary else (-n * real, n * unreal)


inverse_power: Op = elementwise(
    "inverse_power",
    _inverse_power,
    _inverse_power_partials,
    operands="x1 x2",
    public=False,
    text=lambda x, y, *, n, imaginary: (
        f"({'-sin' if imaginary else 'cos'}({n} * arctan2({y}, {x})) / hypot({x}, {y})**{n})"
    ),
    nanoseconds=15.0,
    scratch=copies(5),
    domain=((0.5, 3), (0.5, 3)),
    doc="The real or the imaginary part of (x1 + i x2)**-n.",
)
arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    # The derivatives of the logarithm, whose imaginary part is the angle.
    lambda y, a, b: (inverse_power(b, a, n=1), inverse_power(b, a, n=1, imaginary=True)),
    operands="x1 x2",
    aliases=("atan2",),
    latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
    nanoseconds=30.0,
    domain=((0.5, 3), (0.5, 3)),
    doc="The angle of the point (x2, x1), from -pi to pi.",
)


def _log1p_square(x: Any) -> Any:
    size = np.abs(x)
    return np.where(size < 1e150, np.log1p(size * size), 2.0 * np.log(size))[()]


log1p_square: Op = elementwise(
    "log1p_square",
    _log1p_square,
    lambda y, x: (2.0 * inverse_power(x, 1.0),),
    public=False,
    text="2 * log(hypot(1, {0}))",
    binding=PRODUCT,
    nanoseconds=30.0,
    scratch=copies(4),
    doc="log(1 + x**2), whose square does not overflow.",
)

# --- hyperbolas

sinh: Op = elementwise(
    "sinh",
    np.sinh,
    lambda y, x: (cosh(x),),
    latex=r"\sinh\left({0}\right)",
    nanoseconds=30.0,
    doc="The hyperbolic sine.",
)
cosh: Op = elementwise(
    "cosh",
    np.cosh,
    lambda y, x: (sinh(x),),
    latex=r"\cosh\left({0}\right)",
    nanoseconds=15.0,
    doc="The hyperbolic cosine.",
)


def _sech(x: Any) -> Any:
    cosine = np.cosh(x)
    return np.divide(1.0, cosine, out=into(cosine))


sech: Op = elementwise(
    "sech",
    _sech,
    lambda y, x: (-(tanh(x) * y),),
    public=False,
    text="1 / cosh({0})",
    binding=PRODUCT,
    nanoseconds=25.0,
    doc="One over the hyperbolic cosine.",
)
tanh: Op = elementwise(
    # By sech rather than by 1 - y**2, which is 0 as soon as y rounds to 1.
    "tanh",
    np.tanh,
    lambda y, x: (square(sech(x)),),
    latex=r"\tanh\left({0}\right)",
    scalar=lambda b, x: b.call("tanh", x),
    nanoseconds=20.0,
    doc="The hyperbolic tangent.",
)
arcsinh = elementwise(
    "arcsinh",
    np.arcsinh,
    lambda y, x: (arcsinh_slope(x),),
    aliases=("asinh",),
    latex=r"\operatorname{{arsinh}}\left({0}\right)",
    nanoseconds=40.0,
    doc="The number whose hyperbolic sine is x.",
)
arccosh = elementwise(
    "arccosh",
    np.arccosh,
    lambda y, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    aliases=("acosh",),
    latex=r"\operatorname{{arcosh}}\left({0}\right)",
    nanoseconds=30.0,
    domain=((1.5, 3),),
    doc="The number from 0 on whose hyperbolic cosine is x; NaN below 1.",
)
arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda y, x: (1.0 / unit_complement(x),),
    aliases=("atanh",),
    latex=r"\operatorname{{artanh}}\left({0}\right)",
    nanoseconds=40.0,
    domain=((-0.8, 0.8),),
    doc="The number whose hyperbolic tangent is x; NaN outside -1 to 1.",
)
