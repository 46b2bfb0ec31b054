"""``x.at[i].set(v)`` and the like: arrays with a part replaced, as in JAX."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from adcore.errors import BadCall, NotYet, UnknownFunction
from adcore.graph import OPS
from adcore.language import vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering
from adcore.language.lowering.expressions.name_resolution import attribute_span
from adcore.language.lowering.expressions.subscripts import choose, key_of, read_part, spread_masked, write_part
from adcore.language.lowering.values import Argument, Value

_AT = {
    "set": None,
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "mul": "multiply",
    "divide": "divide",
    "power": "power",
    "min": "minimum",
    "max": "maximum",
}
"""The methods of ``x.at[i]``, each with the op that combines the old part and the argument."""


def updated_array(
    low: Lowering,
    node: ast.Call,
    func: ast.Attribute,
    arguments: Callable[[], Sequence[Argument]],
    expression: LowerExpression,
) -> Value:
    """``x.at[i].set(v)`` and the like, as in JAX: the array with a part of it replaced."""
    place = func.value
    assert isinstance(place, ast.Subscript)
    base = place.value
    assert isinstance(base, ast.Attribute)
    if func.attr not in _AT:
        raise UnknownFunction(
            f"a part of an array has no {func.attr}",
            span=attribute_span(low, func),
            help=vocabulary.did_you_mean(func.attr, _AT) or "it has set and add",
        )
    array = low.array(expression(low, base.value), base.value)
    values = arguments()
    if len(values) != 1 or values[0].name is not None:
        raise BadCall(f"{func.attr} takes one argument", span=low.span(node))
    key = key_of(low, array, place, expression)
    value, op, at = values[0].value, _AT[func.attr], values[0].place
    if op is None:
        return write_part(low, array, key, value, place, at)
    if key.mask is not None:
        value = spread_masked(low, array, key.mask, low.array(value, at), place, at)
        return choose(low, array, key.mask, low.emit(OPS[op], (array, value), node), place)
    if not key.has_arrays:
        return write_part(
            low, array, key, low.emit(OPS[op], (read_part(low, array, key, place), value), node), place, at
        )
    if op not in ("add", "subtract"):
        raise NotYet(
            f"{func.attr} at places of an array, which may name one twice, is not supported yet",
            span=attribute_span(low, func),
            help="add, subtract and set are",
        )
    if op == "subtract":
        value = low.emit(OPS["negative"], (value,), node)
    return write_part(low, array, key, value, place, at, "accumulate")
