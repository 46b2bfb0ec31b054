"""Lists joined and repeated, and their methods.

A method that changes a list makes a new value of the same identity, which takes the old one's place (``mutation``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adcore.errors import ArrayTooLarge, BadCall, IndexOutOfBounds, NotConstant, TypeMismatch, UnknownFunction
from adcore.graph import OPS, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering, several
from adcore.language.lowering.containers.equality import equal_values
from adcore.language.lowering.containers.items import as_list, check_count, items_of
from adcore.language.lowering.containers.mutation import mutated
from adcore.language.lowering.containers.strings import LONGEST
from adcore.language.lowering.partial_evaluation import TooDear, Unknown
from adcore.language.lowering.trees import array_shape, list_axes, sized
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Identity,
    List,
    Place,
    Rows,
    Tuple,
    Value,
    describe_value,
    is_number,
    plain,
)


def joined_lists(low: Lowering, a: List | Rows, b: List | Rows, place: Place) -> List | Rows:
    """A list with the items of both."""
    if isinstance(a, List) and isinstance(b, List):
        most = low.limits.graph_nodes
        if a.size + b.size > most:
            raise ArrayTooLarge(f"this list has more than {most} elements", span=low.span(place))
        return several(low, List, (*a.items, *b.items), place)
    if isinstance(a, List) and not a.items:
        return replace(b, identity=Identity())
    if isinstance(b, List) and not b.items:
        return replace(a, identity=Identity())
    arrays = [low.array(plain(x), place) for x in (a, b)]
    joined = low.emit(OPS["concatenate"], arrays, place, (("axis", 0),))
    return Rows((joined,), 1, 1, axes=min(list_axes(a), list_axes(b)))


def repeated_list(low: Lowering, parts: List | Rows | Tuple | str, by: Value, place: Place) -> Value:
    """``parts * by``, by a whole number; None where a list is multiplied as an array."""
    if isinstance(by, Node) and by.shape == () and isinstance(parts, (List, Tuple)) and len(parts.items) == 1:
        by = _count(low, by, place)
    if not isinstance(by, int):
        return None
    times, most = max(by, 0), low.limits.graph_nodes
    if isinstance(parts, str):
        if times * len(parts) > LONGEST:
            raise ArrayTooLarge(f"this string has more than {LONGEST} characters", span=low.span(place))
        return parts * times
    if isinstance(parts, Rows) or (isinstance(parts, List) and times * parts.size > most):
        array = low.array(plain(parts), place)
        shape = array.shape
        spread = low.emit(OPS["broadcast_to"], (array,), place, (("shape", (times, *shape)),))
        flat = low.emit(OPS["reshape"], (spread,), place, (("shape", (times * shape[0], *shape[1:])),))
        return Rows((flat,), 1, 1, axes=list_axes(parts))
    if times * parts.size > most:
        raise ArrayTooLarge(f"this tuple has more than {most} elements", span=low.span(place))
    items = parts.items * times
    return several(low, List, items, place) if isinstance(parts, List) else several(low, Tuple, items, place)


def _count(low: Lowering, by: Node, place: Place) -> Value:
    """The whole number that a list of one item is repeated by, where it is one; else the factor of an array."""
    try:
        number = low.known.glimpse(by)
    except (Unknown, TooDear):
        number = 0
    return low.known.whole(by, place, "how often a list is repeated") if number == np.floor(number) else by


def call_list_method(
    low: Lowering, value: List | Rows, name: str, arguments: Sequence[Argument], place: Place
) -> Value:
    """The value of a call of a list's method. Raises UnknownFunction, BadCall, and what the change of a list does."""
    if name not in LIST_METHODS:
        raise UnknownFunction(
            f"a list has no {name}", span=low.span(place), help=vocabulary.did_you_mean(name, LIST_METHODS)
        )
    named = {a.name: a for a in arguments if a.name is not None}
    values = [a.value for a in arguments if a.name is None]
    least, most, keywords = LIST_METHODS[name]
    check_count(low, name, len(values), least, most, place)
    for key, argument in named.items():
        if key not in keywords:
            raise BadCall(f"{name} takes no argument {key}", span=low.span(argument.place))
    match name:
        case "copy":
            return replace(value, identity=type(value.identity)())
        case "append" if isinstance(value, Rows) and _fits(values[0], value):
            row = low.array(List((plain(values[0]),), 1, 1), place)
            mutated(low, value, _extended(low, value, row, place), place)
            return None
        case "extend" if isinstance(value, Rows) and isinstance(more := plain(values[0]), Node) and more.shape:
            mutated(low, value, _extended(low, value, low.array(more, place), place), place)
            return None
        case _:
            pass
    list_ = as_list(low, value, place, apart=name not in ("index", "count"))
    items = [*list_.items]
    result: Value = None
    match name:
        case "append":
            items.append(values[0])
        case "extend":
            items += items_of(low, values[0], place)
        case "insert":
            items.insert(low.known.whole(values[0], place, "an index"), values[1])
        case "pop":
            at = low.known.whole(values[0], place, "an index") if values else -1
            if not -len(items) <= at < len(items):
                raise IndexOutOfBounds(f"pop from a list of {len(items)} elements", span=low.span(place))
            result = items.pop(at)
        case "remove":
            del items[_index(low, items, values[0], place)]
        case "clear":
            items = []
        case "reverse":
            items.reverse()
        case "index":
            return _index(low, items, values[0], place)
        case "count":
            return sum(_same(low, x, values[0], place) for x in items)
        case "sort":
            ordered = sorted_items(low, list_, named, place)
            if isinstance(ordered, Rows):
                mutated(low, value, ordered, place)
                return None
            items = [*ordered.items]
        case _:
            raise AssertionError(name)
    mutated(low, value, sized(list_, tuple(items)), place)
    return result


