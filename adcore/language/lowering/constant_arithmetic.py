"""Constant folding: arithmetic on numbers that are known when the program is compiled, as in float64.

Nothing overflows into an exception and nothing takes long: 1/0 is inf and so is 9**9**9. Results that are whole stay
Python integers up to 2**53, the end of those that float64 holds exactly, so that they can serve as counts.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Number = bool | int | float
WHOLE = 2**53


def number_of(x: Number) -> Number:
    """The number in float64: an integer beyond 2**53 is rounded to the nearest float, or infinity."""
    if isinstance(x, float) or -WHOLE <= x <= WHOLE:
        return x
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def _in_floats(f: Callable[[Any, Any], Any]) -> Callable[[Number, Number], Number]:
    def apply(a: Number, b: Number) -> Number:
        with np.errstate(all="ignore"):
            return float(f(np.float64(a), np.float64(b)))

    return apply


def _exactly(f: Callable[[Any, Any], Any], by_zero: bool = True) -> Callable[[Number, Number], Number]:
    """``f`` on integers where both operands are, in floats otherwise; ``by_zero``: whether the second may be 0."""
    in_floats = _in_floats(f)

    def apply(a: Number, b: Number) -> Number:
        if isinstance(a, int) and isinstance(b, int) and (by_zero or b):
            return number_of(f(int(a), int(b)))
        return in_floats(a, b)

    return apply


def _power(a: Number, b: Number) -> Number:
    result = _in_floats(np.power)(a, b)
    if isinstance(a, int) and isinstance(b, int) and b >= 0 and abs(result) <= WHOLE:
        return int(result)
    return result


FOLDED: dict[str, Callable[[Number, Number], Number]] = {
    "add": _exactly(operator.add),
    "subtract": _exactly(operator.sub),
    "multiply": _exactly(operator.mul),
    "divide": _in_floats(operator.truediv),
    "floor_divide": _exactly(operator.floordiv, by_zero=False),
    "remainder": _exactly(operator.mod, by_zero=False),
    "power": _power,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
"""The operators on two known numbers, by the names of their ops."""
