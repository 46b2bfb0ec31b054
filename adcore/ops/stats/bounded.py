"""Distributions on a half line or an interval: uniform, exponential, gamma, chi-squared, beta, log-normal, Weibull."""

from __future__ import annotations

import math
from collections.abc import Callable

from adcore.graph import OPS, Node
from adcore.ops.elementwise.arithmetic import power, square
from adcore.ops.elementwise.beta_functions import betaln
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.distributions import log_ndtr, ndtr, ndtri
from adcore.ops.elementwise.elementary import exp, expm1, log, log1p
from adcore.ops.elementwise.entropies import xlog1py, xlogy
from adcore.ops.elementwise.special import gammaln
from adcore.ops.special_functions.densities import beta_density, gamma_density
from adcore.ops.special_functions.incomplete import betainc, betaincc, betaincinv, gammainc, gammaincc, gammaincinv
from adcore.ops.stats.location_scale import (
    Functions,
    Standard,
    distribution,
    from_zero,
    log_of_rest,
    log_probability,
    up_to_one,
)

LN2 = math.log(2.0)


# --- uniform

distribution(
    "uniform",
    "uniform",
    Functions(
        pdf=from_zero(0.0, up_to_one(0.0, lambda z: where(OPS["isnan"](z), z, 1.0))),
        logpdf=from_zero(-math.inf, up_to_one(-math.inf, lambda z: where(OPS["isnan"](z), z, 0.0))),
        cdf=from_zero(0.0, up_to_one(1.0, lambda z: z)),
        sf=from_zero(1.0, up_to_one(0.0, lambda z: 1.0 - z)),
        logcdf=from_zero(-math.inf, up_to_one(0.0, log)),
        logsf=from_zero(0.0, up_to_one(-math.inf, lambda z: log1p(-z))),
        ppf=lambda q: q,
    ),
    domain=(0.2, 0.8),
)


# --- exponential

distribution(
    "expon",
    "exponential",
    Functions(
        pdf=from_zero(0.0, lambda z: exp(-z)),
        logpdf=from_zero(-math.inf, lambda z: -z),
        cdf=from_zero(0.0, lambda z: -expm1(-z)),
        sf=from_zero(1.0, lambda z: exp(-z)),
        logcdf=from_zero(-math.inf, log_of_rest),
        logsf=from_zero(0.0, lambda z: -z),
        ppf=lambda q: -log1p(-q),
    ),
    domain=(0.5, 3.0),
    nan_at_extremes=("pdf", "logpdf"),
)


# --- gamma and chi-squared

distribution(
    "gamma",
    "gamma",
    Functions(
        pdf=from_zero(0.0, lambda z, a: gamma_density(a, z)),
        logpdf=from_zero(-math.inf, lambda z, a: xlogy(a - 1.0, z) - z - gammaln(a)),
        cdf=from_zero(0.0, lambda z, a: gammainc(a, z)),
        sf=from_zero(1.0, lambda z, a: gammaincc(a, z)),
        logcdf=from_zero(-math.inf, lambda z, a: log_probability(gammainc(a, z), gammaincc(a, z))),
        logsf=from_zero(0.0, lambda z, a: log_probability(gammaincc(a, z), gammainc(a, z))),
        ppf=lambda q, a: gammaincinv(a, q),
    ),
    shapes=("a",),
    domain=(0.5, 3.0),
    nan_at_extremes=("pdf", "logpdf"),
)


def _chi2_logpdf(z: Node, df: Node) -> Node:
    half = 0.5 * df
    return xlogy(half - 1.0, z) - 0.5 * z - gammaln(half) - LN2 * half


distribution(
    "chi2",
    "chi-squared",
    Functions(
        pdf=from_zero(0.0, lambda z, df: 0.5 * gamma_density(0.5 * df, 0.5 * z)),
        logpdf=from_zero(-math.inf, _chi2_logpdf),
        cdf=from_zero(0.0, lambda z, df: gammainc(0.5 * df, 0.5 * z)),
        sf=from_zero(1.0, lambda z, df: gammaincc(0.5 * df, 0.5 * z)),
        logcdf=from_zero(
            -math.inf, lambda z, df: log_probability(gammainc(0.5 * df, 0.5 * z), gammaincc(0.5 * df, 0.5 * z))
        ),
        logsf=from_zero(0.0, lambda z, df: log_probability(gammaincc(0.5 * df, 0.5 * z), gammainc(0.5 * df, 0.5 * z))),
        ppf=lambda q, df: 2.0 * gammaincinv(0.5 * df, q),
    ),
    shapes=("df",),
    domain=(0.5, 3.0),
    nan_at_extremes=("pdf", "logpdf"),
)


