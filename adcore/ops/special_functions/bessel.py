"""Bessel functions of the second kind, modified ones, and those with their exponential taken off.

The order is a static parameter: the functions have no closed derivative by it. Recurrences are those of
https://dlmf.nist.gov/10.6 and 10.29.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sc

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, composed, elementwise, moved, sample
from adcore.ops.elementwise.oscillation import where_far
from adcore.ops.elementwise.special import TINY

_ORDERS = (sample((), v=0.0), sample((3,), v=2.0), sample((2, 3), v=0.5))
_WHOLE = (sample((), n=0), sample((3,), n=2))
_POSITIVE = ((0.5, 3.0),)


# --- the second kind


def _yv(x: Any, *, v: float) -> Any:
    return where_far(v, x, sc.yv(v, x), second=True)


def _kv(x: Any, *, v: float) -> Any:
    return sc.kv(v, x)


def _yn(x: Any, *, n: int) -> Any:
    return where_far(n, x, sc.yn(n, x), second=True)


def _kn(x: Any, *, n: int) -> Any:
    return sc.kn(n, x)


yv: Op = elementwise(
    "yv",
    _yv,
    lambda y, x: (0.5 * (yv(x, v=y.param("v") - 1) - yv(x, v=y.param("v") + 1)),),
    arguments=("v", "x"),
    latex=r"Y_{{{v}}}\left({0}\right)",
    nanoseconds=700.0,
    domain=_POSITIVE,
    samples=_ORDERS,
    doc="The Bessel function of the second kind of order v; NaN for a negative x.",
)
kv: Op = elementwise(
    "kv",
    _kv,
    lambda y, x: (-0.5 * (kv(x, v=y.param("v") - 1) + kv(x, v=y.param("v") + 1)),),
    arguments=("v", "x"),
    latex=r"K_{{{v}}}\left({0}\right)",
    nanoseconds=250.0,
    domain=_POSITIVE,
    samples=_ORDERS,
    doc="The modified Bessel function of the second kind of order v; NaN for a negative x.",
)
yn = elementwise(
    "yn",
    _yn,
    lambda y, x: (0.5 * (yv(x, v=y.param("n") - 1.0) - yv(x, v=y.param("n") + 1.0)),),
    arguments=("n", "x"),
    latex=r"Y_{{{n}}}\left({0}\right)",
    nanoseconds=55.0,
    domain=_POSITIVE,
    samples=_WHOLE,
    doc="The Bessel function of the second kind of whole order n.",
)
kn = elementwise(
    "kn",
    _kn,
    lambda y, x: (-0.5 * (kv(x, v=y.param("n") - 1.0) + kv(x, v=y.param("n") + 1.0)),),
    arguments=("n", "x"),
    latex=r"K_{{{n}}}\left({0}\right)",
    nanoseconds=600.0,
    domain=_POSITIVE,
    samples=_WHOLE,
    doc="The modified Bessel function of the second kind of whole order n.",
)
# The functions of order 0 and 1 have names that variables have more often: by their full names only.
for _name, _rule in (
    ("y0", lambda x: yn(x, n=0)),
    ("y1", lambda x: yn(x, n=1)),
    ("k0", lambda x: kn(x, n=0)),
    ("k1", lambda x: kn(x, n=1)),
):
    composed(
        _name,
        _rule,
        aliases=(f"scipy.special.{_name}",),
        public=False,
        domain=_POSITIVE,
        samples=(sample((2,)),),
        doc=f"{_name[0]}n({_name[1]}, x).",
    )


# --- modified functions with their exponential taken off

ASYMPTOTIC = 50.0
"""From this argument on, and from twice the square of the order, the expansions for large arguments are exact."""


def _expansion(v: float, n: int, x: Any, sign: float) -> Any:
    """The n-th derivative of sqrt(x) times the function's leading factor: https://dlmf.nist.gov/10.40.E1."""
    total, coefficient = np.zeros_like(x), 1.0
    for k in range(30):
        total = total + coefficient * (-1.0) ** n * sc.poch(k + 0.5, n) * x ** (-k - 0.5 - n)
        coefficient *= sign * (4.0 * v * v - (2 * k + 1) ** 2) / (8.0 * (k + 1))
    return total


