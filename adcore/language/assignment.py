"""Assignments: to names, to the names of a tuple, and to parts of arrays.

A name stands for a value, not for a place in memory: assigning to a part of an array makes a new array and binds the
name to it, and whatever else holds the old one keeps it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from adcore.errors import ShapeMismatch, TypeMismatch, Unsupported
from adcore.graph import OPS, Node
from adcore.language.expressions import expression
from adcore.language.indexing import key_of, read_part, write_part
from adcore.language.lookup import read
from adcore.language.lowering import Lowering
from adcore.language.operators import binary
from adcore.language.values import List, Place, Several, Value, describe, shape_text


def bind(low: Lowering, target: ast.expr, value: Value, place: ast.expr) -> None:
    """Give a name, the names of a tuple, or a part of an array the value."""
    if isinstance(target, ast.Name):
        low.scope.assign(target.id, value, target)
        return
    if isinstance(target, ast.Subscript):
        _store(low, target, lambda _: value, place)
        return
    assert isinstance(target, (ast.Tuple, ast.List))
    for part, x in zip(target.elts, _parts(low, target, value, place), strict=True):
        bind(low, part, x, place)


def _parts(low: Lowering, target: ast.Tuple | ast.List, value: Value, place: ast.expr) -> Sequence[Value]:
    """As many values as the target has names."""
    count = len(target.elts)
    parts: Sequence[Value]
    match value:
        case Several(items):
            parts = items
            have = len(items)
        case Node() if value.shape:
            have = value.shape[0]
            parts = [
                low.emit(OPS["index"], (value,), place, (("key", (i,)),)) for i in range(have if have == count else 0)
            ]
        case _:
            raise TypeMismatch(f"{describe(value)} cannot be parted into {count} names", span=low.span(place))
    if have != count:
        shape = f" (shape {shape_text(value.shape)})" if isinstance(value, Node) else ""
        raise ShapeMismatch(
            f"{_count(count, 'name')} for {_count(have, 'value')}{shape}",
            span=low.span(target),
            related=((low.span(place), _count(have, "value")),),
        )
    return parts


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def augmented(low: Lowering, statement: ast.AugAssign) -> None:
    """``x += 1``, ``A[i, :] *= 2``."""
    target, value = statement.target, statement.value

    def changed(before: Value) -> Value:
        return binary(low, statement.op, before, expression(low, value), statement, target, value)

    if isinstance(target, ast.Name):
        low.scope.assign(target.id, changed(read(low, target)), target)
    else:
        assert isinstance(target, ast.Subscript)
        _store(low, target, changed, value)


def _store(low: Lowering, target: ast.Subscript, value: Callable[[Node], Value], place: Place) -> None:
    """Put into a part of an array what ``value`` makes of the part as it was."""
    base = target.value
    name = base
    while isinstance(name, ast.Subscript):
        name = name.value
    assert isinstance(name, ast.Name)
    if name.id not in low.scope.variables and low.scope.parent is not None and not low.scope.names.binds(name.id):
        raise Unsupported(
            f"a function cannot change {name.id}, which is not its own",
            span=low.span(target),
            help=f"give the function {name.id} as an argument, and return the new array",
        )
    held = expression(low, base)
    if not (isinstance(held, List) or (isinstance(held, Node) and held.shape)):
        raise TypeMismatch(f"{describe(held)} has no parts that could be assigned to", span=low.span(target))
    array = low.array(held, base)
    key = key_of(low, array, target, expression)
    new = write_part(low, array, key, value(read_part(low, array, key, target)), target, place)
    if isinstance(base, ast.Name):
        low.scope.assign(base.id, new, base)
    else:
        assert isinstance(base, ast.Subscript)
        _store(low, base, lambda _: new, place)
