"""The gamma and beta functions and their kind, and zeta."""

from __future__ import annotations

import math

from mpmath import mp

from tests.adcore.ops.precision.definitions.definition import POSITIVE, SLOW, Definition
from tests.adcore.ops.precision.definitions.elementary import exp
from tests.adcore.ops.precision.jets import Function, Jet, Number, combined, lifted


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
    seconds = {(0, 0): _lowered(1, x, y), (0, 1): -mp.psi(1, x + y), (1, 1): _lowered(1, y, x)}
    value = mp.loggamma(low) + _lowered(-1, high, low)
    return combined([a, b], value, [_lowered(0, x, y), _lowered(0, y, x)], lambda i, j: seconds[i, j])


def beta(a: Jet, b: Jet) -> Jet:
    """Where it is far below the smallest double, any number as small will do."""
    logarithm = betaln(a, b)
    if logarithm.value < -2000:
        return logarithm.mapped(*[mp.mpf(10) ** -3000] * 3)
    return exp(logarithm)


def _rgamma(x: Number) -> tuple[Number, Number, Number]:
    y, p = mp.rgamma(x), mp.psi(0, x)
    return y, -y * p, y * (p**2 - mp.psi(1, x))


def _binom(n: Jet, k: Jet) -> Jet:
    """In closed form: the differences of digamma and its kind cancel where k is far smaller than n."""
    top, bottom, rest = n.value + 1, k.value + 1, n.value - k.value + 1
    y = mp.gamma(top) * mp.rgamma(bottom) * mp.rgamma(rest)
    (a, a2), (b, b2), (c, c2) = ((mp.psi(0, x), mp.psi(1, x)) for x in (top, bottom, rest))
    by_n, by_k = a - c, c - b
    seconds = {(0, 0): by_n**2 + a2 - c2, (0, 1): by_n * by_k + c2, (1, 1): by_k**2 - b2 - c2}
    return combined([n, k], y, [y * by_n, y * by_k], lambda i, j: y * seconds[i, j])


def _multigammaln(a: Jet) -> Jet:
    parts = [gammaln(a - mp.mpf(j) / 2) for j in range(3)]
    return sum(parts, start=0 * a + 3 * mp.log(mp.pi) / 2)


def _zeta(x: Number) -> tuple[Number, Number, Number]:
    y, first, second = (mp.zeta(x, derivative=n) for n in range(3))
    return y, first, second


def _hurwitz(x: Jet, q: Jet) -> Jet:
    """By https://dlmf.nist.gov/25.11.E17 for q."""
    s, a = x.value, q.value

    def zeta(shift: int, n: int = 0) -> Number:
        return mp.zeta(s + shift, a, n)

    seconds = {(0, 0): zeta(0, 2), (0, 1): -zeta(1) - s * zeta(1, 1), (1, 1): s * (s + 1) * zeta(2)}
    return combined([x, q], zeta(0), [zeta(0, 1), -s * zeta(1)], lambda i, j: seconds[i, j])


GAMMAS: dict[str, Definition] = {
    "gamma": Definition(lifted(_gamma), ((-170.0, math.inf),), (1.0, -2.0)),
    "gammaln": Definition(gammaln, ((-1e4, math.inf),), (1.0, 2.0, -2.0)),
    "digamma": Definition(polygamma(0), ((-1e4, math.inf),), (1.0, -2.0)),
    "polygamma": Definition(polygamma(1), ((-1e4, math.inf),), (1.0, -2.0), parameters={"n": 1}),
    "betaln": Definition(betaln, (POSITIVE,)),
    "beta": Definition(beta, ((1e-30, math.inf),)),
    "rgamma": Definition(lifted(_rgamma), ((1e-9, 1e3),), (1.0,)),
    "factorial": Definition(lambda x: lifted(_gamma)(x + 1), ((0.0, 169.0),)),
    "binom": Definition(_binom, ((1e-9, 1e4), (1e-9, 1e4)), most=SLOW),
    "multigammaln": Definition(_multigammaln, ((1.0, math.inf),), (1.0,), parameters={"d": 3}),
    "zeta": Definition(lifted(_zeta), ((-30.0, math.inf),), (1.0, 0.0), count=1, most=SLOW),
    "zeta(x, q)": Definition(_hurwitz, ((1.0, 60.0), (1e-5, 1e3)), op="zeta", count=2, most=SLOW),
}
