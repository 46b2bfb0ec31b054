"""Solutions by a factorisation that is a tuple: the factor, and which triangle it is."""

from __future__ import annotations

from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import Tuple, Value, is_number, is_sequence


def _cho_factor(call: Bound) -> Value:
    """As SciPy's, but for the other triangle, which is zeros here and arbitrary there."""
    a, lower = call.array("a"), call.static("lower")
    triangle = "tril" if lower else "triu"
    beyond = call.emit(triangle, a, k=-1 if lower else 1)
    whole = call.emit("add", call.emit(triangle, a), call.emit("swapaxes", beyond, axis1=-2, axis2=-1))
    return several(call.low, Tuple, [call.emit("cholesky", whole, upper=not lower), lower], call.place)


def _cho_solve(call: Bound) -> Value:
    pair = call.value("c_and_lower")
    if not (is_sequence(pair) and len(pair.items) == 2 and is_number(pair.items[1])):
        raise call.wrong("cho_solve takes the tuple that cho_factor gives", "c_and_lower")
    lower = bool(pair.items[1])
    factor, b = call.low.array(pair.items[0], call.at("c_and_lower")), call.array("b")
    first = call.emit("solve_triangular", factor, b, lower=lower, trans=0 if lower else 1)
    return call.emit("solve_triangular", factor, first, lower=lower, trans=1 if lower else 0)


RULES: dict[str, Rule] = {"cho_factor": _cho_factor, "cho_solve": _cho_solve}
"""The rules of this theme, by name."""
