"""The functions of distributions: normal, logistic and their inverses, gamma; and Bessel's.

Formulas are those of https://dlmf.nist.gov, chapters 5, 7 and 10.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import Op
from adcore.ops.base import Hidden, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import PRODUCT, square
from adcore.ops.elementwise.elementary import exp
from adcore.ops.elementwise.oscillation import where_far
from adcore.ops.elementwise.special import digamma, sigmoid
from adcore.ops.strong import strong_repair

HALF_ROOT_PI = math.sqrt(math.pi) / 2.0
ROOT_TWO_PI = math.sqrt(2.0 * math.pi)

# --- the normal distribution


ndtr = elementwise(
    "ndtr",
    sc.ndtr,
    lambda y, x: (exp(-0.5 * square(x)) / ROOT_TWO_PI,),
    latex=r"\Phi\left({0}\right)",
    nanoseconds=35.0,
    doc="The normal distribution: the probability that a standard normal number is less than x.",
)
FAR_LEFT = -12.0
"""From here to the left, the derivatives of ``hazard`` are summed by its asymptotic series."""


@functools.cache
def _hazard_coefficients(terms: int = 24) -> tuple[float, ...]:
    """Those of t**(1 - 2 k) in the series of the normal density over its right tail at t, the reciprocal of
    https://dlmf.nist.gov/7.12.E1."""
    tail, ratio = [1], [1]
    for k in range(1, terms):
        tail.append(-(2 * k - 1) * tail[-1])
        ratio.append(-sum(tail[i] * ratio[k - i] for i in range(1, k + 1)))
    return tuple(map(float, ratio))


def _hazard_far_left(t: Any, n: int) -> Any:
    """(-1)**n times the n-th derivative of the series by t, term by term, from the smallest term on."""
    total = np.zeros_like(t)
    for k, coefficient in reversed(list(enumerate(_hazard_coefficients()))):
        power = 1 - 2 * k
        factor = coefficient * math.prod(power - i for i in range(n)) * (-1.0) ** n
        if factor:
            total = total + factor * t ** float(power - n)
    return total


def _hazard(x: Any, *, n: Hidden = 0) -> Any:
    """By the scaled erfcx, since both parts of the quotient are 0 far to the left.

    Its derivatives follow from h' = -h (x + h), but far to the left they are differences of numbers that are larger by
    the (n + 1)-th power of x.
    """
    h = math.sqrt(2.0 / math.pi) / sc.erfcx(-x / math.sqrt(2.0))
    if n == 0:
        return h
    derivatives, sums = [h], [x + h]
    for order in range(n):
        parts = [math.comb(order, i) * derivatives[i] * sums[order - i] for i in range(order + 1)]
        derivatives.append(-sum(parts[1:], start=parts[0]))
        sums.append(derivatives[-1] + (1.0 if order == 0 else 0.0))
    left = x < FAR_LEFT
    if np.any(left) or np.any(h == 0.0):
        return np.where(left, _hazard_far_left(np.where(left, -x, 1.0), n), strong_repair(derivatives[n], h))[()]
    return derivatives[n]


hazard: Op = elementwise(
    "hazard",
    _hazard,
    lambda y, x: (moved(y, x, n=y.param("n") + 1),),
    public=False,
    nanoseconds=65.0,
    samples=tuple(sample((3,), n=n) for n in (0, 1, 2)),
    doc="The normal density divided by ndtr(x), or its n-th derivative.",
)
log_ndtr = elementwise(
    "log_ndtr",
    sc.log_ndtr,
    lambda y, x: (hazard(x),),
    latex=r"\ln \Phi\left({0}\right)",
    nanoseconds=50.0,
    doc="The logarithm of ndtr(x), which keeps its digits far to the left.",
)
ndtri = elementwise(
    "ndtri",
    sc.ndtri,
    lambda y, x: (ROOT_TWO_PI * exp(0.5 * square(y)),),
    latex=r"\Phi^{{-1}}\left({0}\right)",
    nanoseconds=25.0,
    domain=((0.2, 0.8),),
    doc="The inverse of ndtr; NaN outside 0 to 1.",
)
erfinv = elementwise(
    "erfinv",
    sc.erfinv,
    lambda y, x: (HALF_ROOT_PI * exp(square(y)),),
    latex=r"\operatorname{{erf}}^{{-1}}\left({0}\right)",
    nanoseconds=35.0,
    domain=((-0.7, 0.7),),
    doc="The inverse of erf; NaN outside -1 to 1.",
)
erfcinv = elementwise(
    "erfcinv",
    sc.erfcinv,
    lambda y, x: (-HALF_ROOT_PI * exp(square(y)),),
    latex=r"\operatorname{{erfc}}^{{-1}}\left({0}\right)",
    nanoseconds=20.0,
    domain=((0.3, 1.7),),
    doc="The inverse of erfc; NaN outside 0 to 2.",
)


