"""The incomplete gamma and beta functions, Student's distribution, and their inverses: series of positive terms, whose
derivatives by all parameters are differences with many digits."""

from __future__ import annotations

from collections.abc import Callable

import scipy.special as sc
from mpmath import mp

from tests.adcore.ops.precision.definitions.definition import SLOWEST, Definition
from tests.adcore.ops.precision.definitions.elementary import exp, log, log1p, square
from tests.adcore.ops.precision.definitions.gammas import betaln, gammaln
from tests.adcore.ops.precision.jets import Jet, Number, implicit, integral

LIMIT = 800
"""From exp(-LIMIT) on, numbers are below the smallest double, and so are their derivatives."""


def _summed(first: Number, ratio: Number) -> Number:
    """The sum of positive terms, where ``ratio(k)`` is that of term k + 1 to term k and decreases below 1."""
    total = term = first
    k = 0
    while True:
        factor = ratio(k)
        term *= factor
        total += term
        k += 1
        if term <= mp.eps * total * (1 - factor):
            return total


Parts = tuple[Number, Number]
"""A constant and the rest of a value, which may be far smaller."""


def _nothing(parameter: Number) -> Number:
    """What is far below the smallest double: any number as small will do, if its derivatives are no exact zeros."""
    return mp.mpf(10) ** -3000 * (1 + parameter) ** 3


def _less(parts: Parts, whole: int = 1) -> Parts:
    return whole - parts[0], -parts[1]


def lower(a: Number, x: Number) -> Parts:
    """The regularised lower incomplete gamma function: https://dlmf.nist.gov/8.11.E4.

    Where it is close to 1, with as many more digits as the rest has zeros.
    """

    def logarithm() -> Number:
        return a * mp.log(x) - x - mp.loggamma(a + 1)

    is_tail = x < a + 1
    if logarithm() < -LIMIT:
        return (mp.mpf(0), _nothing(a)) if is_tail else (mp.mpf(1), -_nothing(a))
    if is_tail:
        return mp.mpf(0), _summed(mp.exp(logarithm()), lambda k: x / (a + 1 + k))
    with mp.workdps(mp.dps + 10 - min(0, int(logarithm() / 2))):
        return mp.mpf(1), _summed(mp.exp(logarithm()), lambda k: x / (a + 1 + k)) - 1


def part_of_beta(a: Number, b: Number, x: Number, rest: Number) -> Parts:
    """The regularised incomplete beta function, where ``rest`` is 1 - x: https://dlmf.nist.gov/8.17.E8."""
    if x * (a + b) > a:
        return _less(part_of_beta(b, a, rest, x))

    def logarithm() -> Number:
        first = a * mp.log(x) + b * (mp.log1p(-x) if 2 * x < 1 else mp.log(rest))
        return first + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)

    if logarithm() < -LIMIT:
        return mp.mpf(0), _nothing(a * b)
    if 2 * x < 1:
        return mp.mpf(0), _summed(mp.exp(logarithm()), lambda k: (a + b + k) * x / (a + 1 + k))
    with mp.workdps(mp.dps + 10 - min(0, int(logarithm() / 2))):
        x = 1 - rest
        first = mp.exp(logarithm()) * a / b
        return mp.mpf(0), 1 - _summed(first, lambda k: (a + b + k) * rest / (b + 1 + k))


def student(df: Number, t: Number) -> Parts:
    """By a half of the incomplete beta function of t**2 / (df + t**2), whose terms decrease fast for large df."""
    if t > 0:
        return _less(student(df, -t))
    whole, half = df + t * t, mp.mpf(1) / 2
    if df < 100 or t * t > df:
        constant, part = part_of_beta(half, df / 2, t * t / whole, df / whole)
    else:
        exponent = df / 2 * mp.log1p(t * t / df)
        if exponent > LIMIT:
            return mp.mpf(0), _nothing(df)
        with mp.workdps(mp.dps + 10 + int(exponent / 2)):
            a, b, x = half, df / 2, t * t / (df + t * t)
            logarithm = a * mp.log(x) + b * mp.log1p(-x) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)
            constant, part = mp.mpf(0), _summed(mp.exp(logarithm), lambda k: (a + b + k) * x / (a + 1 + k))
            if t < -1:
                constant, part = mp.mpf(1), part - 1
    return (1 - constant) / 2, -part / 2


