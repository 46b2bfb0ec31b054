"""Oscillating functions far from 0, where the rounding of a phase such as pi x or x - pi / 4 would leave no digit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# --- sines of multiples of pi


def _half_turn(x: Any) -> Any:
    """x less a whole number of turns of 2, from -1 to 1, without rounding."""
    return x - 2.0 * np.round(0.5 * x)


def sinpi(x: Any) -> Any:
    """sin(pi x), exactly 0 at whole numbers."""
    turn = _half_turn(x)
    return np.sin(np.pi * np.where(np.abs(turn) > 0.5, np.sign(turn) - turn, turn))


def cospi(x: Any) -> Any:
    """cos(pi x), exactly 0 half way between whole numbers."""
    return np.sin(np.pi * (0.5 - np.abs(_half_turn(x))))


SPLIT = 134217729.0
"""2**27 + 1: Veltkamp's constant, which parts a number into two of 26 bits."""


def square_turns(x: Any) -> Any:
    """x**2 / 2 less a whole number of turns of 2, by the exact square: Dekker, Numerische Mathematik 18, 1971.

    Numbers from 2**52 on have a square that is a multiple of 4 turns.
    """
    size = np.minimum(np.abs(x), 2.0**60)
    high = size * SPLIT - (size * SPLIT - size)
    low = size - high
    square = size * size
    rest = ((high * high - square) + 2.0 * high * low) + low * low
    return np.where(np.abs(x) >= 2.0**60, 0.0, np.fmod(0.5 * square, 2.0) + 0.5 * rest)


# --- Bessel functions

FAR = 25.0
"""From here on, and from half of the square of the order, Hankel's expansion has all digits in ``TERMS`` terms."""
TERMS = 26


def hankel(v: float, x: Any, second: bool) -> Any:
    """J_v(x) or, if ``second``, Y_v(x) for large x: https://dlmf.nist.gov/10.17.E3 and E4.

    The phase x - (v / 2 + 1 / 4) pi is never formed, but its sine and cosine by those of both parts.
    """
    phase = math.pi * ((0.5 * v + 0.25) % 2.0)
    c, s = math.cos(phase), math.sin(phase)
    cos_x, sin_x = np.cos(x), np.sin(x)
    cosine, sine = cos_x * c + sin_x * s, sin_x * c - cos_x * s
    even, odd, term = np.ones_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(1, TERMS):
        term = term * ((4.0 * v * v - (2 * k - 1) ** 2) / (8.0 * k)) / x
        signed = term if k % 4 < 2 else -term
        if k % 2:
            odd = odd + signed
        else:
            even = even + signed
    parts = even * sine + odd * cosine if second else even * cosine - odd * sine
    return math.sqrt(2.0 / math.pi) / np.sqrt(x) * parts


def where_far(v: float, x: Any, near: Any, second: bool = False) -> Any:
    """``near``, but Hankel's expansion for large x; for a negative x, J of a whole order by its parity."""
    size = np.abs(x)
    is_far = (size > max(FAR, 0.5 * v * v)) & (size < np.inf)
    if not np.any(is_far):
        return near
    value = hankel(v, np.where(is_far, size, FAR), second)
    if second or v % 1:
        is_far = is_far & (x > 0)
    elif v % 2:
        value = np.where(x < 0, -value, value)
    return np.where(is_far, value, near)[()]
