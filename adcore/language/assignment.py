"""Assignments: to names, to the names of a tuple, and to parts of arrays.

A name stands for a value, not for a place in memory: assigning to a part of an array makes a new array and binds the
name to it, and whatever else holds the old one keeps it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from adcore.errors import TypeMismatch, Unsupported
from adcore.graph import Node
from adcore.language.expressions import expression
from adcore.language.indexing import key_of, read_part, write_part
from adcore.language.lookup import read
from adcore.language.lowering import Lowering
from adcore.language.operators import binary
from adcore.language.unpacking import unpacked
from adcore.language.values import List, Place, Value, describe


def bind(low: Lowering, target: ast.expr, value: Value, place: ast.expr) -> None:
    """Give a name, the names of a tuple, or a part of an array the value."""
    for part, held in unpacked(low, target, value, place):
        if isinstance(part, ast.Name):
            low.scope.assign(part.id, held, part)
        else:
            _put(low, part, held, place)


def _put(low: Lowering, target: ast.Subscript, value: Value, place: Place) -> None:
    _store(low, target, lambda _: value, place)


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
