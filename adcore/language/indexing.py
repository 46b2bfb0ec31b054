"""Subscripts: ``x[0]``, ``A[i, 1:]``, ``x[None]``. What is known becomes one static index, the rest is taken."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Sequence
from types import EllipsisType
from typing import Any, NamedTuple

from adcore.errors import AdcoreError, BadCall, IndexOutOfBounds, NotYet, ShapeMismatch, TypeMismatch
from adcore.graph import OPS, DType, Node, Shape
from adcore.language.evaluation import is_constant
from adcore.language.lowering import Lowering
from adcore.language.values import List, Place, Several, Tuple, Value, describe, is_number, shape_text
from adcore.ops.indexing import ALL
from adcore.ops.parts import AT, region

Expression = Callable[[Lowering, ast.expr], Value]


def subscript(low: Lowering, value: Value, node: ast.Subscript, expression: Expression) -> Value:
    """The part of ``value`` that the subscript of ``node`` names."""
    if isinstance(value, Several) and not isinstance(node.slice, ast.Tuple):
        item = _of_several(low, value, node.slice, expression)
        if item is not None:
            return item[0]
    if is_number(value) or not isinstance(value, (Node, Several)):
        raise TypeMismatch(f"{describe(value)} has no parts", span=low.span(node))
    array = low.array(value, node.value)
    return read_part(low, array, key_of(low, array, node, expression), node)


class Key(NamedTuple):
    """What stands between the brackets: what is known, with all of an axis in the places of what is computed."""

    entries: tuple[Any, ...]
    computed: tuple[tuple[int, Node, ast.expr], ...]
    """The place among the entries, the index and where it is written."""

    @property
    def is_place(self) -> bool:
        """Whether all that is computed are single indices."""
        return all(not index.shape for _, index, _ in self.computed)

    def params(self) -> tuple[tuple[str, Hashable], ...]:
        """The key as the ops take it that have computed places."""
        places = {place for place, _, _ in self.computed}
        return (("key", tuple(AT if i in places else k for i, k in enumerate(self.entries))),)


def key_of(low: Lowering, array: Node, node: ast.Subscript, expression: Expression) -> Key:
    """The key of a subscript, once it is seen to fit the array."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    key: list[Any] = []
    taken: list[tuple[int, Node, ast.expr]] = []
    axis = 0
    for part in parts:
        index = _part(low, part, expression)
        if isinstance(index, Node):
            taken.append((len(key), index, part))
            index = ALL
        key.append(index)
        if index is None or index == "...":
            continue
        if isinstance(index, int) and "..." not in key and axis < array.ndim:
            _check_bounds(low, index, array, axis, part)
        axis += 1
    if axis > array.ndim:
        if not array.ndim:
            raise TypeMismatch("a number has no parts", span=low.span(node))
        raise ShapeMismatch(
            f"an array of shape {shape_text(array.shape)} has {_axes(array.ndim)}, and {axis} indices are given",
            span=low.span(node),
        )
    return Key(tuple(key), tuple(taken))


def read_part(low: Lowering, array: Node, key: Key, node: ast.Subscript) -> Node:
    """The part of an array that a key names."""
    computed = [index for _, index, _ in key.computed]
    known = any(k != ALL for k in key.entries)
    if computed and key.is_place and (known or len(computed) > 1):
        return low.emit(OPS["part"], (array, *computed), node, key.params())
    if known:
        array = _static(low, array, key.entries, node)
    return _take(low, array, list(key.entries), key.computed, node)


def write_part(low: Lowering, array: Node, key: Key, value: Value, node: ast.Subscript, place: Place) -> Node:
    """The array with another value in the part that a key names; the value is broadcast to the part's shape."""
    if not key.is_place:
        raise NotYet(
            "only single places and slices can be assigned to",
            span=low.span(node.slice),
            help="assign one element after the other, in a loop",
        )
    shape = region(array.shape, key.params()[0][1])
    value = low.array(value, place) if isinstance(value, Several) else low.operand(value, DType.FLOAT, place)
    if value.shape != shape:
        lead = value.ndim - len(shape)
        if lead > 0 and all(n == 1 for n in value.shape[:lead]):
            value = low.emit(OPS["reshape"], (value,), place, (("shape", value.shape[lead:]),))
        if not _spreads(value.shape, shape):
            raise ShapeMismatch(
                f"{describe(value)} does not fit into a part of shape {shape_text(shape)}",
                span=low.span(place),
                related=((low.span(node), "this part"),),
            )
        value = low.emit(OPS["broadcast_to"], (value,), place, (("shape", shape),))
    computed = [index for _, index, _ in key.computed]
    return low.emit(OPS["assign"], (array, value, *computed), node, key.params())


