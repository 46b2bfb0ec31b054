"""Arithmetic, elementary functions, choices away from their kinks, smooth steps, and entropies."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from mpmath import mp

from tests.adcore.ops.precision.definitions.definition import EVERYWHERE, POSITIVE, Definition
from tests.adcore.ops.precision.jets import Jet, Number, lifted


def root(x: Number) -> Number:
    return mp.sqrt(x)


exp = lifted(lambda x: (mp.exp(x),) * 3)
log = lifted(lambda x: (mp.log(x), 1 / x, -1 / x**2))
sqrt = lifted(lambda x: (root(x), 1 / (2 * root(x)), -1 / (4 * x * root(x))))
expm1 = lifted(lambda x: (mp.expm1(x), mp.exp(x), mp.exp(x)))
log1p = lifted(lambda x: (mp.log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2))
square = lifted(lambda x: (x * x, 2 * x, mp.mpf(2)))
absolute = lifted(lambda x: (abs(x), mp.sign(x), mp.mpf(0)))
arctan = lifted(lambda x: (mp.atan(x), 1 / (1 + x**2), -2 * x / (1 + x**2) ** 2))


def _cbrt(x: Number) -> tuple[Number, Number, Number]:
    y = mp.sign(x) * mp.cbrt(abs(x))
    return y, 1 / (3 * y**2), -2 / (9 * y**5)


def _tan(x: Number) -> tuple[Number, Number, Number]:
    y = mp.tan(x)
    return y, 1 + y**2, 2 * y * (1 + y**2)


def _arctan2(a: Jet, b: Jet) -> Jet:
    """In closed form, since where a and b are equal the mixed derivative is exactly 0."""
    y, x = a.value, b.value
    r = x**2 + y**2
    return Jet(mp.atan2(y, x), (x / r, -y / r), (-2 * x * y / r**2, (y - x) * (y + x) / r**2, 2 * x * y / r**2))


def _power(x: Jet, p: Jet) -> Jet:
    """In closed form, since for p = 1 some are exactly 0."""
    a, n = x.value, p.value
    y, log_a = a**n, mp.log(a)
    curvatures = (n * (n - 1) * y / a**2, y / a * (1 + n * log_a), y * log_a**2)
    return Jet(y, (n * y / a, y * log_a), curvatures)


def logaddexp(a: Jet, b: Jet) -> Jet:
    high, low = (a, b) if a.value > b.value else (b, a)
    return high + log1p(exp(low - high))


def _sigmoid(x: Number) -> tuple[Number, Number, Number]:
    y = 1 / (1 + mp.exp(-x))
    slope = 1 / (2 * mp.cosh(x / 2)) ** 2
    return y, slope, -slope * mp.tanh(x / 2)


sigmoid = lifted(_sigmoid)


def _remainder(quotient: Callable[[Number], Number]) -> Callable[[Jet, Jet], Jet]:
    return lambda a, b: a - b * quotient(a.value / b.value)


def xlogy(x: Jet, y: Jet) -> Jet:
    return x * log(y)


def _rel_entr(x: Jet, y: Jet) -> Jet:
    return x * log(x / y)


def _kl_div(x: Jet, y: Jet) -> Jet:
    """In closed form, since where x and y are equal it is exactly 0."""
    a, b = x.value, y.value
    return Jet(a * mp.log(a / b) - a + b, (mp.log(a / b), 1 - a / b), (1 / a, -1 / b, a / b**2))


def length(*x: Jet) -> Jet:
    """In closed form: without the differences by which an element that is far larger cancels."""
    values = [each.value for each in x]
    y = root(sum(v**2 for v in values))
    curvatures = [
        -v * w / y**3 if i != j else sum(u**2 for k, u in enumerate(values) if k != i) / y**3
        for (i, v), (j, w) in itertools.combinations_with_replacement(enumerate(values), 2)
    ]
    return Jet(y, tuple([v / y for v in values]), tuple(curvatures))


ELEMENTARY: dict[str, Definition] = {
    # arithmetic
    "add": Definition(lambda a, b: a + b),
    "subtract": Definition(lambda a, b: a - b),
    "multiply": Definition(lambda a, b: a * b),
    "divide": Definition(lambda a, b: a / b),
    "negative": Definition(lambda x: -x),
    "positive": Definition(lambda x: x),
    "reciprocal": Definition(lambda x: 1 / x),
    "square": Definition(square),
    "sqrt": Definition(sqrt, (POSITIVE,)),
    "cbrt": Definition(lifted(_cbrt)),
    "power": Definition(_power, (POSITIVE, EVERYWHERE), (1.0,)),
    "hypot": Definition(length),
    "remainder": Definition(_remainder(mp.floor), ((-1e15, 1e15), (0.1, 1e15))),
    "fmod": Definition(_remainder(lambda q: mp.sign(q) * mp.floor(abs(q))), ((-1e15, 1e15), (0.1, 1e15))),
    # elementary functions
    "exp": Definition(exp, special=(0.0,)),
    "exp2": Definition(lambda x: exp(x * mp.log(2)), special=(0.0,)),
    "expm1": Definition(expm1, special=(0.0,)),
    "log": Definition(log, (POSITIVE,), (1.0,)),
    "log2": Definition(lambda x: log(x) / mp.log(2), (POSITIVE,), (1.0,)),
    "log10": Definition(lambda x: log(x) / mp.log(10), (POSITIVE,), (1.0,)),
    "log1p": Definition(log1p, ((-1.0, math.inf),), (-1.0, 0.0)),
    "sin": Definition(lifted(lambda x: (mp.sin(x), mp.cos(x), -mp.sin(x))), special=(0.0, math.pi)),
    "cos": Definition(lifted(lambda x: (mp.cos(x), -mp.sin(x), -mp.cos(x))), special=(0.0, math.pi / 2)),
    "tan": Definition(lifted(_tan), special=(0.0, math.pi / 2)),
    "arcsin": Definition(
        lifted(lambda x: (mp.asin(x), 1 / root(1 - x**2), x / root(1 - x**2) ** 3)), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)
    ),
    "arccos": Definition(
        lifted(lambda x: (mp.acos(x), -1 / root(1 - x**2), -x / root(1 - x**2) ** 3)),
        ((-1.0, 1.0),),
        (-1.0, 0.0, 1.0),
    ),
    "arctan": Definition(arctan, special=(0.0,)),
    "arctan2": Definition(_arctan2),
    "sinh": Definition(lifted(lambda x: (mp.sinh(x), mp.cosh(x), mp.sinh(x))), special=(0.0,)),
    "cosh": Definition(lifted(lambda x: (mp.cosh(x), mp.sinh(x), mp.cosh(x))), special=(0.0,)),
    "tanh": Definition(
        lifted(lambda x: (mp.tanh(x), mp.sech(x) ** 2, -2 * mp.tanh(x) * mp.sech(x) ** 2)), special=(0.0,)
    ),
    "arcsinh": Definition(
        lifted(lambda x: (mp.asinh(x), 1 / root(1 + x**2), -x / root(1 + x**2) ** 3)), special=(0.0,)
    ),
    "arccosh": Definition(
        lifted(lambda x: (mp.acosh(x), 1 / root(x**2 - 1), -x / root(x**2 - 1) ** 3)), ((1.0, math.inf),), (1.0,)
    ),
    "arctanh": Definition(
        lifted(lambda x: (mp.atanh(x), 1 / (1 - x**2), 2 * x / (1 - x**2) ** 2)), ((-1.0, 1.0),), (-1.0, 0.0, 1.0)
    ),
    "deg2rad": Definition(lambda x: x * (mp.pi / 180)),
    "rad2deg": Definition(lambda x: x * (180 / mp.pi)),
    # choices and signs, away from their kinks
    "abs": Definition(absolute),
    "copysign": Definition(lambda a, b: absolute(a) * mp.sign(b.value)),
    "maximum": Definition(lambda a, b: a if a.value > b.value else b),
    "minimum": Definition(lambda a, b: a if a.value < b.value else b),
    "fmax": Definition(lambda a, b: a if a.value > b.value else b),
    "fmin": Definition(lambda a, b: a if a.value < b.value else b),
    "relu": Definition(lambda x: x * mp.mpf(x.value > 0)),
    # smooth steps
    "sigmoid": Definition(sigmoid, special=(0.0,)),
    "softplus": Definition(lambda x: logaddexp(x, 0 * x), special=(0.0,)),
    "logaddexp": Definition(logaddexp),
    "log_expit": Definition(lambda x: -logaddexp(-x, 0 * x), special=(0.0,)),
    "logit": Definition(lambda x: log(x) - log(1 - x), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
    # entropies
    "xlogy": Definition(xlogy, (EVERYWHERE, POSITIVE)),
    "xlog1py": Definition(lambda x, y: x * log1p(y), (EVERYWHERE, (-1.0, math.inf))),
    "entr": Definition(lambda x: -xlogy(x, x), (POSITIVE,), (1.0,)),
    "rel_entr": Definition(_rel_entr, (POSITIVE,)),
    "kl_div": Definition(_kl_div, (POSITIVE,)),
    "logaddexp2": Definition(lambda a, b: logaddexp(a * mp.log(2), b * mp.log(2)) / mp.log(2)),
    "math.remainder": Definition(_remainder(mp.nint), ((-1e15, 1e15), (0.1, 1e15))),
}
