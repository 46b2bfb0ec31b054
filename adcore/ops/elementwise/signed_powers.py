"""Powers of the absolute value, continued to the negative numbers: what powers and roots of one value are, joined."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, elementwise, sample


def _signed_power(x: Any, *, exponent: Hidden, left: Hidden) -> Any:
    size = np.abs(x)
    power = np.sqrt(size) if exponent == 0.5 else size if exponent == 1.0 else np.power(size, exponent)
    if left == 1:
        return power
    if left == 0:
        return np.where(x < 0, np.nan, power)[()]
    # An odd function is 0 at 0, or has both infinities there, whose mean is 0.
    return np.where(x == 0, 0.0, np.copysign(power, x))[()]


def signed_power_of(x: Node, exponent: float, left: int) -> Node | float:
    """The signed power as graph; 1, or x itself, where it is that."""
    if left == (1 if exponent == 0.0 else -1) and exponent in (0.0, 1.0):
        return x if exponent else 1.0
    return signed_power(x, exponent=exponent, left=left)


def slope(x: Node, exponent: float, left: int) -> Node | float | None:
    """The derivative of the signed power; None for an exact zero."""
    if exponent == 0.0:
        return None if left else 0.0 * signed_power(x, exponent=exponent, left=left)
    power = signed_power_of(x, exponent - 1.0, -left)
    return exponent if power == 1.0 else power if exponent == 1.0 else exponent * power


def _text(x: str, *, exponent: float, left: int) -> str:
    """The power as calls of functions that programs have."""

    def power(of: str) -> str:
        return {0.0: "1", 0.5: f"sqrt({of})", 1.0: of}.get(exponent, f"power({of}, {exponent!r})")

    if left == 0:
        return f"where({x} >= 0, {power(x)}, nan)" if exponent.is_integer() else power(x)
    if exponent.is_integer() and left == (-1 if exponent % 2 else 1):
        return power(x)
    if left == 1:
        return power(f"abs({x})")
    return f"(sign({x}) * {power(f'abs({x})')})" if exponent else f"sign({x})"


signed_power: Op = elementwise(
    "signed_power",
    _signed_power,
    lambda y, x: (slope(x, y.param("exponent"), y.param("left")),),
    public=False,
    text=_text,
    domain=((0.5, 3),),
    samples=(
        sample((), exponent=1.5, left=1),
        sample((3,), exponent=0.5, left=0),
        sample((2, 2), exponent=-0.5, left=-1),
        sample((), exponent=0.0, left=-1),
    ),
    doc="The absolute value to a power; where x is negative times left, which is 1 or -1, and NaN there for left 0.",
)
