"""What each op is, by mpmath: one function of jets an op, the operands it is defined for, and its special points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import scipy.special as sc
from mpmath import mp

from tests.adcore.ops.precision.jets import Function, Jet, Number, lifted

Interval = tuple[float, float]
EVERYWHERE: Interval = (-math.inf, math.inf)
POSITIVE: Interval = (0.0, math.inf)


@dataclass(frozen=True)
class Definition:
    """An op's definition: ``function`` of jets, the open interval of each operand (the last one serves all that
    follow), and the numbers close to which, and at which if they are inside, the op is measured besides."""

    function: Callable[..., Jet]
    intervals: tuple[Interval, ...] = (EVERYWHERE,)
    special: tuple[float, ...] = ()

    def interval(self, operand: int) -> Interval:
        return self.intervals[min(operand, len(self.intervals) - 1)]


# --- elementary functions


def _root(x: Number) -> Number:
    return mp.sqrt(x)


exp = lifted(lambda x: (mp.exp(x),) * 3)
log = lifted(lambda x: (mp.log(x), 1 / x, -1 / x**2))
sqrt = lifted(lambda x: (_root(x), 1 / (2 * _root(x)), -1 / (4 * x * _root(x))))
log1p = lifted(lambda x: (mp.log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2))
square = lifted(lambda x: (x * x, 2 * x, mp.mpf(2)))
absolute = lifted(lambda x: (abs(x), mp.sign(x), mp.mpf(0)))
arctan = lifted(lambda x: (mp.atan(x), 1 / (1 + x**2), -2 * x / (1 + x**2) ** 2))


def _cbrt(x: Number) -> tuple[Number, Number, Number]:
    y = mp.sign(x) * mp.cbrt(abs(x))
    return y, 1 / (3 * y**2), -2 / (9 * y**5)


def _tan(x: Number) -> tuple[Number, Number, Number]:
    y = mp.tan(x)
    return y, 1 + y**2, 2 * y * (1 + y**2)


def _arctan2(a: Jet, b: Jet) -> Jet:
    """In closed form, since where a and b are equal the mixed derivative is exactly 0."""
    y, x = a.value, b.value
    r = x**2 + y**2
    return Jet(mp.atan2(y, x), (x / r, -y / r), (-2 * x * y / r**2, (y - x) * (y + x) / r**2, 2 * x * y / r**2))


def _power(x: Jet, p: Jet) -> Jet:
    """In closed form, since for p = 1 some are exactly 0."""
    a, n = x.value, p.value
    y, log_a = a**n, mp.log(a)
    curvatures = (n * (n - 1) * y / a**2, y / a * (1 + n * log_a), y * log_a**2)
    return Jet(y, (n * y / a, y * log_a), curvatures)


def _logaddexp(a: Jet, b: Jet) -> Jet:
    high, low = (a, b) if a.value > b.value else (b, a)
    return high + log1p(exp(low - high))


def _sigmoid(x: Number) -> tuple[Number, Number, Number]:
    y = 1 / (1 + mp.exp(-x))
    slope = 1 / (2 * mp.cosh(x / 2)) ** 2
    return y, slope, -slope * mp.tanh(x / 2)


def _remainder(quotient: Callable[[Number], Number]) -> Callable[[Jet, Jet], Jet]:
    return lambda a, b: a - b * quotient(a.value / b.value)


# --- error functions and the normal distribution


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
    return _decay(x**2) / (x * _root(mp.pi)) * total


def _decay(x: Number) -> Number:
    """exp(-x); where it is far below the smallest double, any number as small will do."""
    return mp.exp(-x) if x < 1e5 else mp.mpf(10) ** -30000


def _gaussian(x: Number) -> Number:
    return 2 / _root(mp.pi) * _decay(x**2)


erf = lifted(
    lambda x: (mp.erf(x) if abs(x) < 1 else mp.sign(x) * (1 - _erfc(abs(x))), _gaussian(x), -2 * x * _gaussian(x))
)
erfc = lifted(lambda x: (_erfc(x), -_gaussian(x), 2 * x * _gaussian(x)))


def ndtr(x: Jet) -> Jet:
    return erfc(-x / _root(mp.mpf(2))) / 2


def _log_ndtr(x: Jet) -> Jet:
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


# --- gamma and its kind


def polygamma(n: int) -> Function:
    return lifted(lambda x: (mp.psi(n, x), mp.psi(n + 1, x), mp.psi(n + 2, x)))


gammaln = lifted(lambda x: (mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x), mp.psi(0, x), mp.psi(1, x)))


def _gamma(x: Number) -> tuple[Number, Number, Number]:
    y, p = mp.gamma(x), mp.psi(0, x)
    return y, y * p, y * (p**2 + mp.psi(1, x))


def _lowered(n: int, a: Number, b: Number) -> Number:
    """psi_n(a) - psi_n(a + b), where psi_-1 is the logarithm of gamma; by Taylor's series where b is far smaller."""

    def psi(k: int, x: Number) -> Number:
        return mp.psi(k, x) if k >= 0 else mp.loggamma(x)

    if b > a * mp.mpf(10) ** -10:
        return psi(n, a) - psi(n, a + b)
    total, power = mp.mpf(0), mp.mpf(1)
    for k in range(1, 400):
        power *= b / k
        term = power * psi(n + k, a)
        total -= term
        if abs(term) <= mp.eps * abs(total):
            break
    return total


