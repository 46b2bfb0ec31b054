"""Values of the language as trees, whose leaves are nodes and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from adcore.graph import OPS, Node, Type
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import Closure, Derived, Missing, Place, Scope, Several, Unusable, Value


def rebuilt(value: Value, results: Iterator[Node]) -> Value:
    """The value with its nodes replaced by the results, in order."""
    if isinstance(value, Node):
        return next(results)
    if isinstance(value, Several):
        return type(value)(tuple(rebuilt(x, results) for x in value.items), value.size, value.depth)
    return value


def _leaves(value: Value) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, Several):
        for x in value.items:
            yield from _leaves(x)


def emit_zeros(low: Lowering, type: Type, place: Place) -> Node:
    """Zeros that stand for a value that is not there yet."""
    if type.shape:
        node = low.emit(OPS["zeros"], (), place, (("shape", type.shape),))
        return low.operand(node, type.dtype, place)
    return low.operand(0, type.dtype, place)


def like(low: Lowering, value: Value, place: Place) -> Value:
    """Zeros in the place of every node of a value."""
    if isinstance(value, Node):
        return emit_zeros(low, value.type, place)
    if isinstance(value, Several):
        return type(value)(tuple(like(low, x, place) for x in value.items), value.size, value.depth)
    return value


def outlives(value: Value | Unusable | Missing, scope: Scope) -> bool:
    """Whether a value that a pass made can be used after it as it is: functions may hold what is inside."""
    if isinstance(value, Closure):
        around: Scope | None = scope
        while around is not None and around is not value.scope:
            around = around.parent
        return around is not None and not any(list(_leaves(x)) for x in value.defaults.values())
    if isinstance(value, Derived):
        return outlives(value.function, scope)
    if isinstance(value, Several):
        return all(outlives(x, scope) for x in value.items)
    return not isinstance(value, (Unusable, Missing))
