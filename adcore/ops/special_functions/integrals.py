"""Exponential integrals, Dawson's and Fresnel's integrals, Voigt's profile, and Lambert's function W.

Formulas are those of https://dlmf.nist.gov, chapters 4, 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import OPS, DType, Node, Op, Type
from adcore.ops.base import Hidden, composed, declare, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide, square
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.elementary import cos, exp, sin
from adcore.ops.strong import strong_times

expi = elementwise(
    "expi",
    sc.expi,
    lambda y, x: (exp(x) / x,),
    latex=r"\operatorname{{Ei}}\left({0}\right)",
    nanoseconds=150.0,
    domain=((0.5, 3.0),),
    doc="The exponential integral Ei.",
)
exp1 = elementwise(
    "exp1",
    sc.exp1,
    lambda y, x: (-(exp(-x) / x),),
    latex=r"E_1\left({0}\right)",
    nanoseconds=500.0,
    domain=((0.5, 3.0),),
    doc="The exponential integral E1; NaN for a negative x.",
)


# --- the function of Faddeeva, w(z) = exp(-z**2) erfc(-i z)

LARGE = 7.0
"""From this absolute value on, the asymptotic series is exact: https://dlmf.nist.gov/7.12.E1."""
TERMS = 24


def _by_recurrence(first: Any, second: Any, z: Any, n: int) -> Any:
    """f^(n) from f and f', by f^(k+1) = -2 z f^(k) - 2 k f^(k-1): https://dlmf.nist.gov/7.10."""
    for k in range(1, n):
        first, second = second, -2.0 * z * second - 2.0 * k * first
    return second


def _faddeeva(x: Any, y: Any, *, n: Hidden = 0, imaginary: Hidden = False) -> Any:
    """A part of the n-th derivative of w at z = x + i y."""
    with np.errstate(all="ignore"):
        z = x + 1j * y
        w = sc.wofz(z)
        if n:
            near = _by_recurrence(w, -2.0 * z * w + 2j / math.sqrt(math.pi), z, n)
            far = np.where(np.abs(z) < LARGE, LARGE, z)
            inverse = 1.0 / far
            square = inverse * inverse
            series = np.zeros_like(far)
            for k in reversed(range(TERMS)):
                series = series * square + sc.poch(0.5, k) * sc.poch(2 * k + 1.0, n)
            series = 1j / math.sqrt(math.pi) * (-1.0) ** n * series * inverse ** (n + 1)
            # Near the real axis the series lacks the normal density.
            bell = np.exp(-far * far)
            density = _by_recurrence(bell, -2.0 * far * bell, far, n)
            series = series + np.where((np.abs(y) < 1e-6) & (np.abs(x) < 40.0), density, 0.0)
            w = np.where((np.abs(z) < LARGE) | (y < 0), near, series)
        return (w.imag if imaginary else w.real)[()]


def _faddeeva_partials(w: Node, x: Node, y: Node) -> tuple[Node, Node]:
    """By Cauchy and Riemann: the derivative by y is i times the one by x."""
    n, imaginary = w.param("n") + 1, w.param("imaginary")
    along, across = moved(w, x, y, n=n), moved(w, x, y, n=n, imaginary=not imaginary)
    return along, across if imaginary else -across


faddeeva: Op = elementwise(
    "faddeeva",
    _faddeeva,
    _faddeeva_partials,
    operands="x y",
    public=False,
    text=lambda x, y, *, n, imaginary: f"faddeeva({x}, {y}, {n}, {imaginary})",
    readable=False,
    nanoseconds=200.0,
    domain=((-3.0, 3.0), (0.2, 3.0)),
    nan_gradient="In the lower half plane the function overflows.",
    doc="The real or the imaginary part of a derivative of exp(-z**2) erfc(-i z) at z = x + i y.",
)


def _dawsn_partials(y: Node, x: Node) -> tuple[Node]:
    return (math.sqrt(math.pi) / 2.0 * faddeeva(x, 0.0, n=1, imaginary=True),)


dawsn = elementwise(
    # By the function of Faddeeva, since 1 - 2 x y has no digits for large x.
    "dawsn",
    sc.dawsn,
    _dawsn_partials,
    latex=r"D\left({0}\right)",
    nanoseconds=35.0,
    doc="Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x.",
)


def _voigt_profile(x: Node, sigma: Node, gamma: Node) -> Node:
    width = sigma * math.sqrt(2.0)
    both = faddeeva(x / width, gamma / width) / (sigma * math.sqrt(2.0 * math.pi))
    cauchy = divide(gamma, math.pi * (square(x) + square(gamma)), strong=True)
    return where(OPS["equal"](sigma, 0.0), cauchy, both)


voigt_profile = composed(
    "voigt_profile",
    _voigt_profile,
    domain=((-3.0, 3.0), (0.5, 2.0), (0.5, 2.0)),
    samples=(sample((), (), ()), sample((2, 3), (3,), ())),
    nan_gradient="A sigma below 1e-308 has an infinite reciprocal.",
    doc="The density of the sum of a normal number of deviation sigma and a Cauchy number of scale gamma.",
)


# --- Fresnel


def _fresnel_slopes(node: Node) -> tuple[Node, Node]:
    angle = math.pi / 2.0 * square(node.inputs[0])
    return sin(angle), cos(angle)


def _fresnel_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node | None, Node | None]:
    (tangent,) = tangents
    assert tangent is not None
    s, c = _fresnel_slopes(node)
    return strong_times(tangent, s), strong_times(tangent, c)


def _fresnel_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node | None]:
    terms = [
        strong_times(g, slope) for g, slope in zip(cotangents, _fresnel_slopes(node), strict=True) if g is not None
    ]
    return (None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1],)


fresnel = declare(
    "fresnel",
    "z",
    sc.fresnel,
    lambda z: (Type(DType.FLOAT, z.shape), Type(DType.FLOAT, z.shape)),
    jvp=_fresnel_jvp,
    vjp=_fresnel_vjp,
    several=True,
    nanoseconds=60.0,
    samples=(sample(()), sample((3,))),
    doc="Fresnel's integrals: those of sin and of cos of pi t**2 / 2 from 0 to z.",
)


# --- Lambert


def _lambertw(z: Any, *, k: int = 0, tol: float = 1e-8) -> Any:
    with np.errstate(all="ignore"):
        w = sc.lambertw(z, k, tol)
    return np.where(w.imag == 0, w.real, np.nan)[()]


def _lambertw_partials(w: Node, z: Node) -> tuple[Node]:
    """1 / (z + exp(w)), without its cancellation: https://dlmf.nist.gov/4.13.E4."""
    if w.param("k") == 0:
        return (exp(-w) / (1.0 + w),)
    return (divide(w, 1.0 + w) / z,)


lambertw = elementwise(
    "lambertw",
    _lambertw,
    _lambertw_partials,
    operands="z",
    latex=r"W_{{{k}}}\left({0}\right)",
    nanoseconds=200.0,
    domain=((-0.3, -0.1),),
    samples=(sample(()), sample((3,)), sample((3,), k=-1)),
    doc="The w with w exp(w) = z, on the branch 0 or -1; NaN where it is not real.",
)
