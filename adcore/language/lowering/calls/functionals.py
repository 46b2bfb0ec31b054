"""What the lowering rules of functionals share: binding their arguments, and lowering a function to a graph of its own.

The graph's first inputs stand for the arguments that the functional varies, its last ones for captured values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Sequence

from adcore.errors import TypeMismatch
from adcore.graph import OPS, DType, Graph, Node, items
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls.arguments import bind_call
from adcore.language.lowering.regions import closed, needed, outside
from adcore.language.lowering.trees import map_leaves
from adcore.language.lowering.values import Argument, Callee, List, Place, Rows, Tuple, Value, describe_value, is_number

Rule = Callable[[Lowering, Functional, Sequence[Argument], ast.Call], Value]
"""Lowers a call of a functional."""


# --- functions as graphs


class WithInputs:
    """Values whose leaves are replaced by the inputs of a graph under construction."""

    def __init__(self, low: Lowering, starts: Sequence[Value], place: Place) -> None:
        self.low = low
        self.nodes: list[Node] = []

        def as_input(value: Value) -> Value:
            assert isinstance(value, Node)
            node = low.call_input(f"x{len(self.nodes) + 1}", value.type, place)
            self.nodes.append(node)
            return node

        self.values = [map_leaves(as_input, value) for value in starts]

    def graph(self, body: Callable[[], Node]) -> tuple[Graph, list[Node]]:
        """The graph of what ``body`` lowers, and the values that it captures, which are the graph's last inputs."""
        low = self.low
        with low.region() as nodes:
            output = body()
        inside = needed(nodes, [output])
        own = set(self.nodes)
        captured = [x for x in outside(inside, [output]) if x not in own]
        return closed(inside, [output], [*self.nodes, *captured]), captured


def as_operands(low: Lowering, value: Value, place: Place) -> Value:
    """A value with its numbers, arrays and lists of numbers as float nodes."""

    def as_operand(leaf: Value) -> Value:
        if isinstance(leaf, (Node, List, Rows)) or is_number(leaf):
            return low.operand(leaf, DType.FLOAT, place)
        raise TypeMismatch(
            f"derivatives are by numbers and arrays, and this is {describe_value(leaf)}", span=low.span(place)
        )

    return map_leaves(as_operand, value, within=Tuple)


def emitted(low: Lowering, op: str, operands: Sequence[Node], place: Place, **params: object) -> tuple[Node, ...]:
    """The results of an op of several results, recorded with the node."""
    node = OPS[op](*operands, span=low.span(place), **params)
    low.record(node)
    results = items(node)
    for result in results:
        low.record(result)
    return results


# --- arguments


def bound_to(
    low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call
) -> dict[str, Argument]:
    """The arguments by the names that the functional gives them, completed by its defaults; raises BadCall."""
    defaults = {name: _default(name, value, place) for name, value in functional.signature.optional.items()}
    return defaults | bind_call(low, functional, arguments, place)


def _default(name: str, default: Hashable, place: ast.Call) -> Argument:
    """The argument that a call leaves out, located at the call."""
    if isinstance(default, tuple):
        return Argument(name, Tuple(default, len(default), 1), place)
    assert default is None or isinstance(default, (int, float))
    return Argument(name, default, place)


def function_argument(low: Lowering, functional: Functional, argument: Argument) -> Callee:
    """The function among the arguments; TypeMismatch where it is none."""
    if not isinstance(argument.value, Callee):
        raise TypeMismatch(
            f"{functional.name} takes a function, and this is {describe_value(argument.value)}",
            span=low.span(argument.place),
            help="lambda x: ... makes one of an expression",
        )
    return argument.value
