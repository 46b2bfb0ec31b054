"""Calls of ops: the arguments of a call, bound to the operands and parameters that the op's signature names."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from adcore.errors import BadCall, ShapeMismatch, TypeMismatch
from adcore.graph import OPS, Kind, Node, Op, Parameter, items
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import Place, Several, Tuple, Value, describe_value, is_number

INT_BOUND = 2**31
"""Bound of the whole numbers in parameters, since NumPy keeps some of them in 32 bits."""


class Argument(NamedTuple):
    """One argument of a call: its name if it is a keyword argument, its value and its place."""

    name: str | None
    value: Value
    place: ast.expr


def call_op(low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool = False) -> Value:
    """The node, or the tuple of results, that applies an op to the arguments of a call."""
    bound = _bind(low, op, arguments, place, method)
    axis = bound.get("axis")
    parameters = {p.name: p for p in op.signature.parameters}
    operands: list[Value] = []
    places: list[Place] = []
    for i, name in enumerate(op.signature.operands):
        argument = bound.pop(name.lstrip("*"), None)
        default = op.signature.defaults[i] if i < len(op.signature.defaults) else None
        if argument is None or (argument.value is None and default is not None):
            if default is None:
                raise _missing(low, op, name.lstrip("*"), place)
            assert not isinstance(default, tuple)
            operands.append(default)
            places.append(place)
        elif name.startswith("*"):
            values, their_places = _parts(low, op, argument)
            operands += values
            places += their_places
        else:
            value = argument.value
            operands.append(low.array(value, argument.place) if isinstance(value, Several) else value)
            places.append(argument.place)
    params: list[tuple[str, Hashable]] = []
    for name, parameter in parameters.items():
        argument = bound.get(name)
        if argument is not None:
            params.append((name, _static(low, op, parameter, argument)))
        elif parameter.required:
            raise _missing(low, op, name, place)
        else:
            params.append((name, parameter.default))
    try:
        node = low.emit(op, operands, place, tuple(params), places)
    except ShapeMismatch as error:
        if axis is not None and error.message.startswith("axis"):
            error.span, error.related = low.span(axis.place), ()
        raise
    return results(low, node)


def results(low: Lowering, node: Node) -> Value:
    """The value of a node: itself, or the tuple of its results."""
    if not node.op.facts.several:
        return node
    parts = items(node)
    for part in parts:
        low.record(part)
    return Tuple(parts, len(parts), 1) if len(parts) > 1 else parts[0]


def _bind(low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool) -> dict[str, Argument]:
    """The arguments by the names of the operands and parameters they are bound to."""
    order = op.signature.order
    positional = [a for a in arguments if a.name is None]
    if method and len(positional) > len(order):
        positional = _gathered(op, order, positional)
    if len(order) > 1 and any(name.startswith("*") and name[1:] == order[-1] for name in op.signature.operands):
        positional = _listed(order, positional)
    bound = dict(zip(order, positional, strict=False))
    if len(positional) > len(order):
        extra = positional[len(order)]
        raise BadCall(
            f"{op.name} takes at most {_count(len(order))}, and this is number {len(order) + 1}",
            span=low.span(extra.place),
            help=f"it is called as {op.usage}",
        )
    for argument in arguments:
        if argument.name is None:
            continue
        if argument.name == "dtype" and "dtype" not in order:
            check_dtype(low, argument)
        elif argument.name not in order:
            near = vocabulary.did_you_mean(argument.name, order)
            raise BadCall(
                f"{op.name} takes no argument {argument.name}",
                span=low.span(argument.place),
                help=f"{near or 'it takes other ones'}: {op.usage}" if order else f"it is called as {op.usage}",
            )
        elif argument.name in bound:
            raise BadCall(
                f"{op.name} is given {argument.name} twice",
                span=low.span(argument.place),
                related=((low.span(bound[argument.name].place), "first here"),),
            )
        else:
            bound[argument.name] = argument
    return bound


def _gathered(op: Op, order: tuple[str, ...], positional: list[Argument]) -> list[Argument]:
    """``x.reshape(2, 3)`` means ``x.reshape((2, 3))``."""
    takes_many = {p.name for p in op.signature.parameters if p.kind in (Kind.SHAPE, Kind.AXES)}
    if len(order) < 2 or order[1] not in takes_many:
        return positional
    values = tuple(a.value for a in positional[1:])
    return [positional[0], Argument(None, Tuple(values, len(values), 1), positional[1].place)]


def _listed(order: tuple[str, ...], positional: list[Argument]) -> list[Argument]:
    """``einsum(subscripts, a, b)`` has the operands as one list."""
    first, rest = positional[: len(order) - 1], positional[len(order) - 1 :]
    if not rest:
        return first
    return [*first, Argument(None, Tuple(tuple(a.value for a in rest), len(rest), 1), rest[0].place)]


def _missing(low: Lowering, op: Op, name: str, place: ast.Call) -> BadCall:
    return BadCall(f"{op.name} needs {name}", span=low.span(place), help=f"it is called as {op.usage}")


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"{n} arguments"


def _parts(low: Lowering, op: Op, argument: Argument) -> tuple[list[Value], list[Place]]:
    """The operands of an op of any number of operands, which a call gives as one list, with their places."""
    value, place = argument.value, argument.place
    if isinstance(value, Node) and value.ndim > 1:
        return [
            low.emit(OPS["index"], (value,), place, (("key", (i,)),))
            for i in range(min(value.shape[0], low.limits.graph_nodes))
        ], [place] * value.shape[0]
    if not isinstance(value, Several):
        raise TypeMismatch(
            f"{op.name} takes a list of arrays, and this is {describe_value(value)}",
            span=low.span(place),
            help=f"write {op.name}([a, b])",
        )
    elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
    places: list[Place] = list(elements) if len(elements) == len(value.items) else [place] * len(value.items)
    return [low.array(v, p) if isinstance(v, Several) else v for v, p in zip(value.items, places, strict=True)], places


def check_dtype(low: Lowering, argument: Argument) -> None:
    """Accept ``dtype=float`` and its synonyms, by the last name of the expression; raises BadCall for other types."""
    word = argument.place
    name = word.id if isinstance(word, ast.Name) else word.attr if isinstance(word, ast.Attribute) else None
    if isinstance(argument.value, str):
        name = argument.value
    if name not in vocabulary.FLOAT_TYPES:
        raise BadCall(
            "numbers are float64 here, and nothing else", span=low.span(argument.place), help="leave dtype out"
        )


# --- parameters


def _static(low: Lowering, op: Op, parameter: Parameter, argument: Argument) -> Hashable:
    """The value of a parameter, converted as its kind asks."""
    value, place = argument.value, argument.place
    what = f"{parameter.name} of {op.name}"
    if value is None and not parameter.required and parameter.default is None:
        return None
    match parameter.kind:
        case Kind.INT:
            return _small(low, low.whole(value, place, what), what, place)
        case Kind.NUMBER:
            return _number(low, value, what, place)
        case Kind.AXIS | Kind.AXES if value is None:
            return None
        case Kind.AXIS:
            return _small(low, low.whole(value, place, what), what, place)
        case Kind.AXES:
            return _whole_numbers(low, value, what, place, single=True)
        case Kind.SHAPE:
            return _whole_numbers(low, value, what, place, single=False)
        case Kind.FLAG:
            known = low.known(value, place, what)
            if isinstance(known, (bool, int, float)) or (hasattr(known, "shape") and known.shape == ()):
                return bool(known)
            raise TypeMismatch(f"{what} is True or False, and this is {describe_value(value)}", span=low.span(place))
        case Kind.TEXT:
            if isinstance(value, str):
                return value
            raise TypeMismatch(f"{what} is a string, and this is {describe_value(value)}", span=low.span(place))
        case Kind.PAIRS:
            return _axes_of_both(low, value, what, place)
        case Kind.ORDER:
            return value if isinstance(value, str) else _number(low, value, what, place)
        case Kind.HIDDEN:
            raise AssertionError(f"{parameter.name} is hidden from programs")


def _number(low: Lowering, value: Value, what: str, place: Place) -> Hashable:
    known = low.known(value, place, what)
    if not is_number(known):
        if getattr(known, "shape", None) != ():
            raise TypeMismatch(f"{what} is a number, and this is {describe_value(value)}", span=low.span(place))
        known = known.item()
    return known  # type: ignore[no-any-return]


def _whole_numbers(low: Lowering, value: Value, what: str, place: Place, single: bool) -> Hashable:
    """A tuple of whole numbers; one alone stays a number if ``single``, else becomes a tuple of one."""
    if isinstance(value, Several):
        elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
        places = elements if len(elements) == len(value.items) else (place,) * len(value.items)
        return tuple([_small(low, low.whole(v, p, what), what, p) for v, p in zip(value.items, places, strict=True)])
    if isinstance(value, Node) and value.ndim == 1:
        known = low.known(value, place, what)
        return tuple([_small(low, low.whole(n.item(), place, what), what, place) for n in known])
    number = _small(low, low.whole(value, place, what), what, place)
    return number if single else (number,)


def _axes_of_both(low: Lowering, value: Value, what: str, place: Place) -> Hashable:
    """A number of axes, or a pair: the axes of one array and those of another."""
    if isinstance(value, Several):
        return tuple([_whole_numbers(low, part, what, place, single=True) for part in value.items])
    return _whole_numbers(low, value, what, place, single=True)


def _small(low: Lowering, number: int, what: str, place: Place) -> int:
    if abs(number) >= INT_BOUND:
        raise BadCall(f"{what} is too large: {number}", span=low.span(place))
    return number
