"""Calls of ops: the arguments of a call, bound to the operands and parameters that the op's signature names."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence
from itertools import zip_longest

from adcore.errors import BadCall, ShapeMismatch, Span, TypeMismatch
from adcore.graph import OPS, Absent, BindingError, BindingFault, Kind, Node, Op, Parameter, items
from adcore.language import vocabulary
from adcore.language.builtins import Builtin
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls.element_types import CREATING, check_dtype, converted
from adcore.language.lowering.values import Argument, Place, Tuple, Value, describe_value, is_number, is_sequence, plain

INT_BOUND = 2**31
"""Bound of the whole numbers in parameters, since NumPy keeps some of them in 32 bits."""


def call_op(low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool = False) -> Value:
    """The node, or the tuple of results, that applies an op to the arguments of a call."""
    if op.name in CREATING:
        kinds = [a for a in arguments if a.name == "dtype"]
        if kinds:
            made = call_op(low, op, [a for a in arguments if a.name != "dtype"], place, method)
            assert isinstance(made, Node)
            return converted(low, made, kinds[0], place)
    bound = bind_call(low, op, _without_dtype(low, op, arguments), place, method)
    operands: list[Value] = []
    places: list[Place] = []
    for name, default in zip_longest(op.signature.operands, op.signature.defaults):
        argument = bound.get(name.lstrip("*"))
        if argument is None or (argument.value is None and default is not None):
            assert not isinstance(default, tuple)
            operands.append(None if default is Absent.ABSENT else default)
            places.append(place)
        elif name.startswith("*"):
            values, their_places = _parts(low, op, argument)
            operands += values
            places += their_places
        else:
            value = plain(argument.value)
            operands.append(low.array(value, argument.place) if is_sequence(value) else value)
            places.append(argument.place)
    params: list[tuple[str, Hashable]] = []
    for parameter in op.signature.parameters:
        argument = bound.get(parameter.name)
        params.append(
            (parameter.name, parameter.default if argument is None else static_value(low, op, parameter, argument))
        )
    axis = bound.get("axis")
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


def bind_call(
    low: Lowering,
    callee: Op | Functional | Builtin,
    arguments: Sequence[Argument],
    place: ast.Call,
    method: bool = False,
) -> dict[str, Argument]:
    """The arguments of a call by the names that the signature of the callee has for them; raises BadCall."""
    signature = callee.signature
    positional = [a for a in arguments if a.name is None]
    named = [(a.name, a) for a in arguments if a.name is not None]
    try:
        return signature.bind_arguments(positional, named, _join, method)
    except BindingError as error:
        help: str | None = f"it is called as {callee.usage}"
        related: tuple[tuple[Span, str], ...] = ()
        at = place if error.argument is None else error.argument.place
        if error.fault is BindingFault.UNKNOWN:
            near = vocabulary.did_you_mean(str(error.name), signature.order)
            help = f"{near}: {callee.usage}" if near else help
        if error.fault is BindingFault.TOO_MANY and "shape" in signature.order:
            help = (
                f"a shape is one argument: {callee.usage.partition('(')[0]}({'x, ' * ('x' in signature.order)}(2, 3))"
            )
        if error.fault is BindingFault.REPEATED:
            help, related = None, ((low.span(error.earlier.place), "first here"),)
        raise BadCall(f"{callee.name} {error}", span=low.span(at), help=help, related=related) from None


def _join(arguments: Sequence[Argument]) -> Argument:
    """Several arguments as one: their values as a tuple, at the place of the first."""
    values = tuple([a.value for a in arguments])
    return Argument(None, Tuple(values, len(values), 1), arguments[0].place)


def _parts(low: Lowering, op: Op, argument: Argument) -> tuple[list[Value], list[Place]]:
    """The operands of an op of any number of operands, which a call gives as one list, with their places."""
    value, place = plain(argument.value), argument.place
    if isinstance(value, Node) and value.ndim > 1:
        return [
            low.emit(OPS["index"], (value,), place, (("key", (i,)),))
            for i in range(min(value.shape[0], low.limits.graph_nodes))
        ], [place] * value.shape[0]
    if not is_sequence(value):
        raise TypeMismatch(
            f"{op.name} takes a list of arrays, and this is {describe_value(value)}",
            span=low.span(place),
            help=f"write {op.name}([a, b])",
        )
    elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
    places: list[Place] = list(elements) if len(elements) == len(value.items) else [place] * len(value.items)
    return [low.array(v, p) if is_sequence(v) else plain(v) for v, p in zip(value.items, places, strict=True)], places


def _without_dtype(low: Lowering, op: Op, arguments: Sequence[Argument]) -> Sequence[Argument]:
    """The arguments but ``dtype=``, which every function accepts and which is checked here."""
    if "dtype" in op.signature.order or all(a.name != "dtype" for a in arguments):
        return arguments
    for argument in arguments:
        if argument.name == "dtype":
            check_dtype(low, op.name, argument)
    return [a for a in arguments if a.name != "dtype"]


# --- parameters


def static_value(
    low: Lowering, callee: Op | Functional | Builtin, parameter: Parameter, argument: Argument
) -> Hashable:
    """The value of a parameter, converted as its kind asks."""
    value, place = plain(argument.value), argument.place
    what = f"{parameter.name} of {callee.name}"
    if value is None and not parameter.required and parameter.default is None:
        return None
    match parameter.kind:
        case Kind.INT:
            return _small(low, low.known.whole(value, place, what), what, place)
        case Kind.NUMBER:
            return _number(low, value, what, place)
        case Kind.AXIS | Kind.AXES if value is None:
            return None
        case Kind.AXIS if is_sequence(value) and any(x.startswith("*") for x in callee.signature.operands):
            raise TypeMismatch(
                f"{what} is a whole number, and this is {describe_value(value)}",
                span=low.span(place),
                help=f"{callee.name} takes one list: {callee.name}([a, b])",
            )
        case Kind.AXIS:
            return _small(low, low.known.whole(value, place, what), what, place)
        case Kind.AXES:
            return _whole_numbers(low, value, what, place, single=True)
        case Kind.SHAPE:
            return _whole_numbers(low, value, what, place, single=False)
        case Kind.FLAG:
            known = low.known.value(value, place, what)
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
    known = low.known.value(value, place, what)
    if not is_number(known):
        if getattr(known, "shape", None) != ():
            raise TypeMismatch(f"{what} is a number, and this is {describe_value(value)}", span=low.span(place))
        known = known.item()
    return known  # type: ignore[no-any-return]


def _whole_numbers(low: Lowering, value: Value, what: str, place: Place, single: bool) -> Hashable:
    """A tuple of whole numbers; one alone stays a number if ``single``, else becomes a tuple of one."""
    if is_sequence(value):
        elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
        places = elements if len(elements) == len(value.items) else (place,) * len(value.items)
        return tuple(
            [_small(low, low.known.whole(v, p, what), what, p) for v, p in zip(value.items, places, strict=True)]
        )
    if isinstance(value, Node) and value.ndim == 1:
        known = low.known.value(value, place, what)
        return tuple([_small(low, low.known.whole(n.item(), place, what), what, place) for n in known])
    number = _small(low, low.known.whole(value, place, what), what, place)
    return number if single else (number,)


def _axes_of_both(low: Lowering, value: Value, what: str, place: Place) -> Hashable:
    """A number of axes, or a pair: the axes of one array and those of another."""
    if is_sequence(value):
        return tuple([_whole_numbers(low, part, what, place, single=True) for part in value.items])
    return _whole_numbers(low, value, what, place, single=True)


def _small(low: Lowering, number: int, what: str, place: Place) -> int:
    if abs(number) >= INT_BOUND:
        raise BadCall(f"{what} is too large: {number}", span=low.span(place))
    return number
