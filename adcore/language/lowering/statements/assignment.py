"""Assignments: to names, to the names of a tuple, and to parts of arrays.

A name stands for a value, not for a place in memory: assigning to a part of an array binds the name to a new array.
Other names of the old one keep it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from adcore.errors import NotConstant, ShapeMismatch, TypeMismatch, Unsupported, UsedBeforeAssignment
from adcore.graph import Node
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.containers.dictionaries import entries_of, value_at, with_entries
from adcore.language.lowering.containers.items import as_list, items_of
from adcore.language.lowering.containers.lists import joined_lists
from adcore.language.lowering.containers.mutation import latest, mutated
from adcore.language.lowering.containers.positions import known_index
from adcore.language.lowering.containers.unpacking import unpacked
from adcore.language.lowering.expressions.expressions import handed_on, lower_expression
from adcore.language.lowering.expressions.name_resolution import read_name
from adcore.language.lowering.expressions.operators import binary
from adcore.language.lowering.expressions.subscripts import (
    choose,
    key_of,
    read_part,
    spread_masked,
    write_part,
)
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.trees import array_shape, collections, extent_of, list_axes, sized
from adcore.language.lowering.values import (
    Dictionary,
    List,
    Rows,
    Set,
    Unusable,
    Value,
    describe_value,
    plain,
)

T = TypeVar("T", List, Dictionary)


def bind(low: Lowering, target: ast.expr, value: Value, place: ast.expr) -> None:
    """Give a name, the names of a tuple, or a part of an array the value."""
    if isinstance(target, ast.Name):
        low.frames.scope.assign(target.id, value, target)
        return
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
        by = lower_expression(low, value)
        if isinstance(before, (List, Rows, Dictionary)):
            before = read_name(low, target)
        after = _combined(low, statement, before, by, target, value)
        if after is not before:
            low.frames.scope.assign(target.id, after, target)
    else:
        assert isinstance(target, ast.Subscript)
        _store(low, target, lambda: lower_expression(low, value), value, statement)


def _combined(
    low: Lowering, statement: ast.AugAssign, before: Value, by: Value, target: ast.expr, place: ast.expr
) -> Value:
    """The value after an augmented assignment: a list, or a dictionary, that changes in place is that value itself."""
    match statement.op, before:
        case ast.Add(), List() | Rows() if not isinstance(by, Node):
            more = by if isinstance(by, (List, Rows)) else several(low, List, items_of(low, by, place), place)
            joined = joined_lists(low, before, more, statement)
            mutated(low, before, replace(joined, identity=before.identity), statement)
            return before
        case ast.Mult(), List() | Rows():
            repeated = binary(low, statement.op, before, by, statement, target, place)
            if isinstance(repeated, (List, Rows)):
                mutated(low, before, replace(repeated, identity=before.identity), statement)
                return before
            return repeated
        case ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor() | ast.Pow(), Set():
            combined = binary(low, statement.op, before, by, statement, target, place)
            assert isinstance(combined, Set)
            mutated(low, before, replace(combined, identity=before.identity), statement)
            return before
        case ast.BitOr(), Dictionary():
            entries = before.mapping() | entries_of(low, by, place)
            mutated(low, before, with_entries(before, entries), statement)
            return before
        case _:
            return binary(low, statement.op, before, by, statement, target, place)


def deleted(low: Lowering, statement: ast.Delete) -> None:
    """``del name``, ``del p[key]``."""
    for target in statement.targets:
        _delete(low, target, statement)


def _delete(low: Lowering, target: ast.expr, statement: ast.Delete) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            _delete(low, part, statement)
    elif isinstance(target, ast.Name):
        handed_on(low, target)
        error = UsedBeforeAssignment(
            f"{target.id} is deleted before it is read", span=low.span(target), help="leave the del out"
        )
        low.frames.scope.assign(target.id, Unusable(lambda use: error), target)
    else:
        assert isinstance(target, ast.Subscript)
        old = lower_expression(low, target.value)
        if isinstance(old, Dictionary):
            key = key_of_value(low.known, lower_expression(low, target.slice), target.slice)
            value_at(low, old, key, target.slice)
            entries = {k: x for k, x in old.mapping().items() if k != key}
            mutated(low, old, with_entries(old, entries), statement)
        elif isinstance(old, (List, Rows)):
            items = [*as_list(low, old, target, apart=True).items]
            del items[known_index(low, len(items), target.slice, lower_expression, False)]
            mutated(low, old, List(tuple(items), *extent_of(items), old.identity), statement)
        else:
            raise TypeMismatch(f"parts of {describe_value(old)} cannot be deleted", span=low.span(target))


def _store(
    low: Lowering,
    target: ast.Subscript,
    value: Callable[[], Value],
    place: ast.expr,
    change: ast.AugAssign | None = None,
) -> None:
    """Assign a value to a part of an array, combined with its old value by the operator of ``change``, if any."""
    old = lower_expression(low, target.value)
    if isinstance(old, Dictionary) and not isinstance(old, Set):
        _store_entry(low, old, target, value, place, change)
    elif not (isinstance(old, List) and _store_item(low, old, target, value, place, change)):
        _store_part(low, old, target, value, place, change)


def _store_entry(
    low: Lowering,
    old: Dictionary,
    target: ast.Subscript,
    value: Callable[[], Value],
    place: ast.expr,
    change: ast.AugAssign | None,
) -> None:
    """``p[key] = v`` of a dictionary."""
    changes = len(low.changes)
    key = key_of_value(low.known, lower_expression(low, target.slice), target.slice)
    if change is None:
        new = value()
        old = latest(low, changes, old)  # type: ignore[assignment]
    else:
        value_at(low, old, key, target.slice)
        by = value()
        old = _again(low, target, old)
        before = value_at(low, old, key, target.slice)
        new = _combined(low, change, before, by, target, place)
        if new is before:
            return
    mutated(low, old, with_entries(old, {**old.mapping(), key: new}), target)


def _store_item(
    low: Lowering,
    old: List,
    target: ast.Subscript,
    value: Callable[[], Value],
    place: ast.expr,
    change: ast.AugAssign | None,
) -> bool:
    """``a[i] = v`` of a list, at a known place; False where it is stored in an array of the list's items."""
    if isinstance(target.slice, ast.Tuple):
        return False
    if isinstance(target.slice, ast.Slice) and change is not None:
        return False
    is_numeric = array_shape(old) is not None
    changes = len(low.changes)
    try:
        with low.attempt():
            index = known_index(low, len(old.items), target.slice, lower_expression, is_numeric)
    except NotConstant:
        if is_numeric:
            return False
        raise
    old = latest(low, changes, old)  # type: ignore[assignment]
    if isinstance(index, slice):
        items = [*old.items]
        try:
            items[index] = items_of(low, value(), place)
        except ValueError as error:
            raise ShapeMismatch(str(error), span=low.span(place)) from None
        mutated(low, old, sized(old, tuple(items)), target)
        return True
    if change is None:
        new = value()
    else:
        by = value()
        old = _again(low, target, old)
        new = _combined(low, change, old.items[index], by, target, place)
        if new is old.items[index]:
            return True
    items = [*old.items]
    items[index] = new
    mutated(low, old, sized(old, tuple(items)), target)
    return True


