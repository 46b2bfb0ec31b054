"""Functions made of the gamma function: its reciprocal, binomial coefficients, its multivariate kind; and zeta.

Formulas are those of https://dlmf.nist.gov, chapters 5 and 25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.errors import BadCall
from adcore.graph import OPS, Node, Op
from adcore.ops.base import Hidden, composed, elementwise, moved, sample
from adcore.ops.elementwise.beta_functions import polygamma_drop
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.distributions import gamma
from adcore.ops.elementwise.elementary import cos, exp, sin
from adcore.ops.elementwise.rounding import floor, round_
from adcore.ops.elementwise.special import digamma, gammaln

# --- the reciprocal, which is entire


def reciprocal_slope(x: Node, y: Node) -> Node:
    """The derivative of y = 1 / gamma(x); to the left, where digamma has poles, by reflection: 5.5.E3."""
    nearest = round_(x)
    angle, sign = math.pi * (x - nearest), cos(math.pi * nearest)
    mirrored = gamma(1.0 - x)
    left = sign * mirrored * (cos(angle) - sin(angle) * digamma(1.0 - x) / math.pi)
    return where(OPS["less"](x, 0.5), left, -(y * digamma(x)))


rgamma: Op = elementwise(
    "rgamma",
    sc.rgamma,
    lambda y, x: (reciprocal_slope(x, y),),
    latex=r"\frac{{1}}{{\Gamma\left({0}\right)}}",
    nanoseconds=40.0,
    domain=((0.6, 3.0),),
    nan_gradient="Far to the left, gamma(1 - x) overflows.",
    doc="1 / gamma(x), which is 0 at 0, -1, -2, ....",
)


# --- binomial coefficients


def _binom_partials(y: Node, n: Node, k: Node) -> tuple[Node, Node]:
    """Where a factor of the denominator has a pole, y is 0 but its derivatives are not."""

    def is_pole(x: Node) -> Node:
        return OPS["logical_and"](OPS["less_equal"](x, 0.0), OPS["equal"](x, floor(x)))

    up, down, rest = n + 1.0, k + 1.0, n - k + 1.0
    at_pole = OPS["logical_or"](is_pole(down), is_pole(rest))
    a, b = rgamma(down), rgamma(rest)
    slope_a, slope_b = reciprocal_slope(down, a), reciprocal_slope(rest, b)
    by_n = where(at_pole, gamma(up) * a * (digamma(up) * b + slope_b), y * -polygamma_drop(rest, k, n=0))
    by_k = where(at_pole, gamma(up) * (slope_a * b - a * slope_b), y * (digamma(rest) - digamma(down)))
    return by_n, by_k


binom = elementwise(
    "binom",
    sc.binom,
    _binom_partials,
    operands="n k",
    latex=r"\binom{{{0}}}{{{1}}}",
    nanoseconds=95.0,
    domain=((4.0, 6.0), (0.5, 3.0)),
    nan_gradient="Where n is a negative whole number, or very large, derivatives are differences of infinities.",
    doc="The binomial coefficient, of broken numbers too.",
)


def _multigammaln(a: Node, *, d: int) -> Node:
    if not 1 <= d <= 1000:
        raise BadCall(f"the dimension of multigammaln is from 1 to 1000, and not {d}")
    total = gammaln(a)
    for j in range(1, d):
        total = total + gammaln(a - j / 2.0)
    total = total + d * (d - 1) / 4.0 * math.log(math.pi)
    least = (d - 1) / 2.0
    return where(OPS["greater"](a, least), total, math.nan)


multigammaln = composed(
    "multigammaln",
    _multigammaln,
    domain=((3.0, 5.0),),
    samples=(sample((), d=1), sample((3,), d=3)),
    doc="The logarithm of the multivariate gamma function of dimension d; NaN for a of (d - 1) / 2 or less.",
)


# --- zeta

SHIFT, CORRECTIONS = 12, 12
"""How many terms are added as they are, and how many of Bernoulli's correct the integral for the others."""


def _times(a: list[Any], b: list[Any]) -> list[Any]:
    """The product of two series in the change of s, to the same order."""
    return [sum(a[i] * b[k - i] for i in range(k + 1)) for k in range(len(a))]