def betaln(a: Jet, b: Jet) -> Jet:
    """In closed form: differences of polygamma functions, whose digits would cancel."""
    x, y = a.value, b.value
    low, high = sorted((x, y))
    return Jet(
        mp.loggamma(low) + _lowered(-1, high, low),
        (_lowered(0, x, y), _lowered(0, y, x)),
        (_lowered(1, x, y), -mp.psi(1, x + y), _lowered(1, y, x)),
    )


def _beta(a: Jet, b: Jet) -> Jet:
    """Where it is far below the smallest double, any number as small will do."""
    logarithm = betaln(a, b)
    if logarithm.value < -2000:
        return logarithm.mapped(*[mp.mpf(10) ** -3000] * 3)
    return exp(logarithm)


def _rgamma(x: Number) -> tuple[Number, Number, Number]:
    y, p = mp.rgamma(x), mp.psi(0, x)
    return y, -y * p, y * (p**2 - mp.psi(1, x))


# --- integrals and inverses


def _lambertw(x: Number) -> tuple[Number, Number, Number]:
    w = mp.lambertw(x).real
    return w, mp.exp(-w) / (1 + w), -mp.exp(-2 * w) * (w + 2) / (1 + w) ** 3


# --- Bessel functions, and sinc, which is one


def bessel(function: Callable[[Number, Number], Number], sign: int, v: float) -> Function:
    """By https://dlmf.nist.gov/10.6.E1 and 10.29.E1; ``sign`` is that of the next order in the derivative."""

    def rule(x: Number) -> tuple[Number, Number, Number]:
        n = mp.mpf(v)
        y, *below = [function(n - k, x) for k in range(3)]
        above = [function(n + k, x) for k in (1, 2)]
        return y, (below[0] + sign * above[0]) / 2, (below[1] + 2 * sign * y + above[1]) / 4

    return lifted(rule)


def jv(v: float) -> Function:
    return bessel(mp.besselj, -1, v)


def iv(v: float) -> Function:
    return bessel(mp.besseli, 1, v)


def _sinc(x: Number) -> tuple[Number, Number, Number]:
    if x == 0:
        return mp.mpf(1), mp.mpf(0), -(mp.pi**2) / 3
    z, y = mp.pi * x, mp.sinpi(x) / (mp.pi * x)
    slope = -_root(mp.pi / (2 * z)) * mp.besselj(mp.mpf(3) / 2, z) if x > 0 else -_sinc(-x)[1] / mp.pi
    return y, mp.pi * slope, -(mp.pi**2) * (y + 2 * slope / z)


# --- entropies


def xlogy(x: Jet, y: Jet) -> Jet:
    return x * log(y)


def _rel_entr(x: Jet, y: Jet) -> Jet:
    return x * log(x / y)


def _kl_div(x: Jet, y: Jet) -> Jet:
    """In closed form, since where x and y are equal it is exactly 0."""
    a, b = x.value, y.value
    return Jet(a * mp.log(a / b) - a + b, (mp.log(a / b), 1 - a / b), (1 / a, -1 / b, a / b**2))


# --- reductions of three elements


def _norm(*x: Jet) -> Jet:
    """In closed form: without the differences by which an element that is far larger cancels."""
    values = [each.value for each in x]
    y = _root(sum(v**2 for v in values))
    curvatures = [
        -v * w / y**3 if i != j else sum(u**2 for k, u in enumerate(values) if k != i) / y**3
        for (i, v), (j, w) in itertools.combinations_with_replacement(enumerate(values), 2)
    ]
    return Jet(y, tuple([v / y for v in values]), tuple(curvatures))


def _var(*x: Jet) -> Jet:
    mean = sum(x, start=0 * x[0]) / len(x)
    return sum([square(each - mean) for each in x], start=0 * x[0]) / len(x)


