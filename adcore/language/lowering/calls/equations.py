"""The lowering rules of the solvers: roots, fixed points, minima, and solutions of differential equations."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from adcore.errors import BadCall, LoopTooLong, ShapeMismatch, TypeMismatch
from adcore.graph import DType, Node
from adcore.graph.traversal import schedule
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.functionals import (
    WithInputs,
    as_operands,
    bound_to,
    emitted,
    function_argument,
)
from adcore.language.lowering.values import Argument, List, Tuple, Value, describe_value, is_number
from adcore.ops.functionals.odes import integrate
from adcore.ops.functionals.solution import MINIMUM


def lower_equation(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bound_to(low, functional, arguments, place)
    function = function_argument(low, functional, bound["f"])
    start = as_operands(low, bound["x0"].value, bound["x0"].place)
    if not isinstance(start, Node):
        raise TypeMismatch(
            f"{functional.name} solves for a number or an array, and x0 is {describe_value(start)}",
            span=low.span(bound["x0"].place),
        )
    with_inputs = WithInputs(low, [start], place)
    to_function = [Argument(None, value, bound["f"].place) for value in (with_inputs.values[0], *_further(bound))]

    graph, captured = with_inputs.graph(
        lambda: _output(low, functional.name, low.apply(low, function, to_function, place), start, bound["f"])
    )
    tol, limit = _positive(low, bound["tol"], "tol"), _limit(low, bound)
    (x,) = emitted(low, "solution", [start, *captured], place, graph=graph, kind=functional.name, tol=tol, limit=limit)
    return x


def lower_odeint(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bound_to(low, functional, arguments, place)
    function = function_argument(low, functional, bound["f"])
    start = low.operand(bound["y0"].value, DType.FLOAT, bound["y0"].place)
    times = low.operand(bound["t"].value, DType.FLOAT, bound["t"].place)
    if times.ndim != 1 or not times.shape[0]:
        raise ShapeMismatch(
            f"the times are an array of one axis, and this is {describe_value(times)}", span=low.span(bound["t"].place)
        )
    with_inputs = WithInputs(low, [start, low.operand(0.0, DType.FLOAT, place)], place)
    to_function = [Argument(None, value, bound["f"].place) for value in (*with_inputs.values, *_further(bound))]
    graph, captured = with_inputs.graph(
        lambda: _output(low, functional.name, low.apply(low, function, to_function, place), start, bound["f"])
    )
    rtol, atol = (_positive(low, bound[key], key) for key in ("rtol", "atol"))
    steps = None if bound["steps"].value is None else _steps(low, bound["steps"])
    trajectory = integrate(
        graph,
        start,
        times,
        captured,
        low.limits.stack_elements,
        steps=steps,
        rtol=rtol,
        atol=atol,
        limit=_limit(low, bound),
    )
    # The nodes of the integration get the place of the call.
    new: dict[Node, Node] = {}
    before = set(schedule([start, times, *captured]))
    for node in schedule([trajectory]):
        if node not in before:
            inputs = tuple(new.get(x, x) for x in node.inputs)
            new[node] = Node(node.op, inputs, node.params, node.types, node.span or low.span(place))
            low.record(new[node])
    return new[trajectory]


def lower_quad(low: Lowering, functional: Functional, arguments: Sequence[Argument], place: ast.Call) -> Value:
    bound = bound_to(low, functional, arguments, place)
    function = function_argument(low, functional, bound["func"])
    ends = [low.operand(bound[name].value, DType.FLOAT, bound[name].place) for name in ("a", "b")]
    for name, end in zip(("a", "b"), ends, strict=True):
        if end.shape:
            raise ShapeMismatch(
                f"{name} of quad is a number, and this is {describe_value(end)}", span=low.span(bound[name].place)
            )
    with_inputs = WithInputs(low, [low.operand(0.0, DType.FLOAT, place)], place)
    to_function = [Argument(None, value, bound["func"].place) for value in (with_inputs.values[0], *_further(bound))]

    def integrand() -> Node:
        value = low.apply(low, function, to_function, place)
        node = low.operand(value, DType.FLOAT, bound["func"].place)
        if node.shape:
            raise ShapeMismatch(
                f"the function of quad returns a number, and this one returns {describe_value(node)}",
                span=low.span(bound["func"].place),
            )
        return node

    graph, captured = with_inputs.graph(integrand)
    tolerances = {name: _positive(low, bound[name], name) for name in ("epsabs", "epsrel")}
    parts = emitted(
        low, "quadrature", [*ends, *captured], place, graph=graph, limit=_limit(low, bound, "limit"), **tolerances
    )
    return several(low, Tuple, parts, place)


MOST_STEPS = 10_000
"""The limit of ``max_steps``."""


def _further(bound: Mapping[str, Argument]) -> Sequence[Value]:
    """The function's further arguments, ``args``: a tuple, or one value."""
    args = bound["args"].value
    return args.items if isinstance(args, Tuple) else [args]


def _steps(low: Lowering, argument: Argument) -> int:
    """The fixed number of steps between two times of an integration."""
    steps = low.known.whole(argument.value, argument.place, "steps")
    if steps < 1:
        raise BadCall(f"steps is at least 1, and this is {steps}", span=low.span(argument.place))
    if steps > low.limits.loop_steps:
        raise LoopTooLong(
            f"{steps} steps between two times exceed the limit of {low.limits.loop_steps}",
            span=low.span(argument.place),
        )
    return steps


def _limit(low: Lowering, bound: Mapping[str, Argument], name: str = "max_steps") -> int:
    """The most steps of a solver, or between two times of an integration, or the most intervals of an integral."""
    return min(int(_positive(low, bound[name], name)), MOST_STEPS)


def _output(low: Lowering, name: str, value: Value, start: Node, argument: Argument) -> Node:
    """What the function returns: a number for a minimum, else an array of the shape of the unknown."""
    span = low.span(argument.place)
    if not (isinstance(value, (Node, List)) or is_number(value)):
        raise TypeMismatch(
            f"the function of {name} returns {describe_value(value)}, and not a number or an array", span=span
        )
    node = low.operand(value, DType.FLOAT, argument.place)
    if name == MINIMUM and node.shape:
        raise ShapeMismatch(
            f"the function of {name} returns a number, and this one returns {describe_value(node)}", span=span
        )
    if name != MINIMUM and node.shape != start.shape:
        raise ShapeMismatch(
            f"the function of {name} returns what it takes, and this one takes {describe_value(start)} and returns "
            f"{describe_value(node)}",
            span=span,
        )
    return node


def _positive(low: Lowering, argument: Argument, what: str) -> float:
    """A finite number greater than zero that is known at compile time."""
    known = low.known.value(argument.value, argument.place, what)
    if not isinstance(known, (int, float)) and getattr(known, "shape", None) != ():
        raise TypeMismatch(
            f"{what} is a number, and this is {describe_value(argument.value)}", span=low.span(argument.place)
        )
    number = float(known)
    if not 0 < number < float("inf"):
        raise BadCall(f"{what} is greater than 0, and this is {number:g}", span=low.span(argument.place))
    return number
