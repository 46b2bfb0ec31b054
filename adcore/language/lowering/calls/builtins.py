"""Functions of Python and NumPy that are not ops: conversions, lengths, and Python's own where NumPy has others."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from adcore.errors import BadCall, TypeMismatch
from adcore.graph import OPS, DType, Node, Op
from adcore.language import vocabulary
from adcore.language.builtins import BUILTIN_FUNCTIONS
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.arguments import bind_call, call_op
from adcore.language.lowering.calls.conventions import in_terms_of
from adcore.language.lowering.calls.element_types import check_dtype, converted
from adcore.language.lowering.calls.frozen import freeze, partial_of
from adcore.language.lowering.calls.library import LIBRARY_RULES
from adcore.language.lowering.calls.library.bound import bound
from adcore.language.lowering.calls.library.extended import apply_extended
from adcore.language.lowering.calls.reductions import (
    REDUCTIONS,
    ROUND,
    accumulated,
    added,
    greatest,
    has_arrays,
    reduced_by,
)
from adcore.language.lowering.calls.triangles import TRIANGLES
from adcore.language.lowering.constant_arithmetic import number_of
from adcore.language.lowering.containers.dictionaries import dictionary, entries_of
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.containers.lists import sorted_items
from adcore.language.lowering.containers.sets import known_elements, set_of
from adcore.language.lowering.trees import map_leaves
from adcore.language.lowering.values import (
    Argument,
    Dictionary,
    Identity,
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


def apply_op_or_builtin(
    low: Lowering, function: LibraryFunction, arguments: Sequence[Argument], place: ast.Call
) -> Value:
    """The value of a call of an op or a built-in function."""
    special = BUILTIN_RULES.get(function.name)
    if special is not None:
        return special(low, function.name.removeprefix("builtins."), arguments, place)
    for argument in arguments:
        if isinstance(argument.value, (Rows, Dictionary)):
            arguments = [a._replace(value=_as_argument(low, function, a)) for a in arguments]
            break
    rule = LIBRARY_RULES.get(function.name)
    if rule is not None:
        return rule(bound(low, BUILTIN_FUNCTIONS[function.name], arguments, place))
    op = OPS[function.name]
    if function.full is not None:
        return apply_op(low, op, in_terms_of(low, op, function.full, arguments), place)
    if op.name == "sum" and len(arguments) == 1 and has_arrays(arguments[0].value):
        return added(low, arguments[0].value.items, place)
    if op.name in ("max", "min") and sum(a.name is None for a in arguments) > 1:
        return greatest(low, op.name, arguments, place)
    return apply_op(low, op, arguments, place)


def _as_argument(low: Lowering, function: LibraryFunction, argument: Argument) -> Value:
    """A list in the form of an array as the array; what goes over items goes over the keys of a dictionary."""
    value = argument.value
    if isinstance(value, Dictionary) and function.full is None:
        return several(low, List, items_of(low, value, argument.place), argument.place)
    return plain(value)


def apply_op(low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool = False) -> Value:
    """The value of a call of an op, with more arguments than it has itself, maybe; as a method, of the first one."""
    extended = apply_extended(low, op, arguments, place, method)
    return call_op(low, op, arguments, place, method) if extended is None else extended[0]


def _only(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Argument:
    """The argument of a function of one argument, beside which ``dtype=`` may stand."""
    values = [a for a in arguments if a.name != "dtype"]
    for a in arguments:
        if a.name == "dtype":
            check_dtype(low, name, a)
    if len(values) != 1 or values[0].name is not None:
        at = low.span(values[1].place) if len(values) > 1 else low.span(place)
        raise BadCall(f"{name} takes one argument", span=at)
    return values[0]


def _len(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    argument = _only(low, name, arguments, place)
    if is_sequence(argument.value) or isinstance(argument.value, Dictionary):
        return len(argument.value.items)
    if isinstance(argument.value, str):
        return len(argument.value)
    if isinstance(argument.value, Rows):
        return argument.value.array.shape[0]
    if isinstance(argument.value, Node) and argument.value.shape:
        return argument.value.shape[0]
    raise TypeMismatch(f"{describe_value(argument.value)} has no length", span=low.span(argument.place))


def _array(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    kinds = [a for a in arguments if a.name == "dtype"]
    argument = _only(low, name, [a for a in arguments if a.name != "dtype"], place)
    value = _numbers_in(low, argument) if kinds else argument.value
    if kinds:
        return converted(low, low.array(value, argument.place), kinds[0], place)
    return value if is_number(value) else low.array(value, argument.place)


def _numbers_in(low: Lowering, argument: Argument) -> Value:
    """A list with the numbers that the strings in it are, which an array of a type of numbers is made of."""

    def number(leaf: Value) -> Value:
        return _from_string(low, float, argument._replace(value=leaf)) if isinstance(leaf, str) else leaf

    return map_leaves(number, argument.value)


def _float(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    argument = _only(low, name, arguments, place)
    if isinstance(argument.value, str):
        return _from_string(low, float, argument)
    if isinstance(argument.value, (int, float)):
        return float(argument.value)
    return low.operand(argument.value, DType.FLOAT, argument.place)


def _from_string(low: Lowering, kind: type[int | float], argument: Argument) -> Value:
    """The number that a string is."""
    try:
        return number_of(kind(str(argument.value)))
    except ValueError:
        raise BadCall(f"{argument.value!r} is not a number", span=low.span(argument.place)) from None


def _int(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    argument = _only(low, name, arguments, place)
    value = argument.value
    if isinstance(value, str):
        return _from_string(low, int, argument)
    if isinstance(value, (int, float)):
        return int(value) if abs(value) < float("inf") else value
    if isinstance(value, Node) and value.type.dtype is DType.INT:
        return value
    return low.emit(OPS["trunc"], (value,), place)


def _bool(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    argument = _only(low, name, arguments, place)
    if isinstance(argument.value, (int, float)):
        return bool(argument.value)
    return low.operand(argument.value, DType.BOOL, argument.place)


def _several(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``list(x)`` and ``tuple(x)``; an array stays an array, as lists of numbers are arrays here."""
    argument = _only(low, name, arguments, place) if arguments else Argument(None, List((), 0, 1), place)
    value = argument.value
    if isinstance(value, (Dictionary, str)):
        value = several(low, List, items_of(low, value, place), place)
    if is_sequence(value):
        return several(low, Tuple, value.items, place) if name == "tuple" else several(low, List, value.items, place)
    if isinstance(value, Rows) and name == "list":
        return replace(value, identity=Identity())
    value = plain(value)
    if isinstance(value, Node) and value.shape:
        return Rows((value,), 1, 1) if name == "list" else value
    raise TypeMismatch(f"{describe_value(value)} has no parts", span=low.span(argument.place))


