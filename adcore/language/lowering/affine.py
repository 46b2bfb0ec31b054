"""Differences of affine expressions: ``i + 3`` minus ``i`` is 3, whatever ``i`` is."""

from __future__ import annotations

from collections.abc import Hashable

from adcore.graph import INPUT, OPS, Node, literal, number
from adcore.language.lowering.values import Value, is_number

_DEEPEST = 8
"""The depth to which expressions are analysed."""


def distance(start: Value, stop: Value) -> float | None:
    """``stop - start`` where it does not depend on the inputs; None otherwise."""
    terms: dict[Hashable, float] = {}
    _add(terms, stop, 1.0, 0)
    _add(terms, start, -1.0, 0)
    constant = terms.pop(None, 0.0)
    return None if any(terms.values()) else constant


def _add(terms: dict[Hashable, float], value: Value, times: float, depth: int) -> None:
    """Add a multiple of a value to a linear combination, whose constant term has the key None."""
    known = value if is_number(value) else number(value) if isinstance(value, Node) else None
    if known is not None:
        terms[None] = terms.get(None, 0.0) + times * float(known)  # type: ignore[arg-type]
        return
    assert isinstance(value, Node)
    inputs = value.inputs if depth < _DEEPEST else ()
    match inputs:
        case (a, b) if value.op is OPS["add"] or value.op is OPS["subtract"]:
            _add(terms, a, times, depth + 1)
            _add(terms, b, times if value.op is OPS["add"] else -times, depth + 1)
        case (a, b) if value.op is OPS["multiply"] and (number(a) is not None or number(b) is not None):
            factor, other = (number(a), b) if number(a) is not None else (number(b), a)
            _add(terms, other, times * float(factor or 0.0), depth + 1)
        case (a,) if value.op in (OPS["as_float"], OPS["as_int"], OPS["positive"]):
            _add(terms, a, times, depth + 1)
        case (a,) if value.op is OPS["negative"]:
            _add(terms, a, -times, depth + 1)
        case _:
            key = _value_number(value, depth)
            terms[key] = terms.get(key, 0.0) + times


def _value_number(node: Node, depth: int) -> Hashable:
    """Value number: equal for nodes that compute the same value, to a bounded depth."""
    value = literal(node)
    if value is not None:
        return bytes(value.tobytes())
    if node.op is INPUT or depth >= _DEEPEST or len(node.inputs) > 2:
        return node
    return (node.op.name, node.params, *(_value_number(x, depth + 1) for x in node.inputs))
