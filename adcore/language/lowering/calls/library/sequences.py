"""Functions of sequences: the elements in order."""

from __future__ import annotations

from adcore.errors import TypeMismatch
from adcore.graph import Node
from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import List, Value, describe_value, is_number, is_sequence


def _sorted(call: Bound) -> Value:
    """Known numbers stay known, a list; an array stays an array."""
    value, reverse = call.value("iterable"), call.static("reverse")
    if is_sequence(value) and all(map(is_number, value.items)):
        numbers = sorted(value.items, reverse=reverse)  # type: ignore[type-var]
        return several(call.low, List, numbers, call.place)
    if not is_sequence(value) and not (isinstance(value, Node) and value.shape):
        raise TypeMismatch(f"{describe_value(value)} has no parts", span=call.low.span(call.at("iterable")))
    array = call.array("iterable")
    if array.ndim != 1:
        raise TypeMismatch("rows have no order", span=call.low.span(call.at("iterable")), help="write sort(x, axis=0)")
    ordered = call.emit("sort", array)
    return call.emit("flip", ordered, axis=0) if reverse else ordered


RULES: dict[str, Rule] = {"sorted": _sorted}
"""The rules of this theme, by name."""
