"""Common subexpressions: the same op on the same values, with the same parameters, is computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from adcore.graph import INPUT, Node


def sharing() -> Callable[[Node], Node]:
    """A rule that maps each node to the first of its calls so far that computes the same."""
    first: dict[Hashable, Node] = {}

    def shared(node: Node) -> Node:
        if node.op is INPUT:
            # Where simplification leaves an input: two of one name are two values.
            return node
        inputs = node.inputs
        if node.op.facts.commutative and id(inputs[0]) > id(inputs[1]):
            # The operands of a strong product have different roles; those of a plain one may be swapped.
            plain = all(
                value == p.default for p, (_, value) in zip(node.op.signature.parameters, node.params, strict=True)
            )
            inputs = inputs[::-1] if plain else inputs
        return first.setdefault((node.op, inputs, node.params), node)

    return shared
