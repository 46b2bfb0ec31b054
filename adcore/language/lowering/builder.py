"""The builder of a program's graph. Every node is emitted here: operands converted, limits checked, spans attached."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from adcore.errors import (
    AdcoreError,
    ArrayTooLarge,
    GraphTooLarge,
    NestingTooDeep,
    ShapeMismatch,
    Span,
    TypeMismatch,
)
from adcore.graph import OPS, DType, Node, Op, Params, Type, constant, input_node
from adcore.graph.traversal import schedule
from adcore.language.lowering.frames import Frames, Replaced, Specialisations
from adcore.language.lowering.known_values import KnownValues
from adcore.language.lowering.trees import extent_of, map_leaves
from adcore.language.lowering.values import (
    Argument,
    Binding,
    Callee,
    List,
    Place,
    Rows,
    Several,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
    plain,
)
from adcore.language.syntax.program import Syntax
from adcore.language.syntax.scopes import CHECKED
from adcore.limits import Limits
from adcore.ops.shapes import describe_shape

MAX_AXES = 32
"""Limit of an array's axes, which some functions of NumPy have."""

T = TypeVar("T", Tuple, List)
S = TypeVar("S", bound=Several)


class Attempt:
    """An exception that leaves this drops the nodes emitted within it, and restores their count and the depth.

    Scopes, regions and loops that are entered within it restore themselves.
    """

    __slots__ = ("changes", "count", "depth", "length", "low", "nodes")

    def __init__(self, low: Lowering) -> None:
        self.low = low
        self.nodes = low.nodes
        self.length = len(low.nodes)
        self.count = low.count
        self.depth = low.frames.depth
        self.changes = len(low.changes)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            del self.nodes[self.length :]
            self.low.count, self.low.frames.depth = self.count, self.depth
            while len(self.low.changes) > self.changes:
                variables, name, before = self.low.changes.pop()
                variables[name] = before