def _logsumexp(*x: Jet) -> Jet:
    """In closed form, likewise."""
    greatest = max(each.value for each in x)
    powers = [mp.exp(each.value - greatest) for each in x]
    y = [each / sum(powers) for each in powers]
    curvatures = [
        -v * w if i != j else v * sum(u for k, u in enumerate(y) if k != i)
        for (i, v), (j, w) in itertools.combinations_with_replacement(enumerate(y), 2)
    ]
    return Jet(greatest + mp.log(sum(powers)), tuple(y), tuple(curvatures))


def _log_softmax(*x: Jet) -> Jet:
    total = _logsumexp(*x)
    _, *others = total.slopes
    return Jet(x[0].value - total.value, (sum(others), *[-y for y in others]), tuple([-c for c in total.curvatures]))


def _product(*x: Jet) -> Jet:
    return math.prod(x[1:], start=x[0])


DEFINITIONS: dict[str, Definition] = {
    # arithmetic
    "add": Definition(lambda a, b: a + b),
    "subtract": Definition(lambda a, b: a - b),
    "multiply": Definition(lambda a, b: a * b),
    "divide": Definition(lambda a, b: a / b),
    "negative": Definition(lambda x: -x),
    "positive": Definition(lambda x: x),
    "reciprocal": Definition(lambda x: 1 / x),
    "square": Definition(square),
    "sqrt": Definition(sqrt, (POSITIVE,)),
    "cbrt": Definition(lifted(_cbrt)),
    "power": Definition(_power, (POSITIVE, EVERYWHERE), (1.0,)),
    "hypot": Definition(_norm),
    "remainder": Definition(_remainder(mp.floor), ((-1e15, 1e15), (0.1, 1e15))),
    "fmod": Definition(_remainder(lambda q: mp.sign(q) * mp.floor(abs(q))), ((-1e15, 1e15), (0.1, 1e15))),
    # elementary functions
    "exp": Definition(exp, special=(0.0,)),
    "exp2": Definition(lambda x: exp(x * mp.log(2)), special=(0.0,)),
    "expm1": Definition(lifted(lambda x: (mp.expm1(x), mp.exp(x), mp.exp(x))), special=(0.0,)),
    "log": Definition(log, (POSITIVE,), (1.0,)),
    "log2": Definition(lambda x: log(x) / mp.log(2), (POSITIVE,), (1.0,)),
    "log10": Definition(lambda x: log(x) / mp.log(10), (POSITIVE,), (1.0,)),
    "log1p": Definition(log1p, ((-1.0, math.inf),), (-1.0, 0.0)),
    "sin": Definition(lifted(lambda x: (mp.sin(x), mp.cos(x), -mp.sin(x))), special=(0.0, math.pi)),
    "cos": Definition(lifted(lambda x: (mp.cos(x), -mp.sin(x), -mp.cos(x))), special=(0.0, math.pi / 2)),
    "tan": Definition(lifted(_tan), special=(0.0, math.pi / 2)),
    "arcsin": Definition(
        lifted(lambda x: (mp.asin(x), 1 / _root(1 - x**2), x / _root(1 - x**2) ** 3)), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)
    ),
    "arccos": Definition(
        lifted(lambda x: (mp.acos(x), -1 / _root(1 - x**2), -x / _root(1 - x**2) ** 3)),
        ((-1.0, 1.0),),
        (-1.0, 0.0, 1.0),
    ),
    "arctan": Definition(arctan, special=(0.0,)),
    "arctan2": Definition(_arctan2),
    "sinh": Definition(lifted(lambda x: (mp.sinh(x), mp.cosh(x), mp.sinh(x))), special=(0.0,)),
    "cosh": Definition(lifted(lambda x: (mp.cosh(x), mp.sinh(x), mp.cosh(x))), special=(0.0,)),
    "tanh": Definition(
        lifted(lambda x: (mp.tanh(x), mp.sech(x) ** 2, -2 * mp.tanh(x) * mp.sech(x) ** 2)), special=(0.0,)
    ),
    "arcsinh": Definition(
        lifted(lambda x: (mp.asinh(x), 1 / _root(1 + x**2), -x / _root(1 + x**2) ** 3)), special=(0.0,)
    ),
    "arccosh": Definition(
        lifted(lambda x: (mp.acosh(x), 1 / _root(x**2 - 1), -x / _root(x**2 - 1) ** 3)), ((1.0, math.inf),), (1.0,)
    ),
    "arctanh": Definition(
        lifted(lambda x: (mp.atanh(x), 1 / (1 - x**2), 2 * x / (1 - x**2) ** 2)), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)
    ),
    "deg2rad": Definition(lambda x: x * (mp.pi / 180)),
    "rad2deg": Definition(lambda x: x * (180 / mp.pi)),
    # choices and signs, away from their kinks
    "abs": Definition(absolute),
    "copysign": Definition(lambda a, b: absolute(a) * mp.sign(b.value)),
    "maximum": Definition(lambda a, b: a if a.value > b.value else b),
    "minimum": Definition(lambda a, b: a if a.value < b.value else b),
    "fmax": Definition(lambda a, b: a if a.value > b.value else b),
    "fmin": Definition(lambda a, b: a if a.value < b.value else b),
    "relu": Definition(lambda x: x * mp.mpf(x.value > 0)),
    # smooth steps
    "sigmoid": Definition(lifted(_sigmoid), special=(0.0,)),
    "softplus": Definition(lambda x: _logaddexp(x, 0 * x), special=(0.0,)),
    "logaddexp": Definition(_logaddexp),
    "log_expit": Definition(lambda x: -_logaddexp(-x, 0 * x), special=(0.0,)),
    "logit": Definition(lambda x: log(x) - log(1 - x), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
    "sinc": Definition(lifted(_sinc), special=(0.0, 1.0)),
    # the normal distribution
    "erf": Definition(erf, special=(0.0,)),
    "erfc": Definition(erfc, special=(0.0,)),
    "ndtr": Definition(ndtr, special=(0.0,)),
    "log_ndtr": Definition(_log_ndtr, special=(0.0,)),
    "erfinv": Definition(inverse(erf, sc.erfinv), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)),
    "erfcinv": Definition(inverse(erfc, sc.erfcinv), ((0.0, 2.0),), (0.0, 1.0, 2.0)),
    "ndtri": Definition(inverse(ndtr, sc.ndtri), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
    # gamma and beta
    "gamma": Definition(lifted(_gamma), ((-170.0, math.inf),), (1.0, -2.0)),
    "gammaln": Definition(gammaln, ((-1e4, math.inf),), (1.0, 2.0, -2.0)),
    "digamma": Definition(polygamma(0), ((-1e4, math.inf),), (1.0, -2.0)),
    "polygamma": Definition(polygamma(1), ((-1e4, math.inf),), (1.0, -2.0)),
    "betaln": Definition(betaln, (POSITIVE,)),
    "beta": Definition(_beta, ((1e-30, math.inf),)),
    "rgamma": Definition(lifted(_rgamma), ((1e-9, 1e3),), (1.0,)),
    # integrals and inverses
    "expi": Definition(lifted(lambda x: (mp.ei(x), mp.exp(x) / x, mp.exp(x) * (x - 1) / x**2)), ((1e-30, 700.0),)),
    "exp1": Definition(lifted(lambda x: (mp.e1(x), -mp.exp(-x) / x, mp.exp(-x) * (x + 1) / x**2)), ((1e-30, 700.0),)),
    "lambertw": Definition(lifted(_lambertw), ((-math.exp(-1.0), math.inf),), (-0.36787944117144233,)),
    # entropies
    "xlogy": Definition(xlogy, (EVERYWHERE, POSITIVE)),
    "xlog1py": Definition(lambda x, y: x * log1p(y), (EVERYWHERE, (-1.0, math.inf))),
    "entr": Definition(lambda x: -xlogy(x, x), (POSITIVE,), (1.0,)),
    "rel_entr": Definition(_rel_entr, (POSITIVE,)),
    "kl_div": Definition(_kl_div, (POSITIVE,)),
    # Bessel functions
    "jv": Definition(jv(2.0), (POSITIVE,)),
    "iv": Definition(iv(2.0), ((0.0, 800.0),)),
    "j0": Definition(jv(0.0)),
    "j1": Definition(jv(1.0)),
    "i0": Definition(iv(0.0), ((-800.0, 800.0),)),
    "i1": Definition(iv(1.0), ((-800.0, 800.0),)),
    # reductions
    "sum": Definition(lambda *x: sum(x, start=0 * x[0])),
    "mean": Definition(lambda *x: sum(x, start=0 * x[0]) / len(x)),
    "prod": Definition(_product),
    "norm": Definition(_norm),
    "var": Definition(_var),
    "std": Definition(lambda *x: sqrt(_var(*x))),
    "logsumexp": Definition(_logsumexp),
    "softmax": Definition(lambda *x: exp(_log_softmax(*x))),
    "log_softmax": Definition(_log_softmax),
}
