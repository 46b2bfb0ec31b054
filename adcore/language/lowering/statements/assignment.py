"""Assignments: to names, to the names of a tuple, and to parts of arrays.

A name stands for a value, not for a place in memory: assigning to a part of an array binds the name to a new array.
Other names of the old one keep it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from adcore.errors import TypeMismatch, Unsupported
from adcore.graph import Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.expressions import lower_expression
from adcore.language.lowering.expressions.name_resolution import read_name
from adcore.language.lowering.expressions.operators import binary
from adcore.language.lowering.expressions.subscripts import choose, key_of, read_part, spread_masked, write_part
from adcore.language.lowering.expressions.unpacking import unpacked
from adcore.language.lowering.values import List, Value, describe_value


def bind(low: Lowering, target: ast.expr, value: Value, place: ast.expr) -> None:
    """Give a name, the names of a tuple, or a part of an array the value."""
    for part, item in unpacked(low, target, value, place):
        if isinstance(part, ast.Name):
            low.frames.scope.assign(part.id, item, part)
        else:
            _store(low, part, partial(_same, item), place)


def _same(value: Value) -> Value:
    return value


def augmented(low: Lowering, statement: ast.AugAssign) -> None:
    """``x += 1``, ``A[i, :] *= 2``."""
    target, value = statement.target, statement.value
    if isinstance(target, ast.Name):
        before = read_name(low, target)
        low.frames.scope.assign(
            target.id, binary(low, statement.op, before, lower_expression(low, value), statement, target, value), target
        )
    else:
        assert isinstance(target, ast.Subscript)
        _store(low, target, lambda: lower_expression(low, value), value, statement)


def _store(
    low: Lowering,
    target: ast.Subscript,
    value: Callable[[], Value],
    place: ast.expr,
    change: ast.AugAssign | None = None,
) -> None:
    """Assign a value to a part of an array, combined with its old value by the operator of ``change``, if any."""
    base = target.value
    name = base
    while isinstance(name, ast.Subscript):
        name = name.value
    assert isinstance(name, ast.Name)
    scope = low.frames.scope
    if name.id not in scope.variables and scope.parent is not None and not scope.names.binds(name.id):
        raise Unsupported(
            f"a function cannot change {name.id}, which is not its own",
            span=low.span(target),
            help=f"give the function {name.id} as an argument, and return the new array",
        )
    old = lower_expression(low, base)
    if not (isinstance(old, List) or (isinstance(old, Node) and old.shape)):
        raise TypeMismatch(f"{describe_value(old)} has no parts that could be assigned to", span=low.span(target))
    array = low.array(old, base)
    key = key_of(low, array, target, lower_expression)
    if change is None:
        new = write_part(low, array, key, value(), target, place)
    elif key.mask is not None:
        by = spread_masked(low, array, key.mask, low.array(value(), place), target, place)
        changed = binary(low, change.op, array, by, change, target, place)
        new = choose(low, array, key.mask, low.operand(changed, None, place), target)
    else:
        before = read_part(low, array, key, target)
        new = write_part(low, array, key, binary(low, change.op, before, value(), change, target, place), target, place)
    if isinstance(base, ast.Name):
        scope.assign(base.id, new, base)
    else:
        assert isinstance(base, ast.Subscript)
        _store(low, base, partial(_same, new), place)