@dataclass(slots=True, eq=False)
class Lowering:
    """One program under lowering to one graph: the nodes so far, the frames around the current place, what is known."""

    frames: Frames
    known: KnownValues
    apply: Callable[[Lowering, Callee, Sequence[Argument], ast.Call], Value]
    """Lowers a call of anything callable. The program's own functions are statements, which stand above all rules."""
    specialisations: Specialisations = field(default_factory=Specialisations)
    nodes: list[Node] = field(default_factory=list)
    """The nodes of the innermost region in order."""
    count: int = 0
    """The nodes of all regions."""
    inputs: dict[str, Node] = field(default_factory=dict)
    """The program's inputs by name."""
    changes: list[tuple[dict[str, Binding], str, Binding]] = field(default_factory=list)
    """The bindings that changes of lists have replaced in the variables of scopes, which a failed attempt restores."""
    # What follows is the frames' own, and read so often that a property would be felt.
    syntax: Syntax = field(init=False)
    limits: Limits = field(init=False)
    refused: Mapping[ast.AST, AdcoreError] = field(init=False)
    span: Callable[[Place], Span] = field(init=False)
    """Where a piece of syntax stands."""

    def __post_init__(self) -> None:
        frames = self.frames
        self.syntax, self.limits, self.span = frames.syntax, frames.limits, frames.span
        self.refused = frames.syntax.refused

    # --- regions

    def region(self, into: list[Node] | None = None) -> Replaced[list[Node]]:
        """Within this, nodes are appended to a list of their own: a new one, or ``into``."""
        return Replaced(self, "nodes", [] if into is None else into)

    def attempt(self) -> Attempt:
        return Attempt(self)

    def loop_input(self, name: str, type: Type, place: Place) -> Node:
        """An input of a loop's graph, whose value changes from pass to pass."""
        node = input_node(name, type, self.span(place))
        self.known.changing[node] = "in the loop"
        return node

    def call_input(self, name: str, type: Type, place: Place) -> Node:
        """An input of a function's graph, whose value changes from call to call."""
        node = input_node(name, type, self.span(place))
        self.known.changing[node] = "from call to call"
        return node

    # --- nodes

    def emit(
        self,
        op: Op,
        operands: Sequence[Value],
        place: Place,
        params: Params | None = None,
        places: Sequence[Place] = (),
    ) -> Node:
        """The node that applies ``op``; ``places`` are those of the operands, where they have places of their own."""
        signature = op.signature
        dtypes = signature.dtypes
        last = len(dtypes) - 1
        inputs: list[Any] = []
        for i, value in enumerate(operands):
            dtype = dtypes[i if i < last else last]
            if value is None and op.rules.compose is not None:
                inputs.append(None)
            elif isinstance(value, Node) and (dtype is None or value.types[0].dtype is dtype):
                inputs.append(value)
            else:
                inputs.append(self.operand(value, dtype, places[i] if i < len(places) else place))
        if params is None:
            params = tuple([(p.name, p.default) for p in signature.parameters]) if signature.parameters else ()
        try:
            node = op.bind(tuple(inputs), params, self.span(place))
        except AdcoreError as error:
            if len(places) == len(inputs) > 1 and not error.related:
                error.related = tuple(
                    (self.span(p), f"shape {describe_shape(x.shape)}" if x.shape else "a number")
                    for p, x in zip(places, inputs, strict=True)
                    if x is not None
                )
            raise
        if op.rules.compose is not None:
            return self._expanded(node, [x for x in inputs if x is not None], place)
        self.record(node)
        return node

    def _expanded(self, result: Node, operands: Sequence[Node], place: Place) -> Node:
        """The result of a composed op, with the nodes it is made of recorded at the place of the call."""
        span, placed = self.span(place), {x: x for x in operands}
        for node in schedule([result], placed):
            placed[node] = Node(node.op, tuple([placed[x] for x in node.inputs]), node.params, node.types, span)
            self.record(placed[node])
        return placed[result]

    def record(self, node: Node) -> None:
        """Append a node to the region. Raises GraphTooLarge and ArrayTooLarge."""
        self.count += 1
        limits = self.limits
        if self.count > limits.graph_nodes:
            raise GraphTooLarge(f"the program has more than {limits.graph_nodes} operations", span=node.span)
        for type in node.types:
            if type.shape:
                check_size(type, limits, node.span)
        self.nodes.append(node)

    def guarded(self, value: Value, place: Place, token: Binding | None = None) -> Value:
        """The value on condition that all assertions of this scope, or those behind ``token``, hold."""
        token = self.frames.scope.variables.get(CHECKED, True) if token is None else token
        if not isinstance(token, Node):
            return value

        def guard(leaf: Value) -> Value:
            return self.emit(OPS["guard"], (leaf, token), place) if isinstance(leaf, Node) or is_number(leaf) else leaf

        return map_leaves(guard, value)

    def operand(self, value: Value, dtype: DType | None, place: Place) -> Node:
        """A value as a node of the dtype that an op takes."""
        match value:
            case Node():
                if dtype is None or value.type.dtype is dtype:
                    return value
                if value.op is OPS["as_float"] and value.inputs[0].type.dtype is dtype:
                    return value.inputs[0]
                return self.emit(OPS["as_" + dtype.name.lower()], (value,), place)
            case bool() | int() | float():
                return self._constant(value, dtype, place)
            case List():
                return self.operand(self.array(value, place), dtype, place)
            case Rows():
                return self.operand(value.array, dtype, place)
            case _:
                pass
        raise TypeMismatch(
            f"{describe_value(value)} cannot be computed with",
            span=self.span(place),
            help="an array is written with [ ]" if isinstance(value, Tuple) else None,
        )

    def _constant(self, value: bool | int | float, dtype: DType | None, place: Place) -> Node:
        number: Any = value
        if dtype is DType.BOOL or (dtype is None and isinstance(value, bool)):
            number = np.bool_(value != 0)
        elif dtype is DType.INT:
            number = np.int64(self.known.whole(value, place, "an index"))
        node = constant(number, self.span(place))
        self.record(node)
        return node

    def array(self, value: Value, place: Place) -> Node:
        """A value as an array or a number: the items of a list or a tuple are stacked."""
        if not is_sequence(value):
            return self.operand(value, None, place)
        stack = self._stack(value, place)
        if _are_conditions(value):
            return self.operand(
                stack if isinstance(stack, Node) else self._lifted(stack != 0, place), DType.BOOL, place
            )
        return stack if isinstance(stack, Node) else self._lifted(stack, place)

    def _stack(self, value: Tuple | List, place: Place) -> Any:
        """The items of a sequence as an array if all are known, else as a node."""
        elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
        places = elements if len(elements) == len(value.items) else (place,) * len(value.items)
        rows = [
            self._stack(x, p) if is_sequence(x) else x if isinstance(x, Node) else self._scalar(x, p)
            for x, p in zip(map(plain, value.items), places, strict=True)
        ]
        for row, p in zip(rows, places, strict=True):
            if row.shape != rows[0].shape:
                first, other = (f"shape {describe_shape(x.shape)}" if x.shape else "a number" for x in (rows[0], row))
                raise ShapeMismatch(
                    f"the parts of an array have one shape, and here {other} stands beside {first}",
                    span=self.span(p),
                    related=((self.span(places[0]), first),) if places[0] is not p else (),
                )
        if not any(isinstance(row, Node) for row in rows):
            return np.array(rows, dtype=np.float64)
        if all(row.shape == () for row in rows):
            operands: Sequence[Any] = [row if isinstance(row, Node) else float(row) for row in rows]
        else:
            operands = [
                row if isinstance(row, Node) else self._lifted(row, p) for row, p in zip(rows, places, strict=True)
            ]
        return self.emit(OPS["stack"], operands, place, (("axis", 0),))

    def _lifted(self, array: Any, place: Place) -> Node:
        node = constant(array, self.span(place))
        self.record(node)
        return node

    def _scalar(self, value: Value, place: Place) -> Any:
        if isinstance(value, (int, float)):
            return np.float64(value)
        raise TypeMismatch(f"{describe_value(value)} cannot be an element of an array", span=self.span(place))


