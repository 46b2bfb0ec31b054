"""Functions with some of their arguments: ``rv = norm(0, 1)``, and then ``rv.pdf(x)``; ``functools.partial(f, 1)``."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import BadCall, NotConstant, TypeMismatch, UnknownFunction
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.values import Argument, Callee, Frozen, LibraryFunction, Partial, Value, describe_value


def freeze(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The distribution of a full name with these arguments, which are checked where a function of it is called."""
    names = ",".join(argument.name or "" for argument in arguments)
    return several(low, Frozen, (name, names, *[argument.value for argument in arguments]), place)


def apply_frozen(low: Lowering, frozen: Frozen, function: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a function of the distribution: its parameters come after the arguments."""
    name, names, *values = frozen.items
    if not isinstance(name, str) or not isinstance(names, str):
        raise NotConstant(
            "which distribution this is depends on what only a run computes",
            span=low.span(place),
            help="call the function of each where it is chosen",
        )
    full = f"{name}.{function}"
    known = vocabulary.function_of(full)
    if known is None:
        raise UnknownFunction(
            f"{full} does not exist in this language",
            span=low.span(place),
            help=vocabulary.did_you_mean(function, vocabulary.names_in(str(name))),
        )
    if len(arguments) != 1:
        raise BadCall(f"{function} of a distribution takes one argument", span=low.span(place))
    parameters = [
        Argument(name or None, value, place) for name, value in zip(str(names).split(","), values, strict=False)
    ]
    return low.apply(low, LibraryFunction(known, False, full), [*arguments, *parameters], place)


# --- functools.partial


def call_partial(low: Lowering, function: Partial, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call: the arguments by position follow those of the partial, and those by name replace them."""
    names = {a.name for a in arguments if a.name is not None}
    first = [a for a in function.arguments if a.name is None]
    kept = [a for a in function.arguments if a.name is not None and a.name not in names]
    positional = [a for a in arguments if a.name is None]
    named = [a for a in arguments if a.name is not None]
    return low.apply(low, function.function, [*first, *positional, *kept, *named], place)


def partial_of(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``functools.partial(f, 1, b=2)``."""
    return Partial(function_first(low, name, arguments, place), tuple(arguments[1:]))


def function_first(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Callee:
    """The first argument, a function."""
    word = name.rpartition(".")[2]
    if not arguments or arguments[0].name is not None:
        raise BadCall(f"{word} takes a function", span=low.span(place))
    value = arguments[0].value
    if not isinstance(value, Callee):
        raise TypeMismatch(
            f"{word} takes a function, and this is {describe_value(value)}", span=low.span(arguments[0].place)
        )
    return value
