"""The complete elliptic integrals as functions of the parameter m = k**2: https://dlmf.nist.gov/19.5.

Both are hypergeometric functions, whose derivatives of any order are hypergeometric again (15.5.E2). Euler's and
Pfaff's transformations (15.8.E1) bring the argument to 0 to 1 and take the powers of 1 - m out. Far to the left, the
first derivatives are Carlson's integrals (19.25.E1), and the others follow by the differential equation (15.10.E1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, elementwise, moved, sample


def _derivative(m: Any, a: float, n: int) -> Any:
    """The n-th derivative of pi / 2 F(a, 1/2; 1; m), for a = 1/2 or -1/2."""
    factor = math.pi / 2.0 * sc.poch(a, n) * sc.poch(0.5, n) / math.factorial(n)
    with np.errstate(all="ignore"):
        rest = 1.0 - m
        inside = np.where(m < 0, 0.0, m)
        by_euler = rest ** (0.5 - a - n) * sc.hyp2f1(1.0 - a, 0.5, n + 1.0, inside)
        turned = np.where(m < 0, -m / rest, 0.0)
        by_pfaff = rest ** (-0.5 - n) * sc.hyp2f1(1.0 - a, 0.5 + n, n + 1.0, turned)
        near = factor * np.where(m < 0, by_pfaff, by_euler)
        if n == 1 and a < 0:  # At 1 the series has no limit: https://dlmf.nist.gov/19.4.E2.
            near = np.where(m > 0.5, (sc.ellipe(m) - sc.ellipk(m)) / (2.0 * m), near)
        return np.where(m > 1, np.nan, np.where(m < -1, _far_derivative(np.minimum(m, -1.0), a, n), near))[()]


def _far_derivative(m: Any, a: float, n: int) -> Any:
    """The same for m of -1 or less."""
    m = np.maximum(m, -1e307)
    rest = 1.0 - m
    below, value = (
        (sc.ellipk(m), sc.elliprd(0.0, 1.0, rest) / 6.0) if a > 0 else (sc.ellipe(m), -sc.elliprd(0.0, rest, 1.0) / 6.0)
    )
    for k in range(n - 1):
        slope = k + 1.0 - (a + 2 * k + 1.5) * m
        below, value = value, ((a + k) * (0.5 + k) * below - slope * value) / m / rest
    return value


def _ellipk(m: Any, *, n: Hidden = 0) -> Any:
    return sc.ellipk(m) if n == 0 else _derivative(m, 0.5, n)


def _ellipe(m: Any, *, n: Hidden = 0) -> Any:
    return sc.ellipe(m) if n == 0 else _derivative(m, -0.5, n)


def _next(y: Node, m: Node) -> tuple[Node]:
    return (moved(y, m, n=y.param("n") + 1),)


_SAMPLES = (sample(()), sample((3,)))

ellipk: Op = elementwise(
    "ellipk",
    _ellipk,
    _next,
    operands="m",
    latex=r"K\left({0}\right)",
    nanoseconds=40.0,
    domain=((-1.5, 0.9),),
    samples=_SAMPLES,
    doc="The complete elliptic integral of the first kind of the parameter m; NaN for m above 1.",
)
ellipe: Op = elementwise(
    "ellipe",
    _ellipe,
    _next,
    operands="m",
    latex=r"E\left({0}\right)",
    nanoseconds=40.0,
    domain=((-1.5, 0.9),),
    samples=_SAMPLES,
    doc="The complete elliptic integral of the second kind of the parameter m; NaN for m above 1.",
)
