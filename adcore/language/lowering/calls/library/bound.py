"""A call of a function that is no op, with its arguments bound to the names that its declaration has for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adcore.errors import AdcoreError, BadCall, TypeMismatch
from adcore.graph import OPS, Node, constant
from adcore.language.builtins import Builtin
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls.arguments import bind_call, static_value
from adcore.language.lowering.values import Argument, Place, Value, describe_value, is_number, is_sequence


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A call under lowering: its arguments by name, and those behind the star of the declaration."""

    low: Lowering
    builtin: Builtin
    arguments: Mapping[str, Argument]
    rest: Sequence[Argument]
    place: ast.Call

    def value(self, name: str) -> Value:
        """The value of an argument; its default where it is left out."""
        argument = self.arguments.get(name)
        if argument is not None:
            return argument.value
        default = self.builtin.signature.optional[name]
        return default if is_number(default) else None

    def at(self, name: str) -> Place:
        """Where an argument stands; the call where it is left out."""
        return self.arguments[name].place if name in self.arguments else self.place

    def array(self, name: str) -> Node:
        """An argument as an array or a number."""
        return self.low.array(self.value(name), self.at(name))

    def static(self, name: str) -> Any:
        """An argument that is known when the program is compiled, converted to its kind."""
        (parameter,) = [p for p in self.builtin.signature.parameters if p.name == name]
        argument = self.arguments.get(name)
        return parameter.default if argument is None else static_value(self.low, self.builtin, parameter, argument)

    def known(self, name: str) -> Any:
        """An argument that is known when the program is compiled, as Python or NumPy has it."""
        value = self.value(name)
        if is_sequence(value):
            value = self.low.array(value, self.at(name))
        return self.low.known.value(value, self.at(name), f"{name} of {self.builtin.name}")

    def whole(self, name: str) -> int:
        """An argument that is a known whole number."""
        return self.low.known.whole(self.value(name), self.at(name), f"{name} of {self.builtin.name}")

    def emit(self, op: str, *operands: Value, **params: Any) -> Node:
        """The node that applies an op at the place of the call, its parameters completed by their defaults."""
        filled = tuple([(p.name, params.get(p.name, p.default)) for p in OPS[op].signature.parameters])
        return self.low.emit(OPS[op], operands, self.place, filled)

    def constant(self, array: Any) -> Node:
        """An array that is known, recorded at the place of the call."""
        node = constant(array, self.low.span(self.place))
        self.low.record(node)
        return node

    def wrong(self, message: str, name: str | None = None, help: str | None = None) -> AdcoreError:
        """The error of a call whose argument is illegal."""
        return BadCall(message, span=self.low.span(self.place if name is None else self.at(name)), help=help)

    def sequence(self, name: str) -> Sequence[Value]:
        """The items of an argument that is a list, or the parts of an array along its first axis."""
        value = self.value(name)
        if is_sequence(value):
            return value.items
        if isinstance(value, Node) and value.shape and value.shape[0] <= self.low.limits.graph_nodes:
            return [self.emit("index", value, key=(i,)) for i in range(value.shape[0])]
        raise TypeMismatch(
            f"{name} of {self.builtin.name} is a list, and this is {describe_value(value)}",
            span=self.low.span(self.at(name)),
        )


Rule = Callable[[Bound], Value]
"""Lowers a call of a function that is no op."""


def bound(low: Lowering, builtin: Builtin, arguments: Sequence[Argument], place: ast.Call) -> Bound:
    """The arguments of a call of a function that is no op. Raises BadCall."""
    signature = builtin.signature
    star = next((operand for operand in signature.operands if operand.startswith("*")), None)
    if star is None:
        return Bound(low, builtin, bind_call(low, builtin, arguments, place), (), place)
    fixed = signature.order.index(star[1:])
    positional = [a for a in arguments if a.name is None]
    first, rest = positional[:fixed], positional[fixed:]
    named = [a for a in arguments if a.name is not None]
    others = tuple([operand for operand in signature.operands if operand != star])
    order = tuple([word for word in signature.order if word != star[1:]])
    without = replace(builtin, signature=replace(signature, operands=others, arguments=order))
    return Bound(low, builtin, bind_call(low, without, [*first, *named], place), rest, place)
