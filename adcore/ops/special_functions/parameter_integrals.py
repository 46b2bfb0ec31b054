"""The incomplete gamma and beta functions differentiated by their parameters, which has no closed form: by quadrature.

Both are integrals of a density f, so their derivatives are integrals of f times a polynomial in d log f / d parameter
(the complete Bell polynomials). These vanish over the whole range, so either tail may be taken: the one where the
integrand keeps its sign, to lose no digits. In the variable v, the logarithm (the logit) of t by its mode, log f is
concave and entire; each panel, mode to end, is integrated by the tanh-sinh rule (Takahasi and Mori, RIMS 9, 1974).

Relative errors are below 1e-11, but for parameters a below 1e-3, where second derivatives are differences of terms like
1 / a**2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sc

LARGEST_ORDER = 4
"""The highest order of a derivative by the parameters together that is computed."""
DROP = 46.0
"""Where the density is smaller than its largest value by this exponent, the integral ends."""


def _tanh_sinh(count: int, reach: float) -> tuple[Any, Any]:
    """Nodes and weights on 0 to 1."""
    t = np.linspace(-reach, reach, count)
    nodes = sc.expit(np.pi * np.sinh(t))
    weights = (t[1] - t[0]) * np.pi * np.cosh(t) * nodes * sc.expit(-np.pi * np.sinh(t))
    return nodes, weights


NODES, WEIGHTS = _tanh_sinh(241, 3.1)
LEAST = 1e-290
"""Parameters below it have the derivatives that this one has."""
CHUNK = 1024
"""How many integrals are computed at once, which bounds the memory."""


# --- logarithms of gamma functions without their leading terms


def stirling_error(a: Any) -> Any:
    """log gamma(a) - ((a - 1/2) log a - a + log(2 pi) / 2): https://dlmf.nist.gov/5.11.E1."""
    large = np.maximum(a, 16.0)
    z = 1.0 / (large * large)
    series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360)))))) / large
    small = np.minimum(a, 16.0)
    direct = sc.gammaln(small) - (small - 0.5) * np.log(small) + small - 0.5 * math.log(2.0 * math.pi)
    return np.where(a < 16.0, direct, series)


def log_less_digamma(a: Any) -> Any:
    """log(a) - digamma(a): https://dlmf.nist.gov/5.11.E2."""
    large = np.maximum(a, 16.0)
    z = 1.0 / (large * large)
    tail = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760))))))
    return np.where(a < 16.0, np.log(a) - sc.psi(a), 0.5 / large + tail)


def exponential_excess(v: Any) -> Any:
    """exp(v) - 1 - v."""
    series = v * v * (0.5 + v * (1 / 6 + v * (1 / 24 + v * (1 / 120 + v * (1 / 720 + v * (1 / 5040 + v / 40320))))))
    return np.where(np.abs(v) < 0.03, series, np.expm1(v) - v)


def bernoulli_excess(v: Any, p: Any, q: Any) -> Any:
    """log(q + p exp(v)) - p v for p + q = 1, which is p q v**2 / 2 and more."""
    w = p * q
    cumulants = 0.5 + v * ((q - p) / 6 + v * ((1 - 6 * w) / 24 + v * (q - p) * (1 - 12 * w) / 120))
    right = q * v + np.log1p(q * np.expm1(-np.abs(v)))
    left = -p * v + np.log1p(p * np.expm1(-np.abs(v)))
    return np.where(np.abs(v) < 1e-3, w * v * v * cumulants, np.where(v > 0, right, left))


# --- complete Bell polynomials


def bell_polynomial(n: int, m: int, cumulant: Callable[[int, int], Any]) -> Any:
    """(d/da)^n (d/db)^m f / f, where ``cumulant(i, j)`` is (d/da)^i (d/db)^j log f."""
    known: dict[tuple[int, int], Any] = {(0, 0): 1.0}
    for i in range(n + 1):
        for j in range(m + 1):
            if (i, j) != (0, 0):
                # One derivative, by a where there is one, is that of log f times f; the others follow Leibniz's rule.
                first = (1, 0) if i else (0, 1)
                rest = (i - first[0], j - first[1])
                known[i, j] = sum(
                    math.comb(rest[0], k)
                    * math.comb(rest[1], h)
                    * known[rest[0] - k, rest[1] - h]
                    * cumulant(first[0] + k, first[1] + h)
                    for k in range(rest[0] + 1)
                    for h in range(rest[1] + 1)
                )
    return known[n, m]


# --- the integrals


def _by_chunks(one: Callable[..., Any], *operands: Any) -> Any:
    operands = np.broadcast_arrays(*operands)
    shape = operands[0].shape
    flat = [np.ravel(x) for x in operands]
    parts = [one(*[x[i : i + CHUNK, None] for x in flat]) for i in range(0, flat[0].size, CHUNK)]
    return np.concatenate(parts).reshape(shape)[()] if parts else np.zeros(shape)


