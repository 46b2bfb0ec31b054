"""The beta function and its logarithm, by differences of polygamma functions that keep their digits."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, copies, elementwise, moved, sample
from adcore.ops.elementwise.special import digamma_value, gammaln_value, polygamma, polygamma_value

TERMS = 11
"""Of the asymptotic series, which are enough for arguments from ``LARGE`` on."""
LARGE = 12


@functools.cache
def _bernoulli() -> tuple[float, ...]:
    """The Bernoulli numbers of even index, from 2 on."""
    return tuple(map(float, sc.bernoulli(2 * TERMS)[2::2]))


def _drop(x: Any, log_growth: Any, power: int) -> Any:
    """x**-power - (x + b)**-power, for the logarithm of (x + b) / x."""
    return -(x ** -float(power)) * np.expm1(-power * log_growth)


def _log_growth(x: Any, b: Any) -> Any:
    """log((x + b) / x), also where the ratio exceeds the range of float64."""
    ratio = b / x
    return np.where(np.isinf(ratio), np.log(x + b) - np.log(x), np.log1p(ratio))


def _positive_difference(a: Any, b: Any, n: int) -> Any:
    """By recurrence to large arguments, and there by the asymptotic series, https://dlmf.nist.gov/5.11 and 5.15.E8, all
    of them as differences of powers and logarithms that have one sign."""
    sign, factorial = (-1.0) ** n, math.factorial(max(n, 0))
    total, x = np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b))), a
    for _ in range(LARGE + max(n, 0)):
        small = x < LARGE + max(n, 0)
        growth = _log_growth(x, b)
        total = total + np.where(small, growth if n < 0 else -sign * factorial * _drop(x, growth, n + 1), 0.0)
        x = np.where(small, x + 1.0, x)
    growth = _log_growth(x, b)
    if n < 0:
        total = total - (x + b - 0.5) * growth + b - b * np.log(x)
        series = [
            number / (2 * k * (2 * k - 1)) * _drop(x, growth, 2 * k - 1) for k, number in enumerate(_bernoulli(), 1)
        ]
        return total + sum(reversed(series), start=0.0)
    first = growth if n == 0 else math.factorial(n - 1) * _drop(x, growth, n)
    series = [
        number * math.factorial(2 * k + n - 1) / math.factorial(2 * k) * _drop(x, growth, 2 * k + n)
        for k, number in enumerate(_bernoulli(), 1)
    ]
    return total - sign * (first + (factorial / 2 * _drop(x, growth, n + 1) + sum(reversed(series), start=0.0)))


def polygamma_difference(a: Any, b: Any, n: int) -> Any:
    """psi_n(a) - psi_n(a + b), where psi_-1 is the logarithm of the absolute value of gamma."""
    function: Callable[[Any], Any] = (
        gammaln_value if n < 0 else digamma_value if n == 0 else functools.partial(polygamma_value, n=n)
    )
    usual = (a > 0.0) & (b > 0.0) & (a < np.inf) & (b < np.inf)
    if np.all(usual):
        return _positive_difference(a, b, n)[()]
    plain = function(a) - function(a + b)
    if not np.any(usual):
        return plain
    return np.where(usual, _positive_difference(np.where(usual, a, 1.0), np.where(usual, b, 1.0), n), plain)[()]


def _polygamma_drop(a: Any, b: Any, *, n: Hidden) -> Any:
    return polygamma_difference(a, b, n)


polygamma_drop: Op = elementwise(
    "polygamma_drop",
    _polygamma_drop,
    lambda y, a, b: (moved(y, a, b, n=y.param("n") + 1), -polygamma(a + b, n=y.param("n") + 1)),
    operands="a b",
    public=False,
    nanoseconds=3000.0,
    scratch=copies(17),
    domain=((0.5, 3),),
    samples=tuple(sample((3,), (3,), n=n) for n in (0, 1, 2)),
    nan_gradient="Poles at a and a + b may cancel in the value; their derivatives are inf - inf.",
    doc="The fall of the polygamma function of order n from a to a + b.",
)


def betaln_value(a: Any, b: Any) -> Any:
    low, high = np.minimum(a, b), np.maximum(a, b)
    usual = (low > 0.0) & (high < np.inf)
    if not np.any(usual):
        return sc.betaln(a, b)
    ours = gammaln_value(np.where(usual, low, 1.0)) + polygamma_difference(
        np.where(usual, high, 1.0), np.where(usual, low, 1.0), -1
    )
    return ours if np.all(usual) else np.where(usual, ours, sc.betaln(a, b))[()]


def _beta(a: Any, b: Any) -> Any:
    """SciPy's, but without its NaN for large operands."""
    out = sc.beta(a, b)
    if not np.any(np.isnan(out)):
        return out
    return np.where(np.isnan(out) & (a > 0.0) & (b > 0.0), np.exp(betaln_value(a, b)), out)[()]


def _slopes(a: Node, b: Node) -> tuple[Node, Node]:
    return polygamma_drop(a, b, n=0), polygamma_drop(b, a, n=0)


betaln = elementwise(
    "betaln",
    betaln_value,
    lambda y, a, b: _slopes(a, b),
    operands="a b",
    commutative=True,
    latex=r"\ln\left|B\left({0}, {1}\right)\right|",
    nanoseconds=1500.0,
    scratch=copies(23),
    domain=((0.5, 3),),
    nan_gradient="Poles of gamma(a) and gamma(a + b) may cancel in the value; their derivatives are inf - inf.",
    doc="The logarithm of the absolute value of the beta function.",
)
beta = elementwise(
    "beta",
    _beta,
    lambda y, a, b: tuple(y * slope for slope in _slopes(a, b)),
    operands="a b",
    latex=r"B\left({0}, {1}\right)",
    nanoseconds=70.0,
    domain=((0.5, 3),),
    nan_gradient="Poles of gamma(a) and gamma(a + b) may cancel in the value; their derivatives are inf - inf.",
    doc="The beta function, gamma(a) gamma(b) / gamma(a + b).",
)
