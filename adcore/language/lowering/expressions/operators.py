"""Operators on values: arithmetic, comparisons, and truth."""

from __future__ import annotations

import ast

from adcore.errors import TypeMismatch, Unsupported
from adcore.graph import OPS, DType, Node
from adcore.language.lowering.builder import Lowering, several, within_limits
from adcore.language.lowering.constant_arithmetic import FOLDED
from adcore.language.lowering.containers.equality import as_type, equal_values
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.containers.lists import joined_lists, repeated_list
from adcore.language.lowering.containers.sets import SET_OPERATORS, compared_sets, joined_sets
from adcore.language.lowering.containers.strings import checked, percent
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.partial_evaluation import is_constant
from adcore.language.lowering.trees import extent_of
from adcore.language.lowering.values import (
    Callee,
    Closure,
    Derived,
    Dictionary,
    Frozen,
    LibraryFunction,
    List,
    Place,
    Rows,
    Set,
    Tuple,
    TypeName,
    UnknownString,
    Value,
    describe_value,
    is_number,
)

_BINARY = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or",
    ast.BitXor: "logical_xor",
}
_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_BITWISE = {"logical_and": "&", "logical_or": "|"}


def binary(
    low: Lowering, operator: ast.operator, a: Value, b: Value, place: Place, left: ast.expr, right: ast.expr
) -> Value:
    """The value of a binary operator."""
    name = _BINARY[type(operator)]
    if is_number(a) and is_number(b) and name in FOLDED:
        return FOLDED[name](a, b)  # type: ignore[arg-type]
    if type(a) in _OF_PYTHON or type(b) in _OF_PYTHON:
        joined = _joined(low, name, a, b, place)
        if joined is not None:
            return joined
    if name in _BITWISE:
        for value, at in ((a, left), (b, right)):
            if not is_condition(value):
                sign = _BITWISE[name]
                raise TypeMismatch(
                    f"{sign} joins conditions, and this is {describe_value(value)}",
                    span=low.span(at),
                    help=f"a comparison beside {sign} needs brackets: (x > 0) {sign} (x < 1)",
                )
    elif name == "power" and is_condition(a) and is_condition(b) and "^" in low.syntax.source.between(left, right):
        raise TypeMismatch(
            "^ means power, and these are conditions",
            span=low.span(place),
            help="to ask whether just one of two conditions holds, write logical_xor(a, b)",
        )
    return low.emit(OPS[name], (a, b), place, None, (left, right))


_OF_PYTHON = frozenset({List, Rows, Tuple, Frozen, str, UnknownString, Dictionary, Set})
"""The values that have operators of their own in Python."""


def _joined(low: Lowering, name: str, a: Value, b: Value, place: Place) -> Value:
    """Collections and strings joined or repeated as in Python; None where the operator is elementwise."""
    match name, a, b:
        case "add", List() | Rows(), List() | Rows():
            return joined_lists(low, a, b, place)
        case "add", Tuple(), Tuple():
            return several(low, Tuple, (*a.items, *b.items), place)
        case "add", str() | UnknownString(), str() | UnknownString():
            both = isinstance(a, str) and isinstance(b, str)
            return checked(low, a + b, place) if both else b if isinstance(a, str) else a  # type: ignore[operator]
        case "multiply", List() | Rows() | Tuple() | str(), _:
            return repeated_list(low, a, b, place)
        case "multiply", _, List() | Rows() | Tuple() | str():
            return repeated_list(low, b, a, place)
        case "remainder", str(), _:
            return percent(low, a, b, place)
        case _, Set(), _ if name in SET_OPERATORS:
            return joined_sets(low, name, a, b, place)
        case "logical_or", Dictionary(), Dictionary():
            entries = a.mapping() | b.mapping()
            items = tuple(entries.values())
            return within_limits(low, Dictionary(items, *extent_of(items), keys=tuple(entries)), place)
        case _:
            return None


def is_condition(value: Value) -> bool:
    """True for booleans, known or not."""
    return isinstance(value, bool) or (isinstance(value, Node) and value.type.dtype is DType.BOOL)


