"""Recursive functions: a call becomes one node, whose function calls itself again.

A function is recursive where it is called again, with the same specialisation key, while its own statements are being
lowered. Then it is lowered to a graph of its own. Its return type comes from the paths without a recursive call; a
further lowering, which knows that type, follows the others.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from adcore.errors import AdcoreError, BranchMismatch, CallSite, NotConstant, RecursionTooDeep, ShapeMismatch
from adcore.graph import OPS, DType, Node, Type, input_node, items
from adcore.graph import Function as GraphFunction
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.regions import closed, needed, outside
from adcore.language.lowering.trees import outlives, rebuild
from adcore.language.lowering.values import (
    Closure,
    Derived,
    Place,
    Recursion,
    Scope,
    Several,
    Unresolved,
    Value,
    describe_value,
    is_number,
)

TRIES = 4
"""Iteration limit of the fixed point over return type and captured variables."""


class Recurs(Exception):
    """A function is called again, with the same key, while it is being lowered."""

    def __init__(self, key: Hashable) -> None:
        super().__init__(key)
        self.key = key


RunBody = Callable[[Mapping[str, Value]], Value]
"""Lowers the function's statements with these parameters."""


def signature(low: Lowering, function: Closure, bound: Mapping[str, Value]) -> Hashable:
    """Specialisation key: calls with equal keys share one graph."""

    unrolled = function.definition in low.unrolled

    def of(value: Value) -> Hashable:
        if isinstance(value, Node):
            return value.type
        if is_number(value):
            return repr(value) if unrolled else Type(DType.BOOL if isinstance(value, bool) else DType.FLOAT, ())
        if isinstance(value, Several):
            return (type(value), *map(of, value.items))
        if isinstance(value, Closure):
            return (value.definition, value.scope)
        if isinstance(value, Derived):
            return (value.kind, value.argnums, of(value.function))
        return value if isinstance(value, Hashable) else id(value)

    return (function.definition, function.scope, tuple((name, of(value)) for name, value in bound.items()))


def called(low: Lowering, function: Closure, bound: Mapping[str, Value], place: ast.Call, run: RunBody) -> Value:
    """The value of a call of a program's function: inlined, or called as a graph of its own where it is recursive."""
    key = signature(low, function, bound)
    recursion = low.recursions.get(key)
    if recursion is not None:
        return call_again(low, recursion, bound, place)
    if key in low.running:
        raise Recurs(key)
    low.running.add(key)
    mark, length, count = low.mark(), len(low.nodes), low.count
    low.calls = (*low.calls, CallSite(function.definition.name, low.span(place)))
    try:
        value = run(bound)
        low.calls = mark.calls
        return value
    except Recurs as met:
        if met.key != key:
            raise
        low.back(mark)
        del low.nodes[length:]
        low.count = count
    finally:
        low.running.discard(key)
    try:
        return call_apart(low, function, bound, place, key, run)
    except (NotConstant, BranchMismatch, ShapeMismatch) as error:
        # A known number may decide a shape in each call: then the recursion is unrolled.
        if function.definition in low.unrolled or not any(map(is_number, bound.values())):
            raise
        low.back(mark)
        del low.nodes[length:]
        low.count = count
        low.unrolled.add(function.definition)
        try:
            return called(low, function, bound, place, run)
        except AdcoreError:
            raise error from None


def call_apart(
    low: Lowering, function: Closure, bound: Mapping[str, Value], place: ast.Call, key: Hashable, run: RunBody
) -> Value:
    """The value of a call of a recursive function, which is lowered to a graph of its own.

    Raises RecursionTooDeep where every path recurses, and BranchMismatch where the return type has no fixed point.
    """
    recursion = Recursion(function, place)
    low.recursions[key] = recursion
    try:
        for _ in range(TRIES):
            if _lowered(low, recursion, bound, run):
                return call_again(low, recursion, bound, place)
    finally:
        del low.recursions[key]
    raise BranchMismatch(
        f"{function.definition.name} returns values of different kinds or shapes",
        span=low.span(place.func),
        help="a recursive function returns the same kind and shape in each call",
    )


def call_again(low: Lowering, recursion: Recursion, bound: Mapping[str, Value], place: ast.Call) -> Value:
    """A node that calls the function's graph, which may still be under construction."""
    if not recursion.known:
        raise Unresolved
    function = _function(low, recursion, bound)
    operands = [low.operand(x, t.dtype, place) for (x, t) in _leaves(bound.values())]
    if operands:
        # Assertions are checked before the call, which might not end otherwise.
        guarded = low.guarded(operands[0], place)
        assert isinstance(guarded, Node)
        operands[0] = guarded
    node = OPS["call"](*operands, *recursion.captured, function=function, span=low.span(place))
    low.record(node)
    results = items(node)
    for result in results:
        low.record(result)
    return rebuild(recursion.result, iter(results))


