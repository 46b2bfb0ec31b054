"""Functions that cut arrays, or leave out, insert and find elements at places that are known when compiling.

NumPy applies each function to the places of an array; what comes out says where each element of the result is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcore.errors import IndexOutOfBounds, ShapeMismatch
from adcore.graph import Node
from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import List, Tuple, Value, is_number, is_sequence
from adcore.ops.arrays.indexing import stretch
from adcore.ops.shapes import describe_shape, one_axis

# --- cuts


def _cut(call: Bound, array: Node, axis: int, equal: bool) -> Value:
    """The pieces of an array along an axis, as a list."""
    place = one_axis(axis, array.ndim)
    length = array.shape[place]
    cuts = call.value("indices_or_sections")
    if is_sequence(cuts) or (isinstance(cuts, Node) and cuts.shape):
        indices = [int(i) for i in np.ravel(call.known("indices_or_sections"))]
        bounds = [(a, b) for a, b in zip([0, *indices], [*indices, length], strict=True)]
    else:
        sections = call.whole("indices_or_sections")
        if sections < 1:
            raise call.wrong(f"the number of parts is from 1 up, and this is {sections}", "indices_or_sections")
        if sections > call.low.limits.graph_nodes:
            raise call.wrong(f"{sections} parts are more operations than a program may have", "indices_or_sections")
        size, more = divmod(length, sections)
        if equal and more:
            raise call.wrong(
                f"an axis of length {length} has no {sections} equal parts",
                "indices_or_sections",
                help="array_split makes parts that differ by one",
            )
        ends = [i * size + min(i, more) for i in range(sections + 1)]
        bounds = list(itertools.pairwise(ends))
    pieces = [call.emit("index", array, key=stretch(place, start, stop)) for start, stop in bounds]
    return several(call.low, List, pieces, call.place)


def _split(equal: bool) -> Rule:
    return lambda call: _cut(call, call.array("ary"), call.static("axis"), equal)


def _split_along(least: int, axis: int) -> Rule:
    """The rule of ``vsplit`` and its kind, of arrays of at least so many axes."""

    def rule(call: Bound) -> Value:
        array = call.array("ary")
        if array.ndim < least:
            raise ShapeMismatch(
                f"{call.builtin.name} takes an array of {least} axes or more, and this has the shape "
                f"{describe_shape(array.shape)}",
                span=call.low.span(call.at("ary")),
            )
        return _cut(call, array, min(axis, array.ndim - 1), equal=True)

    return rule


# --- elements left out and inserted


def _line(call: Bound) -> tuple[Node, int]:
    """The array and the axis that is changed: the only one of the flattened array, where none is named."""
    array, axis = call.array("arr"), call.static("axis")
    if axis is None:
        return (array if array.ndim == 1 else call.emit("ravel", array)), 0
    return array, one_axis(axis, array.ndim)


def _places(call: Bound, name: str) -> Any:
    """Known indices: a number, an array, a slice, or conditions."""
    value = call.value(name)
    if isinstance(value, slice):
        return value
    if is_number(value):
        return call.whole(name)
    known = np.asarray(call.known(name))
    if known.dtype != bool and known.size and not (known == np.floor(known)).all():
        raise call.wrong("an index is a whole number", name)
    return known if known.dtype == bool else known.astype(np.int64)


def _moved(call: Bound, name: str, move: Callable[[Any], Any]) -> Any:
    """What NumPy makes of the places of an axis."""
    try:
        return move(_places(call, name))
    except (IndexError, ValueError) as error:
        raise IndexOutOfBounds(str(error), span=call.low.span(call.at(name))) from None


def _delete(call: Bound) -> Value:
    array, axis = _line(call)
    kept = _moved(call, "obj", lambda obj: np.delete(np.arange(array.shape[axis]), obj))
    return call.emit("take", array, call.constant(kept), axis=axis)


def _fill_diagonal(call: Bound) -> Value:
    """The changed array, which the statement assigns."""
    if call.place not in call.low.syntax.in_place:
        raise call.wrong("fill_diagonal changes its array, and gives None", help="write it on a line of its own")
    return call.emit("fill_diagonal", call.array("a"), call.array("val"), wrap=call.static("wrap"))


def _insert(call: Bound) -> Value:
    array, axis = _line(call)
    values, obj = call.array("values"), _places(call, "obj")
    n = array.shape[axis]
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(n))
    elif isinstance(obj, np.ndarray) and obj.dtype == bool:
        obj = np.flatnonzero(obj)
    single = np.ndim(obj) == 0 or np.size(obj) == 1
    if values.ndim < array.ndim:
        values = call.emit("reshape", values, shape=(*(1,) * (array.ndim - values.ndim), *values.shape))
    if np.ndim(obj) == 0:
        values = call.emit("moveaxis", values, source=0, destination=axis) if axis else values
    count = values.shape[axis] if single else np.size(obj)
    shape = (*array.shape[:axis], count, *array.shape[axis + 1 :])
    if values.shape != shape:
        values = call.emit("broadcast_to", values, shape=shape)
    at = np.ravel(obj)[0] if single else obj
    order = _moved(call, "obj", lambda _: np.insert(np.arange(n), at, n + np.arange(count)))
    joined = call.emit("concatenate", array, values, axis=axis)
    return call.emit("take", joined, call.constant(order), axis=axis)


# --- elements found


def _unique(call: Bound) -> Value:
    known, axis = np.asarray(call.known("ar"), float), call.static("axis")
    if axis is not None and not -known.ndim <= axis < known.ndim:
        raise call.wrong(f"axis {axis} is out of range", "axis")
    asked = [name for name in ("return_index", "return_inverse", "return_counts") if call.static(name)]
    results = np.unique(known, axis=axis, **dict.fromkeys(asked, True))  # type: ignore[call-overload]
    if not asked:
        return call.constant(results)
    return several(call.low, Tuple, [call.constant(x) for x in results], call.place)


def nonzero(call: Bound, name: str = "a") -> Value:
    """The indices of what is not 0, an array for each axis."""
    places: Sequence[Any] = np.nonzero(np.atleast_1d(np.asarray(call.known(name))))
    return several(call.low, Tuple, [call.constant(x) for x in places], call.place)


def _flatnonzero(call: Bound) -> Value:
    return call.constant(np.flatnonzero(np.asarray(call.known("a"))))


def _argwhere(call: Bound) -> Value:
    return call.constant(np.argwhere(np.asarray(call.known("a"))))


RULES: dict[str, Rule] = {
    "split": _split(equal=True),
    "array_split": _split(equal=False),
    "hsplit": _split_along(1, 1),
    "vsplit": _split_along(2, 0),
    "dsplit": _split_along(3, 2),
    "delete": _delete,
    "insert": _insert,
    "fill_diagonal": _fill_diagonal,
    "unique": _unique,
    "nonzero": nonzero,
    "flatnonzero": _flatnonzero,
    "argwhere": _argwhere,
}
"""The rules of this theme, by name."""