# --- beta


def _beta_logpdf(z: Node, a: Node, b: Node) -> Node:
    return xlog1py(b - 1.0, -z) + xlogy(a - 1.0, z) - betaln(a, b)


distribution(
    "beta",
    "beta",
    Functions(
        pdf=from_zero(0.0, up_to_one(0.0, lambda z, a, b: beta_density(a, b, z))),
        logpdf=from_zero(-math.inf, up_to_one(-math.inf, _beta_logpdf)),
        cdf=from_zero(0.0, up_to_one(1.0, lambda z, a, b: betainc(a, b, z))),
        sf=from_zero(1.0, up_to_one(0.0, lambda z, a, b: betaincc(a, b, z))),
        logcdf=from_zero(
            -math.inf, up_to_one(0.0, lambda z, a, b: log_probability(betainc(a, b, z), betaincc(a, b, z)))
        ),
        logsf=from_zero(
            0.0, up_to_one(-math.inf, lambda z, a, b: log_probability(betaincc(a, b, z), betainc(a, b, z)))
        ),
        ppf=lambda q, a, b: betaincinv(a, b, q),
    ),
    shapes=("a", "b"),
    domain=(0.2, 0.8),
    nan_at_extremes=("pdf", "cdf", "sf", "logcdf", "logsf", "ppf"),
)


# --- log-normal


def _lognorm_log_density(z: Node, s: Node) -> Node:
    return -0.5 * square(log(z) / s) - log(z) - log(s) - 0.5 * math.log(2.0 * math.pi)


def _above_zero(value: float, inside: Standard) -> Standard:
    """The logarithm makes 0 a part of what is outside."""
    return lambda z, s: where(OPS["less_equal"](z, 0.0), value, inside(z, s))


distribution(
    "lognorm",
    "log-normal",
    Functions(
        pdf=_above_zero(0.0, lambda z, s: exp(_lognorm_log_density(z, s))),
        logpdf=_above_zero(-math.inf, _lognorm_log_density),
        cdf=_above_zero(0.0, lambda z, s: ndtr(log(z) / s)),
        sf=_above_zero(1.0, lambda z, s: ndtr(-(log(z) / s))),
        logcdf=_above_zero(-math.inf, lambda z, s: log_ndtr(log(z) / s)),
        logsf=_above_zero(0.0, lambda z, s: log_ndtr(-(log(z) / s))),
        ppf=lambda q, s: exp(s * ndtri(q)),
    ),
    shapes=("s",),
    domain=(0.5, 3.0),
    nan_at_extremes=("logpdf",),
)


# --- Weibull

FAR = 1e3
"""Beyond, exp(-u) is less than the least positive number."""


def _weibull(value: float, inside: Callable[[Node, Node, Node], Node]) -> Standard:
    """``inside`` from u = z**c, z and c; ``value`` where exp(-u) vanishes."""

    def guarded(z: Node, c: Node) -> Node:
        u = power(z, c)
        return where(OPS["greater"](u, FAR), value, inside(u, z, c))

    return guarded


distribution(
    "weibull_min",
    "Weibull",
    Functions(
        pdf=from_zero(0.0, _weibull(0.0, lambda u, z, c: c * power(z, c - 1.0) * exp(-u))),
        logpdf=from_zero(-math.inf, lambda z, c: log(c) + xlogy(c - 1.0, z) - power(z, c)),
        cdf=from_zero(0.0, _weibull(1.0, lambda u, z, c: -expm1(-u))),
        sf=from_zero(1.0, _weibull(0.0, lambda u, z, c: exp(-u))),
        logcdf=from_zero(-math.inf, _weibull(0.0, lambda u, z, c: log_of_rest(u))),
        logsf=from_zero(0.0, lambda z, c: -power(z, c)),
        ppf=lambda q, c: power(-log1p(-q), 1.0 / c),
    ),
    shapes=("c",),
    domain=(0.5, 3.0),
    nan_at_extremes=("pdf", "logpdf", "ppf"),
)