def link_of(
    low: Lowering, operator: ast.cmpop, a: Value, b: Value, node: ast.Compare, left: ast.expr, right: ast.expr
) -> Value:
    """The value of one link of a chain of comparisons."""
    if isinstance(operator, (ast.Is, ast.IsNot)):
        return _is(low, a, b, node) == isinstance(operator, ast.Is)
    if isinstance(operator, (ast.In, ast.NotIn)):
        member = _is_among(low, a, b, node, left, right)
        if isinstance(operator, ast.In):
            return member
        return not member if isinstance(member, bool) else low.emit(OPS["logical_not"], (member,), node)
    name = _COMPARISONS[type(operator)]
    if isinstance(a, Set) and isinstance(b, Set) and name not in ("equal", "not_equal"):
        return compared_sets(name, a, b)
    if is_number(a) and is_number(b):
        return FOLDED[name](a, b)  # type: ignore[arg-type]
    if name in ("equal", "not_equal") and not (isinstance(a, Node) and isinstance(b, Node)):
        same = equal_values(low, a, b, node, left, right)
        if name == "equal":
            return same
        if isinstance(same, bool):
            return not same
        # Of arrays, and of numbers, there is an op of its own, which does not hold for NaN.
        both_plain = not isinstance(a, (List | Rows | Tuple | Dictionary)) and not isinstance(
            b, (List | Rows | Tuple | Dictionary)
        )
        return low.emit(OPS[name], (a, b), node, None, (left, right)) if both_plain else _not(low, same, node)
    return low.emit(OPS[name], (a, b), node, None, (left, right))


def _is(low: Lowering, a: Value, b: Value, node: ast.Compare) -> bool:
    """``a is b``, of values whose identity is known."""
    if a is None or b is None:
        return a is b
    if isinstance(a, TypeName) or isinstance(b, TypeName):
        return as_type(a) == as_type(b)
    if isinstance(a, (bool, str)) and isinstance(b, (bool, str)):
        return type(a) is type(b) and a == b
    if isinstance(a, Callee) and isinstance(b, Callee):
        return a is b or (isinstance(a, LibraryFunction) and a == b)
    if isinstance(a, (List, Rows, Dictionary)) and isinstance(b, (List, Rows, Dictionary)):
        if a.identity is b.identity or not (a.identity.maybe or b.identity.maybe):
            return a.identity is b.identity
    elif type(a) is not type(b) and not (isinstance(a, Node) or isinstance(b, Node)):
        return False
    raise Unsupported("is compares with None only", span=low.span(node), help="write == to compare values")


def _not(low: Lowering, test: Node, place: Place) -> Node:
    return low.emit(OPS["logical_not"], (test,), place)


def _is_among(low: Lowering, a: Value, b: Value, node: ast.Compare, left: ast.expr, right: ast.expr) -> bool | Node:
    """``a in b``."""
    if isinstance(b, str):
        if isinstance(a, str):
            return a in b
        raise TypeMismatch(f"a string does not contain {describe_value(a)}", span=low.span(left))
    if isinstance(b, Rows):
        return low.emit(OPS["any"], (low.emit(OPS["equal"], (b.array, a), node),), node)
    if isinstance(b, Set):
        b = several(low, Tuple, items_of(low, b, right), right)
    if isinstance(b, Dictionary):
        return key_of_value(low.known, a, left) in b.keys
    if not isinstance(b, (Tuple, List)):
        raise Unsupported(
            f"in looks into a list, a tuple, a set, a dictionary or a string, and this is {describe_value(b)}",
            span=low.span(right),
            help="any(x == a) asks whether an array has an element",
        )
    member: bool | Node = False
    for item in b.items:
        same = equal_values(low, a, item, node, left, right)
        if same is True:
            return True
        if isinstance(same, Node):
            member = same if member is False else low.emit(OPS["logical_or"], (member, same), node)
    return member


def truth(low: Lowering, value: Value, place: ast.expr) -> bool | Node:
    """The truth of a value, known or as a node."""
    match value:
        case bool() | int() | float():
            return bool(value)
        case None:
            return False
        case Tuple(items=items) | List(items=items) | Dictionary(items=items):
            return bool(items)
        case Rows():
            return value.array.shape[0] > 0
        case str():
            return bool(value)
        case LibraryFunction() | Closure() | Derived() | TypeName():
            return True
        case Node() if value.shape == ():
            if is_constant(value):
                return bool(low.known.value(value, place, "a condition"))
            return low.operand(value, DType.BOOL, place)
        case Node():
            raise TypeMismatch(
                f"a condition is one value, and this is {describe_value(value)}",
                span=low.span(place),
                help="to choose element by element, write where(condition, a, b); any() and all() make one of many"
                if "any" in OPS
                else "to choose element by element, write where(condition, a, b)",
            )
        case _:
            pass
    raise TypeMismatch(f"{describe_value(value)} is not a condition", span=low.span(place))
