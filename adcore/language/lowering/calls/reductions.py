"""Python's own ``sum``, ``max``, ``min``, ``any`` and ``all``, which go over the items of one iterable.

NumPy's functions of these names take the elements of an array instead: the sum of a matrix is a row to Python, and a
number to NumPy. So do the folds by a function, ``functools.reduce`` and ``itertools.accumulate``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

from adcore.errors import BadCall, TypeMismatch
from adcore.graph import OPS, Node, Signature
from adcore.graph.signature import Absent
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.arguments import bind_call
from adcore.language.lowering.calls.frozen import function_first
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.containers.lists import joined_lists
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Dictionary,
    LibraryFunction,
    List,
    Rows,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
    plain,
)


def _python(name: str, operands: str, *defaults: Any) -> Functional:
    return Functional(name, Signature(tuple(operands.split()), defaults=defaults), "")


ROUND = _python("round", "number ndigits", None, Absent.ABSENT)
_SUM = _python("sum", "iterable start", None, 0.0)
_OF_ITEMS = {name: _python(name, "iterable", None) for name in ("any", "all")}
_EXTREMES = {name: _python(name, "iterable default", None, Absent.ABSENT) for name in ("max", "min")}


def has_arrays(value: Value) -> TypeGuard[Tuple | List]:
    """Whether it is a sequence with an array in it."""
    return is_sequence(value) and any(isinstance(x, Node) and x.shape for x in value.items)


def added(low: Lowering, values: Sequence[Value], place: ast.Call) -> Value:
    """The values added one after the other."""
    total, *rest = values
    for value in rest:
        total = low.emit(OPS["add"], (total, value), place)
    return total


def greatest(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """Python's own ``max(a, b, c)`` and ``min(a, b, c)`` of several numbers."""
    elementwise = OPS["maximum" if name == "max" else "minimum"]
    for argument in arguments:
        if argument.name is not None:
            raise BadCall(f"{name} of several numbers takes no argument {argument.name}", span=low.span(argument.place))
        if is_sequence(argument.value) or (isinstance(argument.value, Node) and argument.value.shape):
            raise TypeMismatch(
                f"{name} of several values compares numbers, and this is {describe_value(argument.value)}",
                span=low.span(argument.place),
                help=f"write {elementwise.name}(a, b) to go element by element, {name}(x, axis=0) along an axis",
            )
    if all(is_number(a.value) for a in arguments):
        return _chosen(name, [a.value for a in arguments])
    value, *rest = arguments
    result = value.value
    for argument in rest:
        result = low.emit(elementwise, (result, argument.value), place, None, (value.place, argument.place))
    return result


def _chosen(name: str, known: Sequence[Any]) -> int | float:
    """The greatest or least of known numbers; NaN wins, as it does in NumPy."""
    chosen: int | float = next((x for x in known if x != x), (max if name == "max" else min)(known))
    return chosen


def _iterable(low: Lowering, argument: Argument) -> Node | Tuple | List:
    """An argument that has items. Raises TypeMismatch."""
    value = plain(argument.value)
    if isinstance(value, Dictionary):
        return several(low, Tuple, items_of(low, value, argument.place), argument.place)
    if is_sequence(value) or (isinstance(value, Node) and value.shape):
        return value
    raise TypeMismatch(f"{describe_value(value)} has no parts to go over", span=low.span(argument.place))


def _of_numbers(low: Lowering, name: str, argument: Argument) -> Node | Tuple | List:
    """An argument whose items are numbers, which Python can compare. Raises TypeMismatch."""
    value = _iterable(low, argument)
    if has_arrays(value) or (isinstance(value, Node) and len(value.shape) > 1):
        raise TypeMismatch(
            f"{name} without a prefix is Python's own, which does not compare arrays",
            span=low.span(argument.place),
            help=f"np.{name} takes all elements, or those along an axis",
        )
    return value


