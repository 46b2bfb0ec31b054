"""The densities of the gamma and the beta distribution, which are the derivatives of their incomplete functions.

Large parameters go by Loader's saddle point expansion ("Fast and accurate computation of binomial probabilities",
2000), since a difference of logarithms of gamma functions has no digits there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import OPS, Node, Op
from adcore.ops.base import copies, elementwise
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.elementwise.beta_functions import polygamma_drop
from adcore.ops.elementwise.choice import minimum, where
from adcore.ops.elementwise.elementary import log, log1p
from adcore.ops.elementwise.special import digamma
from adcore.ops.special_functions.parameter_integrals import bernoulli_excess, exponential_excess, stirling_error

LOST = 1e-290
"""Where a density is smaller, it has lost digits or underflows, and its derivative need not."""
LARGE = 16.0
"""From here on, parameters go by the expansion."""


def _gamma_density(a: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        direct = np.exp(sc.xlogy(a - 1.0, x) - x) * sc.rgamma(a)
        # 1 / gamma(a) is 0 at 0, -1, -2, ..., and so is the function.
        direct = np.where((a <= 0) & (np.floor(a) == a) & (x >= 0), 0.0, np.where(x == np.inf, 0.0, direct))
        shape = np.maximum(a, LARGE)
        ratio = np.where(np.abs(x - shape) < 0.5 * shape, np.log1p((x - shape) / shape), np.log(x) - np.log(shape))
        excess = np.where(x > 100.0 * shape, x - shape * (1.0 + ratio), shape * exponential_excess(ratio))
        by_expansion = np.exp(-stirling_error(shape) - excess) * np.sqrt(shape / (2.0 * math.pi)) / x
        by_expansion = np.where((x == 0) | (x == np.inf), 0.0, by_expansion)
        return np.where(np.isnan(a) | np.isnan(x) | (x < 0), np.nan, np.where(a < LARGE, direct, by_expansion))[()]


def _gamma_density_partials(y: Node, a: Node, x: Node) -> tuple[Node, Node]:
    at_zero = gamma_density(a - 1.0, x) - y
    inside = multiply(y, (a - 1.0 - x) / x, strong=1)
    is_lost = OPS["logical_or"](OPS["equal"](x, 0.0), OPS["less"](y, LOST))
    return multiply(y, log(x) - digamma(a), strong=1), where(is_lost, at_zero, inside)


gamma_density: Op = elementwise(
    "gamma_density",
    _gamma_density,
    _gamma_density_partials,
    operands="a x",
    public=False,
    nanoseconds=300.0,
    scratch=copies(10),
    domain=((0.5, 3.0),),
    doc="x**(a - 1) exp(-x) / gamma(a).",
)


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        total = a + b
        small = np.minimum(a, b) < LARGE
        direct = np.exp(sc.xlogy(a - 1.0, x) + sc.xlog1py(b - 1.0, -x) - sc.betaln(a, b))
        direct = np.where((a == 0) | (b == 0), 0.0, direct)
        # One large parameter: gamma(a + b) / gamma(b) by the expansion, the other one as it is.
        left, right = np.maximum(a, LARGE), np.maximum(b, LARGE)
        p, q = left / (left + right), right / (left + right)
        ratio = np.log(x) - np.log1p(-x) - np.log(left) + np.log(right)
        near = np.abs(x - p) < 0.25 * np.minimum(p, q)
        ratio = np.where(near, np.log1p((x - p) / p) - np.log1p((p - x) / q), ratio)
        spread = (left + right) * bernoulli_excess(ratio, p, q)
        scale = np.exp(stirling_error(left + right) - stirling_error(left) - stirling_error(right) - spread)
        by_expansion = scale * np.sqrt(left) * np.sqrt(q / (2.0 * math.pi)) / x / (1.0 - x)
        by_expansion = np.where((x == 0) | (x == 1) | np.isinf(total), 0.0, by_expansion)
        wrong = np.isnan(a) | np.isnan(b) | ~((x >= 0) & (x <= 1))
        return np.where(wrong, np.nan, np.where(small, direct, by_expansion))[()]


def _beta_density_partials(y: Node, a: Node, b: Node, x: Node) -> tuple[Node, Node, Node]:
    ends = OPS["logical_or"](OPS["equal"](x, 0.0), OPS["equal"](x, 1.0))
    # SciPy's betaln has no sign, which is that of the density of smaller parameters.
    is_lost = OPS["logical_and"](OPS["less"](y, LOST), OPS["greater_equal"](minimum(a, b), 1.0))
    is_lost = OPS["logical_or"](ends, is_lost)
    at_ends = (a + b - 1.0) * (beta_density(a - 1.0, b, x) - beta_density(a, b - 1.0, x))
    inside = multiply(y, ((a - 1.0) * (1.0 - x) - (b - 1.0) * x) / (x * (1.0 - x)), strong=1)
    return (
        multiply(y, log(x) - polygamma_drop(a, b, n=0), strong=1),
        multiply(y, log1p(-x) - polygamma_drop(b, a, n=0), strong=1),
        where(is_lost, at_ends, inside),
    )


beta_density: Op = elementwise(
    "beta_density",
    _beta_density,
    _beta_density_partials,
    operands="a b x",
    public=False,
    nanoseconds=900.0,
    scratch=copies(16),
    domain=((0.5, 3.0), (0.5, 3.0), (0.2, 0.8)),
    nan_gradient="Far out, the partial derivatives are infinities of either sign.",
    doc="x**(a - 1) (1 - x)**(b - 1) / beta(a, b).",
)