def _scaled_derivative(function: Any, v: float, n: int, x: Any, sign: float) -> Any:
    """The n-th derivative of exp(-sign x) times a function with 2 F' = sign (F_(v-1) + F_(v+1)), for x > 0."""
    total = np.zeros_like(x)
    for j in range(n + 1):
        neighbours = sum(math.comb(j, i) * function(v - j + 2 * i, x) for i in range(j + 1))
        total = total + math.comb(n, j) * (-sign) ** (n - j) * (sign / 2) ** j * neighbours
    return total


def _scaled(function: Any, v: float, n: int, x: Any, sign: float) -> Any:
    with np.errstate(all="ignore"):
        large = np.maximum(np.abs(x), max(ASYMPTOTIC, 2.0 * v * v))
        factor = 1.0 / math.sqrt(2.0 * math.pi) if sign > 0 else math.sqrt(math.pi / 2.0)
        by_expansion = factor * _expansion(v, n, large, -sign)
        near = _scaled_derivative(function, v, n, np.abs(x), sign)
        return np.where(np.abs(x) >= large, by_expansion, near)


def _where_large(v: float, x: Any, value: Any, sign: float) -> Any:
    """SciPy has NaN from the largest integer on."""
    is_large = (np.abs(x) > 1e9) & np.isnan(value) & (x > 0 if v % 1 or sign < 0 else True)
    if not np.any(is_large):
        return value
    parity = np.where((x < 0) & (v % 2 == 1), -1.0, 1.0)
    return np.where(is_large, parity * _scaled(sc.ive, v, 0, np.where(is_large, x, 1e9), sign), value)[()]


def _ive(x: Any, *, v: float, n: Hidden = 0) -> Any:
    if n == 0:
        return _where_large(v, x, sc.ive(v, x), 1.0)
    y = _scaled(sc.ive, v, n, x, 1.0)
    if np.any(x < TINY):
        # The function is even or odd; at 0, where exp(-|x|) has a kink, the derivative is the mean of both sides.
        # Of a broken order there is one side only.
        turned = (-1.0) ** ((v + n) % 2) if v % 1 == 0 else np.nan
        rise = math.prod(v - i for i in range(n))  # that of x**v
        at_zero = 0.5 * (1.0 + turned) * y if v % 1 == 0 else np.where(np.isnan(y), rise * np.inf, y)
        y = np.where((x == 0) | (np.isnan(y) & (np.abs(x) < TINY)), at_zero, np.where(x < 0, turned * y, y))
    return y[()]


def _kve(x: Any, *, v: float, n: Hidden = 0) -> Any:
    if n == 0:
        return _where_large(v, x, sc.kve(v, x), -1.0)
    y = _scaled(sc.kve, v, n, x, -1.0)
    return np.where(x < 0, np.nan, np.where(np.abs(x) < TINY, (-1.0) ** n * np.inf, y))[()]


def _next(y: Node, x: Node) -> tuple[Node]:
    return (moved(y, x, n=y.param("n") + 1),)


ive: Op = elementwise(
    "ive",
    _ive,
    _next,
    arguments=("v", "z"),
    operands="z",
    nanoseconds=250.0,
    domain=_POSITIVE,
    samples=_ORDERS,
    doc="iv(v, z) exp(-|z|).",
)
kve: Op = elementwise(
    "kve",
    _kve,
    _next,
    arguments=("v", "z"),
    operands="z",
    nanoseconds=200.0,
    domain=_POSITIVE,
    samples=_ORDERS,
    doc="kv(v, z) exp(z).",
)
i0e = elementwise(
    "i0e", sc.i0e, lambda y, x: (ive(x, v=0.0, n=1),), nanoseconds=55.0, domain=_POSITIVE, doc="i0(x) exp(-|x|)."
)
i1e = elementwise(
    "i1e", sc.i1e, lambda y, x: (ive(x, v=1.0, n=1),), nanoseconds=55.0, domain=_POSITIVE, doc="i1(x) exp(-|x|)."
)
k0e = elementwise(
    "k0e", sc.k0e, lambda y, x: (kve(x, v=0.0, n=1),), nanoseconds=75.0, domain=_POSITIVE, doc="k0(x) exp(x)."
)
k1e = elementwise(
    "k1e", sc.k1e, lambda y, x: (kve(x, v=1.0, n=1),), nanoseconds=80.0, domain=_POSITIVE, doc="k1(x) exp(x)."
)
