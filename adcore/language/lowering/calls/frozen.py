"""Distributions with their parameters: ``rv = norm(0, 1)``, and then ``rv.pdf(x)``."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import BadCall, UnknownFunction
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.values import Argument, Frozen, LibraryFunction, Value


def freeze(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The distribution of a full name with these arguments, which are checked where a function of it is called."""
    names = ",".join(argument.name or "" for argument in arguments)
    return several(low, Frozen, (name, names, *[argument.value for argument in arguments]), place)


def apply_frozen(low: Lowering, frozen: Frozen, function: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a function of the distribution: its parameters come after the arguments."""
    name, names, *values = frozen.items
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
