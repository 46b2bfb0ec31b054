"""Dictionaries of known keys: their entries and their methods."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from adcore.errors import BadCall, IndexOutOfBounds, TypeMismatch, UnknownFunction
from adcore.language import vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering, several, within_limits
from adcore.language.lowering.containers.items import check_count, items_of, key_as_value
from adcore.language.lowering.containers.mutation import mutated
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.trees import extent_of, sized
from adcore.language.lowering.values import (
    Argument,
    Dictionary,
    Place,
    Set,
    Tuple,
    Value,
)


def dictionary(low: Lowering, entries: Mapping[Hashable, Value], place: Place) -> Dictionary:
    """A new dictionary. Raises ArrayTooLarge and NestingTooDeep."""
    items = tuple(entries.values())
    return within_limits(low, Dictionary(items, *extent_of(items), keys=tuple(entries)), place)


def dictionary_display(low: Lowering, node: ast.Dict, expression: LowerExpression) -> Dictionary:
    """``{key: value, **other}``."""
    entries: dict[Hashable, Value] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            entries |= entries_of(low, expression(low, value), value)
        else:
            known = key_of_value(low.known, expression(low, key), key)
            entries[known] = expression(low, value)
    return dictionary(low, entries, node)


def with_entries(value: Dictionary, entries: Mapping[Hashable, Value]) -> Dictionary:
    """The same dictionary with other entries."""
    changed: Dictionary = replace(sized(value, tuple(entries.values())), keys=tuple(entries))
    return changed


def value_at(low: Lowering, value: Dictionary, key: Hashable, place: Place) -> Value:
    """The value of a key. Raises IndexOutOfBounds."""
    if isinstance(value, Set):
        raise TypeMismatch(
            "a set has no parts to choose from", span=low.span(place), help="sorted(x) and list(x) are lists of it"
        )
    entries = value.mapping()
    if key in entries:
        return entries[key]
    shown = ", ".join(repr(k) for k in value.keys[:8])
    near = vocabulary.did_you_mean(key, [k for k in value.keys if isinstance(k, str)]) if isinstance(key, str) else None
    raise IndexOutOfBounds(
        f"the dictionary has no key {key!r}", span=low.span(place), help=near or (f"it has {shown}" if shown else None)
    )


def entries_of(low: Lowering, value: Value, place: Place) -> dict[Hashable, Value]:
    """The entries of a dictionary, or of a list of pairs. Raises TypeMismatch."""
    if isinstance(value, Dictionary):
        return value.mapping()
    entries: dict[Hashable, Value] = {}
    for item in items_of(low, value, place):
        pair = items_of(low, item, place)
        if len(pair) != 2:
            raise TypeMismatch("a dictionary is made of pairs", span=low.span(place))
        entries[key_of_value(low.known, pair[0], place)] = pair[1]
    return entries


def call_dictionary_method(
    low: Lowering, value: Dictionary, name: str, arguments: Sequence[Argument], place: Place
) -> Value:
    """The value of a call of a dictionary's method. Raises UnknownFunction, BadCall, and what a change does."""
    if name not in DICTIONARY_METHODS:
        raise UnknownFunction(
            f"a dictionary has no {name}", span=low.span(place), help=vocabulary.did_you_mean(name, DICTIONARY_METHODS)
        )
    values = [a.value for a in arguments if a.name is None]
    least, most = DICTIONARY_METHODS[name]
    check_count(low, name, len(values), least, most, place)
    if name != "update" and len(values) < len(arguments):
        raise BadCall(f"{name} takes no arguments by name", span=low.span(place))
    entries = value.mapping()
    match name:
        case "keys":
            return several(low, Tuple, [key_as_value(key) for key in value.keys], place)
        case "values":
            return several(low, Tuple, value.items, place)
        case "items":
            pairs = [several(low, Tuple, [key_as_value(k), x], place) for k, x in entries.items()]
            return several(low, Tuple, pairs, place)
        case "copy":
            return dictionary(low, entries, place)
        case "get":
            return entries.get(key_of_value(low.known, values[0], place), values[1] if len(values) > 1 else None)
        case "setdefault":
            key = key_of_value(low.known, values[0], place)
            if key in entries:
                return entries[key]
            entries[key] = values[1] if len(values) > 1 else None
            mutated(low, value, with_entries(value, entries), place)
            return entries[key]
        case "pop":
            key = key_of_value(low.known, values[0], place)
            if key not in entries and len(values) > 1:
                return values[1]
            result = value_at(low, value, key, place)
            del entries[key]
            mutated(low, value, with_entries(value, entries), place)
            return result
        case "update":
            if values:
                entries |= entries_of(low, values[0], place)
            entries |= {a.name: a.value for a in arguments if a.name is not None}
            mutated(low, value, with_entries(value, entries), place)
            return None
        case _:
            mutated(low, value, with_entries(value, {}), place)
            return None


DICTIONARY_METHODS: Mapping[str, tuple[int, int]] = {
    "keys": (0, 0),
    "values": (0, 0),
    "items": (0, 0),
    "copy": (0, 0),
    "get": (1, 2),
    "setdefault": (1, 2),
    "pop": (1, 2),
    "update": (0, 1),
    "clear": (0, 0),
}
"""The methods of dictionaries: the least and the most arguments by position."""