def _dict(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``dict(a=1)``, ``dict(other, a=1)``, ``dict(pairs)``."""
    positional = [a for a in arguments if a.name is None]
    if len(positional) > 1:
        raise BadCall("dict takes one argument, and others by name", span=low.span(positional[1].place))
    entries = entries_of(low, positional[0].value, positional[0].place) if positional else {}
    entries |= {a.name: a.value for a in arguments if a.name is not None}
    return dictionary(low, entries, place)


def _set(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``set()`` and ``set(x)``, of known elements."""
    if not arguments:
        return set_of(low, [], place)
    argument = _only(low, name, arguments, place)
    return set_of(low, known_elements(low, argument.value, argument.place), place)


def _sorted(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``sorted(x, key=, reverse=)``: a new list."""
    options = {a.name: a for a in arguments if a.name is not None}
    wrong = next((a for key, a in options.items() if key not in ("key", "reverse")), None)
    if wrong is not None:
        raise BadCall(f"sorted takes no argument {wrong.name}", span=low.span(wrong.place))
    value = _only(low, name, [a for a in arguments if a.name is None], place).value
    if isinstance(value, (Tuple, Dictionary, str)):
        value = several(low, List, items_of(low, value, place), place)
    if isinstance(value, Node) and value.shape:
        value = Rows((value,), 1, 1)
    if not isinstance(value, (List, Rows)):
        raise TypeMismatch(f"{describe_value(value)} has no parts", span=low.span(place))
    return replace(sorted_items(low, value, options, place), identity=Identity())


def _divmod(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    if len(arguments) != 2 or any(a.name is not None for a in arguments):
        raise BadCall("divmod takes two arguments", span=low.span(place))
    values, places = [a.value for a in arguments], [a.place for a in arguments]
    parts = [low.emit(OPS[op], values, place, None, places) for op in ("floor_divide", "remainder")]
    return several(low, Tuple, parts, place)


def _slice(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """Python's ``slice(stop)`` and ``slice(start, stop, step=None)`` of known bounds."""
    if not 1 <= len(arguments) <= 3 or any(a.name is not None for a in arguments):
        raise BadCall("slice takes one to three arguments", span=low.span(place))
    bounds = [None if a.value is None else low.known.whole(a.value, a.place, "a bound of a slice") for a in arguments]
    if len(bounds) == 3 and bounds[2] == 0:
        raise BadCall("the step of a slice must not be 0", span=low.span(arguments[2].place))
    return slice(*bounds)


def _round(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """Python's own ``round(number, ndigits)``."""
    bound = bind_call(low, ROUND, arguments, place)
    number, digits = bound["number"], bound.get("ndigits")
    if digits is None or digits.value is None:
        return low.emit(OPS["round"], (number.value,), place)
    count = low.known.whole(digits.value, digits.place, "ndigits of round")
    if isinstance(number.value, (int, float)) and math.isfinite(number.value):
        return round(number.value, count)
    return call_op(low, OPS["round"], [number._replace(name=None), digits._replace(name="decimals")], place)


def _of_many(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """A function of any number of positional arguments, which its op takes as one list."""
    values = [a.value for a in arguments if a.name is None]
    named = [a for a in arguments if a.name is not None]
    return call_op(low, OPS[name], [Argument(None, several(low, List, values, place), place), *named], place)


BUILTIN_RULES: dict[str, Callable[[Lowering, str, Sequence[Argument], ast.Call], Value]] = {
    "len": _len,
    "array": _array,
    "float": _float,
    "int": _int,
    "bool": _bool,
    "list": _several,
    "tuple": _several,
    "divmod": _divmod,
    "slice": _slice,
    "block_diag": _of_many,
    **{f"builtins.{name}": rule for name, rule in REDUCTIONS.items()},
    "builtins.round": _round,
    **TRIANGLES,
    **dict.fromkeys(vocabulary.distributions(), freeze),
    "dict": _dict,
    "set": _set,
    "collections.OrderedDict": _dict,
    "sorted": _sorted,
    "functools.partial": partial_of,
    "functools.reduce": reduced_by,
    "itertools.accumulate": accumulated,
}
"""How a call of each built-in function is lowered."""
