"""Bessel functions, and sinc, which is one."""

from __future__ import annotations

import math
from collections.abc import Callable

from mpmath import mp

from tests.adcore.ops.precision.definitions.definition import POSITIVE, SLOW, Definition, Interval
from tests.adcore.ops.precision.definitions.elementary import exp, root
from tests.adcore.ops.precision.jets import Function, Jet, Number, lifted


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
    slope = -root(mp.pi / (2 * z)) * mp.besselj(mp.mpf(3) / 2, z) if x > 0 else -_sinc(-x)[1] / mp.pi
    return y, mp.pi * slope, -(mp.pi**2) * (y + 2 * slope / z)


def yv(v: float) -> Function:
    return bessel(mp.bessely, -1, v)


def kv(v: float) -> Function:
    decaying = bessel(mp.besselk, 1, v)

    def rule(x: Number) -> tuple[Number, Number, Number]:
        jet = decaying(Jet(x, (mp.mpf(1),), (mp.mpf(0),)))
        return jet.value, -jet.slopes[0], jet.curvatures[0]

    return lifted(rule)


def _scaled(function: Function, sign: int) -> Function:
    """Times exp(sign |x|)."""
    return lambda x: function(x) * exp(x * (sign * mp.sign(x.value)))


FAR: Interval = (0.0, 1e15)
"""Scaled functions are measured up to here, as their derivatives are what is left of all digits that mpmath needs."""
SIGNED: Interval = (-1e15, 1e15)

BESSEL: dict[str, Definition] = {
    "sinc": Definition(lifted(_sinc), special=(0.0, 1.0)),
    "jv": Definition(jv(2.0), (POSITIVE,), parameters={"v": 2}),
    "jv(v=2.5)": Definition(jv(2.5), (POSITIVE,), op="jv", parameters={"v": 2.5}),
    "j0": Definition(jv(0.0)),
    "j1": Definition(jv(1.0)),
    "yv": Definition(yv(0.5), ((1e-100, math.inf),), parameters={"v": 0.5}),
    "yn": Definition(yv(3.0), ((1e-60, math.inf),), parameters={"n": 3}, most=SLOW),
    "y0": Definition(yv(0.0), (POSITIVE,), most=SLOW),
    "y1": Definition(yv(1.0), ((1e-100, math.inf),), most=SLOW),
    "iv": Definition(iv(2.0), ((0.0, 800.0),), parameters={"v": 2}),
    "i0": Definition(iv(0.0), ((-800.0, 800.0),)),
    "i1": Definition(iv(1.0), ((-800.0, 800.0),)),
    "kv": Definition(kv(0.5), ((1e-100, 800.0),), parameters={"v": 0.5}),
    "kn": Definition(kv(3.0), ((1e-60, 800.0),), parameters={"n": 3}, most=SLOW),
    "k0": Definition(kv(0.0), ((0.0, 800.0),), most=SLOW),
    "k1": Definition(kv(1.0), ((1e-100, 800.0),), most=SLOW),
    "ive": Definition(_scaled(iv(2.0), -1), (FAR,), parameters={"v": 2}),
    "i0e": Definition(_scaled(iv(0.0), -1), (SIGNED,)),
    "i1e": Definition(_scaled(iv(1.0), -1), (SIGNED,)),
    "kve": Definition(_scaled(kv(0.5), 1), ((1e-100, 1e15),), parameters={"v": 0.5}),
    "k0e": Definition(_scaled(kv(0.0), 1), (FAR,), most=SLOW),
    "k1e": Definition(_scaled(kv(1.0), 1), ((1e-100, 1e15),), most=SLOW),
}
