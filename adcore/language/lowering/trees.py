"""The language's values as trees: tuples and lists at any depth, whose leaves are all other values (JAX's pytrees).

Whatever goes into tuples and lists is written here once. ``within`` limits that to one kind: sequences of the other one
are leaves then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from adcore.graph import Node
from adcore.language.lowering.values import Closure, Derived, Interpolant, Missing, Scope, Several, Unusable, Value


def leaves(value: Value, within: type[Several] = Several) -> Iterator[Value]:
    """The leaves of a tree in order."""
    for _, leaf in leaves_with_paths(value, within):
        yield leaf


def leaves_with_paths(
    value: Value, within: type[Several] = Several, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Value]]:
    """The leaves of a tree in order, each with its position in every sequence around it, outermost first."""
    if isinstance(value, within):
        for i, item in enumerate(value.items):
            yield from leaves_with_paths(item, within, (*path, i))
    else:
        yield path, value


def nodes_of(value: Value) -> Iterator[Node]:
    """The leaves of a tree that are nodes."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, Node))


def map_leaves(function: Callable[[Value], Value], value: Value, within: type[Several] = Several) -> Value:
    """The tree of the same structure with ``function`` applied to each leaf, in order."""
    if isinstance(value, within):
        return value.with_items([map_leaves(function, item, within) for item in value.items])
    return function(value)


def rebuild(value: Value, nodes: Iterator[Node]) -> Value:
    """The tree with its nodes replaced by ``nodes``, in order; the inverse of ``nodes_of``."""
    return map_leaves(lambda leaf: next(nodes) if isinstance(leaf, Node) else leaf, value)


def structure(value: Value, leaf: Callable[[Value], Hashable]) -> Hashable:
    """Equal for trees of one structure whose leaves have equal keys ``leaf``."""
    if isinstance(value, Several):
        return (type(value), *(structure(item, leaf) for item in value.items))
    return leaf(value)


def leaf_pairs(a: Value, b: Value) -> Iterator[tuple[Value, Value]]:
    """The leaves of two trees side by side; where their structures differ, the subtrees that do."""
    if isinstance(a, Several) and isinstance(b, Several) and type(a) is type(b) and len(a.items) == len(b.items):
        for x, y in zip(a.items, b.items, strict=True):
            yield from leaf_pairs(x, y)
    else:
        yield a, b


def rebuild_pairs(a: Value, b: Value, values: Iterator[Value]) -> Value:
    """The tree that two trees have in common, with its leaves replaced by ``values``; the inverse of ``leaf_pairs``."""
    if isinstance(a, Several) and isinstance(b, Several) and type(a) is type(b) and len(a.items) == len(b.items):
        return a.with_items([rebuild_pairs(x, y, values) for x, y in zip(a.items, b.items, strict=True)])
    return next(values)


def outlives(value: Value | Unusable | Missing, scope: Scope) -> bool:
    """True where a value computed within ``scope``, a function call or a pass of a loop, is usable outside as it is.

    A function is not where it closes over that scope's names, or has nodes among its defaults.
    """
    if isinstance(value, (Unusable, Missing)):
        return False
    return all(_leaf_outlives(leaf, scope) for leaf in leaves(value))


def _leaf_outlives(value: Value, scope: Scope) -> bool:
    if isinstance(value, Derived):
        return _leaf_outlives(value.function, scope)
    if isinstance(value, Interpolant):
        return False
    if not isinstance(value, Closure):
        return True
    around: Scope | None = scope
    while around is not None and around is not value.scope:
        around = around.parent
    return around is not None and not any(True for x in value.defaults.values() for _ in nodes_of(x))
