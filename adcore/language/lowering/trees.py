"""The language's values as trees: collections at any depth, whose leaves are all other values (JAX's pytrees).

Whatever goes into tuples, lists and dictionaries is written here once. ``within`` limits that to one kind: collections
of the others are leaves then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from adcore.graph import Node, Shape
from adcore.language.lowering.values import (
    ANY_LIST,
    Closure,
    Derived,
    Identity,
    Interpolant,
    List,
    Missing,
    Partial,
    Rows,
    Scope,
    Several,
    Tuple,
    Unusable,
    Value,
    is_number,
)


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
        return (value.form(), *(structure(item, leaf) for item in value.items))
    return leaf(value)


def leaf_pairs(a: Value, b: Value) -> Iterator[tuple[Value, Value]]:
    """The leaves of two trees side by side; where their structures differ, the subtrees that do."""
    if isinstance(a, Several) and isinstance(b, Several) and a.form() == b.form():
        for x, y in zip(a.items, b.items, strict=True):
            yield from leaf_pairs(x, y)
    else:
        yield a, b


def rebuild_pairs(a: Value, b: Value, values: Iterator[Value]) -> Value:
    """The tree that two trees have in common, with its leaves replaced by ``values``; the inverse of ``leaf_pairs``."""
    if isinstance(a, Several) and isinstance(b, Several) and a.form() == b.form():
        joined = a.with_items([rebuild_pairs(x, y, values) for x, y in zip(a.items, b.items, strict=True)])
        return joined if a.identity is b.identity else replace(joined, identity=Identity(a.identity, b.identity))
    return next(values)


def collections(value: Value | Unusable | Missing) -> Iterator[Several]:
    """The lists and dictionaries of a tree, outermost first."""
    if isinstance(value, Several):
        if not isinstance(value, Tuple):
            yield value
        if value.depth > 1:
            for item in value.items:
                yield from collections(item)


def changed(value: Value, new: Several, known: dict[Identity, Several]) -> Value:
    """The tree with each collection of the identity of ``new`` replaced by it; the value itself where there is none.

    ``known`` are the collections around, by identity, as they are with ``new`` in them.
    """
    if not isinstance(value, Several):
        return value
    if value.identity is new.identity:
        return new  # type: ignore[return-value]
    if value.depth == 1:
        return value
    if value.identity in known:
        return known[value.identity]  # type: ignore[return-value]
    items = tuple([changed(item, new, known) for item in value.items])
    same = all(a is b for a, b in zip(items, value.items, strict=True))
    known[value.identity] = value if same else sized(value, items)
    return known[value.identity]  # type: ignore[return-value]


def sized(value: Several, items: tuple[Value, ...]) -> Any:
    """The same collection with other items of any sizes."""
    size, depth = extent_of(items)
    return replace(value, items=items, size=size, depth=depth)


def extent_of(items: Sequence[Value]) -> tuple[int, int]:
    """The size and the depth of a collection of these items."""
    size = sum(x.size if isinstance(x, Several) else 1 for x in items)
    return size, 1 + max((x.depth for x in items if isinstance(x, Several)), default=0)


def list_axes(value: Value) -> int:
    """How many leading axes of an array a list and the lists in it would become."""
    if isinstance(value, Rows):
        return value.axes
    if not isinstance(value, List):
        return 0
    return 1 + min(map(list_axes, value.items), default=0)


def with_identities(value: Value, identity: Callable[[Identity], Identity]) -> Value:
    """The tree with other identities of its collections."""
    if not isinstance(value, Several):
        return value
    items = tuple([with_identities(item, identity) for item in value.items])
    return replace(value, items=items, identity=identity(value.identity))


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
    if isinstance(value, Partial):
        return _leaf_outlives(value.function, scope) and not any(
            True for a in value.arguments for _ in nodes_of(a.value)
        )
    if isinstance(value, Interpolant):
        return False
    if not isinstance(value, Closure):
        return True
    around: Scope | None = scope
    while around is not None and around is not value.scope:
        around = around.parent
    return around is not None and not any(True for x in value.defaults.values() for _ in nodes_of(x))


def with_joined_identities(value: Value, other: Value | Unusable | Missing) -> Value:
    """The tree with the identities of collections that are, at the end of a path, those of a tree of the same form."""
    if not isinstance(value, Several):
        return value
    if not isinstance(other, Several) or value.form() != other.form():
        return with_identities(value, lambda _: ANY_LIST)
    items = tuple([with_joined_identities(x, y) for x, y in zip(value.items, other.items, strict=True)])
    identity = value.identity if value.identity is other.identity else Identity(value.identity, other.identity)
    return replace(value, items=items, identity=identity)


def array_shape(value: Value) -> Shape | None:
    """The shape of the array of a number, an array, or a list of these; None where it is no array."""
    if isinstance(value, (List, Tuple)):
        shapes = {array_shape(item) for item in value.items}
        if len(shapes) > 1 or None in shapes:
            return None
        return (len(value.items), *(shapes.pop() or () if shapes else ()))
    if isinstance(value, Rows):
        return value.array.shape
    return value.shape if isinstance(value, Node) else () if is_number(value) else None


def one_of(values: Sequence[Value]) -> Value:
    """The first of trees of one form; its lists may be those of any of them."""
    first = values[0]
    if not isinstance(first, Several):
        return first
    several = [value for value in values if isinstance(value, Several)]
    items = tuple([one_of(column) for column in zip(*(value.items for value in several), strict=True)])
    identity = Identity(*[value.identity for value in several])
    return replace(first, items=items, identity=identity)
