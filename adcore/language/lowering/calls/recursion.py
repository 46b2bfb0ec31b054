"""Recursive functions: a call becomes one node, whose function calls itself again.

A function is recursive where it is called again, with the same specialisation key, while its own statements are being
lowered. Then it is lowered to a graph of its own. Its return type comes from the paths without a recursive call; a
further lowering, which knows that type, follows the others.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping
from functools import partial

from adcore.errors import (
    AdcoreError,
    BranchMismatch,
    CallSite,
    LimitError,
    NotConstant,
    RecursionTooDeep,
    ShapeMismatch,
)
from adcore.graph import OPS, Node, Type, items
from adcore.graph import Function as GraphFunction
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.frames import Recursion
from adcore.language.lowering.regions import closed, needed, outside
from adcore.language.lowering.trees import leaves, map_leaves, nodes_of, outlives, rebuild, structure, with_identities
from adcore.language.lowering.values import (
    ANY_LIST,
    Closure,
    Derived,
    Place,
    Unresolved,
    Value,
    describe_value,
    is_number,
    operand_type,
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

    unrolled = function.definition in low.specialisations.unrolled

    def of(leaf: Value) -> Hashable:
        if is_number(leaf) and unrolled:
            return repr(leaf)
        if isinstance(leaf, Closure):
            return (leaf.definition, leaf.scope)
        if isinstance(leaf, Derived):
            return (leaf.kind, leaf.argnums, of(leaf.function))
        return operand_type(leaf) or (leaf if isinstance(leaf, Hashable) else id(leaf))

    return (function.definition, function.scope, tuple((name, structure(value, of)) for name, value in bound.items()))


def called(low: Lowering, function: Closure, bound: Mapping[str, Value], place: ast.Call, run: RunBody) -> Value:
    """The value of a call of a program's function: inlined, or called as a graph of its own where it is recursive."""
    key = signature(low, function, bound)
    recursion = low.specialisations.recursive.get(key)
    if recursion is not None:
        return call_again(low, recursion, bound, place)
    if key in low.specialisations.inlining:
        raise Recurs(key)
    low.specialisations.inlining.add(key)
    site = CallSite(function.definition.name, low.span(place))
    try:
        with low.attempt(), low.frames.calling((*low.frames.calls, site)):
            return run(bound)
    except Recurs as recurs:
        if recurs.key != key:
            raise
    finally:
        low.specialisations.inlining.discard(key)
    try:
        with low.attempt():
            return call_apart(low, function, bound, place, key, run)
    except (NotConstant, BranchMismatch, ShapeMismatch) as error:
        # A known number may decide a shape in each call: then the recursion is unrolled.
        if function.definition in low.specialisations.unrolled or not any(map(is_number, bound.values())):
            raise
        low.specialisations.unrolled.add(function.definition)
        try:
            return called(low, function, bound, place, run)
        except LimitError:
            raise
        except AdcoreError:
            raise error from None


def call_apart(
    low: Lowering, function: Closure, bound: Mapping[str, Value], place: ast.Call, key: Hashable, run: RunBody
) -> Value:
    """The value of a call of a recursive function, which is lowered to a graph of its own.

    Raises RecursionTooDeep where every path recurses, and BranchMismatch where the return type has no fixed point.
    """
    recursion = Recursion(function, place)
    low.specialisations.recursive[key] = recursion
    try:
        for _ in range(TRIES):
            if _lowered(low, recursion, bound, run):
                return call_again(low, recursion, bound, place)
    finally:
        del low.specialisations.recursive[key]
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
    operands = [low.operand(x, type.dtype, place) for x, type in _operands(*bound.values())]
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
    # What it returns may be a list of its arguments.
    return with_identities(rebuild(recursion.result, iter(results)), lambda _: ANY_LIST)


def _function(low: Lowering, recursion: Recursion, bound: Mapping[str, Value]) -> GraphFunction:
    if recursion.graph_function is None:
        graphs = recursion.graphs
        recursion.graph_function = GraphFunction(
            recursion.function.definition.name,
            frozenset(bound),
            (*(type for _, type in _operands(*bound.values())), *(x.type for x in recursion.captured)),
            tuple(type for _, type in _operands(recursion.result)),
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
        type = operand_type(value)
        if type is None:
            return value
        node = low.call_input(name, type, place)
        inputs.append(node)
        return node

    parameters = {name: map_leaves(partial(as_input, name), value) for name, value in bound.items()}
    count = low.count
    try:
        # The call sites of nodes in the function's own graph are known only when it runs.
        with low.region() as nodes, low.frames.calling(()):
            result = _as_nodes(low, run(parameters), place)
    except Unresolved:
        others = [other for other in low.specialisations.recursive.values() if other is not recursion]
        if recursion.known or not all(other.known for other in others):
            raise
        raise RecursionTooDeep(
            f"{recursion.function.definition.name} calls itself on every path",
            span=low.span(place.func),
            help="let it return without calling itself for some arguments",
            related=((low.syntax.source.word(recursion.function.definition, 3), "defined here"),),
        ) from None
    if not outlives(result, recursion.function.scope):
        raise NotConstant(
            f"{recursion.function.definition.name} calls itself, and returns a function that each call defines anew",
            span=low.span(place.func),
        )
    outputs = list(nodes_of(result))
    inside = needed(nodes, outputs)
    own = set(inputs)
    captured = tuple(x for x in outside(inside, outputs) if x not in own)
    fixed = recursion.known and set(captured) <= set(recursion.captured) and _types(result) == _types(recursion.result)
    if not fixed:
        low.count = count
        recursion.captured = tuple(dict.fromkeys((*recursion.captured, *captured)))
        recursion.result, recursion.known = result, True
        return False
    recursion.graphs.append(closed(inside, outputs, (*inputs, *recursion.captured)))
    return True


def _as_nodes(low: Lowering, value: Value, place: Place) -> Value:
    """The value with its numbers converted to nodes."""

    def as_node(leaf: Value) -> Value:
        type = operand_type(leaf)
        return leaf if type is None else low.operand(leaf, type.dtype, place)

    return map_leaves(as_node, value)


def _types(value: Value) -> Hashable:
    """The structure and types of a result: what the results of all calls have in common."""

    def key(leaf: Value) -> Hashable:
        if isinstance(leaf, Node):
            return leaf.type
        return leaf if leaf is None or isinstance(leaf, str) else describe_value(leaf)

    return structure(value, key)


def _operands(*values: Value) -> list[tuple[Value, Type]]:
    """The nodes and numbers among the leaves of values, with their types as operands."""
    pairs = [(leaf, operand_type(leaf)) for value in values for leaf in leaves(value)]
    return [(leaf, type) for leaf, type in pairs if type is not None]
