"""The lowering rules of derivatives: ``grad(f)(x)`` and its kind become one op, whose graph is ``f``."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import BadCall, ShapeMismatch, TypeMismatch
from adcore.graph import DType, Node
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.functionals import (
    Rule,
    WithInputs,
    as_operands,
    bound_to,
    emitted,
    function_argument,
)
from adcore.language.lowering.trees import nodes_of, rebuild
from adcore.language.lowering.values import (
    Argument,
    Callee,
    Derived,
    List,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
)
from adcore.ops.functionals.derivative import GRADIENT, JACOBIAN, JVP
from adcore.ops.shapes import describe_shape

VALUE_AND_GRADIENT = "value_and_gradient"


def call_derived(low: Lowering, derived: Derived, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of ``grad(f)(x)`` and its kind.

    Raises BadCall, TypeMismatch, and ShapeMismatch where a gradient is asked of an array.
    """
    positions = [i for i, a in enumerate(arguments) if a.name is None]
    for i in derived.argnums:
        if not -len(positions) <= i < len(positions):
            raise BadCall(
                f"the derivative is by argument {i}, which is not among the positional arguments", span=low.span(place)
            )
    wanted = {positions[i] for i in derived.argnums}
    starts = {i: as_operands(low, arguments[i].value, arguments[i].place) for i in sorted(wanted)}
    with_inputs = WithInputs(low, list(starts.values()), place)
    changed = dict(zip(starts, with_inputs.values, strict=True))
    replaced = [a._replace(value=changed[i]) if i in changed else a for i, a in enumerate(arguments)]
    gradient = derived.kind != JACOBIAN
    graph, captured = with_inputs.graph(
        lambda: _number(low, low.apply(low, derived.function, replaced, place), place, gradient)
    )
    own = [node for start in starts.values() for node in nodes_of(start)]
    kind = GRADIENT if gradient else JACOBIAN
    y, *derivatives = emitted(low, "derivative", [*own, *captured], place, graph=graph, kind=kind, wrt=len(own))
    results = iter(derivatives)
    parts = {i: rebuild(value, results) for i, value in starts.items()}
    ordered = [parts[positions[i]] for i in derived.argnums]
    result = ordered[0] if derived.single else several(low, Tuple, ordered, place)
    return several(low, Tuple, [y, result], place) if derived.kind == VALUE_AND_GRADIENT else result


def _number(low: Lowering, value: Value, place: ast.Call, gradient: bool) -> Node:
    """The value to differentiate: a number for a gradient, a number or an array for a Jacobian."""
    if isinstance(value, List):
        value = low.array(value, place)
    if not (isinstance(value, Node) or is_number(value)):
        raise TypeMismatch(
            f"the differentiated function returns {describe_value(value)}, not a number", span=low.span(place)
        )
    node = low.operand(value, DType.FLOAT, place)
    if gradient and node.shape:
        raise ShapeMismatch(
            f"grad differentiates a function that returns a number, and this one returns an array of shape "
            f"{describe_shape(node.shape)}",
            span=low.span(place),
            help="jacobian(f)(x) has the derivatives of all elements",
        )
    return node


def derivative_rule(kind: str) -> Rule:
    """The rule of a functional that makes a function of a function: its derivative of one kind."""

    def lower(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
        return Derived(kind, *_function_and_argnums(low, functional, arguments, place))

    return lower


def lower_hessian(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The Jacobian of the gradient."""
    function, argnums, single = _function_and_argnums(low, functional, arguments, place)
    return Derived(JACOBIAN, Derived(GRADIENT, function, argnums, single), argnums, single)


def _function_and_argnums(
    low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call
) -> tuple[Callee, tuple[int, ...], bool]:
    """The function, the numbers of the arguments that it is differentiated by, and whether that is one, not a tuple."""
    bound = bound_to(low, functional, arguments, place)
    function = function_argument(low, functional, bound["f"])
    value, at = bound["argnums"].value, bound["argnums"].place
    single = not is_sequence(value)
    numbers = value.items if is_sequence(value) else [value]
    argnums = tuple(low.known.whole(x, at, "an argument's number") for x in numbers)
    if len(set(argnums)) < len(argnums):
        raise BadCall("argnums names each argument once", span=low.span(at))
    return function, argnums, single


def lower_jvp(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bound_to(low, functional, arguments, place)
    function = function_argument(low, functional, bound["f"])
    primals, tangents = (as_operands(low, bound[key].value, bound[key].place) for key in ("primals", "tangents"))
    if not (isinstance(primals, Tuple) and isinstance(tangents, Tuple)):
        raise TypeMismatch("jvp takes the arguments and their tangents as tuples", span=low.span(place))
    operands, directions = list(nodes_of(primals)), list(nodes_of(tangents))
    if [x.shape for x in operands] != [x.shape for x in directions]:
        raise ShapeMismatch("tangents have the shapes of the arguments", span=low.span(bound["tangents"].place))
    with_inputs = WithInputs(low, primals.items, place)
    to_function = [Argument(None, value, bound["primals"].place) for value in with_inputs.values]
    graph, captured = with_inputs.graph(
        lambda: _number(low, low.apply(low, function, to_function, place), place, gradient=False)
    )
    results = emitted(
        low, "derivative", [*operands, *captured, *directions], place, graph=graph, kind=JVP, wrt=len(operands)
    )
    return several(low, Tuple, list(results), place)
