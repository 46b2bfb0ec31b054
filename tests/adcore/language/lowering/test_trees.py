"""The language's values as trees: what goes into tuples and lists, and what does not."""

from __future__ import annotations

from adcore.graph import DType, Node, Type, input_node
from adcore.language.lowering.trees import (
    leaf_pairs,
    leaves,
    leaves_with_paths,
    map_leaves,
    nodes_of,
    rebuild,
    rebuild_pairs,
    structure,
)
from adcore.language.lowering.values import List, Tuple, Value, is_sequence


def _node(name: str) -> Node:
    return input_node(name, Type(DType.FLOAT, ()))


X, Y = _node("x"), _node("y")
INNER = List((Y, None), 2, 1)
TREE = Tuple((X, 2.0, INNER, "word"), 5, 2)


def _plain(value: Value) -> object:
    """A tree as Python's tuples and lists."""
    if not is_sequence(value):
        return value
    items = [_plain(x) for x in value.items]
    return tuple(items) if isinstance(value, Tuple) else items


def test_leaves_are_in_order_at_any_depth() -> None:
    assert list(leaves(TREE)) == [X, 2.0, Y, None, "word"]
    assert list(nodes_of(TREE)) == [X, Y]
    assert list(leaves(2.0)) == [2.0]
    assert list(leaves(Tuple((), 0, 1))) == []


def test_within_one_kind_the_other_is_a_leaf() -> None:
    assert list(leaves(TREE, within=Tuple)) == [X, 2.0, INNER, "word"]
    assert list(leaves_with_paths(TREE, within=Tuple)) == [((0,), X), ((1,), 2.0), ((2,), INNER), ((3,), "word")]


def test_paths_count_positions_from_the_outermost_in() -> None:
    assert [path for path, _ in leaves_with_paths(TREE)] == [(0,), (1,), (2, 0), (2, 1), (3,)]


def test_mapping_keeps_structure_size_and_depth() -> None:
    mapped = map_leaves(lambda leaf: 1 if isinstance(leaf, Node) else leaf, TREE)
    assert _plain(mapped) == (1, 2.0, [1, None], "word")
    assert isinstance(mapped, Tuple)
    assert (mapped.size, mapped.depth) == (TREE.size, TREE.depth)


def test_rebuilding_undoes_taking_the_nodes() -> None:
    assert _plain(rebuild(TREE, nodes_of(TREE))) == _plain(TREE)
    assert _plain(rebuild(TREE, iter([Y, X]))) == (Y, 2.0, [X, None], "word")


def test_structures_are_equal_where_kinds_lengths_and_leaves_are() -> None:
    def kind(value: Value) -> type:
        return type(value)

    assert structure(TREE, kind) == structure(map_leaves(lambda leaf: leaf, TREE), kind)
    assert structure(Tuple((1, 2), 2, 1), kind) != structure(List((1, 2), 2, 1), kind)
    assert structure(Tuple((1, 2), 2, 1), kind) != structure(Tuple((1, 2, 3), 3, 1), kind)
    assert structure(Tuple((1, 2), 2, 1), kind) != structure(Tuple((1, 2.0), 2, 1), kind)


def test_pairs_go_as_deep_as_two_structures_agree() -> None:
    other = Tuple((1, 2, X, 4), 4, 1)
    assert list(leaf_pairs(TREE, other)) == [(X, 1), (2.0, 2), (INNER, X), ("word", 4)]
    assert list(leaf_pairs(TREE, INNER)) == [(TREE, INNER)]
    assert _plain(rebuild_pairs(TREE, other, iter([1, 2, 3, 4]))) == (1, 2, 3, 4)
