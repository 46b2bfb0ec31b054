"""Strong products: a factor of the chain rule that is exactly zero wins over an infinity or NaN it is multiplied by.

The rule is symmetric: a tangent or an adjoint of zero silences an infinite partial derivative, and a partial of zero an
infinite tangent or adjoint. So a product along a path of the graph is zero as soon as one of its factors is, in
whatever order a mode multiplies them, and both modes agree. (Weak products, 0 * inf = NaN, as in JAX and PyTorch, let
NaN out of branches not taken; products that are strong in the adjoint alone depend on the mode.) Where the zero is
that of a choice, zero is right; elsewhere the limit may be another, and the engine says so: see ``engines.zeros``.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from adcore.errors import Span
from adcore.graph import OPS, Node, ScalarBuilder, number

BOTH = 3
"""The ``strong`` parameter of a product whose zeros win in either factor: 1 for the first and 2 for the second."""


class _Wins(threading.local):
    """How often a zero has won over an infinity or NaN in this thread: a count, as setting a context costs more."""

    count = 0


_wins = _Wins()


def zero_wins() -> int:
    """The number of products of this thread in which a zero won, so far: a run had some where it has grown."""
    return _wins.count


def zero_won() -> None:
    """Count a product in which a zero has won over an infinity or NaN."""
    _wins.count += 1


def is_strong(node: Node) -> bool:
    """Whether the node is a product of the chain rule."""
    return ("strong", BOTH) in node.params


def is_flat(node: Node) -> bool:
    """Whether the node is a step of numbers: constant around almost every point, so that a zero of it is a choice."""
    flat = node.op.facts.flat
    return len(flat) > 0 and len(flat) == len(node.inputs) and node.op.facts.elementwise and node.types[0].is_number


def strong_repair(product: Any, *factors: Any) -> Any:
    """An elementwise ``product``, with zero instead of NaN where one of ``factors`` is zero: 0 * inf, 0 * NaN."""
    if product.ndim == 0:
        if product != product and any(f == 0 for f in factors):
            zero_won()
            return np.float64(0.0)
        return product
    wrong = np.isnan(product)
    if wrong.any():
        zero = np.zeros(product.shape, bool)
        for f in factors:
            zero |= f == 0
        wrong &= zero
        if wrong.any():
            zero_won()
            product = np.where(wrong, 0.0, product)
    return product


def strong_select(b: ScalarBuilder[Any], product: Any, *factors: Any) -> Any:
    """``strong_repair`` of one number, for engines that compile."""
    for factor in factors:
        zero = b.select(b.compare("==", factor, b.const(0.0)), b.const(0.0), product)
        product = b.select(b.compare("!=", product, product), zero, product)
    return product


def strong_times(g: Node, partial: Node, span: Span | None = None) -> Node:
    """``g * partial``, zero where either is: one term of the chain rule, of the op at ``span``.

    For a partial 1 / x it is the quotient g / x, which rounds once.
    """
    if partial.op is OPS["divide"] and number(partial.inputs[0]) == 1.0:
        return OPS["divide"](g, partial.inputs[1], strong=BOTH, span=span)
    return OPS["multiply"](g, partial, strong=BOTH, span=span)
