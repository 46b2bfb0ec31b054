"""Student's distribution and its inverse, of broken degrees of freedom too.

The derivative by the degrees of freedom, while x / sqrt(df) stays, is one of the incomplete beta function by its
parameter; see ``parameter_integrals``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import OPS, Node, Op
from adcore.ops.base import Hidden, copies, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide, multiply, sqrt, square
from adcore.ops.elementwise.beta_functions import betaln, polygamma_drop
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.elementary import exp, log, log1p
from adcore.ops.elementwise.refusals import refuse_derivative
from adcore.ops.elementwise.rounding import absolute
from adcore.ops.special_functions.parameter_integrals import NODES, betainc_by_parameters

HUGE = 1e150
"""From here on, squares overflow."""


def log1p_square(x: Node) -> Node:
    """log(1 + x**2), whose square does not overflow."""
    size = absolute(x)
    return where(OPS["less"](size, HUGE), log1p(square(x)), 2.0 * log(size))


def student_log_density(df: Node, x: Node) -> Node:
    """The logarithm of the density at x."""
    return -0.5 * log(df) - betaln(0.5 * df, 0.5) - 0.5 * (df + 1.0) * log1p_square(x / sqrt(df))


def _log_density_by_df(df: Node, x: Node, order: int) -> Node:
    """The first or the second derivative of the logarithm of the density by df."""
    squared = square(x)
    whole = df * (df + squared)
    rise = divide((df + 1.0) * squared, 2.0 * whole, strong=True)
    if order == 1:
        ends = polygamma_drop(0.5 * df, 0.5, n=0)
        return -0.5 * (ends + 1.0 / df + log1p_square(x / sqrt(df))) + rise
    ends = polygamma_drop(0.5 * df, 0.5, n=1)
    rest = squared / whole - rise * (2.0 * df + squared) / whole
    return rest + 0.5 / square(df) - 0.25 * ends


# --- the distribution


def _stdtr_by_df(df: Any, x: Any, *, n: Hidden) -> Any:
    """The n-th derivative by df, for n = 1 and 2, by the chain rule through df / (df + x**2) and df / 2."""
    with np.errstate(all="ignore"):
        sign, ratio = np.sign(x), np.square(x / np.sqrt(df))
        w, rest = 1.0 / (1.0 + ratio), 1.0 / (1.0 + 1.0 / ratio)
        first = betainc_by_parameters(0.5 * df, 0.5, w, 1, 0, rest)
        log_w = -np.log1p(ratio)
        density = np.exp(0.5 * (df + 1.0) * log_w - 0.5 * np.log(df) - sc.betaln(0.5 * df, 0.5))
        if n == 1:
            value = -0.25 * sign * first - np.where(density > 0, density * x / (2.0 * df), 0.0)
        else:
            second = betainc_by_parameters(0.5 * df, 0.5, w, 2, 0, rest)
            by_a = log_w - sc.psi(0.5 * df) + sc.psi(0.5 * (df + 1.0))
            by_df = 0.5 * (by_a - 1.0 / df) + (df + 1.0) * rest / (2.0 * df)
            inner = 0.25 * by_a + 0.5 * by_df - 0.5 / df
            value = -0.125 * sign * second - np.where(density > 0, x * density / df * inner, 0.0)
        return np.where((df > 0) & np.isfinite(x), value, np.where(np.isinf(x), 0.0, np.nan))[()]


def _stdtr_by_df_partials(y: Node, df: Node, x: Node) -> tuple[Node, Node]:
    n = y.param("n")
    density = exp(student_log_density(df, x))
    slope = _log_density_by_df(df, x, 1)
    if n == 1:
        last = refuse_derivative(df, reason="the derivatives of stdtr by df are computed up to order 2")
        return moved(y, last, x, n=2), multiply(density, slope, strong=1)
    # By df it refuses: its operand does.
    return y, multiply(density, square(slope) + _log_density_by_df(df, x, 2), strong=1)


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
