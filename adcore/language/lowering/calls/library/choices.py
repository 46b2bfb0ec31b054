"""Functions by conditions: ``select``, ``piecewise``, and functions of numbers that are applied to every element."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import ShapeMismatch, TypeMismatch
from adcore.graph import OPS, DType, Node, Type, input_node, items
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering, emit_zeros, several
from adcore.language.lowering.calls.functionals import bound_to, function_argument
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.loop_or_unroll import unroll_if_needed
from adcore.language.lowering.regions import Region, repeated
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Derived,
    List,
    Value,
    describe_value,
    is_number,
    is_sequence,
)
from adcore.ops.arrays.dynamic_indexing import AT
from adcore.ops.shapes import broadcast_shapes, describe_shape

# --- the first, or the last, condition that holds


def _select(call: Bound) -> Value:
    conditions, choices = call.sequence("condlist"), call.sequence("choicelist")
    if len(conditions) != len(choices):
        raise call.wrong(f"{len(conditions)} conditions for {len(choices)} choices", "choicelist")
    if not conditions:
        raise call.wrong("select takes at least one condition", "condlist")
    value = call.value("default")
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        value = call.emit("where", _as_array(call, condition), _as_array(call, choice), _as_array(call, value))
    return value


def _as_array(call: Bound, value: Value) -> Value:
    return call.low.array(value, call.place) if is_sequence(value) else value


def _piecewise(call: Bound) -> Value:
    low = call.low
    x, functions = call.array("x"), call.sequence("funclist")
    given = call.value("condlist")
    # One condition may stand without a list around it; so may those of a number.
    single = isinstance(given, bool) or (isinstance(given, Node) and given.shape == x.shape)
    conditions = [given] if single else list(call.sequence("condlist"))
    if len(functions) not in (len(conditions), len(conditions) + 1):
        raise call.wrong(
            f"{len(functions)} functions for {len(conditions)} conditions; one more is the default", "funclist"
        )
    default = functions[-1] if len(functions) > len(conditions) else 0.0
    more = [a._replace(name=None) for a in call.rest]
    value = _branch(call, default, x, more)
    for condition, function in zip(conditions, functions, strict=False):
        value = call.emit("where", _as_array(call, condition), _branch(call, function, x, more), value)
    shape = value.shape if isinstance(value, Node) else ()
    return value if shape == x.shape else low.emit(OPS["broadcast_to"], (value,), call.place, (("shape", x.shape),))


def _branch(call: Bound, function: Value, x: Node, more: Sequence[Argument]) -> Value:
    """A function of the elements, or a number, where its condition holds; the others do not count."""
    if not isinstance(function, Callee):
        return _as_array(call, function)
    low, place = call.low, call.at("funclist")
    assert isinstance(place, ast.expr)
    with low.region() as nodes:
        value = low.apply(low, function, [Argument(None, x, place), *more], call.place)
    if is_sequence(value) or not (isinstance(value, Node) or is_number(value)):
        raise TypeMismatch(
            f"a function of piecewise gives numbers, and this is {describe_value(value)}", span=low.span(place)
        )
    if x.shape and isinstance(value, Node):
        _check_elementwise(low, nodes, x, value, place)
    low.nodes += nodes
    return value


def _check_elementwise(low: Lowering, nodes: Sequence[Node], x: Node, value: Node, place: ast.expr) -> None:
    """NumPy applies the function to the chosen elements together: a sum over them would not be that over all."""
    reached = {x}
    for node in nodes:
        if not reached.isdisjoint(node.inputs):
            reached.add(node)
            if not node.op.facts.elementwise:
                raise TypeMismatch(
                    f"a function of piecewise acts on each element alone, and this one contains {node.op.name}",
                    span=low.span(place),
                    help="write where(condition, a, b), with what is computed from the whole array before it",
                )
    if value in reached and value.shape != x.shape:
        raise ShapeMismatch(
            f"a function of piecewise gives the shape {describe_shape(value.shape)} for {describe_shape(x.shape)}",
            span=low.span(place),
        )


# --- functions of numbers, applied to every element

VECTORIZED = "vectorized form"


def lower_vectorize(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """``np.vectorize(f)``, as a function."""
    bound = bound_to(low, functional, [a for a in arguments if a.name not in ("otypes", "doc")], place)
    return Derived(VECTORIZED, function_argument(low, functional, bound["pyfunc"]), (), True)


def call_vectorized(low: Lowering, vectorized: Derived, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The values of a function at all elements of its arguments, which broadcast: one loop."""
    arrays = [low.array(a.value, a.place) if is_sequence(a.value) else a.value for a in arguments]
    for value, a in zip(arrays, arguments, strict=True):
        if not (isinstance(value, Node) or is_number(value)):
            raise TypeMismatch(
                f"a vectorized function takes arrays and numbers, and this is {describe_value(value)}",
                span=low.span(a.place),
            )
    shape = broadcast_shapes([x.shape if isinstance(x, Node) else () for x in arrays] or [()])
    if not shape:
        return low.apply(low, vectorized.function, arguments, place)
    size = Type(DType.FLOAT, shape).size
    lines = [_flat(low, x, shape, place) if isinstance(x, Node) and x.shape else x for x in arrays]

    def value_at(position: Node | int) -> Node:
        at = [
            a._replace(value=_element(low, x, position, place) if isinstance(x, Node) and x.shape else x)
            for a, x in zip(arguments, lines, strict=True)
        ]
        value = low.apply(low, vectorized.function, at, place)
        if is_sequence(value) or (isinstance(value, Node) and value.shape):
            raise TypeMismatch(
                f"a vectorized function gives a number, and this one gives {describe_value(value)}",
                span=low.span(place),
            )
        return low.operand(value, None, place)

    position = low.loop_input("position", Type(DType.INT, ()), place)

    def looped() -> Node:
        with low.region() as body:
            value = value_at(position)
            dtype = value.type.dtype
            line = input_node("values", Type(DType.FLOAT, (size,)), low.span(place))
            row = low.operand(value, DType.FLOAT, place)
            filled = low.emit(OPS["assign"], (line, row, position), place, (("key", (AT,)),))
        count = low.operand(size, DType.INT, place)
        start = emit_zeros(low, line.type, place)
        node = repeated(
            count, position, {line: start}, Region(body, [filled]), Region((), ()), low.limits, low.span(place)
        )
        low.record(node)
        result = items(node)[0]
        low.record(result)
        return low.operand(result, DType.BOOL, place) if dtype is DType.BOOL else result

    def unrolled() -> Node:
        return low.array(several(low, List, [value_at(i) for i in range(size)], place), place)

    values = unroll_if_needed(low, size, [position], looped, unrolled)
    return low.emit(OPS["reshape"], (values,), place, (("shape", shape),))


def _flat(low: Lowering, x: Node, shape: tuple[int, ...], place: ast.Call) -> Node:
    if x.shape != shape:
        x = low.emit(OPS["broadcast_to"], (x,), place, (("shape", shape),))
    return low.emit(OPS["ravel"], (x,), place) if x.ndim > 1 else x


def _element(low: Lowering, line: Node, position: Node | int, place: ast.Call) -> Node:
    if isinstance(position, int):
        return low.emit(OPS["index"], (line,), place, (("key", (position,)),))
    return low.emit(OPS["take"], (line, position), place, (("axis", 0),))


RULES: dict[str, Rule] = {"select": _select, "piecewise": _piecewise}
"""The rules of this theme, by name."""
