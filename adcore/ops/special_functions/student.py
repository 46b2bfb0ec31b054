"""Student's distribution and its inverse, of broken degrees of freedom too.

The derivatives by the degrees of freedom are those of the incomplete beta function by its parameter, see
``parameter_integrals``; for many, integrals of the derivatives of the density, which keep their digits. Infinite
degrees of freedom are those of the normal distribution.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import OPS, Node, Op
from adcore.ops.base import Hidden, copies, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide, multiply, square
from adcore.ops.elementwise.beta_functions import betaln_value, polygamma_difference
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.elementary import exp
from adcore.ops.elementwise.refusals import refuse_derivative
from adcore.ops.special_functions.parameter_integrals import DROP, NODES, WEIGHTS, betainc_by_parameters

HUGE = 1e150
"""From here on, squares overflow."""


# --- the density


def _rising(df: Any, n: int) -> Any:
    """The n-th derivative of psi(df / 2) - psi((df + 1) / 2) + 1 / df: what cancels for large df is taken out of the
    expansion, which follows from https://dlmf.nist.gov/5.11.E2."""
    half = 0.5 * df
    if n == 0:
        direct = polygamma_difference(half, 0.5, 0) + 1.0 / df
    else:
        direct = 0.5 * polygamma_difference(half, 0.5, 1) - 1.0 / (df * df)
    z = 1.0 / np.maximum(df, EXPANDED)
    w = z * z
    if n == 0:
        series = w * (-1 / 2 + w * (1 / 4 + w * (-1 / 2 + w * (17 / 8 + w * (-31 / 2)))))
    else:
        series = z * w * (1.0 + w * (-1.0 + w * (3.0 + w * (-17.0 + w * 155.0))))
    return np.where(df < EXPANDED, direct, series)


EXPANDED = 100.0
"""From these degrees of freedom on, the expansion has all digits."""


def _growth(df: Any, x: Any) -> Any:
    """log(1 + x**2 / df)."""
    ratio = np.abs(x / np.sqrt(df))
    return np.where(ratio < HUGE, np.log1p(ratio * ratio), 2.0 * np.log(ratio))


def _share(df: Any, q: Any) -> Any:
    """q / (df + q)."""
    return np.where(q < df, q / (df + q), 1.0 / (1.0 + df / q))


def _growth_excess(df: Any, x: Any) -> Any:
    """log(1 + u) - u / (1 + u) for u = x**2 / df."""
    u = x * x / df
    series = np.zeros_like(u)
    for k in range(16, 1, -1):
        series = (series + (-1.0) ** k * (k - 1.0) / k) * u
    return np.where(u < 0.05, series * u, _growth(df, x) - _share(df, x * x))


