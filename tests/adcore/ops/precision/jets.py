"""Numbers of many digits together with their first and second derivatives by some variables.

The arithmetic of Taylor series to order two over mpmath's numbers, by which the derivatives of a definition follow from
the definition alone. It shares nothing with ``adcore``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import mp

Number = Any
"""mpmath's ``mpf``, which has no types."""


@dataclass(frozen=True, slots=True)
class Jet:
    """A value, its slopes by each of n variables, and its curvatures by each of the n (n + 1) / 2 pairs."""

    value: Number
    slopes: tuple[Number, ...]
    curvatures: tuple[Number, ...]

    def mapped(self, value: Number, first: Number, second: Number) -> Jet:
        """A function of this jet, by its value and two derivatives there: the chain rule."""
        pairs = itertools.combinations_with_replacement(self.slopes, 2)
        return Jet(
            value,
            tuple([first * s for s in self.slopes]),
            tuple([first * c + second * s * t for c, (s, t) in zip(self.curvatures, pairs, strict=True)]),
        )

    def __add__(self, other: Jet | float) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value + other, self.slopes, self.curvatures)
        return Jet(
            self.value + other.value,
            tuple([s + t for s, t in zip(self.slopes, other.slopes, strict=True)]),
            tuple([s + t for s, t in zip(self.curvatures, other.curvatures, strict=True)]),
        )

    def __mul__(self, other: Jet | Number) -> Jet:
        a = self.value
        if not isinstance(other, Jet):
            return self.mapped(a * other, other, 0)
        b = other.value
        indices = itertools.combinations_with_replacement(range(len(self.slopes)), 2)
        s, t = self.slopes, other.slopes
        return Jet(
            a * b,
            tuple([a * v + b * u for u, v in zip(s, t, strict=True)]),
            tuple(
                [
                    a * d + b * c + s[i] * t[j] + s[j] * t[i]
                    for c, d, (i, j) in zip(self.curvatures, other.curvatures, indices, strict=True)
                ]
            ),
        )

    def __neg__(self) -> Jet:
        return self * -1

    def __sub__(self, other: Jet | float) -> Jet:
        return self + -other

    def __truediv__(self, other: Jet | Number) -> Jet:
        return self * (reciprocal(other) if isinstance(other, Jet) else 1 / mp.mpf(other))

    def __pow__(self, exponent: float) -> Jet:
        p, x = mp.mpf(exponent), self.value
        return self.mapped(x**p, p * x ** (p - 1), p * (p - 1) * x ** (p - 2))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Jet:
        return -self + other

    def __rtruediv__(self, other: float) -> Jet:
        return reciprocal(self) * other


Rule = Callable[[Number], tuple[Number, Number, Number]]
Function = Callable[[Jet], Jet]


def lifted(rule: Rule) -> Function:
    """The function of jets, from that of a number to its value and two derivatives there."""
    return lambda x: x.mapped(*rule(x.value))


reciprocal = lifted(lambda x: (1 / x, -1 / x**2, 2 / x**3))


def variables(values: Sequence[float]) -> list[Jet]:
    """One jet for each variable."""
    count = len(values)
    return [
        Jet(
            mp.mpf(float(value)),
            tuple([mp.mpf(i == k) for k in range(count)]),
            (mp.mpf(0),) * (count * (count + 1) // 2),
        )
        for i, value in enumerate(values)
    ]


DIGITS = (40, 80, 250, 700, 1500, 3000)
"""How many digits are computed with, until two results agree. The largest doubles and their squares differ from 1 by a
factor of 10 to the 600."""
ENOUGH_FOR_ZERO = 250
AGREEMENT = 1e-22


def exactly(function: Callable[..., Jet], values: Sequence[float]) -> list[Number]:
    """The value, the slopes and the curvatures of ``function``, all to more digits than a double has.

    Cancellation may take all digits and leave 0: a 0 is believed only from a number of digits on that
    the definitions are written to get by with.
    """
    previous: list[Number] = []
    for digits in DIGITS:
        with mp.workdps(digits):
            jet = function(*variables(values))
            found = [jet.value, *jet.slopes, *jet.curvatures]
            if previous and all(
                abs(a - b) <= AGREEMENT * abs(b) and (b != 0 or digits >= ENOUGH_FOR_ZERO)
                for a, b in zip(previous, found, strict=True)
            ):
                return found
            previous = found
    raise ArithmeticError(f"no agreement at {values}")
