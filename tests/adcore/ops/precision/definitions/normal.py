"""Error functions, the normal distribution, and their inverses."""

from __future__ import annotations

from collections.abc import Callable

import scipy.special as sc
from mpmath import mp

from tests.adcore.ops.precision.definitions.definition import Definition
from tests.adcore.ops.precision.definitions.elementary import log, log1p, root, square
from tests.adcore.ops.precision.jets import Function, Jet, Number, lifted


def _erfc(x: Number) -> Number:
    """Far to the right, where mpmath's overflows, by https://dlmf.nist.gov/7.12.E1."""
    if x < 0:
        return 2 - _erfc(-x)
    if x**2 < 3 * mp.dps:
        return mp.erfc(x)
    term = total = mp.mpf(1)
    k = 1
    while abs(term) > mp.eps * abs(total):
        term *= -(2 * k - 1) / (2 * x**2)
        total += term
        k += 1
    return _decay(x**2) / (x * root(mp.pi)) * total


def _decay(x: Number) -> Number:
    """exp(-x); where it is far below the smallest double, any number as small will do."""
    return mp.exp(-x) if x < 1e5 else mp.mpf(10) ** -30000


def _gaussian(x: Number) -> Number:
    return 2 / root(mp.pi) * _decay(x**2)


erf = lifted(
    lambda x: (mp.erf(x) if abs(x) < 1 else mp.sign(x) * (1 - _erfc(abs(x))), _gaussian(x), -2 * x * _gaussian(x))
)
erfc = lifted(lambda x: (_erfc(x), -_gaussian(x), 2 * x * _gaussian(x)))


def ndtr(x: Jet) -> Jet:
    return erfc(-x / root(mp.mpf(2))) / 2


def log_ndtr(x: Jet) -> Jet:
    """Far to the left, where the digits cancel, by the logarithms of the factors of https://dlmf.nist.gov/7.12.E1."""
    if x.value > 0:
        return log1p(-ndtr(-x))
    if x.value**2 < 6 * mp.dps:
        return log(ndtr(x))
    square_inverse, terms = 1 / square(x), [mp.mpf(1)]
    while abs(terms[-1] * square_inverse.value ** len(terms)) > mp.eps:
        terms.append(-(2 * len(terms) - 1) * terms[-1])
    total = 0 * x
    for term in reversed(terms):
        total = total * square_inverse + term
    result: Jet = log(total) - log(-x) - square(x) / 2 - mp.log(2 * mp.pi) / 2
    return result


def inverse(function: Function, start: Callable[[float], float]) -> Function:
    """The inverse, by Newton's method from a value of the double precision."""

    def rule(x: Number) -> tuple[Number, Number, Number]:
        y = mp.mpf(float(start(float(x))))
        for _ in range(12):
            jet = function(Jet(y, (mp.mpf(1),), (mp.mpf(0),)))
            step = (jet.value - x) / jet.slopes[0]
            y -= step
            if abs(step) <= mp.sqrt(mp.eps) * abs(y):
                break
        jet = function(Jet(y, (mp.mpf(1),), (mp.mpf(0),)))
        return y, 1 / jet.slopes[0], -jet.curvatures[0] / jet.slopes[0] ** 3

    return lifted(rule)


NORMAL: dict[str, Definition] = {
    "erf": Definition(erf, special=(0.0,)),
    "erfc": Definition(erfc, special=(0.0,)),
    "ndtr": Definition(ndtr, special=(0.0,)),
    "log_ndtr": Definition(log_ndtr, special=(0.0,)),
    "erfinv": Definition(inverse(erf, sc.erfinv), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)),
    "erfcinv": Definition(inverse(erfc, sc.erfcinv), ((0.0, 2.0),), (0.0, 1.0, 2.0)),
    "ndtri": Definition(inverse(ndtr, sc.ndtri), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
}
