"""Entropies and their summands. 0 log 0 is 0, and so are the derivatives through a factor of 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sc

from adcore.ops.base import copies, elementwise
from adcore.ops.elementwise.arithmetic import PRODUCT, divide
from adcore.ops.elementwise.elementary import log, log1p
from adcore.ops.strong import strong_repair

xlogy = elementwise(
    "xlogy",
    sc.xlogy,
    lambda z, x, y: (log(y), divide(x, y, strong=True)),
    operands="x y",
    latex=r"{0} \ln {1}",
    nanoseconds=25.0,
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
    nanoseconds=25.0,
    domain=((-3, 3), (-0.5, 3)),
    nan_gradient="Where x is 0 the value is 0 for a y below -1 too, where log(1 + y), the derivative by x, is NaN.",
    doc="x log(1 + y), which is 0 for x = 0 whatever y is.",
)
entr = elementwise(
    "entr",
    sc.entr,
    lambda y, x: (-(log(x) + 1.0),),
    nanoseconds=15.0,
    domain=((0.5, 3),),
    doc="-x log(x), the summand of an entropy: 0 at 0, -inf for a negative x.",
)


def _log_ratio(x: Any, y: Any) -> Any:
    """By the difference where the numbers are close, and by the logarithms where the ratio leaves the range."""
    ratio = x / y
    out = np.log(ratio)
    close = (ratio > 0.5) & (ratio < 2.0)
    far = (x > 0.0) & (y > 0.0) & ((ratio == 0.0) | np.isinf(ratio)) & np.isfinite(x) & np.isfinite(y)
    if np.any(close) or np.any(far):
        out = np.where(far, np.log(x) - np.log(y), np.where(close, np.log1p((x - y) / y), out))[()]
    return np.where(x == 0.0, -np.inf, out)[()]


log_ratio = elementwise(
    "log_ratio",
    _log_ratio,
    lambda z, x, y: (1.0 / x, -(1.0 / y)),
    operands="x y",
    public=False,
    nanoseconds=150.0,
    scratch=copies(5),
    domain=((0.5, 3),),
    text="log({0} / {1})",
    doc="log(x / y), which keeps its digits where x and y are close; -inf for x = 0.",
)
relative_difference = elementwise(
    "relative_difference",
    lambda x, y: strong_repair(np.divide(x - y, y), x - y),
    lambda z, x, y: (1.0 / y, -divide(divide(x, y, strong=True), y, strong=True)),
    operands="x y",
    public=False,
    nanoseconds=15.0,
    domain=((0.5, 3),),
    text="({0} - {1}) / {1}",
    binding=PRODUCT,
    doc="(x - y) / y; 0 where x and y are equal.",
)
rel_entr = elementwise(
    "rel_entr",
    sc.rel_entr,
    lambda z, x, y: (log_ratio(x, y) + 1.0, -divide(x, y, strong=True)),
    operands="x y",
    nanoseconds=30.0,
    domain=((0.5, 3),),
    doc="x log(x / y), the summand of a relative entropy: 0 for x = 0, inf for a negative x or y.",
)


CLOSE = 0.1
"""Relative differences up to which ``kl_div`` is summed by its series."""


def _kl_div(x: Any, y: Any) -> Any:
    """SciPy's terms cancel where x and y are close; there y ((1 + d) log(1 + d) - d) by its series in d = (x - y) / y,
    whose coefficients are (-1)**k / (k (k - 1)). Its ratio may leave the range where the result does not."""
    out = sc.kl_div(x, y)
    infinite = np.isinf(out) & (x > 0.0) & (y > 0.0) & np.isfinite(x) & np.isfinite(y)
    if np.any(infinite):
        out = np.where(infinite, x * _log_ratio(x, y) - x + y, out)
    d = (x - y) / y
    close = (np.abs(d) < CLOSE) & (y > 0.0)
    if not np.any(close):
        return out[()]
    d = np.where(close, d, 0.0)
    total = np.zeros_like(d)
    for k in range(18, 1, -1):
        total = total * d + (-1.0) ** k / (k * (k - 1.0))
    return np.where(close, y * d * d * total, out)[()]


kl_div = elementwise(
    "kl_div",
    _kl_div,
    lambda z, x, y: (log_ratio(x, y), -relative_difference(x, y)),
    operands="x y",
    nanoseconds=150.0,
    scratch=copies(5),
    domain=((0.5, 3),),
    doc="x log(x / y) - x + y, the summand of a divergence that is never negative.",
)
