"""One application of a node: its value from the values of its operands.

The interpreter runs a node many times, and binds the node's kernel once, when it plans the graph. Whoever evaluates a
node as it comes (constant folding, partial evaluation, recording, the trace) applies it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from adcore.engines.watched import watched
from adcore.errors import AdcoreError
from adcore.graph import ITEM, Node, RunGraph

SMALL = 64
"""Elements up to which an application is over before its time could matter."""


def kernel_of(node: Node) -> Callable[..., Any]:
    """The function from the values of the operands to the node's value, its parameters bound.

    The kernel of a structured node takes what runs graphs before the operands.
    """
    if node.op is ITEM:
        return operator.itemgetter(node.param("index"))
    function = _function_of(node)
    if not node.params:
        return function
    # Bound once and called often: a parameter that has its default is not passed on.
    pairs = zip(node.op.signature.parameters, node.params, strict=True)
    params = {p.name: value for p, (_, value) in pairs if p.required or value != p.default}
    return functools.partial(function, **params) if params else function


def apply(node: Node, operands: Sequence[Any], run: RunGraph | None = None) -> Any:
    """The node's value, of an op of several results a sequence of them.

    ``run`` runs the graphs inside structured nodes, and is needed for no others. A large application watches the clock.
    Raises what the op raises at run time, with the node's span, unless an inner one is known. Floating-point warnings
    are the caller's matter.
    """
    try:
        if node.op.rules.structure is not None:
            return _function_of(node)(run, *operands, **dict(node.params))
        if node.type.size > SMALL or any(x.type.size > SMALL for x in node.inputs):
            return watched(kernel_of(node), node)(*operands)
        return _function_of(node)(*operands, **dict(node.params))
    except AdcoreError as error:
        error.span = error.span or node.span
        raise


def _function_of(node: Node) -> Callable[..., Any]:
    rules = node.op.rules
    function = rules.value if rules.structure is None else rules.structure.run
    assert function is not None, f"{node} has no value of its own: inputs are the caller's"
    return function
