"""The items of lists, tuples, dictionaries and strings, at known and at computed positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from adcore.errors import ArrayTooLarge, BadCall, NotConstant, TypeMismatch
from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.trees import extent_of, leaf_pairs, one_of, rebuild_pairs
from adcore.language.lowering.values import (
    Callee,
    Dictionary,
    Identity,
    List,
    Place,
    Rows,
    Tuple,
    Value,
    describe_value,
    is_number,
)


def as_list(low: Lowering, value: List | Rows, place: Place, apart: bool = False) -> List:
    """The list with each of its items as a value, of the same identity.

    The lists among the items are parts of it, or, ``apart``, lists of their own, where this takes its place.
    """
    if isinstance(value, List):
        return value
    array = value.array
    if array.shape[0] > low.limits.graph_nodes:
        raise ArrayTooLarge(f"this list has more than {low.limits.graph_nodes} elements", span=low.span(place))
    rows = [low.emit(OPS["index"], (array,), place, (("key", (i,)),)) for i in range(array.shape[0])]
    items = [item_row(value, row, apart) for row in rows]
    return List(tuple(items), *extent_of(items), value.identity)


def item_row(value: Rows, row: Node, apart: bool = False) -> Value:
    """An item of a list in the form of an array: a list that changes with it is a part of it."""
    if value.axes == 1 or not row.shape:
        return row
    return Rows((row,), 1, 1, Identity() if apart else Identity(value.identity), value.axes - 1)


def items_of(low: Lowering, value: Value, place: Place) -> Sequence[Value]:
    """What a ``for`` would go over, each item as a value. Raises TypeMismatch."""
    match value:
        case Rows():
            return as_list(low, value, place).items
        case Tuple() | List():
            return value.items
        case Dictionary():
            return [key_as_value(key) for key in value.keys]
        case str():
            return [*value]
        case Node() if value.shape:
            return as_list(low, Rows((value,), 1, 1), place).items
        case _:
            raise TypeMismatch(f"{describe_value(value)} has no parts to go over", span=low.span(place))


def taken(low: Lowering, value: Tuple | List, place: Place) -> Callable[[Node], Value]:
    """The item at a computed position: of the items' common structure, its leaves those of arrays.

    Raises NotConstant, which depends on the position, where the items are no arrays of one shape.
    """
    if not value.items:
        array = low.array(value, place)
        return lambda position: low.emit(OPS["take"], (array, position), place, (("axis", 0),), (place, place))
    first, *rest = value.items
    columns: list[list[Value]] = [[leaf] for _, leaf in _leaves(first)]
    for item in rest:
        pairs = list(leaf_pairs(first, item))
        if len(pairs) != len(columns):
            return _unlike(low, place)
        for column, (_, leaf) in zip(columns, pairs, strict=True):
            column.append(leaf)
    arrays: list[Value] = []
    for column in columns:
        if all(isinstance(x, Node) or is_number(x) for x in column):
            if len({x.shape if isinstance(x, Node) else () for x in column}) > 1:
                return _unlike(low, place)
            arrays.append(low.array(List(tuple(column), len(column), 1), place))
        elif all(x is column[0] or (isinstance(x, (str, Callee)) and x == column[0]) for x in column):
            arrays.append(Tuple((column[0],), 1, 1))
        else:
            return _unlike(low, place)

    form = one_of(value.items)

    def at(position: Node) -> Value:
        leaves = [
            array.items[0]
            if isinstance(array, Tuple)
            else low.emit(OPS["take"], (array, position), place, (("axis", 0),), (place, place))
            for array in arrays
        ]
        return rebuild_pairs(form, form, iter(leaves))

    return at


def _leaves(value: Value) -> Iterator[tuple[Value, Value]]:
    return leaf_pairs(value, value)


def _unlike(low: Lowering, place: Place) -> Callable[[Node], Value]:
    """The items differ in kind or shape: the position must be known."""

    def at(position: Node) -> Value:
        number = low.known.whole(position, place, "the position in a list of unlike items")
        raise NotConstant(f"position {number} of a list of unlike items is computed", span=low.span(place))

    return at


def key_as_value(key: Any) -> Value:
    """The key of a dictionary as a value of the language."""
    if isinstance(key, tuple):
        items = [key_as_value(x) for x in key]
        return Tuple(tuple(items), *extent_of(items))
    return key  # type: ignore[no-any-return]


def check_count(low: Lowering, name: str, count: int, least: int, most: int, place: Place) -> None:
    """Raise BadCall where a method has fewer or more arguments by position than it takes."""
    if not least <= count <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise BadCall(f"{name} takes {wanted} argument{'s' if most != 1 else ''}", span=low.span(place))
