"""Operators on values: arithmetic, comparisons, and truth."""

from __future__ import annotations

import ast

from adcore.errors import ArrayTooLarge, TypeMismatch, Unsupported
from adcore.graph import OPS, DType, Node
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.constant_arithmetic import FOLDED
from adcore.language.lowering.partial_evaluation import is_constant
from adcore.language.lowering.values import List, Place, Tuple, Value, describe_value, is_number

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
    if isinstance(a, List) or isinstance(b, List):
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


def _joined(low: Lowering, name: str, a: Value, b: Value, place: Place) -> List | Node | None:
    """Concatenation and repetition of lists, as in Python; None where the operator is elementwise.

    Lists of several values that are equally long are vectors, which are added element by element.
    """
    most = low.limits.graph_nodes
    if name == "add" and isinstance(a, List) and isinstance(b, List):
        if len(a.items) == len(b.items) > 1:
            return None
        if a.size + b.size > most:
            raise ArrayTooLarge(f"this list has more than {most} elements", span=low.span(place))
        return several(low, List, (*a.items, *b.items), place)
    if name == "multiply":
        parts, times = (a, b) if isinstance(a, List) else (b, a)
        if isinstance(parts, List) and len(parts.items) == 1 and isinstance(times, int):
            if times * parts.size <= most:
                return several(low, List, parts.items * times, place)
            row = low.array(parts, place)
            return low.emit(OPS["broadcast_to"], (row,), place, (("shape", (times, *row.shape[1:])),))
    return None


def is_condition(value: Value) -> bool:
    """True for booleans, known or not."""
    return isinstance(value, bool) or (isinstance(value, Node) and value.type.dtype is DType.BOOL)


def link_of(
    low: Lowering, operator: ast.cmpop, a: Value, b: Value, node: ast.Compare, left: ast.expr, right: ast.expr
) -> Value:
    """The value of one link of a chain of comparisons."""
    if isinstance(operator, (ast.Is, ast.IsNot)):
        if a is not None and b is not None:
            raise Unsupported("is compares with None only", span=low.span(node), help="write == to compare values")
        return (a is b) == isinstance(operator, ast.Is)
    if isinstance(operator, (ast.In, ast.NotIn)):
        member = _is_among(low, a, b, node, left, right)
        if isinstance(operator, ast.In):
            return member
        return not member if isinstance(member, bool) else low.emit(OPS["logical_not"], (member,), node)
    name = _COMPARISONS[type(operator)]
    if is_number(a) and is_number(b):
        return FOLDED[name](a, b)  # type: ignore[arg-type]
    if name in ("equal", "not_equal") and isinstance(a, str | None | Tuple) and isinstance(b, str | None | Tuple):
        return (_plain(a) == _plain(b)) == (name == "equal")
    return low.emit(OPS[name], (a, b), node, None, (left, right))


def _is_among(low: Lowering, a: Value, b: Value, node: ast.Compare, left: ast.expr, right: ast.expr) -> bool | Node:
    """``a in b``."""
    if not isinstance(b, (Tuple, List)):
        raise Unsupported(
            f"in looks into a list or a tuple, and this is {describe_value(b)}",
            span=low.span(right),
            help="any(x == a) asks whether an array has an element",
        )
    member: bool | Node = False
    for item in b.items:
        same = link_of(low, ast.Eq(), a, item, node, left, right)
        if same is True:
            return True
        if isinstance(same, Node):
            member = same if member is False else low.emit(OPS["logical_or"], (member, same), node)
    return member


def _plain(value: Value) -> object:
    """A tuple of the language as one of Python's, to compare by."""
    return tuple(_plain(x) for x in value.items) if isinstance(value, Tuple) else value


def truth(low: Lowering, value: Value, place: ast.expr) -> bool | Node:
    """The truth of a value, known or as a node."""
    match value:
        case bool() | int() | float():
            return bool(value)
        case None:
            return False
        case Tuple(items=items):
            return bool(items)
        case Node() if value.shape == ():
            if is_constant(value):
                return bool(low.known.value(value, place, "a condition"))
            return low.operand(value, DType.BOOL, place)
        case Node() | List():
            raise TypeMismatch(
                "a condition is one value, and this is "
                + (describe_value(value) if isinstance(value, Node) else "an array"),
                span=low.span(place),
                help="to choose element by element, write where(condition, a, b); any() and all() make one of many"
                if "any" in OPS
                else "to choose element by element, write where(condition, a, b)",
            )
        case _:
            pass
    raise TypeMismatch(f"{describe_value(value)} is not a condition", span=low.span(place))
