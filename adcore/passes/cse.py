"""Common subexpressions: the same op on the same values, with the same parameters, is computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from adcore.graph import Graph, Node
from adcore.graph.traversal import rewrite


def merge_common(graph: Graph) -> Graph:
    """The graph with equal computations merged into the first of them."""
    return rewrite(graph, sharing())


def sharing() -> Callable[[Node], Node]:
    """A rule that gives, for each node it is shown, the first one it was shown that computes the same."""
    first: dict[Hashable, Node] = {}

    def shared(node: Node) -> Node:
        inputs = node.inputs
        if node.op.facts.commutative and id(inputs[0]) > id(inputs[1]):
            # A strong product knows its operands by their places; only plain ones may change them.
            plain = all(
                value == p.default for p, (_, value) in zip(node.op.signature.parameters, node.params, strict=True)
            )
            inputs = inputs[::-1] if plain else inputs
        return first.setdefault((node.op, inputs, node.params), node)

    return shared