def _are_conditions(value: Value) -> bool:
    """Whether a list has conditions for elements, and nothing else: it is a mask then."""
    if is_sequence(value):
        return bool(value.items) and all(map(_are_conditions, value.items))
    return isinstance(value, bool) or (isinstance(value, Node) and value.type.dtype is DType.BOOL)


LowerExpression = Callable[[Lowering, ast.expr], Value]
"""Lowers an expression: what the rules of expressions take that have expressions inside."""


def several(low: Lowering, kind: type[T], items: Sequence[Value], place: Place) -> T:
    """A tuple or a list. Raises ArrayTooLarge and NestingTooDeep."""
    return within_limits(low, kind(tuple(items), *extent_of(items)), place)


def within_limits(low: Lowering, value: S, place: Place) -> S:
    """The collection. Raises ArrayTooLarge and NestingTooDeep."""
    if value.size > low.limits.array_elements:
        raise ArrayTooLarge(f"this list has more than {low.limits.array_elements} elements", span=low.span(place))
    if value.depth > low.limits.nesting_depth:
        raise NestingTooDeep(f"lists are nested deeper than {low.limits.nesting_depth}", span=low.span(place))
    return value


def emit_zeros(low: Lowering, type: Type, place: Place) -> Node:
    """Zeros of a type, where no value exists yet."""
    if type.shape:
        node = low.emit(OPS["zeros"], (), place, (("shape", type.shape),))
        return low.operand(node, type.dtype, place)
    return low.operand(0, type.dtype, place)


def emit_zeros_like(low: Lowering, value: Value, place: Place) -> Value:
    """A value with every node replaced by zeros of its type."""
    return map_leaves(lambda leaf: emit_zeros(low, leaf.type, place) if isinstance(leaf, Node) else leaf, value)


def check_size(type: Type, limits: Limits, span: Span | None) -> None:
    """Raise ArrayTooLarge where an array of this type exceeds the limits, or those of NumPy."""
    shape = type.shape
    if len(shape) > MAX_AXES:
        raise ArrayTooLarge(f"an array has at most {MAX_AXES} axes, and this one {len(shape)}", span=span)
    # An axis of length 0 makes no excuse: NumPy multiplies the others.
    if math.prod(shape) > limits.array_elements or math.prod([n or 1 for n in shape]) > 2**53:
        raise ArrayTooLarge(
            f"an array of shape {describe_shape(shape)} has more than {limits.array_elements} elements", span=span
        )
