"""Subscripts: ``x[0]``, ``A[i, 1:]``, ``x[None]``, ``x[i:i + 3]``. Known indices become one static index; computed ones
are operands."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from adcore.errors import AdcoreError, BadCall, IndexOutOfBounds, NotConstant, ShapeMismatch, TypeMismatch, Unsupported
from adcore.graph import OPS, DType, Node, Shape, constant
from adcore.language.lowering.affine import distance
from adcore.language.lowering.builder import LowerExpression, Lowering
from adcore.language.lowering.containers.dictionaries import value_at
from adcore.language.lowering.containers.items import item_row, items_of
from adcore.language.lowering.containers.mutation import latest
from adcore.language.lowering.containers.positions import item_of_several, known_bound, out_of_bounds, part_of_string
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.partial_evaluation import TooDear, Unknown, is_constant
from adcore.language.lowering.values import (
    Dictionary,
    List,
    Place,
    Rows,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
)
from adcore.ops.arrays.dynamic_indexing import AT, region, window
from adcore.ops.arrays.indexing import ALL
from adcore.ops.shapes import broadcasts_to, describe_shape


def lower_subscript(low: Lowering, value: Value, node: ast.Subscript, expression: LowerExpression) -> Value:
    """The part of ``value`` that the subscript of ``node`` names."""
    if isinstance(value, Dictionary):
        changes = len(low.changes)
        key = key_of_value(low.known, expression(low, node.slice), node.slice)
        value = latest(low, changes, value)
        assert isinstance(value, Dictionary)
        return value_at(low, value, key, node.slice)
    if isinstance(value, str):
        return part_of_string(low, value, node, expression)
    if is_sequence(value) and not isinstance(node.slice, ast.Tuple):
        item = item_of_several(low, value, node.slice, expression)
        if item is not None:
            return item[0]
    if isinstance(value, Rows):
        part = read_part(low, value.array, key_of(low, value.array, node, expression), node)
        if isinstance(node.slice, ast.Slice):
            return Rows((part,), 1, 1, axes=value.axes)
        return item_row(value, part)
    if is_number(value) or not (isinstance(value, Node) or is_sequence(value)):
        raise TypeMismatch(f"{describe_value(value)} has no parts", span=low.span(node))
    array = low.array(value, node.value)
    return read_part(low, array, key_of(low, array, node, expression), node)


class Key(NamedTuple):
    """The indices of a subscript: the static ones, and the computed ones in order."""

    entries: tuple[Any, ...]
    """The key as a parameter of the indexing ops; computed indices are ``AT`` or a window in it."""
    computed: tuple[Node, ...] = ()
    mask: Node | None = None
    """A boolean mask, which has no indices beside it."""

    @property
    def params(self) -> tuple[tuple[str, Hashable], ...]:
        return (("key", self.entries),)

    @property
    def has_arrays(self) -> bool:
        """True if a computed index is an array, which may contain a position twice."""
        return any(index.shape for index in self.computed)


class _Window(NamedTuple):
    """A slice of computed start and known length."""

    start: Node
    length: int
    step: int


def key_of(low: Lowering, array: Node, node: ast.Subscript, expression: LowerExpression) -> Key:
    """The key of a subscript, checked against the array's shape."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    key: list[Any] = []
    computed: list[Node] = []
    axis = 0
    for part, index in _indices(low, node.slice, parts, expression):
        if isinstance(index, Node) and index.type.dtype is DType.BOOL:
            chosen = _chosen(low, array, index, axis, part) if index.shape and "..." not in key else None
            if chosen is not None:
                key += [AT] * index.ndim
                computed += chosen
                axis += index.ndim
                continue
            if len(parts) > 1 or not index.shape:
                raise TypeMismatch("a condition is not an index", span=low.span(part), help=_CHOOSE)
            return Key((), mask=index)
        if isinstance(index, Node):
            computed.append(index)
            index = AT
        elif isinstance(index, _Window):
            computed.append(index.start)
            index = window(index.length, index.step)
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
            f"an array of shape {describe_shape(array.shape)} has {_axes(array.ndim)}, and {axis} indices are given",
            span=low.span(node),
        )
    return Key(tuple(key), tuple(computed))


_CHOOSE = "use where() to choose by a condition"