def _spreads(shape: Shape, to: Shape) -> bool:
    """Whether an array of ``shape`` can be broadcast to the other shape."""
    lead = len(to) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))


def _static(low: Lowering, array: Node, key: tuple[Any, ...], node: ast.Subscript) -> Node:
    try:
        return low.emit(OPS["index"], (array,), node, (("key", key),))
    except IndexOutOfBounds as error:
        error.span = low.span(node.slice)
        raise


def _take(
    low: Lowering, array: Node, key: list[Any], taken: Sequence[tuple[int, Node, ast.expr]], node: ast.Subscript
) -> Node:
    """The elements at computed indices, one axis after the other, from the last one on so that places stay right."""
    if sum(bool(index.shape) for _, index, _ in taken) > 1:
        raise BadCall(
            "only one index can be an array here",
            span=low.span(node),
            help="index one axis after the other: x[i][:, j]",
        )
    extra = 0
    for place, index, _ in reversed(taken):
        if "..." in key[:place]:
            axis = array.ndim - extra - sum(_makes_axis(k) for k in key[place:])
        else:
            axis = sum(_makes_axis(k) for k in key[:place])
        array = low.emit(OPS["take"], (array, index), node, (("axis", axis),))
        if index.shape:
            extra += index.ndim - 1
        else:
            key[place] = 0
    return array


def _makes_axis(k: Any) -> bool:
    return k is None or isinstance(k, tuple)


def _part(low: Lowering, part: ast.expr, expression: Expression) -> Any:
    """One part of a subscript: a whole number, a slice, None or ``...`` as the static index has them, or a node."""
    if isinstance(part, ast.Slice):
        bounds = (part.lower, part.upper, part.step)
        return ("slice", *(None if b is None else _bound(low, expression(low, b), b) for b in bounds))
    value = expression(low, part)
    match value:
        case None:
            return None
        case EllipsisType():
            return "..."
        case bool():
            raise TypeMismatch(
                "a condition is no index", span=low.span(part), help="use where() to choose by a condition"
            )
        case int() | float():
            return low.whole(value, part, "an index")
        case Several() | Node():
            index = low.array(value, part)
            if index.type.dtype is DType.BOOL:
                raise TypeMismatch(
                    "a condition is no index", span=low.span(part), help="use where() to choose by a condition"
                )
            if is_constant(index) and not index.shape:
                return low.whole(index, part, "an index")
            return low.operand(index, DType.INT, part)
        case _:
            pass
    raise TypeMismatch(f"{describe(value)} is no index", span=low.span(part))


def _bound(low: Lowering, value: Value, place: Place) -> int | None:
    return None if value is None else low.whole(value, place, "a bound of a slice")


def _check_bounds(low: Lowering, index: int, array: Node, axis: int, part: ast.expr) -> None:
    size = array.shape[axis]
    if not -size <= index < size:
        raise _out_of_bounds(low, index, size, part, "this" if array.ndim == 1 else f"axis {axis}")


def _out_of_bounds(low: Lowering, index: int, size: int, part: ast.expr, what: str = "this") -> AdcoreError:
    return IndexOutOfBounds(
        f"index {index} is out of bounds: {what} has {'1 element' if size == 1 else f'{size} elements'}",
        span=low.span(part),
        help="indices count from 0" if index == size else None,
    )


def _axes(ndim: int) -> str:
    return "1 axis" if ndim == 1 else f"{ndim} axes"


def _of_several(low: Lowering, value: Tuple | List, part: ast.expr, expression: Expression) -> tuple[Value] | None:
    """The item of a tuple or list at a known index, or None where the list is better taken as an array."""
    if isinstance(part, ast.Slice):
        start, stop, step = (
            None if b is None else _bound(low, expression(low, b), b) for b in (part.lower, part.upper, part.step)
        )
        if step == 0:
            raise BadCall("the step of a slice must not be 0", span=low.span(part))
        items = value.items[start:stop:step]
        return (type(value)(items, value.size, value.depth),)
    if isinstance(part, ast.Constant) and not is_number(part.value):
        return None
    index = expression(low, part)
    if isinstance(index, Node) and not is_constant(index):
        return None
    if not is_number(index) and not isinstance(index, Node):
        raise TypeMismatch(f"{describe(index)} is no index", span=low.span(part))
    number = low.whole(index, part, "an index")
    if not -len(value.items) <= number < len(value.items):
        raise _out_of_bounds(low, number, len(value.items), part)
    return (value.items[number],)
