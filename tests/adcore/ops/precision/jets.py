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


def combined(
    jets: Sequence[Jet], value: Number, gradient: Sequence[Number], hessian: Callable[[int, int], Number]
) -> Jet:
    """A function of several jets, by its value and its derivatives there: the chain rule."""
    pairs = list(itertools.combinations_with_replacement(range(len(jets[0].slopes)), 2))
    places = list(itertools.product(range(len(jets)), repeat=2)) if pairs else []
    seconds = {(i, j): hessian(min(i, j), max(i, j)) for i, j in places}
    return Jet(
        value,
        tuple(
            [sum(g * s for g, s in zip(gradient, column, strict=True)) for column in zip(*_slopes(jets), strict=True)]
        ),
        tuple(
            [
                sum(g * jet.curvatures[at] for g, jet in zip(gradient, jets, strict=True))
                + sum(seconds[i, j] * jets[i].slopes[k] * jets[j].slopes[m] for i, j in places)
                for at, (k, m) in enumerate(pairs)
            ]
        ),
    )


def _slopes(jets: Sequence[Jet]) -> list[tuple[Number, ...]]:
    return [jet.slopes for jet in jets]


def numerical(function: Callable[..., Number]) -> Callable[..., Jet]:
    """The function of jets, from one of numbers, by central differences with three times as many digits."""

    def of(*jets: Jet) -> Jet:
        x = [jet.value for jet in jets]
        if not jets[0].slopes:
            return Jet(function(*x), (), ())
        step = mp.mpf(10) ** -mp.dps
        with mp.workdps(3 * mp.dps + 20):
            steps = [step * (abs(each) or 1) for each in x]

            def at(*moves: tuple[int, int]) -> Number:
                moved = list(x)
                for operand, sign in moves:
                    moved[operand] += sign * steps[operand]
                return function(*moved)

            value, places = at(), range(len(x))
            sides = [(at((i, -1)), at((i, 1))) for i in places]
            gradient = [(above - below) / (2 * steps[i]) for i, (below, above) in enumerate(sides)]

            def second(i: int, j: int) -> Number:
                if i == j:
                    return (sides[i][0] + sides[i][1] - 2 * value) / steps[i] ** 2
                corners = [a * b * at((i, a), (j, b)) for a in (-1, 1) for b in (-1, 1)]
                return sum(corners) / (4 * steps[i] * steps[j])

            known = {(i, j): second(i, j) for i, j in itertools.combinations_with_replacement(places, 2)}
            return combined(jets, value, gradient, lambda i, j: known[i, j])

    return of


def integral(
    parts: Callable[..., tuple[Number, Number]], density: Callable[..., Jet], sign: int = 1
) -> Callable[..., Jet]:
    """The function of x and parameters whose derivative by x is ``sign`` times ``density``; those by the parameters are
    numerical. ``parts`` are a constant and the rest of the value, which may be far smaller."""

    def of(x: Jet, *parameters: Jet) -> Jet:
        fixed = [each.value for each in parameters]
        if not x.slopes:
            return Jet(sum(parts(x.value, *fixed)), (), ())
        by_parameters = numerical(lambda *p: parts(x.value, *p)[1])(*_variables(fixed))
        along = density(*_variables([x.value, *fixed])) * sign
        pairs = itertools.combinations_with_replacement(range(1, len(fixed) + 1), 2)
        seconds = dict(zip(pairs, by_parameters.curvatures, strict=True))
        return combined(
            [x, *parameters],
            by_parameters.value + parts(x.value, *fixed)[0],
            [along.value, *by_parameters.slopes],
            lambda i, j: seconds[i, j] if i else along.slopes[j],
        )

    return of


def implicit(function: Callable[..., Jet], start: Callable[..., float]) -> Callable[..., Jet]:
    """The y with ``function(y, *parameters)`` = q as a function of q and the parameters: by Newton's method from a
    double, and by the theorem of the implicit function."""

    def of(q: Jet, *parameters: Jet) -> Jet:
        jets = (q, *parameters)
        fixed = [Jet(each.value, (), ()) for each in parameters]
        y = mp.mpf(float(start(*[float(each.value) for each in jets])))
        if not mp.isnormal(y):
            raise ValueError("no start")
        slope = function(*_variables([y, *[each.value for each in parameters]])).slopes[0]
        for _ in range(60):
            step = (function(Jet(y, (), ()), *fixed).value - q.value) / slope
            y -= step
            if abs(step) <= abs(y) * mp.mpf(10) ** (14 - mp.dps):
                break
            if abs(step) > 1e-3 * abs(y):
                raise ValueError("the start is far from the result")
        jet = function(*_variables([y, *[each.value for each in parameters]]))
        count, along = len(jets), jet.slopes[0]
        pairs = dict(zip(itertools.combinations_with_replacement(range(count), 2), jet.curvatures, strict=True))
        gradient = [1 / along, *[-s / along for s in jet.slopes[1:]]]

        def second(i: int, j: int) -> Number:
            """What is left of the second derivative of function(y(q, p), p) = q, but for y's own."""
            total = pairs[0, 0] * gradient[i] * gradient[j]
            total += pairs[0, j] * gradient[i] if j else 0
            total += pairs[0, i] * gradient[j] if i else 0
            total += pairs[i, j] if i and j else 0
            return -total / along

        return combined(jets, y, gradient, second)

    return of


def variables(values: Sequence[float]) -> list[Jet]:
    """One jet for each variable."""
    return _variables([mp.mpf(float(value)) for value in values])


def _variables(values: Sequence[Number]) -> list[Jet]:
    count = len(values)
    return [
        Jet(
            value,
            tuple([mp.mpf(i == k) for k in range(count)]),
            (mp.mpf(0),) * (count * (count + 1) // 2),
        )
        for i, value in enumerate(values)
    ]


DIGITS = (30, 60, 250, 700, 1500, 3000)
"""How many digits are computed with, until two results agree. The largest doubles and their squares differ from 1 by a
factor of 10 to the 600."""
FEWER_DIGITS = (30, 60, 120, 250)
"""Likewise, where a definition takes minutes for more."""
ENOUGH_FOR_ZERO = 250
AGREEMENT = 1e-22


class NoAgreement(ArithmeticError):
    """The most digits that are computed with are too few."""


def exactly(
    function: Callable[..., Jet], values: Sequence[float], digits_tried: Sequence[int] = DIGITS
) -> list[Number]:
    """The value, the slopes and the curvatures of ``function``, all to more digits than a double has.

    Cancellation may take all digits and leave 0: a 0 is believed only from a number of digits on that
    the definitions are written to get by with.
    """
    previous: list[Number] = []
    for digits in digits_tried:
        with mp.workdps(digits):
            jet = function(*variables(values))
            found = [jet.value, *jet.slopes, *jet.curvatures]
            if previous and all(
                abs(a - b) <= AGREEMENT * abs(b) and (b != 0 or digits >= ENOUGH_FOR_ZERO)
                for a, b in zip(previous, found, strict=True)
            ):
                return found
            previous = found
    raise NoAgreement(f"at {values}")