def _integrated(start: Any, reach_left: Any, reach_right: Any, crossing: Any, integrand: Callable[[Any], Any]) -> Any:
    """The integral from the left up to ``start``, by whichever tail; the mode is at 0."""
    left = start < crossing
    side = np.where(left, -1.0, 1.0)
    beyond = np.where(left, np.minimum(start, 0.0), np.maximum(start, 0.0))
    length = np.where(left, reach_left, reach_right)
    total = (length * integrand(beyond + side * length * NODES)) @ WEIGHTS
    between = np.abs(start - beyond)
    if np.any(between):
        total = total + (between * integrand(beyond - side * between * NODES)) @ WEIGHTS
    return -side[:, 0] * total


def gammainc_by_parameter(a: Any, x: Any, n: int) -> Any:
    """The n-th derivative by a of the regularised lower incomplete gamma function, for n >= 1."""

    def one(a: Any, x: Any) -> Any:
        positive, a = a > 0, np.maximum(a, LEAST)
        excess = log_less_digamma(a)
        psi = [sc.polygamma(k, a) for k in range(1, n)]
        peak = np.exp(-stirling_error(a)) * np.sqrt(a / (2.0 * math.pi))

        def integrand(v: Any) -> Any:
            density = np.exp(-a * exponential_excess(v))
            return density * bell_polynomial(n, 0, lambda i, _: v + excess if i == 1 else -psi[i - 2])

        start = np.where(x > 0, np.log(x) - np.log(a), -np.inf)
        ratio = DROP / a
        root = np.sqrt(2.0 * ratio)
        slope = DROP / np.abs(x - a)
        left = np.minimum(np.minimum(ratio + 1.0, root + ratio), np.where(x < a, slope, np.inf))
        right = np.minimum(root, np.log1p((ratio + np.log1p(ratio + root)) * np.minimum(1.0, a / x)))
        right = np.minimum(right, np.where(x > a, slope, np.inf))
        inside = (x > 0) & np.isfinite(x) & positive
        values = peak[:, 0] * _integrated(np.where(inside, start, 0.0), left, right, -excess, integrand)
        at_ends = np.where((a >= 0) & (x >= 0), 0.0, np.nan)
        return np.where(inside[:, 0], values, at_ends[:, 0])

    with np.errstate(all="ignore"):
        return _by_chunks(one, a, x)


def betainc_by_parameters(a: Any, b: Any, x: Any, n: int, m: int, rest: Any = None) -> Any:
    """The n-th derivative by a and m-th by b of the regularised incomplete beta function, for n + m >= 1.

    ``rest`` is 1 - x, where the caller knows it to more digits.
    """

    def one(a: Any, b: Any, x: Any, rest: Any) -> Any:
        valid = (a >= 0) & (b >= 0) & (x >= 0) & (rest >= 0)
        inside = (x > 0) & (rest > 0) & (a > 0) & (b > 0) & np.isfinite(a + b)
        a, b = np.maximum(a, LEAST), np.maximum(b, LEAST)
        total = a + b
        p, q = a / total, b / total
        whole = log_less_digamma(total)
        excess_a, excess_b = log_less_digamma(a) - whole, log_less_digamma(b) - whole
        psi_a, psi_b, psi = ([sc.polygamma(k, y) for k in range(1, n + m)] for y in (a, b, total))
        peak = np.exp(stirling_error(total) - stirling_error(a) - stirling_error(b))
        peak = peak * np.sqrt(a) * np.sqrt(q / (2.0 * math.pi))

        def integrand(v: Any) -> Any:
            spread = bernoulli_excess(v, p, q)
            # log(t / p) and log((1 - t) / q)
            log_t, log_rest = q * v - spread, -p * v - spread

            def cumulant(i: int, j: int) -> Any:
                if i + j == 1:
                    return log_t + excess_a if i else log_rest + excess_b
                own = psi_a[i - 2] if j == 0 else psi_b[j - 2] if i == 0 else 0.0
                return psi[i + j - 2] - own

            return np.exp(-total * spread) * bell_polynomial(n, m, cumulant)

        start = np.where(inside, np.log(x) - np.log(rest) - np.log(a) + np.log(b), 0.0)
        ratio = DROP / (total * p * q)
        root = np.sqrt(2.0 * ratio) + ratio
        slope = DROP / np.abs(x * total - a)
        left = np.minimum(root, DROP / a - np.log(q) / p)
        right = np.minimum(root, DROP / b - np.log(p) / q)
        left = np.minimum(left, np.where(start < 0, slope, np.inf))
        right = np.minimum(right, np.where(start > 0, slope, np.inf))
        # Where the integrand changes its sign, as a v.
        t = np.exp(-excess_a) * p if n else -np.expm1(np.log(q) - excess_b)
        crossing = np.log(t) - np.log1p(-t) - np.log(a) + np.log(b)
        values = peak[:, 0] * _integrated(start, left, right, crossing, integrand)
        at_ends = np.where(valid, 0.0, np.nan)
        return np.where(inside[:, 0], values, at_ends[:, 0])

    with np.errstate(all="ignore"):
        return _by_chunks(one, a, b, x, 1.0 - x if rest is None else rest)
