"""Distributions on the whole line: normal, Laplace, logistic, Cauchy and Student's."""

from __future__ import annotations

import math

from adcore.graph import OPS, Node
from adcore.ops.elementwise.arithmetic import square
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.distributions import log_expit, log_ndtr, logit, ndtr, ndtri
from adcore.ops.elementwise.elementary import arctan2, cauchy, exp, log, log1p, log1p_square, tan
from adcore.ops.elementwise.rounding import absolute
from adcore.ops.elementwise.special import logistic_density, logistic_log_density, sigmoid
from adcore.ops.special_functions.student import stdtr, stdtrit, student_log_density
from adcore.ops.stats.location_scale import Functions, distribution, log_probability

ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
LN2 = math.log(2.0)

# --- normal

FAR = 40.0
"""Beyond, the normal density is less than the least positive number."""


def _norm_pdf(z: Node) -> Node:
    return where(OPS["greater"](absolute(z), FAR), 0.0, exp(-0.5 * square(z)) / ROOT_TWO_PI)


distribution(
    "norm",
    "normal",
    Functions(
        pdf=_norm_pdf,
        logpdf=lambda z: -0.5 * square(z) - math.log(ROOT_TWO_PI),
        cdf=ndtr,
        sf=lambda z: ndtr(-z),
        logcdf=log_ndtr,
        logsf=lambda z: log_ndtr(-z),
        ppf=ndtri,
    ),
    nan_at_extremes=("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"),
)


# --- Laplace


def _laplace_cdf(z: Node) -> Node:
    return where(OPS["greater"](z, 0.0), 1.0 - 0.5 * exp(-z), 0.5 * exp(z))


def _laplace_logcdf(z: Node) -> Node:
    return where(OPS["greater"](z, 0.0), log1p(-0.5 * exp(-z)), z - LN2)


distribution(
    "laplace",
    "Laplace",
    Functions(
        pdf=lambda z: 0.5 * exp(-absolute(z)),
        logpdf=lambda z: -absolute(z) - LN2,
        cdf=_laplace_cdf,
        sf=lambda z: _laplace_cdf(-z),
        logcdf=_laplace_logcdf,
        logsf=lambda z: _laplace_logcdf(-z),
        ppf=lambda q: where(OPS["greater"](q, 0.5), -log(2.0 * (1.0 - q)), log(2.0 * q)),
    ),
    domain=(0.5, 3.0),
    nan_at_extremes=("pdf", "logpdf"),
)


# --- logistic

distribution(
    "logistic",
    "logistic",
    Functions(
        pdf=logistic_density,
        logpdf=logistic_log_density,
        cdf=sigmoid,
        sf=lambda z: sigmoid(-z),
        logcdf=log_expit,
        logsf=lambda z: log_expit(-z),
        ppf=logit,
    ),
    nan_at_extremes=("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"),
)


# --- Cauchy


def _cauchy_cdf(z: Node) -> Node:
    return arctan2(1.0, -z) / math.pi


def _cauchy_ppf(q: Node) -> Node:
    """By the cotangent near both ends, where the tangent loses digits."""
    left, right = -1.0 / tan(math.pi * q), 1.0 / tan(math.pi * (1.0 - q))
    middle = tan(math.pi * (q - 0.5))
    return where(OPS["less"](q, 0.25), left, where(OPS["greater"](q, 0.75), right, middle))


distribution(
    "cauchy",
    "Cauchy",
    Functions(
        pdf=lambda z: cauchy(z) / math.pi,
        logpdf=lambda z: -log1p_square(z) - math.log(math.pi),
        cdf=_cauchy_cdf,
        sf=lambda z: _cauchy_cdf(-z),
        logcdf=lambda z: log_probability(_cauchy_cdf(z), _cauchy_cdf(-z)),
        logsf=lambda z: log_probability(_cauchy_cdf(-z), _cauchy_cdf(z)),
        ppf=_cauchy_ppf,
    ),
    nan_at_extremes=("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"),
)


# --- Student

distribution(
    "t",
    "Student's t",
    Functions(
        pdf=lambda z, df: exp(student_log_density(df, z)),
        logpdf=lambda z, df: student_log_density(df, z),
        cdf=lambda z, df: stdtr(df, z),
        sf=lambda z, df: stdtr(df, -z),
        logcdf=lambda z, df: log_probability(stdtr(df, z), stdtr(df, -z)),
        logsf=lambda z, df: log_probability(stdtr(df, -z), stdtr(df, z)),
        ppf=lambda q, df: where(OPS["equal"](q, 0.0), -math.inf, stdtrit(df, q)),
    ),
    shapes=("df",),
    shape_domain=(2.5, 2.5),
    nan_at_extremes=("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"),
)