# --- the logistic distribution

bernoulli_variance = elementwise(
    # As one op, whose derivative is exact close to a half.
    "bernoulli_variance",
    lambda x: x * (1.0 - x),
    lambda y, x: (1.0 - 2.0 * x,),
    public=False,
    text="{0} * (1 - {0})",
    binding=PRODUCT,
    doc="x (1 - x).",
)
logit = elementwise(
    "logit",
    sc.logit,
    lambda y, x: (1.0 / bernoulli_variance(x),),
    latex=r"\operatorname{{logit}}\left({0}\right)",
    nanoseconds=30.0,
    domain=((0.2, 0.8),),
    doc="log(x / (1 - x)), the inverse of sigmoid; NaN outside 0 to 1.",
)
log_expit = elementwise(
    "log_expit",
    sc.log_expit,
    lambda y, x: (sigmoid(-x),),
    aliases=("log_sigmoid", "logsigmoid"),
    latex=r"\ln \sigma\left({0}\right)",
    nanoseconds=40.0,
    doc="The logarithm of sigmoid(x), without overflow.",
)


# --- gamma

gamma = elementwise(
    "gamma",
    sc.gamma,
    lambda y, x: (y * digamma(x),),
    latex=r"\Gamma\left({0}\right)",
    nanoseconds=25.0,
    domain=((0.5, 3),),
    doc="The gamma function, (x - 1)! for whole numbers.",
)


# --- Bessel functions of whole and broken order


def _jv(x: Any, *, v: float) -> Any:
    return where_far(v, x, sc.jv(v, x))


def _j0(x: Any) -> Any:
    return where_far(0.0, x, sc.j0(x))


def _j1(x: Any) -> Any:
    return where_far(1.0, x, sc.j1(x))


SMALL = 1e-9
"""Closer to 0, Bessel functions are the first term of their series, to rounding."""


def _iv(x: Any, *, v: float) -> Any:
    """SciPy has 0 or NaN at small numbers, where (x/2)^v / gamma(v+1) is exact: https://dlmf.nist.gov/10.30.E1."""
    y = sc.iv(v, x)
    tiny = (np.abs(x) < SMALL) & (x != 0.0)
    if not np.any(tiny):
        return y
    order = abs(v) if v % 1 == 0 else v  # I_-n = I_n for whole n
    return np.where(tiny, x**order / np.exp2(order) * sc.rgamma(order + 1.0), y)[()]


jv: Op = elementwise(
    "jv",
    _jv,
    lambda y, x: (0.5 * (moved(y, x, v=y.param("v") - 1) - moved(y, x, v=y.param("v") + 1)),),
    arguments=("v", "x"),
    aliases=("jn",),
    latex=r"J_{{{v}}}\left({0}\right)",
    nanoseconds=350.0,
    domain=((0.5, 3),),
    samples=(sample((), v=0), sample((3,), v=2), sample((2, 3), v=0.5)),
    doc="The Bessel function of the first kind of order v.",
)
iv: Op = elementwise(
    "iv",
    _iv,
    lambda y, x: (0.5 * (moved(y, x, v=y.param("v") - 1) + moved(y, x, v=y.param("v") + 1)),),
    arguments=("v", "x"),
    latex=r"I_{{{v}}}\left({0}\right)",
    nanoseconds=450.0,
    domain=((0.5, 3),),
    samples=(sample((), v=0), sample((3,), v=2), sample((2, 3), v=0.5)),
    doc="The modified Bessel function of the first kind of order v.",
)
j0 = elementwise("j0", _j0, lambda y, x: (-j1(x),), latex=r"J_0\left({0}\right)", nanoseconds=20.0, doc="jv(0, x).")
j1: Op = elementwise(
    "j1",
    _j1,
    lambda y, x: (0.5 * (j0(x) - jv(x, v=2)),),
    latex=r"J_1\left({0}\right)",
    nanoseconds=25.0,
    doc="jv(1, x).",
)
i0 = elementwise("i0", sc.i0, lambda y, x: (i1(x),), latex=r"I_0\left({0}\right)", nanoseconds=100.0, doc="iv(0, x).")
i1: Op = elementwise(
    "i1",
    sc.i1,
    lambda y, x: (0.5 * (i0(x) + iv(x, v=2)),),
    latex=r"I_1\left({0}\right)",
    nanoseconds=100.0,
    doc="iv(1, x).",
)