def read_part(low: Lowering, array: Node, key: Key, node: ast.Subscript) -> Node:
    """The part of an array that a key names."""
    if key.mask is not None:
        raise TypeMismatch(
            "how many elements a condition chooses is not known when the program is compiled",
            span=low.span(node.slice),
            help="where(condition, x, 0) keeps the shape; sum(where(condition, x, 0)) adds those that are chosen",
        )
    if not key.computed:
        return _static(low, array, key.entries, node)
    if (
        len(key.computed) == 1
        and AT in key.entries
        and all(k in (AT, ALL) or (key.has_arrays and not isinstance(k, int)) for k in key.entries)
    ):
        return _take(low, array, key, node)
    return _at(low, "part", (array, *key.computed), key, node)


def write_part(
    low: Lowering, array: Node, key: Key, value: Value, node: ast.Subscript, place: Place, op: str = "assign"
) -> Node:
    """The array with another value in the part that a key names, or added to it by the op ``accumulate``.

    The value is broadcast to the part's shape.
    """
    value = low.array(value, place) if is_sequence(value) else low.operand(value, DType.FLOAT, place)
    if key.mask is not None:
        return choose(low, array, key.mask, spread_masked(low, array, key.mask, value, node, place), node)
    shape = _shape_of_part(low, array, key, node)
    if value.shape != shape:
        lead = value.ndim - len(shape)
        if lead > 0 and all(n == 1 for n in value.shape[:lead]):
            value = low.emit(OPS["reshape"], (value,), place, (("shape", value.shape[lead:]),))
        if not broadcasts_to(value.shape, shape):
            part = f"a part of shape {describe_shape(shape)}" if shape else "one element"
            raise ShapeMismatch(
                f"{describe_value(value)} does not fit into {part}",
                span=low.span(place),
                related=((low.span(node), "this part"),),
            )
        value = low.emit(OPS["broadcast_to"], (value,), place, (("shape", shape),))
    return _at(low, op, (array, value, *key.computed), key, node)


def _at(low: Lowering, op: str, operands: tuple[Node, ...], key: Key, node: ast.Subscript) -> Node:
    try:
        return low.emit(OPS[op], operands, node, key.params)
    except IndexOutOfBounds as error:
        error.span = low.span(node.slice)
        raise


def _shape_of_part(low: Lowering, array: Node, key: Key, node: ast.Subscript) -> Shape:
    try:
        return region(array.shape, key.entries, [index.shape for index in key.computed])
    except AdcoreError as error:
        error.span = low.span(node.slice)
        raise


# --- conditions as indices


def _chosen(low: Lowering, array: Node, mask: Node, axis: int, place: Place) -> list[Node] | None:
    """The indices along each axis of the elements that a mask chooses; None where that depends on inputs."""
    try:
        known = low.known.without_inputs(mask)
    except (Unknown, TooDear):
        return None
    _check_mask(low, mask, array.shape[axis : axis + mask.ndim], place)
    places = [constant(x, low.span(place)) for x in np.nonzero(known)]
    for x in places:
        low.record(x)
    return places


def _check_mask(low: Lowering, mask: Node, shape: Shape, place: Place) -> None:
    if mask.shape != shape:
        raise ShapeMismatch(
            f"a condition of shape {describe_shape(mask.shape)} does not choose from an array of shape "
            f"{describe_shape(shape)}",
            span=low.span(place),
        )


def spread_masked(low: Lowering, array: Node, mask: Node, value: Node, node: ast.Subscript, place: Place) -> Node:
    """A value for the elements that a mask chooses, broadcast to them, however many they are."""
    _check_mask(low, mask, array.shape[: mask.ndim], node.slice)
    if not broadcasts_to(value.shape, array.shape[mask.ndim :]):
        raise ShapeMismatch(
            f"how many elements a condition chooses is not known, and here {describe_value(value)} is given for them",
            span=low.span(place),
            help="give one number for all of them, or write where(condition, new, old)",
        )
    return value


def choose(low: Lowering, array: Node, mask: Node, value: Node, node: ast.Subscript) -> Node:
    """The array with another value where the mask holds."""
    if mask.ndim < array.ndim:
        shape = mask.shape + (1,) * (array.ndim - mask.ndim)
        mask = low.emit(OPS["reshape"], (mask,), node, (("shape", shape),))
    return low.emit(OPS["where"], (mask, value, array), node)