LIST_METHODS: Mapping[str, tuple[int, int, tuple[str, ...]]] = {
    "append": (1, 1, ()),
    "extend": (1, 1, ()),
    "insert": (2, 2, ()),
    "pop": (0, 1, ()),
    "remove": (1, 1, ()),
    "clear": (0, 0, ()),
    "reverse": (0, 0, ()),
    "index": (1, 1, ()),
    "count": (1, 1, ()),
    "copy": (0, 0, ()),
    "sort": (0, 0, ("key", "reverse")),
}
"""The methods of lists: the least and the most arguments by position, and those by name."""


def sorted_items(low: Lowering, value: List | Rows, options: Mapping[str, Argument], place: Place) -> List | Rows:
    """The list in order, of the same identity: by known keys, or as the array of its numbers. Raises NotConstant."""
    backwards = False
    if "reverse" in options:
        backwards = bool(low.known.value(options["reverse"].value, options["reverse"].place, "reverse"))
    key = options["key"] if "key" in options and options["key"].value is not None else None
    list_ = as_list(low, value, place) if key is not None or isinstance(value, List) else None
    if list_ is not None:
        keys: Sequence[Value] = list_.items
        if key is not None:
            if not isinstance(key.value, Callee):
                raise TypeMismatch(
                    f"key is a function, and this is {describe_value(key.value)}", span=low.span(key.place)
                )
            assert isinstance(place, ast.Call)
            keys = [low.apply(low, key.value, [Argument(None, x, place)], place) for x in keys]
        known = [_sort_key(x) for x in keys]
        if None not in known:
            try:
                order = sorted(range(len(keys)), key=known.__getitem__, reverse=backwards)
            except TypeError as error:
                raise TypeMismatch(str(error), span=low.span(place)) from None
            return replace(list_, items=tuple([list_.items[i] for i in order]))
        if key is not None:
            by_keys = _by_computed_keys(low, list_, keys, backwards, place)
            if by_keys is not None:
                return by_keys
            raise NotConstant("the keys of a sort must be known when the program is compiled", span=low.span(key.place))
    array = low.array(plain(value), place)
    if array.ndim != 1:
        raise TypeMismatch("only numbers and strings can be sorted", span=low.span(place))
    ordered = low.emit(OPS["sort"], (array,), place)
    if backwards:
        ordered = low.emit(OPS["index"], (ordered,), place, (("key", (("slice", None, None, -1),)),))
    return Rows((ordered,), 1, 1, value.identity)


def _by_computed_keys(low: Lowering, value: List, keys: Sequence[Value], backwards: bool, place: Place) -> Rows | None:
    """The items in the order of keys that only a run computes, as an array of them; None where they are no array."""
    shape, of_keys = array_shape(value), array_shape(List(tuple(keys), len(keys), 1))
    if shape is None or of_keys != (len(keys),):
        return None
    by = low.array(List(tuple(keys), len(keys), 1), place)
    # Items of equal keys keep their order, forwards and backwards.
    order = low.emit(OPS["argsort"], (low.emit(OPS["negative"], (by,), place) if backwards else by,), place)
    array = low.array(value, place)
    taken = low.emit(OPS["take"], (array, order), place, (("axis", 0),))
    return Rows((taken,), 1, 1, value.identity, axes=list_axes(value))


def _sort_key(value: Value) -> Any:
    """A known value that Python can sort by; None otherwise."""
    if is_number(value) or isinstance(value, str):
        return value
    if isinstance(value, (Tuple, List)):
        keys = [_sort_key(x) for x in value.items]
        return None if None in keys else tuple(keys)
    return None


def _fits(item: Value, rows: Rows) -> bool:
    """Whether a value can be one more row of an array."""
    item = plain(item)
    shape = item.shape if isinstance(item, Node) else () if is_number(item) else None
    return shape == rows.array.shape[1:]


def _extended(low: Lowering, value: Rows, more: Node, place: Place) -> Rows:
    array = value.array if not more.shape[0] else more if not value.array.shape[0] else None
    if array is None:
        array = low.emit(OPS["concatenate"], (value.array, more), place, (("axis", 0),))
    return replace(value, items=(array,))


def _index(low: Lowering, items: Sequence[Value], wanted: Value, place: Place) -> int:
    position = next((i for i, x in enumerate(items) if _same(low, x, wanted, place)), None)
    if position is None:
        raise IndexOutOfBounds("the list has no such element", span=low.span(place))
    return position


def _same(low: Lowering, a: Value, b: Value, place: Place) -> bool:
    """Whether two values are known to be equal, or different. Raises NotConstant."""
    if a is b:
        return True
    if (
        type(a) is not type(b)
        and not (is_number(a) and is_number(b))
        and not isinstance(a, Node)
        and not isinstance(b, Node)
    ):
        return False
    assert isinstance(place, (ast.Call, ast.Expr))
    call = place.value if isinstance(place, ast.Expr) else place
    same = equal_values(low, a, b, call, call, call)
    if isinstance(same, Node):
        raise NotConstant("whether elements are equal must be known when the program is compiled", span=low.span(place))
    return bool(same)


def parted(low: Lowering, place: ast.expr, value: List | Rows, expression: LowerExpression) -> List | Rows:
    """A list that may change: where it is a row of a list in the form of an array, that one is parted into its rows."""
    if not (isinstance(value, Rows) and isinstance(place, ast.Subscript)):
        return value
    around = expression(low, place.value)
    if not isinstance(around, Rows):
        return value
    mutated(low, around, as_list(low, around, place, apart=True), place)
    row = expression(low, place)
    assert isinstance(row, (List, Rows))
    return row