def _again(low: Lowering, target: ast.Subscript, old: T) -> T:
    """The collection that a part of is assigned to, once the value is lowered, which may have changed it."""
    while isinstance(target.value, ast.Subscript):
        target = target.value
    assert isinstance(target.value, ast.Name)
    root = read_name(low, target.value)
    return next((x for x in collections(root) if x.identity is old.identity), old)  # type: ignore[return-value]


def _store_part(
    low: Lowering,
    old: Value,
    target: ast.Subscript,
    value: Callable[[], Value],
    place: ast.expr,
    change: ast.AugAssign | None,
) -> None:
    """``a[key] = v`` of an array, or of a list as an array."""
    base = target.value
    name = base
    while isinstance(name, ast.Subscript):
        name = name.value
    assert isinstance(name, ast.Name)
    scope = low.frames.scope
    is_array = isinstance(old, Node) and bool(old.shape)
    if not (is_array or isinstance(old, (List, Rows))):
        raise TypeMismatch(f"{describe_value(old)} has no parts that could be assigned to", span=low.span(target))
    array = low.array(plain(old), base)
    key = key_of(low, array, target, lower_expression)
    if change is None:
        new = write_part(low, array, key, plain(value()), target, place)
    elif key.mask is not None:
        by = spread_masked(low, array, key.mask, low.array(plain(value()), place), target, place)
        changed = binary(low, change.op, array, by, change, target, place)
        new = choose(low, array, key.mask, low.operand(changed, None, place), target)
    else:
        before = read_part(low, array, key, target)
        new = write_part(low, array, key, binary(low, change.op, before, value(), change, target, place), target, place)
    around = lower_expression(low, base.value) if isinstance(old, Rows) and isinstance(base, ast.Subscript) else None
    if isinstance(old, (List, Rows)) and not isinstance(around, Rows):
        mutated(low, old, Rows((new,), 1, 1, old.identity, list_axes(old)), target)
    elif isinstance(base, ast.Subscript):
        _store(low, base, partial(_same, new), place)
    else:
        if name.id not in scope.variables and scope.parent is not None and not scope.names.binds(name.id):
            raise Unsupported(
                f"a function cannot change {name.id}, which is not its own",
                span=low.span(target),
                help=f"give the function {name.id} as an argument, and return the new array",
            )
        scope.assign(name.id, new, base)
