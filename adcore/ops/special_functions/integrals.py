"""Exponential integrals, Dawson's and Fresnel's integrals, and Lambert's function W.

Formulas are those of https://dlmf.nist.gov, chapters 4, 6 and 7.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import DType, Node, Op, Type
from adcore.ops.base import Hidden, copies, declare, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.elementary import exp
from adcore.ops.elementwise.oscillation import cospi, sinpi, square_turns
from adcore.ops.special_functions.voigt import faddeeva
from adcore.ops.strong import strong_times

ROOT, ROOT_REST = 0.3725074107813666, 1.3140183414386028e-17
"""The root of Ei, as the sum of two numbers."""
NEAR_ROOT, ROOT_TERMS = 0.02, 14


@functools.cache
def _root_coefficients() -> tuple[float, ...]:
    """Those of Ei in powers of the distance from its root, by the derivatives of exp(x) / x."""
    derivatives = [math.exp(ROOT) / ROOT]
    for n in range(1, ROOT_TERMS):
        derivatives.append((math.exp(ROOT) - n * derivatives[-1]) / ROOT)
    return tuple([each / math.factorial(n + 1) for n, each in enumerate(derivatives)])


def _expi(x: Any) -> Any:
    """SciPy's, which has no digit at the root: there by Taylor's series."""
    y = sc.expi(x)
    is_near = np.abs(x - ROOT) < NEAR_ROOT
    if not np.any(is_near):
        return y
    distance, total = (x - ROOT) - ROOT_REST, np.zeros_like(x)
    for coefficient in reversed(_root_coefficients()):
        total = (total + coefficient) * distance
    return np.where(is_near, total, y)[()]


expi = elementwise(
    "expi",
    _expi,
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


# --- Dawson


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


# --- Fresnel


def _square_sine(x: Any, *, n: Hidden = 0) -> Any:
    """sin((x**2 + n) pi / 2), by the exact square."""
    turns = square_turns(x)
    return ((-1.0 if n % 4 > 1 else 1.0) * (cospi if n % 2 else sinpi)(turns))[()]


square_sine: Op = elementwise(
    "square_sine",
    _square_sine,
    lambda y, x: (math.pi * x * moved(y, x, n=y.param("n") + 1),),
    public=False,
    text=lambda x, *, n: f"{('sin', 'cos', '-sin', '-cos')[n % 4]}(pi / 2 * square({x}))",
    nanoseconds=60.0,
    scratch=copies(8),
    samples=(sample((3,), n=0), sample((), n=1)),
    nan_gradient="An infinite number has no phase.",
    doc="The sine or the cosine of pi x**2 / 2, or one of them with its sign changed.",
)
FAR = 1e4
"""From here on, two terms of the expansion have all digits, and SciPy's phase loses them."""


def _fresnel(z: Any) -> tuple[Any, Any]:
    """Far from 0 by https://dlmf.nist.gov/7.12.E2 and E3."""
    s, c = sc.fresnel(z)
    is_far = np.abs(z) > FAR
    if not np.any(is_far):
        return s, c
    size = np.where(is_far, np.abs(z), FAR)
    inverse = 1.0 / (math.pi * size)
    near, far = inverse, math.pi * inverse * inverse * inverse
    sine, cosine = _square_sine(size), _square_sine(size, n=1)
    ends = 0.5 - cosine * near - sine * far, 0.5 + sine * near - cosine * far
    return tuple(np.where(is_far, np.sign(z) * end, value)[()] for end, value in zip(ends, (s, c), strict=True))


def _fresnel_slopes(node: Node) -> tuple[Node, Node]:
    (z,) = node.inputs
    return square_sine(z, n=0), square_sine(z, n=1)


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
    _fresnel,
    lambda z: (Type(DType.FLOAT, z.shape), Type(DType.FLOAT, z.shape)),
    jvp=_fresnel_jvp,
    vjp=_fresnel_vjp,
    several=True,
    nanoseconds=60.0,
    samples=(sample(()), sample((3,))),
    doc="Fresnel's integrals: those of sin and of cos of pi t**2 / 2 from 0 to z.",
)


# --- Lambert


BRANCH, BRANCH_REST = 0.36787944117144233, -1.2428753672788363e-17
"""1 / e, as the sum of two numbers."""
BRANCH_SERIES = (
    1.0,
    -1 / 3,
    11 / 72,
    -43 / 540,
    769 / 17280,
    -221 / 8505,
    680863 / 43545600,
    -1963 / 204120,
    226287557 / 37623398400,
    -5776369 / 1515591000,
)
"""The coefficients of 1 + W in powers of p = sqrt(2 e z + 2): https://dlmf.nist.gov/4.13.E6, Corless et al. 1996."""
NEAR_BRANCH = 0.03
"""The p up to which the series has all digits."""


def _lambertw_excess(z: Any, *, k: int = 0) -> Any:
    """1 + W, by the series near the branch point, where SciPy's W has half of its digits."""
    with np.errstate(all="ignore"):
        w = sc.lambertw(z, k)
        real = np.where(w.imag == 0, w.real, np.nan)
        distance = z + BRANCH + BRANCH_REST
        p = (1.0 if k == 0 else -1.0) * np.sqrt(2.0 * math.e * np.maximum(distance, 0.0))
        series = np.zeros_like(p)
        for coefficient in reversed(BRANCH_SERIES):
            series = (series + coefficient) * p
    is_near = (np.abs(p) < NEAR_BRANCH) & (distance >= 0.0) & (k in (0, -1))
    return np.where(is_near, series, 1.0 + real)[()]


lambertw_excess: Op = elementwise(
    "lambertw_excess",
    _lambertw_excess,
    lambda y, z: (exp(1.0 - y) / y,),
    operands="z",
    public=False,
    text=lambda z, *, k: f"(1 + lambertw({z}, {k}))",
    domain=((-0.3, -0.1),),
    nanoseconds=500.0,
    scratch=copies(10),
    samples=(sample((3,)), sample((3,), k=-1)),
    doc="1 + lambertw(z, k), which keeps its digits near the branch point at -1 / e.",
)


def _lambertw(z: Any, *, k: int = 0, tol: float = 1e-8) -> Any:
    with np.errstate(all="ignore"):
        w = sc.lambertw(z, k, tol)
    real = np.where(w.imag == 0, w.real, np.nan)
    is_near = (real > -1.1) & (real < -0.9) | (np.abs(z + BRANCH) < 1e-6)
    if not np.any(is_near):
        return real[()]
    return np.where(is_near, _lambertw_excess(z, k=k) - 1.0, real)[()]


def _lambertw_partials(w: Node, z: Node) -> tuple[Node]:
    """1 / (z + exp(w)), without its cancellation: https://dlmf.nist.gov/4.13.E4."""
    excess = lambertw_excess(z, k=w.param("k"))
    if w.param("k") == 0:
        return (exp(-w) / excess,)
    return (divide(w, excess) / z,)


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