def _sum(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bind_call(low, _SUM, arguments, place)
    value = _iterable(low, bound["iterable"])
    start = bound["start"].value if "start" in bound else 0
    if isinstance(start, (List, Rows)):
        for item in items_of(low, value, place):
            assert isinstance(start, (List, Rows))
            if not isinstance(item, (List, Rows)):
                raise TypeMismatch(f"{describe_value(item)} is not joined to a list", span=low.span(place))
            start = joined_lists(low, start, item, place)
        return start
    if is_sequence(value) and all(map(is_number, (*value.items, start))):
        known: list[Any] = list(value.items)
        return sum(known, start)  # type: ignore[arg-type]
    if has_arrays(value):
        return added(low, value.items if start == 0 else (start, *value.items), place)
    array = low.array(value, bound["iterable"].place)
    total = low.emit(OPS["sum"], (array,), place, (("axis", 0), ("keepdims", False)))
    return total if start == 0 else low.emit(OPS["add"], (start, total), place)


def _extreme(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    if sum(a.name is None for a in arguments) > 1:
        return greatest(low, name, arguments, place)
    bound = bind_call(low, _EXTREMES[name], arguments, place)
    value = _of_numbers(low, name, bound["iterable"])
    if not (value.shape[0] if isinstance(value, Node) else value.items):
        if "default" in bound:
            return bound["default"].value
        raise BadCall(f"{name} of no elements", span=low.span(place), help="give it a default")
    if is_sequence(value) and all(map(is_number, value.items)):
        return _chosen(name, value.items)
    return low.emit(OPS[name], (low.array(value, bound["iterable"].place),), place)


def _of_conditions(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bind_call(low, _OF_ITEMS[name], arguments, place)
    value = _of_numbers(low, name, bound["iterable"])
    if is_sequence(value) and all(map(is_number, value.items)):
        return any(value.items) if name == "any" else all(value.items)
    return low.emit(OPS[name], (low.array(value, bound["iterable"].place),), place)


REDUCTIONS: dict[str, Callable[[Lowering, str, Sequence[Argument], ast.Call], Value]] = {
    "sum": _sum,
    "max": _extreme,
    "min": _extreme,
    "any": _of_conditions,
    "all": _of_conditions,
}
"""How a call of each of them is lowered."""


# --- folds by a function


_ADD = LibraryFunction("add", False)


def reduced_by(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``functools.reduce(f, items, initial)``: the items, joined by f from the left."""
    function = function_first(low, name, arguments, place)
    items, start = _folded(low, name, arguments[1:], place)
    value = start
    for item in items:
        value = low.apply(low, function, [Argument(None, value, place), Argument(None, item, place)], place)
    return value


def accumulated(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``itertools.accumulate(items, f, initial=None)``: what the items up to each one are, joined by f, or added."""
    by_name = {a.name: a for a in arguments if a.name is not None}
    positional = [a for a in arguments if a.name is None]
    function = positional[1] if len(positional) > 1 else by_name.get("func")
    if not 1 <= len(positional) <= 2 or not by_name.keys() <= {"func", "initial"}:
        raise BadCall("accumulate takes items and a function", span=low.span(place))
    items = items_of(low, positional[0].value, positional[0].place)
    start = [by_name["initial"].value] if "initial" in by_name and by_name["initial"].value is not None else []
    out: list[Value] = []
    for item in (*start, *items):
        out.append(_joined(low, function, out[-1], item, place) if out else item)
    return several(low, List, out, place)


def _joined(low: Lowering, function: Argument | None, a: Value, b: Value, place: ast.Call) -> Value:
    if function is None or function.value is None:
        return low.apply(low, _ADD, [Argument(None, a, place), Argument(None, b, place)], place)
    if not isinstance(function.value, Callee):
        raise TypeMismatch(f"{describe_value(function.value)} is no function", span=low.span(function.place))
    return low.apply(low, function.value, [Argument(None, a, place), Argument(None, b, place)], place)


def _folded(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> tuple[Sequence[Value], Value]:
    """The items of a fold after its start, and the start: the first item, if none stands behind them."""
    if not 1 <= len(arguments) <= 2 or any(a.name not in (None, "initial") for a in arguments):
        raise BadCall("reduce takes a function, items and a start", span=low.span(place))
    items = items_of(low, arguments[0].value, arguments[0].place)
    if len(arguments) == 2:
        return items, arguments[1].value
    if not items:
        raise BadCall("reduce of no items needs a start", span=low.span(place), help="write it as a third argument")
    return items[1:], items[0]
