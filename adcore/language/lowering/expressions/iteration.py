"""Iterables: how many passes a ``for`` has, and the item of each, as a function of its position."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from adcore.errors import BadCall, TypeMismatch, Unsupported
from adcore.graph import OPS, DType, Node
from adcore.language.lowering.builder import LowerExpression, Lowering, several
from adcore.language.lowering.constant_arithmetic import FOLDED
from adcore.language.lowering.containers.items import item_row, items_of, taken
from adcore.language.lowering.expressions.name_resolution import function_named
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Dictionary,
    List,
    Place,
    Rows,
    Tuple,
    Value,
    describe_value,
    is_number,
)


class Iteration(NamedTuple):
    """The number of passes, known or computed, and the item at a position, an index node or a known number."""

    passes: int | Node
    at: Callable[[Node | int], Value]
    listed: bool = False
    """True if a list or a tuple is among the iterables: its items may be of different types."""


def iteration(low: Lowering, node: ast.expr, expression: LowerExpression) -> Iteration:
    """An expression as an iterable: an array's first axis, a sequence, ``range``, ``enumerate``, ``zip``.

    Raises TypeMismatch where it is not iterable, and BadCall where a call takes other arguments.
    """
    special = iterator(low, node)
    if special is not None:
        assert isinstance(node, ast.Call)
        for keyword in node.keywords:
            if keyword.arg != "start" or special is not _enumerate:
                name = node.func.id if isinstance(node.func, ast.Name) else "this"
                raise BadCall(f"{name} takes no argument {keyword.arg}", span=low.span(keyword.value))
        return special(low, node, expression)
    return over(low, expression(low, node), node)


def over(low: Lowering, value: Value, place: ast.expr) -> Iteration:
    """The iteration over an array's first axis, or over the items of a list or tuple.

    At a computed position, the items of a list are those of an array, and have one shape.
    """
    if isinstance(value, (Dictionary, str)):
        value = several(low, Tuple, items_of(low, value, place), place)
    if isinstance(value, (Tuple, List)):
        return Iteration(len(value.items), _items(low, value, place), listed=True)
    if isinstance(value, Rows):
        rows = over(low, value.array, place)
        around = value

        def row(position: Node | int) -> Value:
            item = rows.at(position)
            assert isinstance(item, Node)
            return item_row(around, item)

        return Iteration(rows.passes, row)
    if not isinstance(value, Node) or not value.shape:
        help = "write range(...) to count" if is_number(value) or isinstance(value, Node) else None
        raise TypeMismatch(f"{describe_value(value)} has no parts to go over", span=low.span(place), help=help)

    def at(position: Node | int) -> Value:
        if isinstance(position, int):
            return low.emit(OPS["index"], (value,), place, (("key", (position,)),))
        return low.emit(OPS["take"], (value, position), place, (("axis", 0),), (place, place))

    return Iteration(value.shape[0], at)


def _items(low: Lowering, value: Tuple | List, place: ast.expr) -> Callable[[Node | int], Value]:
    nodes, length = low.nodes, -1
    last: Node | None = None
    item: Callable[[Node], Value] | None = None

    def at(position: Node | int) -> Value:
        nonlocal item, last, length
        if isinstance(position, int):
            return value.items[position]
        # It is emitted outside the loop, when it is first needed; an attempt that failed may have dropped it again.
        if item is None or not (length <= len(nodes) and (not length or nodes[length - 1] is last)):
            with low.region(nodes):
                item = taken(low, value, place)
            length, last = len(nodes), nodes[-1] if nodes else None
        return item(position)

    return at


def iterator(low: Lowering, node: ast.expr) -> Callable[..., Iteration] | None:
    """The rule for a call of ``range``, ``zip`` and the like, unless the program binds the name; None otherwise."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    special = _SPECIAL.get(node.func.id)
    return special if special is not None and low.frames.scope.names.home(node.func.id) is None else None


def _refuse_unpacking(low: Lowering, star: ast.Starred) -> NoReturn:
    raise Unsupported("unpacking with * is not supported here", span=low.span(star), help="name each value")


def _stray_slice(low: Lowering, node: ast.Slice) -> Value:
    """A slice among the indices of what has no axes: a dictionary, or a list, which has one."""
    raise TypeMismatch("slices stand beside other indices in the subscripts of arrays only", span=low.span(node))


STRAY: dict[type[ast.expr], Callable[[Lowering, Any], Value]] = {
    ast.Slice: _stray_slice,
    ast.Starred: _refuse_unpacking,
}
"""The rules of what stands where only some expressions take it."""


def _takes(low: Lowering, call: ast.Call, least: int, most: int, stars: bool = False) -> Sequence[ast.expr]:
    count = len(call.args)
    star = None if stars else next((a for a in call.args if isinstance(a, ast.Starred)), None)
    if star is not None:
        _refuse_unpacking(low, star)
    if not least <= count <= most:
        assert isinstance(call.func, ast.Name)
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise BadCall(
            f"{call.func.id} takes {wanted} argument{'s' if most > 1 else ''}, and here are {count}",
            span=low.span(call),
        )
    return call.args


# --- range


def _bounds(low: Lowering, call: ast.Call, expression: LowerExpression) -> list[int | Node]:
    """The start, stop and step of a range: whole numbers, or nodes that are checked to be whole at run time."""
    args = _takes(low, call, 1, 3)
    bounds = [_bound(low, expression(low, a), a) for a in args]
    start: int | Node = 0
    if len(bounds) > 1:
        start = bounds.pop(0)
    return [start, bounds[0], bounds[1] if len(bounds) > 1 else 1]


