"""What Python's math means by the name of an op, and its functions of whole numbers, which are exact where known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from adcore.graph import DType, Node
from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.constant_arithmetic import number_of
from adcore.language.lowering.values import List, Value, is_number, is_sequence

LARGEST = 10_000
"""The greatest argument whose combinations are computed exactly; those of greater ones are infinite in float64."""
LARGEST_FACTORIAL = 170
"""The greatest number whose factorial is finite in float64."""


def _log(call: Bound) -> Value:
    x, base = call.value("x"), call.value("base")
    logarithm = call.emit("log", x)
    return logarithm if base is None else call.emit("divide", logarithm, call.emit("log", base))


def _hypot(call: Bound) -> Value:
    values = [a.value for a in call.rest]
    if len(values) == 2:
        return call.emit("hypot", *values)
    if not values:
        return 0.0
    return call.emit("norm", call.low.array(several(call.low, List, values, call.place), call.place))


def _prod(call: Bound) -> Value:
    value, start = call.value("iterable"), call.value("start")
    items = value.items if is_sequence(value) else ()
    if is_sequence(value) and all(map(is_number, (*items, start))):
        known: list[Any] = [start, *items]
        return number_of(math.prod(known))
    product = call.emit("prod", call.array("iterable"), axis=0)
    return product if start == 1 else call.emit("multiply", start, product)


def _natural(call: Bound, name: str) -> int:
    n = call.whole(name)
    if n < 0:
        raise call.wrong(f"{name} of {call.builtin.name} is from 0 up, and this is {n}", name)
    return n


def _factorial(call: Bound) -> Value:
    """Exact where it is known; of a computed number, which has to be whole, it has no derivative."""
    n = call.value("n")
    if isinstance(n, Node):
        whole = call.low.operand(n, DType.INT, call.at("n"))
        return call.emit("factorial", whole)
    known = _natural(call, "n")
    return number_of(math.factorial(known)) if known <= LARGEST_FACTORIAL else math.inf


def _comb(call: Bound) -> Value:
    values = [call.low.array(x, call.place) if is_sequence(x) else x for x in (call.value("n"), call.value("k"))]
    if any(isinstance(x, Node) and x.shape for x in values):
        # That of SciPy, which is 0 where there is no way to choose.
        n, k = values
        possible = call.emit("logical_and", call.emit("less_equal", 0.0, k), call.emit("less_equal", k, n))
        return call.emit("where", possible, call.emit("binom", n, k), 0.0)
    n, k = _natural(call, "n"), _natural(call, "k")
    return math.inf if min(k, n - k) > LARGEST else number_of(math.comb(n, k))


def _perm(call: Bound) -> Value:
    n = _natural(call, "n")
    k = n if call.value("k") is None else _natural(call, "k")
    return math.inf if LARGEST < k <= n else number_of(math.perm(n, k))


def _isqrt(call: Bound) -> Value:
    return math.isqrt(_natural(call, "n"))


def _of_many(function: Callable[..., int]) -> Rule:
    def rule(call: Bound) -> Value:
        what = f"an argument of {call.builtin.name}"
        return number_of(function(*[call.low.known.whole(a.value, a.place, what) for a in call.rest]))

    return rule


RULES: dict[str, Rule] = {
    "math.log": _log,
    "math.hypot": _hypot,
    "math.prod": _prod,
    "math.factorial": _factorial,
    "comb": _comb,
    "perm": _perm,
    "isqrt": _isqrt,
    "gcd": _of_many(math.gcd),
    "lcm": _of_many(math.lcm),
}
"""The rules of this theme, by name."""
