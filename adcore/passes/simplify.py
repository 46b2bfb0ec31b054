"""Algebraic simplification, by identities that keep every bit of the value; the facts come from the op table.

Identities that only real numbers have (x + y - y = x, 0 * x = 0) are not among them: floating-point numbers have
signed zeros, infinities and NaN, and a derivative must not depend on whether a pass has run.
"""

from __future__ import annotations

import math

from adcore.graph import OPS, Node, number


def simplified(node: Node) -> Node:
    """A simpler node of the same value, where an identity applies, else the node."""
    for rule in (_neutral, _minus_one, _involution, _identity):
        simpler = rule(node)
        if simpler is not None:
            return simpler
    return node


def _neutral(node: Node) -> Node | None:
    """1 * x = x,  x * 1 = x,  x / 1 = x,  x ** 1 = x,  x - 0 = x,  x + -0 = x."""
    left, right = node.op.facts.neutral
    if left is right is None:
        return None
    a, b = node.inputs
    if _is_number(b, right) and a.type == node.type:
        return a
    if _is_number(a, left) and b.type == node.type:
        return b
    return None


def _is_number(node: Node, expected: float | None) -> bool:
    """Whether the node is the constant ``expected``, sign of zero included."""
    value = number(node)
    if value is None or expected is None:
        return False
    return value == expected and math.copysign(1, value) == math.copysign(1, expected)


def _minus_one(node: Node) -> Node | None:
    """x * -1 = -x,  -1 * x = -x, strong products too: neither makes a NaN of a zero."""
    if node.op is not OPS["multiply"]:
        return None
    a, b = node.inputs
    if number(b) == -1.0 and a.type == node.type:
        return OPS["negative"](a, span=node.span)
    if number(a) == -1.0 and b.type == node.type:
        return OPS["negative"](b, span=node.span)
    return None


def _involution(node: Node) -> Node | None:
    """f(f(x)) = x for negation, logical not, the transpose, flip."""
    if not node.op.facts.involution:
        return None
    inner = node.inputs[0]
    return inner.inputs[0] if inner.op is node.op and inner.params == node.params else None


def _identity(node: Node) -> Node | None:
    """f(x) = x: a reshape to the same shape, a sum over no axes."""
    return node.inputs[0] if node.op.rules.is_identity is not None and node.op.rules.is_identity(node) else None
