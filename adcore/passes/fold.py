"""Constant folding: what depends on no input is computed once, when the program is compiled."""

from __future__ import annotations

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.cost import seconds_of
from adcore.errors import AdcoreError, TooLong
from adcore.graph import CONSTANT, Node, Op, constant, literal

LARGEST = 4096
"""Elements of the largest constant that folding makes; larger ones are computed anew by each evaluation."""
MOST_SECONDS = 0.05
"""Predicted seconds of the longest operation that folding does; longer ones are left to the evaluation, too."""


def folded(node: Node) -> Node:
    """The constant that a node is, where its operands are constants, else the node.

    An op that raises on its operands stays, and raises when, and if, it is evaluated.
    """
    if node.op is CONSTANT or node.type.size > LARGEST or any(x.op is not CONSTANT for x in node.inputs):
        return node
    if not _folds(node.op) or seconds_of(node) > MOST_SECONDS:
        return node
    try:
        with np.errstate(all="ignore"):
            return constant(apply(node, [literal(x) for x in node.inputs]), node.span)
    except TooLong:
        raise
    except AdcoreError:
        return node


def _folds(op: Op) -> bool:
    """Whether applications of the op have one array as their value, computed from the operands alone."""
    facts = op.facts
    runs_alone = op.rules.value is not None and op.rules.structure is None and not facts.contextual
    return runs_alone and not facts.several and not facts.on_stacks
