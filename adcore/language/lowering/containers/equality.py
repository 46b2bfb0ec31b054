"""``a == b`` of values of any kind."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import (
    Dictionary,
    LibraryFunction,
    List,
    Place,
    Rows,
    Set,
    Tuple,
    TypeName,
    UnknownString,
    Value,
    plain,
)


def as_type(value: Value) -> Value:
    """The type that ``float``, ``list`` and the like are, where a value is one of these functions."""
    return TypeName(value.name) if isinstance(value, LibraryFunction) and value.name in TYPES else value


TYPES = frozenset({"float", "int", "bool", "str", "list", "tuple", "dict", "set", "frozenset"})
"""The functions that are types."""


def equal_values(low: Lowering, a: Value, b: Value, node: ast.expr, left: ast.expr, right: ast.expr) -> bool | Node:
    """``a == b``: of collections, whether all items are equal; of arrays, element by element."""
    match a, b:
        case bool() | int() | float(), bool() | int() | float():
            return a == b
        case (Tuple(items=first), Tuple(items=second)) | (List(items=first), List(items=second)):
            if len(first) != len(second):
                return False
            pairs = zip(first, second, strict=True)
            return _all_hold(low, [equal_values(low, x, y, node, left, right) for x, y in pairs], node)
        case Set(), Set():
            return {*a.keys} == {*b.keys}
        case Set(), _:
            return False
        case Dictionary(), Dictionary() if not isinstance(b, Set):
            entries, others = a.mapping(), b.mapping()
            if entries.keys() != others.keys():
                return False
            return _all_hold(
                low, [equal_values(low, x, others[key], node, left, right) for key, x in entries.items()], node
            )
        case (Rows() | List(), Rows() | List()):
            arrays = [low.array(plain(x), at) for x, at in ((a, left), (b, right))]
            if arrays[0].shape != arrays[1].shape:
                return False
            return low.emit(OPS["all"], (low.emit(OPS["equal"], arrays, node),), node)
        case (Node() | bool() | int() | float() | List() | Rows(), Node() | bool() | int() | float() | List() | Rows()):
            if isinstance(a, Node) or isinstance(b, Node):
                return low.emit(OPS["equal"], (a, b), node, None, (left, right))
            return False
        case (UnknownString(), str() | UnknownString()) | (str(), UnknownString()):
            raise low.known.unknown(a if isinstance(a, UnknownString) else b, node)  # type: ignore[arg-type]
        case _:
            a, b = as_type(a), as_type(b)
            return a is b or (isinstance(a, (str, TypeName, LibraryFunction)) and a == b)


def _all_hold(low: Lowering, tests: Sequence[bool | Node], place: Place) -> bool | Node:
    """Whether all tests hold."""
    result: bool | Node = True
    for test in tests:
        if test is False:
            return False
        if isinstance(test, Node):
            result = test if result is True else low.emit(OPS["logical_and"], (result, test), place)
    return result