def _bound(low: Lowering, value: Value, place: ast.expr) -> int | Node:
    if not isinstance(value, Node):
        return low.known.whole(value, place, "a bound of range")
    if value.shape:
        raise TypeMismatch(f"a bound of range is one number, and this is {describe_value(value)}", span=low.span(place))
    return low.operand(low.operand(value, DType.INT, place), DType.FLOAT, place)


def _range(low: Lowering, call: ast.Call, expression: LowerExpression) -> Iteration:
    start, stop, step = _bounds(low, call, expression)
    if step == 0:
        raise BadCall("the step of range must not be 0", span=low.span(call.args[2]))
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int):
        return Iteration(len(range(start, stop, step)), lambda p: _place(low, call, start, step, p))
    # The number of steps is (stop - start) / step, rounded up; a floor is what is exact.
    passes: Value
    if step == 1 and isinstance(start, int) and start == 0:
        passes = stop
    elif step in (1, -1):
        passes = _emit(low, call, "subtract", *((stop, start) if step == 1 else (start, stop)))
    else:
        behind = _emit(low, call, "subtract", start, stop)
        passes = _emit(low, call, "negative", _emit(low, call, "floor_divide", behind, step))
    count = low.operand(_emit(low, call, "maximum", passes, 0), DType.INT, call)
    return Iteration(count, lambda p: _place(low, call, start, step, p))


def _place(low: Lowering, call: ast.Call, start: Value, step: Value, position: Node | int) -> Value:
    """``start + position * step``."""
    value: Value = position if isinstance(position, int) else low.operand(position, DType.FLOAT, call)
    if step != 1:
        value = _number(low, call, "multiply", value, step)
    return value if start == 0 and not isinstance(start, Node) else _number(low, call, "add", value, start)


def _number(low: Lowering, place: Place, op: str, a: Value, b: Value) -> Value:
    if isinstance(a, int) and isinstance(b, int):
        return FOLDED[op](a, b)
    return _emit(low, place, op, a, b)


def _emit(low: Lowering, place: Place, op: str, *operands: Value) -> Node:
    return low.emit(OPS[op], operands, place)


# --- iterables of iterables


def _reversed(low: Lowering, call: ast.Call, expression: LowerExpression) -> Iteration:
    (inner,) = _takes(low, call, 1, 1)
    count, at, listed = iteration(low, inner, expression)
    last = _emit(low, call, "subtract", count, 1) if isinstance(count, Node) else count - 1

    def backwards(position: Node | int) -> Value:
        if isinstance(last, int) and isinstance(position, int):
            return at(last - position)
        return at(low.operand(_emit(low, call, "subtract", last, position), DType.INT, call))

    return Iteration(count, backwards, listed)


def _enumerate(low: Lowering, call: ast.Call, expression: LowerExpression) -> Iteration:
    start = next((keyword.value for keyword in call.keywords), None)
    args = _takes(low, call, 1, 2 if start is None else 1)
    place = start or (args[1] if len(args) > 1 else None)
    first: int | Node = 0 if place is None else _bound(low, expression(low, place), place)
    count, at, listed = iteration(low, args[0], expression)
    return Iteration(count, lambda p: _side(low, [_place(low, call, first, 1, p), at(p)], call), listed)


def _zip(low: Lowering, call: ast.Call, expression: LowerExpression) -> Iteration:
    return _side_by_side(low, call, _takes(low, call, 1, low.limits.array_elements, stars=True), expression)


def _map(low: Lowering, call: ast.Call, expression: LowerExpression) -> Iteration:
    first, *rest = _takes(low, call, 2, low.limits.array_elements)
    function = function_named(low, first) or expression(low, first)
    if not isinstance(function, Callee):
        raise TypeMismatch(f"map applies a function, and this is {describe_value(function)}", span=low.span(first))
    count, at, listed = _side_by_side(low, call, rest, expression)

    def applied(position: Node | int) -> Value:
        values = at(position)
        assert isinstance(values, Tuple)
        arguments = [Argument(None, value, place) for value, place in zip(values.items, rest, strict=True)]
        return low.apply(low, function, arguments, call)

    return Iteration(count, applied, listed)


def _side_by_side(low: Lowering, call: ast.Call, args: Sequence[ast.expr], expression: LowerExpression) -> Iteration:
    """The tuples of the items of several iterables, as many as the shortest has."""
    parts: list[Iteration] = []
    for a in args:
        if isinstance(a, ast.Starred):
            parts += [over(low, item, a.value) for item in items_of(low, expression(low, a.value), a.value)]
        else:
            parts.append(iteration(low, a, expression))
    if not parts:
        return Iteration(0, lambda _: None)
    known = [part.passes for part in parts if isinstance(part.passes, int)]
    computed = [part.passes for part in parts if isinstance(part.passes, Node)]
    count: int | Node
    if not computed or min(known, default=1) == 0:
        count = min(known)
    else:
        least: Value = computed[0]
        for x in (*computed[1:], *([min(known)] if known else ())):
            least = _emit(low, call, "minimum", least, x)
        count = low.operand(least, DType.INT, call)
    listed = any(part.listed for part in parts)
    return Iteration(count, lambda p: _side(low, [part.at(p) for part in parts], call), listed)


def _side(low: Lowering, items: Sequence[Value], place: Place) -> Tuple:
    return several(low, Tuple, items, place)


_SPECIAL: dict[str, Callable[[Lowering, ast.Call, LowerExpression], Iteration]] = {
    "range": _range,
    "reversed": _reversed,
    "enumerate": _enumerate,
    "zip": _zip,
    "map": _map,
}