# --- the parts of a subscript


def _static(low: Lowering, array: Node, key: tuple[Any, ...], node: ast.Subscript) -> Node:
    try:
        return low.emit(OPS["index"], (array,), node, (("key", key),))
    except IndexOutOfBounds as error:
        error.span = low.span(node.slice)
        raise


def _take(low: Lowering, array: Node, key: Key, node: ast.Subscript) -> Node:
    """The elements at computed indices along one axis, after the slices along others."""
    entries = tuple(ALL if k == AT else k for k in key.entries)
    place = key.entries.index(AT)
    if any(k != ALL for k in entries):
        array = _static(low, array, entries, node)
    if "..." in entries[:place]:
        axis = array.ndim - len(entries[place:])
    else:
        axis = place
    return low.emit(OPS["take"], (array, key.computed[0]), node, (("axis", axis),))


def _indices(
    low: Lowering, subscript: ast.expr, parts: Sequence[ast.expr], expression: LowerExpression
) -> Iterator[tuple[ast.expr, Any]]:
    """The parts of a subscript with their indices; a tuple in a variable, ``A[np.nonzero(c)]``, is several parts."""
    if parts == [subscript] and not isinstance(subscript, ast.Slice):
        value = expression(low, subscript)
        for item in value.items if isinstance(value, Tuple) else (value,):
            yield subscript, _index(low, item, subscript)
        return
    for part in parts:
        if isinstance(part, ast.Slice):
            yield part, _slice(low, part, expression)
        else:
            starred = isinstance(part, ast.Starred)
            value = expression(low, part.value if isinstance(part, ast.Starred) else part)
            for item in items_of(low, value, part) if starred else (value,):
                yield part, _index(low, item, part)


def _index(low: Lowering, value: Value, part: ast.expr) -> Any:
    """A value as an index: a whole number, None or ``...`` as the static index has them, or a node."""
    match value:
        case None:
            return None
        case EllipsisType():
            return "..."
        case slice():
            return ("slice", value.start, value.stop, value.step)
        case bool():
            raise TypeMismatch("a condition is not an index", span=low.span(part), help=_CHOOSE)
        case int() | float():
            return low.known.whole(value, part, "an index")
        case Tuple() | List() | Node():
            index = low.array(value, part)
            if index.type.dtype is DType.BOOL:
                return index
            if is_constant(index) and not index.shape:
                return low.known.whole(index, part, "an index")
            return low.operand(index, DType.INT, part)
        case _:
            pass
    raise TypeMismatch(f"{describe_value(value)} is not an index", span=low.span(part))


def _slice(low: Lowering, part: ast.Slice, expression: LowerExpression) -> Any:
    """A slice of known bounds, or of known length and computed start."""
    if isinstance(part.step, ast.Constant) and isinstance(part.step.value, complex):
        raise Unsupported("complex numbers do not exist in this language", span=low.span(part.step))
    start, stop, step = (None if b is None else expression(low, b) for b in (part.lower, part.upper, part.step))
    bounds = [x for x in (start, stop) if isinstance(x, Node) and not x.shape and not is_constant(x)]
    if bounds and all(is_number(x) or (isinstance(x, Node) and not x.shape) for x in (start, stop)):
        apart = distance(start, stop)
        if apart is not None:
            assert part.lower is not None
            by = 1 if step is None else low.known.whole(step, part.step or part, "the step of a slice")
            if by == 0:
                raise BadCall("the step of a slice must not be 0", span=low.span(part))
            length = low.known.whole(apart, part, "the length of a slice")
            return _Window(low.operand(start, DType.INT, part.lower), max(0, -(-length // by)), by)
    try:
        return (
            "slice",
            *(
                None if b is None else known_bound(low, x, b)
                for x, b in ((start, part.lower), (stop, part.upper), (step, part.step))
            ),
        )
    except NotConstant as error:
        error.help = error.help or "a slice has a known length, as x[i:i + 3] has"
        raise


def _check_bounds(low: Lowering, index: int, array: Node, axis: int, part: ast.expr) -> None:
    size = array.shape[axis]
    if not -size <= index < size:
        raise out_of_bounds(low, index, size, part, "this" if array.ndim == 1 else f"axis {axis}")


def _axes(ndim: int) -> str:
    return "1 axis" if ndim == 1 else f"{ndim} axes"
