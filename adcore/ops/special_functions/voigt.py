"""The function of Faddeeva, w(z) = exp(-z**2) erfc(-i z), and Voigt's profile.

Formulas are those of https://dlmf.nist.gov, chapter 7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import OPS, Node, Op
from adcore.ops.base import Hidden, composed, copies, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import hypot
from adcore.ops.elementwise.choice import where

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


FAR, FAR_TERMS = 10.0, 20
"""From this multiple of sigma on, the series of the profile in powers of sigma has all digits."""
LEAST_GAMMA = 1e-30
"""Below this multiple of sigma, the normal density, which the series lacks, counts."""


def _voigt_tail(x: Any, sigma: Any, gamma: Any, *, n: Hidden = 0, m: Hidden = 0, imaginary: Hidden = False) -> Any:
    """The asymptotic series of w (7.12.E1) with sigma taken out: the terms are those of sigma**(2 k) / z**(2 k + 1) for
    z = x + i gamma, and their derivatives, n by z and m by sigma."""
    with np.errstate(all="ignore"):
        inverse, ratio = 1.0 / (x + 1j * gamma), sigma / (x + 1j * gamma)
        total = np.zeros_like(inverse)
        for k in reversed(range(FAR_TERMS)):
            falling = math.perm(2 * k, m) if m <= 2 * k else 0
            power = ratio ** (2 * k - m) if falling else 0.0
            total = total + 2.0**k * sc.poch(0.5, k) * falling * sc.poch(2 * k + 1.0, n) * power
        total = 1j / math.pi * (-1.0) ** n * total * inverse ** (n + m + 1)
        return (total.imag if imaginary else total.real)[()]


def _voigt_tail_partials(y: Node, x: Node, sigma: Node, gamma: Node) -> tuple[Node, Node, Node]:
    """By Cauchy and Riemann for gamma, as ``faddeeva``."""
    imaginary = y.param("imaginary")
    along = moved(y, x, sigma, gamma, n=y.param("n") + 1)
    across = along.with_params(imaginary=not imaginary)
    return along, moved(y, x, sigma, gamma, m=y.param("m") + 1), across if imaginary else -across


voigt_tail: Op = elementwise(
    "voigt_tail",
    _voigt_tail,
    _voigt_tail_partials,
    operands="x sigma gamma",
    public=False,
    text=lambda x, sigma, gamma, **p: f"voigt_tail({x}, {sigma}, {gamma}, {p['n']}, {p['m']}, {p['imaginary']})",
    readable=False,
    nanoseconds=2000.0,
    scratch=copies(16),
    domain=((3.0, 6.0), (0.05, 0.1), (1.0, 2.0)),
    nan_gradient="Where x and gamma are below 1e-20, powers of their reciprocals overflow.",
    doc="Voigt's profile far from its centre, or a derivative of it.",
)


def _voigt_profile(x: Node, sigma: Node, gamma: Node) -> Node:
    """Far out by the series in sigma, since the derivatives of w by x / sigma cancel there."""
    is_far = OPS["logical_and"](
        OPS["greater"](hypot(x, gamma), FAR * sigma), OPS["greater_equal"](gamma, LEAST_GAMMA * sigma)
    )
    is_far = OPS["logical_and"](is_far, OPS["greater_equal"](sigma, 0.0))
    width = where(is_far, 1.0, sigma) * math.sqrt(2.0)
    near = faddeeva(x / width, gamma / width) / (width * math.sqrt(math.pi))
    return where(is_far, voigt_tail(x, sigma, gamma), near)


voigt_profile = composed(
    "voigt_profile",
    _voigt_profile,
    domain=((-3.0, 3.0), (0.5, 2.0), (0.5, 2.0)),
    samples=(sample((), (), ()), sample((2, 3), (3,), ())),
    nan_gradient="A sigma below 1e-308 has an infinite reciprocal.",
    doc="The density of the sum of a normal number of deviation sigma and a Cauchy number of scale gamma.",
)
