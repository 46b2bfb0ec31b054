"""The special functions of statistics and machine learning, element by element."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.errors import BadCall
from adcore.graph import OPS, Node, Op, ScalarBuilder, Type
from adcore.ops.base import Hidden, copies, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import PRODUCT, SUM, into, square
from adcore.ops.elementwise.choice import maximum, where
from adcore.ops.elementwise.elementary import exp, log1p, tanh
from adcore.ops.elementwise.oscillation import cospi, sinpi
from adcore.ops.elementwise.rounding import absolute

# --- the error function

TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

erf = elementwise(
    "erf",
    sc.erf,
    lambda y, x: (TWO_OVER_ROOT_PI * exp(-square(x)),),
    latex=r"\operatorname{{erf}}\left({0}\right)",
    nanoseconds=35.0,
    doc="The error function.",
)
erfc = elementwise(
    "erfc",
    sc.erfc,
    lambda y, x: (-TWO_OVER_ROOT_PI * exp(-square(x)),),
    latex=r"\operatorname{{erfc}}\left({0}\right)",
    nanoseconds=35.0,
    doc="1 - erf(x), which keeps its digits for large x.",
)


# --- the gamma function

LARGEST_ORDER = 100
"""Beyond this order, factorials and powers of pi in the derivatives of digamma overflow float64."""


@functools.cache
def _cotangent_derivative(order: int) -> np.polynomial.Polynomial:
    """The derivative of cot of an order as a polynomial in cot, by cot' = -(1 + cot**2)."""
    if order == 0:
        return np.polynomial.Polynomial([0.0, 1.0])
    return -np.polynomial.Polynomial([1.0, 0.0, 1.0]) * _cotangent_derivative(order - 1).deriv()


def polygamma_value(x: Any, *, n: int) -> Any:
    """For x < 0 by reflection: (-1)**n psi_n(1 - x) - psi_n(x) is the n-th derivative of pi cot(pi x).

    https://dlmf.nist.gov/5.15.E6; the series for positive x would need about -x terms, and SciPy's reflection of
    digamma loses its digits close to the poles.
    """
    positive = np.where(x < 0, 1.0 - x, x)
    sign = -1.0 if n % 2 == 0 else 1.0
    right = sc.psi(positive) if n == 0 else sign * sc.gamma(n + 1.0) * sc.zeta(n + 1.0, positive)
    if not np.any(x < 0):
        return right[()]
    turn = x - np.round(x)
    # The cosine as a sine, which is exactly 0 half way between two whole numbers.
    cot = np.sin(np.pi * (0.5 - np.abs(turn))) / np.sin(np.pi * turn)
    left = (-1.0) ** n * right - np.pi ** (n + 1) * _cotangent_derivative(n)(cot)
    if n == 0:  # On both sides of a pole it grows to infinities of opposite sign.
        left = np.where(turn == 0.0, np.nan, left)
    return np.where(x < 0, left, right)[()]


def _infer_polygamma(x: Type, *, n: int) -> Type:
    if not 0 <= n <= LARGEST_ORDER:
        raise BadCall(f"polygamma has the orders 0 to {LARGEST_ORDER}, and not {n}")
    return x


def digamma_value(x: Any) -> Any:
    return polygamma_value(x, n=0)


@functools.cache
def _gammaln_coefficients() -> tuple[float, ...]:
    """Those of Taylor's series of log gamma at 2, from the first power on: https://dlmf.nist.gov/5.7.E3."""
    return (1.0 - np.euler_gamma, *((-1.0) ** k * float(sc.zetac(k)) / k for k in range(2, 26)))


def gammaln_value(x: Any) -> Any:
    """SciPy's, which loses its digits at the zeros 1 and 2: there by Taylor's series, and log(x - 1) if needed."""
    out = sc.gammaln(x)
    from_one, from_two = np.abs(x - 1.0) < 0.25, np.abs(x - 2.0) < 0.25
    if not (np.any(from_one) or np.any(from_two)):
        return out
    d = np.where(from_one, x - 1.0, np.where(from_two, x - 2.0, 0.0))
    total = np.zeros_like(d)
    for coefficient in reversed(_gammaln_coefficients()):
        total = (total + coefficient) * d
    return np.where(from_one, total - np.log1p(d), np.where(from_two, total, out))[()]


polygamma = elementwise(
    "polygamma",
    polygamma_value,
    lambda y, x: (moved(y, x, n=y.param("n") + 1),),
    infer=_infer_polygamma,
    arguments=("n", "x"),
    latex=r"\psi^{{({n})}}\left({0}\right)",
    nanoseconds=400.0,
    domain=((0.5, 3),),
    samples=(sample((), n=0), sample((3,), n=1), sample((2, 3), n=2)),
    doc="The n-th derivative of digamma.",
)
digamma = elementwise(
    "digamma",
    digamma_value,
    lambda y, x: (polygamma(x, n=1),),
    aliases=("psi",),
    latex=r"\psi\left({0}\right)",
    nanoseconds=50.0,
    domain=((0.5, 3),),
    doc="The derivative of gammaln.",
)
gammaln = elementwise(
    "gammaln",
    gammaln_value,
    lambda y, x: (digamma(x),),
    aliases=("lgamma",),
    latex=r"\ln\left|\Gamma\left({0}\right)\right|",
    nanoseconds=150.0,
    scratch=copies(6),
    domain=((0.5, 3),),
    doc="The logarithm of the absolute value of the gamma function.",
)


# --- steps without a kink


