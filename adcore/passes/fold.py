"""Constant folding: what depends on no input is computed once, when the program is compiled."""

from __future__ import annotations

import numpy as np

from adcore.errors import AdcoreError
from adcore.graph import CONSTANT, Graph, Node, constant, literal
from adcore.graph.traversal import rewrite

LARGEST = 4096
"""Elements of the largest constant that is kept in the program; larger ones are computed anew by each evaluation."""


def fold(graph: Graph) -> Graph:
    """The graph with each op on constants replaced by its value.

    An op that fails on its operands stays, and fails when, and if, it is evaluated.
    """
    return rewrite(graph, folded)


def folded(node: Node) -> Node:
    """The constant a node is, where it is one, else the node."""
    op = node.op
    if (
        op is CONSTANT
        or op.rules.value is None
        or op.facts.several
        or op.rules.structure is not None
        or op.facts.on_stacks
    ):
        return node
    if node.type.size > LARGEST:
        return node
    if any(x.op is not CONSTANT for x in node.inputs):
        return node
    values = [literal(x) for x in node.inputs]
    try:
        with np.errstate(all="ignore"):
            return constant(op.rules.value(*values, **dict(node.params)), node.span)
    except AdcoreError:
        return node