def _zeta_derivative(s: Any, q: Any, n: int) -> Any:
    """The n-th derivative by s of the Hurwitz zeta function, by the formula of Euler and Maclaurin: 25.11.E5."""

    def power(base: Any, exponent: Any) -> list[Any]:
        """The series of base**-(exponent + change)."""
        value, slope = base**-exponent, -np.log(base)
        return [value * slope**k / math.factorial(k) for k in range(n + 1)]

    total = [sum(column) for column in zip(*(power(q + k, s) for k in range(SHIFT)), strict=True)]
    end = q + SHIFT
    inverse = [(-1.0) ** k / (s - 1.0) ** (k + 1) for k in range(n + 1)]
    last = power(end, s)
    terms = [[end * each for each in _times(last, inverse)], [0.5 * each for each in last]]
    rising = [s, np.ones_like(s), *[np.zeros_like(s)] * n][: n + 1]
    bernoulli = sc.bernoulli(2 * CORRECTIONS)
    for j in range(1, CORRECTIONS + 1):
        scale = bernoulli[2 * j] / math.factorial(2 * j) * end ** (1.0 - 2 * j)
        terms.append([scale * each for each in _times(last, rising)])
        for i in (2 * j - 1, 2 * j):
            rising = _times(rising, [s + i, np.ones_like(s), *[np.zeros_like(s)] * n][: n + 1])
    return math.factorial(n) * (total[n] + sum(term[n] for term in terms))


def _hurwitz_zeta(x: Any, q: Any, *, n: Hidden = 0) -> Any:
    if n == 0:
        return sc.zeta(x, q)
    x, q = np.broadcast_arrays(np.asarray(x, float), np.asarray(q, float))
    with np.errstate(all="ignore"):
        inside = (x > 1) & (q > 0)
        value = _zeta_derivative(np.where(inside, x, 2.0), np.where(inside, q, 1.0), n)
        # Where all powers of the sum overflow or vanish, so does the derivative.
        value = np.where(np.isnan(value), 0.0, value)
        return np.where(inside, value, np.nan)[()]


def _hurwitz_partials(y: Node, x: Node, q: Node) -> tuple[Node, Node]:
    n = y.param("n")
    by_q = -(x * moved(y, x + 1.0, q))
    return moved(y, x, q, n=n + 1), by_q - n * moved(y, x + 1.0, q, n=n - 1) if n else by_q


hurwitz_zeta: Op = elementwise(
    "hurwitz_zeta",
    _hurwitz_zeta,
    _hurwitz_partials,
    operands="x q",
    public=False,
    text=lambda x, q, *, n: f"zeta({x}, {q})" if n == 0 else f"zeta({x}, {q}, n={n})",
    readable=False,
    nanoseconds=350.0,
    domain=((1.5, 4.0), (0.5, 3.0)),
    doc="The Hurwitz zeta function or a derivative of it by x: the sum of (k + q)**-x.",
)


def _riemann_zeta(x: Any, *, n: Hidden = 0) -> Any:
    if n == 0:
        return sc.zeta(x)
    with np.errstate(all="ignore"):
        inside = x >= -0.5
        value = _zeta_derivative(np.where(inside, x, 2.0), 1.0, n)
        return np.where(inside, np.where(np.isnan(value) & (x > 2), 0.0, value), np.nan)[()]


def _riemann_partials(y: Node, x: Node) -> tuple[Node]:
    """To the left by the functional equation, 25.4.E1, differentiated."""
    n = y.param("n")
    right = moved(y, x, n=n + 1)
    if n:
        return (right,)
    mirrored, quarter = 1.0 - x, math.pi / 2.0
    scale = 2.0 * exp((x - 1.0) * math.log(2.0 * math.pi)) * gamma(mirrored)
    sine, cosine = sin(quarter * x), cos(quarter * x)
    value, slope = moved(y, mirrored), moved(y, mirrored, n=1)
    turned = (math.log(2.0 * math.pi) * sine + quarter * cosine - sine * digamma(mirrored)) * value - sine * slope
    return (where(OPS["less"](x, -0.5), scale * turned, right),)


riemann_zeta: Op = elementwise(
    "riemann_zeta",
    _riemann_zeta,
    _riemann_partials,
    public=False,
    text=lambda x, *, n: f"zeta({x})" if n == 0 else f"zeta({x}, n={n})",
    readable=False,
    nanoseconds=50.0,
    domain=((1.5, 4.0),),
    nan_gradient="Far to the left, the factors of the functional equation overflow.",
    doc="The Riemann zeta function, or a derivative of it.",
)


def _zeta(x: Node, q: Node | None = None) -> Node:
    return riemann_zeta(x) if q is None else hurwitz_zeta(x, q)


zeta = composed(
    "zeta",
    _zeta,
    domain=((1.5, 4.0), (0.5, 3.0)),
    samples=(sample(()), sample((3,), (3,))),
    nan_gradient="Far to the left, the factors of the functional equation overflow.",
    doc="The sum of (k + q)**-x over k = 0, 1, ...; without q the Riemann zeta function.",
)
