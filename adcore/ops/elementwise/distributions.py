"""The functions of distributions: normal, logistic and their inverses, gamma and beta, entropies; and Bessel's.

Formulas are those of https://dlmf.nist.gov, chapters 5, 7 and 10.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import Op
from adcore.ops.base import elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide, square
from adcore.ops.elementwise.elementary import exp, log, log1p
from adcore.ops.elementwise.special import TINY, digamma, sigmoid

HALF_ROOT_PI = math.sqrt(math.pi) / 2.0
ROOT_TWO_PI = math.sqrt(2.0 * math.pi)

# --- the normal distribution


ndtr = elementwise(
    "ndtr",
    sc.ndtr,
    lambda y, x: (exp(-0.5 * square(x)) / ROOT_TWO_PI,),
    latex=r"\Phi\left({0}\right)",
    doc="The normal distribution: the probability that a standard normal number is less than x.",
)
hazard: Op = elementwise(
    # By the scaled erfcx, since both parts of the quotient are 0 far to the left.
    "hazard",
    lambda x: math.sqrt(2.0 / math.pi) / sc.erfcx(-x / math.sqrt(2.0)),
    lambda y, x: (-(y * (x + y)),),
    public=False,
    doc="The normal density divided by ndtr(x).",
)
log_ndtr = elementwise(
    "log_ndtr",
    sc.log_ndtr,
    lambda y, x: (hazard(x),),
    latex=r"\ln \Phi\left({0}\right)",
    doc="The logarithm of ndtr(x), which keeps its digits far to the left.",
)
ndtri = elementwise(
    "ndtri",
    sc.ndtri,
    lambda y, x: (ROOT_TWO_PI * exp(0.5 * square(y)),),
    latex=r"\Phi^{{-1}}\left({0}\right)",
    domain=((0.2, 0.8),),
    doc="The inverse of ndtr; NaN outside 0 to 1.",
)
erfinv = elementwise(
    "erfinv",
    sc.erfinv,
    lambda y, x: (HALF_ROOT_PI * exp(square(y)),),
    latex=r"\operatorname{{erf}}^{{-1}}\left({0}\right)",
    domain=((-0.7, 0.7),),
    doc="The inverse of erf; NaN outside -1 to 1.",
)
erfcinv = elementwise(
    "erfcinv",
    sc.erfcinv,
    lambda y, x: (-HALF_ROOT_PI * exp(square(y)),),
    latex=r"\operatorname{{erfc}}^{{-1}}\left({0}\right)",
    domain=((0.3, 1.7),),
    doc="The inverse of erfc; NaN outside 0 to 2.",
)


# --- the logistic distribution

logit = elementwise(
    "logit",
    sc.logit,
    lambda y, x: (1.0 / (x * (1.0 - x)),),
    latex=r"\operatorname{{logit}}\left({0}\right)",
    domain=((0.2, 0.8),),
    doc="log(x / (1 - x)), the inverse of sigmoid; NaN outside 0 to 1.",
)
log_expit = elementwise(
    "log_expit",
    sc.log_expit,
    lambda y, x: (sigmoid(-x),),
    aliases=("log_sigmoid", "logsigmoid"),
    latex=r"\ln \sigma\left({0}\right)",
    doc="The logarithm of sigmoid(x), without overflow.",
)


# --- gamma and beta

gamma = elementwise(
    "gamma",
    sc.gamma,
    lambda y, x: (y * digamma(x),),
    latex=r"\Gamma\left({0}\right)",
    domain=((0.5, 3),),
    doc="The gamma function, (x - 1)! for whole numbers.",
)
betaln = elementwise(
    "betaln",
    sc.betaln,
    lambda y, a, b: (digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)),
    operands="a b",
    commutative=True,
    latex=r"\ln\left|B\left({0}, {1}\right)\right|",
    domain=((0.5, 3),),
    nan_gradient="Poles of gamma(a) and gamma(a + b) may cancel in the value; their derivatives are inf - inf.",
    doc="The logarithm of the absolute value of the beta function.",
)
beta = elementwise(
    "beta",
    sc.beta,
    lambda y, a, b: (y * (digamma(a) - digamma(a + b)), y * (digamma(b) - digamma(a + b))),
    operands="a b",
    latex=r"B\left({0}, {1}\right)",
    domain=((0.5, 3),),
    nan_gradient="Poles of gamma(a) and gamma(a + b) may cancel in the value; their derivatives are inf - inf.",
    doc="The beta function, gamma(a) gamma(b) / gamma(a + b).",
)


# --- entropies: 0 log 0 is 0, and so are the derivatives through a factor of 0

xlogy = elementwise(
    "xlogy",
    sc.xlogy,
    lambda z, x, y: (log(y), divide(x, y, strong=True)),
    operands="x y",
    latex=r"{0} \ln {1}",
    domain=((-3, 3), (0.5, 3)),
    nan_gradient="Where x is 0 the value is 0 for a negative y too, whose logarithm, the derivative by x, is NaN.",
    doc="x log(y), which is 0 for x = 0 whatever y is.",
)
xlog1py = elementwise(
    "xlog1py",
    sc.xlog1py,
    lambda z, x, y: (log1p(y), divide(x, 1.0 + y, strong=True)),
    operands="x y",
    latex=r"{0} \ln\left(1 + {1}\right)",
    domain=((-3, 3), (-0.5, 3)),
    nan_gradient="Where x is 0 the value is 0 for a y below -1 too, where log(1 + y), the derivative by x, is NaN.",
    doc="x log(1 + y), which is 0 for x = 0 whatever y is.",
)
entr = elementwise(
    "entr",
    sc.entr,
    lambda y, x: (-(log(x) + 1.0),),
    domain=((0.5, 3),),
    doc="-x log(x), the summand of an entropy: 0 at 0, -inf for a negative x.",
)
rel_entr = elementwise(
    "rel_entr",
    sc.rel_entr,
    lambda z, x, y: (log(divide(x, y, strong=True)) + 1.0, -divide(x, y, strong=True)),
    operands="x y",
    domain=((0.5, 3),),
    doc="x log(x / y), the summand of a relative entropy: 0 for x = 0, inf for a negative x or y.",
)
kl_div = elementwise(
    "kl_div",
    sc.kl_div,
    lambda z, x, y: (log(divide(x, y, strong=True)), 1.0 - divide(x, y, strong=True)),
    operands="x y",
    domain=((0.5, 3),),
    doc="x log(x / y) - x + y, the summand of a divergence that is never negative.",
)


# --- Bessel functions of whole and broken order


def _jv(x: Any, *, v: float) -> Any:
    return sc.jv(v, x)


def _iv(x: Any, *, v: float) -> Any:
    """SciPy has NaN at subnormal numbers, where (x/2)^v / gamma(v+1) is exact: https://dlmf.nist.gov/10.30.E1."""
    y = sc.iv(v, x)
    tiny = (np.abs(x) < TINY) & (x != 0.0)
    if not np.any(tiny):
        return y
    order = abs(v) if v % 1 == 0 else v  # I_-n = I_n for whole n
    return np.where(tiny, x**order / np.exp2(order) * sc.rgamma(order + 1.0), y)[()]


jv: Op = elementwise(
    "jv",
    _jv,
    lambda y, x: (0.5 * (moved(y, x, v=y.param("v") - 1) - moved(y, x, v=y.param("v") + 1)),),
    arguments=("v", "x"),
    latex=r"J_{{{v}}}\left({0}\right)",
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
    domain=((0.5, 3),),
    samples=(sample((), v=0), sample((3,), v=2), sample((2, 3), v=0.5)),
    doc="The modified Bessel function of the first kind of order v.",
)
j0 = elementwise("j0", sc.j0, lambda y, x: (-j1(x),), latex=r"J_0\left({0}\right)", doc="jv(0, x).")
j1: Op = elementwise(
    "j1", sc.j1, lambda y, x: (0.5 * (j0(x) - jv(x, v=2)),), latex=r"J_1\left({0}\right)", doc="jv(1, x)."
)
i0 = elementwise("i0", sc.i0, lambda y, x: (i1(x),), latex=r"I_0\left({0}\right)", doc="iv(0, x).")
i1: Op = elementwise(
    "i1", sc.i1, lambda y, x: (0.5 * (i0(x) + iv(x, v=2)),), latex=r"I_1\left({0}\right)", doc="iv(1, x)."
)