def _function(low: Lowering, recursion: Recursion, bound: Mapping[str, Value]) -> GraphFunction:
    if recursion.graph_function is None:
        graphs = recursion.graphs
        recursion.graph_function = GraphFunction(
            recursion.function.definition.name,
            frozenset(bound),
            (*(t for _, t in _leaves(bound.values())), *(x.type for x in recursion.captured)),
            tuple(t for _, t in _leaves([recursion.result])),
            lambda: graphs[0],
            low.limits.recursion_depth,
            low.limits.live_elements,
        )
    return recursion.graph_function


def _lowered(low: Lowering, recursion: Recursion, bound: Mapping[str, Value], run: RunBody) -> bool:
    """Lower the function once; whether its return type and captured variables are those that were assumed."""
    place = recursion.place
    recursion.graph_function = None
    recursion.graphs = []
    inputs: list[Node] = []

    def as_input(name: str, value: Value) -> Value:
        if isinstance(value, Several):
            return type(value)(tuple(as_input(name, x) for x in value.items), value.size, value.depth)
        if not (isinstance(value, Node) or is_number(value)):
            return value
        ((_, type_),) = _leaves([value])
        node = input_node(name, type_, low.span(place))
        inputs.append(node)
        low.arguments.add(node)
        return node

    parameters = {name: as_input(name, value) for name, value in bound.items()}
    outer, low.nodes = low.nodes, []
    count = low.count
    # The call sites of nodes in the function's own graph are known only when it runs.
    calls, low.calls = low.calls, ()
    try:
        result = run(parameters)
    except Unresolved:
        if recursion.known or any(not other.known for other in low.recursions.values() if other is not recursion):
            raise
        raise RecursionTooDeep(
            f"{recursion.function.definition.name} calls itself on every path",
            span=low.span(place.func),
            help="let it return without calling itself for some arguments",
            related=((low.syntax.source.word(recursion.function.definition, 3), "defined here"),),
        ) from None
    if not _outlives(result, recursion.function.scope):
        raise NotConstant(
            f"{recursion.function.definition.name} calls itself, and returns a function that each call defines anew",
            span=low.span(place.func),
        )
    result = _as_nodes(low, result, place)
    low.calls = calls
    nodes, low.nodes = low.nodes, outer
    outputs = [x for x, _ in _leaves([result]) if isinstance(x, Node)]
    inside = needed(nodes, outputs)
    own = set(inputs)
    captured = tuple(x for x in outside(inside, outputs) if x not in own)
    fixed = recursion.known and set(captured) <= set(recursion.captured) and _shape(result) == _shape(recursion.result)
    if not fixed:
        low.count = count
        recursion.captured = tuple(dict.fromkeys((*recursion.captured, *captured)))
        recursion.result, recursion.known = result, True
        return False
    recursion.graphs.append(closed(inside, outputs, (*inputs, *recursion.captured)))
    return True


def _outlives(value: Value, scope: Scope) -> bool:
    """Whether a returned value can be used after the call: a closure may capture what belongs to the call."""
    if isinstance(value, Several):
        return all(_outlives(x, scope) for x in value.items)
    return not isinstance(value, (Closure, Derived)) or outlives(value, scope)


def _as_nodes(low: Lowering, value: Value, place: Place) -> Value:
    """The value with its numbers converted to nodes."""
    if isinstance(value, Several):
        return type(value)(tuple(_as_nodes(low, x, place) for x in value.items), value.size, value.depth)
    if is_number(value):
        return low.operand(value, DType.BOOL if isinstance(value, bool) else DType.FLOAT, place)
    return value


def _shape(value: Any) -> Hashable:
    """The structure and types of a result: what the results of all calls have in common."""
    if isinstance(value, Node):
        return value.type
    if isinstance(value, Several):
        return (type(value), *map(_shape, value.items))
    return value if value is None or isinstance(value, str) else describe_value(value)


def _leaves(values: Any) -> Iterator[tuple[Value, Type]]:
    """The leaves of values, with their types as operands."""
    for value in values:
        if isinstance(value, Node):
            yield value, value.type
        elif is_number(value):
            yield value, Type(DType.BOOL if isinstance(value, bool) else DType.FLOAT, ())
        elif isinstance(value, Several):
            yield from _leaves(value.items)