def gamma_log_density(x: Jet, a: Jet) -> Jet:
    return (a - 1) * log(x) - x - gammaln(a)


def beta_log_density(x: Jet, a: Jet, b: Jet) -> Jet:
    return (a - 1) * log(x) + (b - 1) * log1p(-x) - betaln(a, b)


def student_log_density(t: Jet, df: Jet) -> Jet:
    half = 0 * df + mp.mpf(1) / 2
    return -log(df) / 2 - betaln(df / 2, half) - (df + 1) / 2 * log1p(square(t) / df)


def _exponential(logarithm: Callable[..., Jet]) -> Callable[..., Jet]:
    """Where it is far below the smallest double, and its product with the reciprocal of the number is, any number as
    small will do."""

    def density(*operands: Jet) -> Jet:
        jet = logarithm(*operands)
        return exp(jet) if jet.value > -3 * LIMIT else jet.mapped(*[_nothing(jet.value)] * 3)

    return density


gamma_density = _exponential(gamma_log_density)
beta_density = _exponential(beta_log_density)
student_density = _exponential(student_log_density)
# Of the number and the parameters, in SciPy's order for distributions.
gamma_cdf = integral(lambda x, a: lower(a, x), gamma_density)
gamma_sf = integral(lambda x, a: _less(lower(a, x)), gamma_density, -1)
beta_cdf = integral(lambda x, a, b: part_of_beta(a, b, x, 1 - x), beta_density)
beta_sf = integral(lambda x, a, b: part_of_beta(b, a, 1 - x, x), beta_density, -1)
student_cdf = integral(lambda t, df: student(df, t), student_density)
gamma_ppf = implicit(gamma_cdf, lambda p, a: float(sc.gammaincinv(a, p)))
beta_ppf = implicit(beta_cdf, lambda p, a, b: float(sc.betaincinv(a, b, p)))
student_ppf = implicit(student_cdf, lambda p, df: float(sc.stdtrit(df, p)))
gamma_isf = implicit(gamma_sf, lambda p, a: float(sc.gammainccinv(a, p)))
beta_isf = implicit(beta_sf, lambda p, a, b: float(sc.betainccinv(a, b, p)))


def _number_last(function: Callable[..., Jet]) -> Callable[..., Jet]:
    """With the arguments in the order of SciPy's special functions."""
    return lambda *operands: function(operands[-1], *operands[:-1])


SHAPE = (1e-3, 1e4)
FREEDOM = (1e-2, 1e12)
UNIT = (0.0, 1.0)
PROBABILITY = (1e-140, 1.0)
"""Below it, the squares of the derivatives of inverses leave the range of float64."""

INCOMPLETE: dict[str, Definition] = {
    "gammainc": Definition(_number_last(gamma_cdf), (SHAPE, (1e-300, 1e5)), most=SLOWEST),
    "gammaincc": Definition(_number_last(gamma_sf), (SHAPE, (1e-300, 1e5)), most=SLOWEST),
    "gammaincinv": Definition(_number_last(gamma_ppf), (SHAPE, PROBABILITY), most=SLOWEST),
    "gammainccinv": Definition(_number_last(gamma_isf), (SHAPE, PROBABILITY), most=SLOWEST),
    "betainc": Definition(_number_last(beta_cdf), (SHAPE, SHAPE, UNIT), most=SLOWEST),
    "betaincc": Definition(_number_last(beta_sf), (SHAPE, SHAPE, UNIT), most=SLOWEST),
    "betaincinv": Definition(_number_last(beta_ppf), (SHAPE, SHAPE, PROBABILITY), most=SLOWEST),
    "betainccinv": Definition(_number_last(beta_isf), (SHAPE, SHAPE, PROBABILITY), most=SLOWEST),
    "stdtr": Definition(_number_last(student_cdf), (FREEDOM, (-1e5, 1e5)), most=SLOWEST),
    "stdtrit": Definition(_number_last(student_ppf), (FREEDOM, PROBABILITY), most=SLOWEST),
}