def _log_density(df: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        value = -0.5 * np.log(df) - betaln_value(0.5 * df, 0.5) - 0.5 * (df + 1.0) * _growth(df, x)
        return np.where(df == np.inf, -0.5 * x * x - 0.5 * math.log(2.0 * math.pi), value)[()]


def _score(df: Any, x: Any, *, n: Hidden) -> Any:
    with np.errstate(all="ignore"):
        q = x * x
        w = _share(df, q)
        if n == 1:
            value = -0.5 * (_growth_excess(df, x) - w / df + _rising(df, 0))
        else:
            rest = np.where(np.isinf(q), 1.0, (q - 2.0) / (df + q))
            value = 0.5 * w * (rest - w / df) / df - 0.5 * _rising(df, 1)
        return np.where(df == np.inf, 0.0, value)[()]


def _score_partials(y: Node, df: Node, x: Node) -> tuple[Node, Node]:
    n, w = y.param("n"), 1.0 / (df + square(x))
    by_x = x * (1.0 - square(x)) * square(w)
    if n == 1:
        return moved(y, df, x, n=2), by_x
    return refuse_derivative(df, reason=LAST_ORDER) * 0.0, -2.0 * by_x * w


LAST_ORDER = "the derivatives of stdtr by df are computed up to order 2"
OVERFLOW = "Beyond 1e150 the squares of operands exceed the range of float64."
_DEGREES = ((2.5, 2.5), (-3.0, 3.0))
student_score: Op = elementwise(
    "student_score",
    _score,
    _score_partials,
    operands="df x",
    public=False,
    text=lambda df, x, *, n: f"student_score({df}, {x}, n={n})",
    readable=False,
    nanoseconds=150.0,
    scratch=copies(16),
    domain=_DEGREES,
    nan_gradient=OVERFLOW,
    samples=(sample((), (3,), n=1),),
    doc="The n-th derivative by df of the logarithm of Student's density, which is of the order of df**(-n - 1).",
)


def _slope(df: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        ratio = np.where(np.abs(x) < 1.0, x / (1.0 + x * x / df), 1.0 / (1.0 / x + x / df))
        return np.where(df == np.inf, -x, -(1.0 + 1.0 / df) * ratio)[()]


def _slope_partials(y: Node, df: Node, x: Node) -> tuple[Node, Node]:
    """By terms they would cancel where df is large."""
    w = 1.0 / (df + square(x))
    by_x = where(OPS["isinf"](df), -1.0, -(df + 1.0) * w * ((df - square(x)) * w))
    return x * (1.0 - square(x)) * square(w), by_x


student_slope: Op = elementwise(
    "student_slope",
    _slope,
    _slope_partials,
    operands="df x",
    public=False,
    text="(-1 * ({0} + 1) * {1} / ({0} + square({1})))",
    nanoseconds=12.0,
    scratch=copies(16),
    domain=_DEGREES,
    nan_gradient=OVERFLOW,
    doc="The derivative of the logarithm of Student's density by x.",
)
student_log_density: Op = elementwise(
    "student_log_density",
    _log_density,
    lambda y, df, x: (student_score(df, x, n=1), student_slope(df, x)),
    operands="df x",
    public=False,
    text=lambda df, x: f"student_log_density({df}, {x})",
    readable=False,
    nanoseconds=110.0,
    scratch=copies(16),
    domain=_DEGREES,
    doc="The logarithm of Student's density at x, which is the normal density for infinite df.",
)


# --- the distribution

MANY = 20.0
"""From these degrees of freedom on, and close to 0, the derivatives by df are integrals of their own."""
CROSSING = math.sqrt(1.0 + math.sqrt(2.0))
"""Where the derivatives of the density by df change their sign, for large df."""


def _by_many(df: Any, x: Any, n: int) -> Any:
    """The integral of the n-th derivative of the density by df from x to the end or, as the whole vanishes, to 0: of
    whichever part its sign is the same."""
    size = np.abs(x)
    inner = size < CROSSING
    drop = 2.0 * DROP / (df + 1.0) + np.log1p(size * size / df)
    length = np.where(inner, size, np.sqrt(df * np.expm1(drop)) - size)
    s = np.where(inner, 0.0, size)[..., None] + length[..., None] * NODES
    columns = df[..., None]
    score = _score(columns, s, n=1)
    if n == 2:
        score = score * score + _score(columns, s, n=2)
    value = length * ((np.exp(_log_density(columns, s)) * score) @ WEIGHTS)
    return np.sign(x) * np.where(inner, value, -value)


def _by_few(df: Any, x: Any, n: int) -> Any:
    """By the chain rule through df / (df + x**2) and df / 2."""
    sign, ratio = np.sign(x), np.square(x / np.sqrt(df))
    w, rest = 1.0 / (1.0 + ratio), 1.0 / (1.0 + 1.0 / ratio)
    first = betainc_by_parameters(0.5 * df, 0.5, w, 1, 0, rest)
    log_w = -np.log1p(ratio)
    density = np.exp(_log_density(df, x))
    if n == 1:
        return -0.25 * sign * first - np.where(density > 0, density * x / (2.0 * df), 0.0)
    second = betainc_by_parameters(0.5 * df, 0.5, w, 2, 0, rest)
    by_a = log_w - sc.psi(0.5 * df) + sc.psi(0.5 * (df + 1.0))
    by_df = 0.5 * (by_a - 1.0 / df) + (df + 1.0) * rest / (2.0 * df)
    inner = 0.25 * by_a + 0.5 * by_df - 0.5 / df
    return -0.125 * sign * second - np.where(density > 0, x * density / df * inner, 0.0)


def _stdtr_by_df(df: Any, x: Any, *, n: Hidden) -> Any:
    """The n-th derivative by df, for n = 1 and 2."""
    df, x = np.broadcast_arrays(np.asarray(df, float), np.asarray(x, float))
    many = (df >= MANY) | ((np.abs(x) < 1.0) & (np.abs(x) < 0.3 * np.sqrt(df)))
    with np.errstate(all="ignore"):
        value = np.zeros(df.shape)
        for part, rule in ((many & np.isfinite(df), _by_many), (~many, _by_few)):
            if part.any():
                value[part] = rule(df[part], x[part], n)
        return np.where((df > 0) & np.isfinite(x), value, np.where(np.isinf(x), 0.0, np.nan))[()]


def _stdtr_by_df_partials(y: Node, df: Node, x: Node) -> tuple[Node, Node]:
    n = y.param("n")
    density, score = exp(student_log_density(df, x)), student_score(df, x, n=1)
    if n == 1:
        return moved(y, refuse_derivative(df, reason=LAST_ORDER), x, n=2), multiply(density, score, strong=1)
    # By df it refuses: its operand does.
    return y, multiply(density, square(score) + student_score(df, x, n=2), strong=1)


stdtr_by_df: Op = elementwise(
    "stdtr_by_df",
    _stdtr_by_df,
    _stdtr_by_df_partials,
    operands="df t",
    public=False,
    text=lambda df, t, *, n: f"stdtr_by_df({df}, {t}, n={n})",
    readable=False,
    work=lambda node: 80 * len(NODES) * node.type.size,
    nanoseconds=5.0,
    scratch=copies(2000),
    domain=((2.5, 2.5), (-3.0, 3.0)),
    samples=(sample((), (3,), n=1),),
    doc="The n-th derivative of stdtr by df.",
)


def _stdtr_partials(y: Node, df: Node, t: Node) -> tuple[Node, Node]:
    return stdtr_by_df(df, t, n=1), exp(student_log_density(df, t))


stdtr = elementwise(
    "stdtr",
    sc.stdtr,
    _stdtr_partials,
    operands="df t",
    nanoseconds=250.0,
    domain=((2.5, 2.5), (-3.0, 3.0)),
    samples=(sample((), (3,)),),
    doc="Student's distribution: the probability that a number of df degrees of freedom is less than t.",
)


def _stdtrit_partials(t: Node, df: Node, p: Node) -> tuple[Node, Node]:
    density = exp(student_log_density(df, t))
    return -divide(stdtr_by_df(df, t, n=1), density, strong=True), 1.0 / density


stdtrit = elementwise(
    "stdtrit",
    sc.stdtrit,
    _stdtrit_partials,
    operands="df p",
    nanoseconds=400.0,
    domain=((2.5, 2.5), (0.2, 0.8)),
    samples=(sample((), (3,)),),
    doc="The t whose stdtr(df, t) is p; NaN outside 0 to 1.",
)
