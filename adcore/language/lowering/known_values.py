"""What is known while a program is compiled: the inputs' values, and whatever follows from them.

A shape, a count or a bound may depend on inputs; the graph then holds for these inputs' values only, which are static.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcore.errors import AdcoreError, BadCall, NotConstant, NotWholeNumber, Span, TypeMismatch
from adcore.graph import Array, Node
from adcore.language.lowering.constant_arithmetic import WHOLE
from adcore.language.lowering.partial_evaluation import TooDear, Unknown, evaluate
from adcore.language.lowering.values import Place, Tuple, UnknownString, Value, describe_value, is_number
from adcore.ops.shapes import describe_shape


@dataclass(slots=True, eq=False)
class KnownValues:
    """The values that are known while compiling, and the inputs that were needed for them."""

    locate: Callable[[Place], Span]
    """Where a piece of syntax stands, for errors."""
    inputs: dict[Node, Array] = field(default_factory=dict)
    """The inputs whose values are known, not only their shapes."""
    computed: dict[Node, Any] = field(default_factory=dict)
    """The values computed so far."""
    static: set[str] = field(default_factory=set)
    """The names of the inputs that these depend on."""
    changing: dict[Node, str] = field(default_factory=dict)
    """The inputs of the graphs of loops and functions, which no value is known of, and how they change."""

    def value(self, value: Value, place: Place, what: str) -> Any:
        """A value as a compile-time constant; ``what`` says in errors what it serves as.

        Raises NotConstant where it depends on an input of unknown value, or costs too much.
        """
        if not isinstance(value, Node):
            return value
        try:
            return evaluate(value, self.inputs, self.computed, self.static)
        except Unknown as unknown:
            how = self.changing.get(unknown.node)
            raise NotConstant(
                f"{what} must be known when the program is compiled, and "
                + (f"{unknown.name} changes {how}" if how else f"it depends on {unknown.name}"),
                span=self.locate(place),
                help=None if how else f"give the value of {unknown.name}, not only its shape",
                depends=unknown.node,
            ) from None
        except TooDear:
            raise NotConstant(
                f"{what} must be known when the program is compiled, and computing it takes too long",
                span=self.locate(place),
            ) from None
        except AdcoreError as error:
            error.span = error.span or self.locate(place)
            raise

    def without_inputs(self, node: Node) -> Any:
        """The value of a node as far as no further input is needed. Raises Unknown and TooDear."""
        return evaluate(node, {}, self.computed, self.static)

    def glimpse(self, node: Node) -> Any:
        """The value of a node, which does not make the inputs that it depends on static. Raises Unknown and TooDear."""
        return evaluate(node, self.inputs, dict(self.computed), set())

    def unknown(self, text: UnknownString, place: Place) -> AdcoreError:
        """The error of reading a string with a value in it that is not known."""
        error = NotConstant("a string here depends on what only a run computes", span=self.locate(place))
        try:
            self.glimpse(text.value) if text.value is not None else None
        except Unknown as unknown:
            error.depends = unknown.node
        except TooDear:
            pass
        return error

    def whole(self, value: Value, place: Place, what: str) -> int:
        """A value as a whole number that is a compile-time constant.

        Raises NotConstant, TypeMismatch, NotWholeNumber, and BadCall where it is beyond 2**53.
        """
        if type(value) is int and -WHOLE <= value <= WHOLE:
            return value
        number = self.value(value, place, what)
        if isinstance(number, (np.ndarray, np.generic)):
            if number.shape != ():
                raise TypeMismatch(
                    f"{what} is one number, and this is an array of shape {describe_shape(number.shape)}",
                    span=self.locate(place),
                )
            number = number.item()
        if not isinstance(number, (int, float)):
            raise TypeMismatch(
                f"{what} is a whole number, and this is {describe_value(number)}", span=self.locate(place)
            )
        if WHOLE < abs(number) < math.inf:
            raise BadCall(f"{what} is too large: {number:g}", span=self.locate(place))
        if not math.isfinite(number) or number != math.floor(number):
            raise NotWholeNumber(f"{what} is a whole number, and this is {number:g}", span=self.locate(place))
        return int(number)


def key_of_value(known: KnownValues, value: Value, place: Place, what: str = "the key of a dictionary") -> Hashable:
    """A value as the key of a dictionary, or as an element of a set. Raises NotConstant and TypeMismatch."""
    if isinstance(value, Node) and value.shape == ():
        return known.value(value, place, what).item()  # type: ignore[no-any-return]
    if value is None or isinstance(value, str) or is_number(value):
        return value  # type: ignore[return-value]
    if isinstance(value, UnknownString):
        raise known.unknown(value, place)
    if isinstance(value, Tuple):
        return tuple([key_of_value(known, item, place, what) for item in value.items])
    raise TypeMismatch(
        f"{what} is a number, a string or a tuple of these, and this is {describe_value(value)}",
        span=known.locate(place),
    )
