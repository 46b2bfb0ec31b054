"""Integrals of elementary functions, and Lambert's function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from mpmath import mp

from adcore.graph import OPS, Node, items
from tests.adcore.ops.precision.definitions.definition import Definition, Interval
from tests.adcore.ops.precision.jets import Function, Jet, Number, combined, lifted


def _lambertw(x: Number, k: int) -> tuple[Number, Number, Number]:
    w = mp.lambertw(x, k).real
    return w, mp.exp(-w) / (1 + w), -mp.exp(-2 * w) * (w + 2) / (1 + w) ** 3


def _dawsn(x: Number) -> tuple[Number, Number, Number]:
    with mp.workdps(mp.dps + max(0, 4 * int(mp.log10(abs(x))))):
        y = x * mp.hyp1f1(1, mp.mpf(3) / 2, -(x**2))
        slope = 1 - 2 * x * y
        return y, slope, -2 * y - 2 * x * slope


def _fresnel(value: Callable[[Number], Number], is_sine: bool) -> Function:
    def rule(x: Number) -> tuple[Number, Number, Number]:
        sine, cosine = mp.sinpi(x**2 / 2), mp.cospi(x**2 / 2)
        return (value(x), sine, mp.pi * x * cosine) if is_sine else (value(x), cosine, -mp.pi * x * sine)

    return lifted(rule)


def _fresnel_definition(place: int) -> Definition:
    def apply(inputs: Sequence[Node]) -> Node:
        return items(OPS["fresnel"](*inputs))[place]

    return Definition(_fresnel((mp.fresnels, mp.fresnelc)[place], place == 0), op="fresnel", apply=apply)


def _faddeeva(z: Number) -> Number:
    """exp(-z**2) erfc(-i z) in the upper half plane; far out by https://dlmf.nist.gov/7.12.E1."""
    if abs(z) ** 2 < 3 * mp.dps:
        return mp.exp(-z * z) * mp.erfc(-1j * z)
    term = total = mp.mpc(1)
    k = 1
    while abs(term) > mp.eps:
        term *= (2 * k - 1) / (2 * z * z)
        total += term
        k += 1
    return 1j / mp.sqrt(mp.pi) * total / z


def _voigt(x: Jet, sigma: Jet, gamma: Jet) -> Jet:
    """By the derivatives of w, https://dlmf.nist.gov/7.10.E3, where digits cancel as often as z has them."""
    width = sigma * mp.sqrt(2)
    u, v = x / width, gamma / width
    tiny, large = (sign * int(mp.log10(size)) for sign, size in ((-2, abs(u.value)), (4, abs(u.value) + v.value)))
    with mp.workdps(mp.dps + max(0, tiny) + max(0, large)):
        z = mp.mpc(u.value, v.value)
        w = _faddeeva(z)
        first = -2 * z * w + 2j / mp.sqrt(mp.pi)
        second = -2 * z * first - 2 * w
    seconds = {(0, 0): mp.re(second), (0, 1): -mp.im(second), (1, 1): -mp.re(second)}
    real = combined([u, v], mp.re(w), [mp.re(first), -mp.im(first)], lambda i, j: seconds[i, j])
    height: Jet = real / (sigma * mp.sqrt(2 * mp.pi))
    return height


def _more_digits(m: Number) -> int:
    """As many as cancel close to 0, at which the formulas divide by 0."""
    return int(mp.dps + 10 + 2 * max(0, -mp.log10(abs(m))) if m else mp.dps)


def _ellipk(m: Number) -> tuple[Number, Number, Number]:
    """https://dlmf.nist.gov/19.4.E1, and the differential equation 19.4.E8."""
    with mp.workdps(_more_digits(m)):
        k, e = mp.ellipk(m), mp.ellipe(m)
        slope = (e - (1 - m) * k) / (2 * m * (1 - m))
        return k, slope, (k / 4 - (1 - 2 * m) * slope) / (m * (1 - m))


def _ellipe(m: Number) -> tuple[Number, Number, Number]:
    """https://dlmf.nist.gov/19.4.E2, and the differential equation 19.4.E9."""
    with mp.workdps(_more_digits(m)):
        e = mp.ellipe(m)
        slope = (e - mp.ellipk(m)) / (2 * m)
        return e, slope, -(e / 4 + (1 - m) * slope) / (m * (1 - m))


BRANCH = -0.36787944117144233
"""The double closest to -1 / e, which is greater."""
BELOW_ONE: Interval = (-math.inf, 1.0)

INTEGRALS: dict[str, Definition] = {
    "expi": Definition(
        lifted(lambda x: (mp.ei(x), mp.exp(x) / x, mp.exp(x) * (x - 1) / x**2)),
        ((-700.0, 700.0),),
        (0.37250741078136663,),
    ),
    "exp1": Definition(lifted(lambda x: (mp.e1(x), -mp.exp(-x) / x, mp.exp(-x) * (x + 1) / x**2)), ((0.0, 700.0),)),
    "lambertw": Definition(lifted(lambda x: _lambertw(x, 0)), ((BRANCH, math.inf),), (BRANCH,)),
    "lambertw(k=-1)": Definition(
        lifted(lambda x: _lambertw(x, -1)), ((BRANCH, -1e-140),), (BRANCH,), op="lambertw", parameters={"k": -1}
    ),
    "dawsn": Definition(lifted(_dawsn)),
    "fresnel[0]": _fresnel_definition(0),
    "fresnel[1]": _fresnel_definition(1),
    "voigt_profile": Definition(_voigt, ((-1e3, 1e3), (1e-3, 1e3))),
    "ellipk": Definition(lifted(_ellipk), (BELOW_ONE,), (1.0, 0.0)),
    "ellipe": Definition(lifted(_ellipe), (BELOW_ONE,), (1.0, 0.0)),
}
