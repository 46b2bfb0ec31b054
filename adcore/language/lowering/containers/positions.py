"""Positions in lists, tuples and strings: what a subscript of known bounds names of them."""

from __future__ import annotations

import ast
from typing import Any

from adcore.errors import AdcoreError, BadCall, IndexOutOfBounds, NotConstant, TypeMismatch
from adcore.graph import DType, Node
from adcore.language.lowering.builder import LowerExpression, Lowering, several
from adcore.language.lowering.containers.items import taken
from adcore.language.lowering.containers.mutation import latest
from adcore.language.lowering.partial_evaluation import is_constant
from adcore.language.lowering.values import List, Place, Tuple, Value, describe_value, is_number


def item_of_several(
    low: Lowering, value: Tuple | List, part: ast.expr, expression: LowerExpression
) -> tuple[Value] | None:
    """The item of a tuple or list at a known index, in a tuple; None where it must be indexed as an array."""
    if isinstance(part, ast.Slice):
        return (_sliced(low, value, _known_slice(low, part, expression), part),)
    if isinstance(part, ast.Constant) and not is_number(part.value):
        return None
    changes = len(low.changes)
    index = expression(low, part)
    value = latest(low, changes, value)  # type: ignore[assignment]
    if isinstance(index, slice):
        return (_sliced(low, value, index, part),)
    if isinstance(index, Node) and not is_constant(index):
        if index.shape or index.type.dtype is DType.BOOL:
            return None
        return (taken(low, value, part)(low.operand(index, DType.INT, part)),)
    if not is_number(index) and not isinstance(index, Node):
        raise TypeMismatch(f"{describe_value(index)} is not an index", span=low.span(part))
    number = low.known.whole(index, part, "an index")
    if not -len(value.items) <= number < len(value.items):
        raise out_of_bounds(low, number, len(value.items), part)
    return (value.items[number],)


def part_of_string(low: Lowering, value: str, node: ast.Subscript, expression: LowerExpression) -> Value:
    """A character, or a part, of a string."""
    if isinstance(node.slice, ast.Slice):
        return value[_known_slice(low, node.slice, expression)]
    number = low.known.whole(expression(low, node.slice), node.slice, "an index")
    if not -len(value) <= number < len(value):
        raise out_of_bounds(low, number, len(value), node.slice)
    return value[number]


def known_index(low: Lowering, size: int, part: ast.expr, expression: LowerExpression, computed: bool) -> Any:
    """A subscript of a list of ``size`` items as one of Python's: a number from 0 on, or a slice.

    Raises NotConstant where it is not known, and, if it may be ``computed``, where an input decides it.
    """
    if isinstance(part, ast.Slice):
        return _known_slice(low, part, expression)
    value = expression(low, part)
    if isinstance(value, Node) and (value.shape or value.type.dtype is DType.BOOL):
        raise NotConstant("an index of a list is one number", span=low.span(part))
    if not is_number(value) and not isinstance(value, Node):
        raise TypeMismatch(f"{describe_value(value)} is not an index", span=low.span(part))
    if computed and isinstance(value, Node) and not is_constant(value):
        raise NotConstant("an index is computed", span=low.span(part))
    number = low.known.whole(value, part, "an index")
    if not -size <= number < size:
        raise out_of_bounds(low, number, size, part)
    return number % size


def _known_slice(low: Lowering, part: ast.Slice, expression: LowerExpression) -> slice:
    """A slice of known bounds, which Python applies to a list or a string."""
    bounds = [
        None if b is None else known_bound(low, expression(low, b), b) for b in (part.lower, part.upper, part.step)
    ]
    if bounds[2] == 0:
        raise BadCall("the step of a slice must not be 0", span=low.span(part))
    return slice(*bounds)


def _sliced(low: Lowering, value: Tuple | List, index: slice, part: ast.expr) -> Tuple | List:
    items = value.items[index]
    return several(low, List, items, part) if isinstance(value, List) else several(low, Tuple, items, part)


def known_bound(low: Lowering, value: Value, place: Place) -> int | None:
    """A bound of a slice."""
    return None if value is None else low.known.whole(value, place, "a bound of a slice")


def out_of_bounds(low: Lowering, index: int, size: int, part: ast.expr, what: str = "this") -> AdcoreError:
    """The error of an index that is none of ``size``."""
    return IndexOutOfBounds(
        f"index {index} is out of bounds: {what} has {'1 element' if size == 1 else f'{size} elements'}",
        span=low.span(part),
        help="indices count from 0" if index == size > 0 else None,
    )