def _decomposed_sigmoid(node: Node) -> Node:
    """exp(-|x|) does not overflow on either side."""
    (x,) = node.inputs
    e = exp(-absolute(x))
    return where(OPS["less"](x, 0.0), e, 1.0) / (1.0 + e)


def _scalar_sigmoid(b: ScalarBuilder[Any], x: Any) -> Any:
    one, e = b.const(1.0), b.call("exp", b.neg(b.call("fabs", x)))
    return b.div(b.select(b.compare("<", x, b.const(0.0)), e, one), b.add(one, e))


def _decomposed_softplus(node: Node) -> Node:
    (x,) = node.inputs
    return maximum(x, 0.0) + log1p(exp(-absolute(x)))


def _scalar_softplus(b: ScalarBuilder[Any], x: Any) -> Any:
    positive = b.select(b.compare("<", x, b.const(0.0)), b.const(0.0), x)
    return b.add(positive, b.call("log1p", b.call("exp", b.neg(b.call("fabs", x)))))


def _logistic_density(x: Any) -> Any:
    e = np.abs(x)
    e *= -1.0
    e = np.exp(e, out=into(e))
    below = 1.0 + e
    below *= below
    return np.divide(e, below, out=into(e))


logistic_density: Op = elementwise(
    # By one op rather than y * (1 - y), which has no correct digit for large x, or y * sigmoid(-x), whose derivative
    # is a difference that loses its digits close to 0.
    "logistic_density",
    _logistic_density,
    lambda y, x: (-(tanh(0.5 * x) * y),),
    public=False,
    text="sigmoid({0}) * sigmoid(-1 * ({0}))",
    binding=PRODUCT,
    nanoseconds=20.0,
    doc="sigmoid(x) sigmoid(-x), the derivative of sigmoid.",
)
logistic_log_density: Op = elementwise(
    # Likewise: the difference of both tails is small close to 0.
    "logistic_log_density",
    lambda x: sc.log_expit(x) + sc.log_expit(-x),
    lambda y, x: (-tanh(0.5 * x),),
    public=False,
    text="log_expit({0}) + log_expit(-1 * ({0}))",
    binding=SUM,
    nanoseconds=60.0,
    scratch=copies(2),
    doc="The logarithm of logistic_density(x).",
)
sigmoid: Op = elementwise(
    "sigmoid",
    sc.expit,
    lambda y, x: (logistic_density(x),),
    aliases=("expit",),
    latex=r"\sigma\left({0}\right)",
    decompose=_decomposed_sigmoid,
    scalar=_scalar_sigmoid,
    nanoseconds=20.0,
    doc="1 / (1 + exp(-x)).",
)
softplus = elementwise(
    "softplus",
    lambda x: np.logaddexp(0.0, x),
    lambda y, x: (sigmoid(x),),
    latex=r"\ln\left(1 + e^{{{0}}}\right)",
    decompose=_decomposed_softplus,
    scalar=_scalar_softplus,
    nanoseconds=40.0,
    doc="log(1 + exp(x)), without overflow.",
)
gap: Op = elementwise(
    "gap",
    lambda a, b: np.where(a == b, 0.0, a - b)[()],
    lambda y, a, b: (1.0, -1.0),
    operands="x1 x2",
    public=False,
    nanoseconds=7.5,
    doc="The difference, which is 0 where the two are equal infinities.",
)
logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    lambda y, a, b: (sigmoid(gap(a, b)), sigmoid(gap(b, a))),
    operands="x1 x2",
    commutative=True,
    latex=r"\ln\left(e^{{{0}}} + e^{{{1}}}\right)",
    nanoseconds=40.0,
    doc="log(exp(x1) + exp(x2)), without overflow.",
)


# --- the sine cardinal

TINY = 1e-300
"""Closer to 0, Bessel functions are the first term of their series, to the last bit."""
SERIES = 24
"""How many terms of the series of sinc, from -1 to 1, have all digits."""


def _sinc(x: Any, *, n: Hidden = 0) -> Any:
    """The n-th derivative of sin(pi x) / (pi x): far from 0 by those of the factors, as f = x**-1 (pi x f) gives
    x f_n = (sin(pi x) / pi)_n - n f_(n-1); close to it by the series."""
    inside = np.abs(x) < (1.0 if n else 0.25)
    near, far = np.where(inside, x, 0.0), np.where(inside, 1.0, x)
    value = sinpi(far) / (np.pi * far)
    for k in range(1, n + 1):
        turned = (cospi, sinpi)[(k + 1) % 2](far) * (-1.0 if k % 4 in (2, 3) else 1.0)
        value = (np.pi ** (k - 1) * turned - k * value) / far
    if n:
        value = np.where(np.isinf(far), 0.0, value)
    series = np.zeros_like(near)
    for k in reversed(range((n + 1) // 2, SERIES)):
        series = series * near * near + (-1.0) ** k * np.pi ** (2 * k) * math.perm(2 * k, n) / math.factorial(2 * k + 1)
    return np.where(inside, series * near if n % 2 else series, value)[()]


sinc = elementwise(
    "sinc",
    _sinc,
    lambda y, x: (moved(y, x, n=y.param("n") + 1),),
    text=lambda x, *, n: f"sinc({x})" if n == 0 else f"sinc({x}, n={n})",
    latex=r"\operatorname{{sinc}}\left({0}\right)",
    nanoseconds=55.0,
    doc="sin(pi x) / (pi x), and 1 at 0.",
)
