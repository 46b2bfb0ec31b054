"""Strong products: an adjoint or a tangent that is exactly zero contributes zero, whatever it is multiplied by."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import OPS, Node, ScalarBuilder, number


def strong_repair(product: Any, *factors: Any) -> Any:
    """An elementwise ``product``, with zero instead of NaN where one of ``factors`` is zero: 0 * inf, 0 * NaN."""
    if product.ndim == 0:
        if product != product and any(f == 0 for f in factors):
            return np.float64(0.0)
        return product
    wrong = np.isnan(product)
    if wrong.any():
        zero = np.zeros(product.shape, bool)
        for f in factors:
            zero |= f == 0
        product = np.where(wrong & zero, 0.0, product)
    return product


def strong_select(b: ScalarBuilder[Any], product: Any, *factors: Any) -> Any:
    """``strong_repair`` of one number, for engines that compile."""
    for factor in factors:
        zero = b.select(b.compare("==", factor, b.const(0.0)), b.const(0.0), product)
        product = b.select(b.compare("!=", product, product), zero, product)
    return product


def strong_times(g: Node, partial: Node) -> Node:
    """``g * partial``, zero where ``g`` is zero: one term of the chain rule.

    For a partial 1 / x it is the quotient g / x, which rounds once.
    """
    if partial.op is OPS["divide"] and number(partial.inputs[0]) == 1.0:
        return OPS["divide"](g, partial.inputs[1], strong=True)
    return OPS["multiply"](g, partial, strong=1)


def strength(node: Node, operand: int, place: int = 0) -> int:
    """The ``strong`` parameter of the product that is the adjoint of a bilinear ``node`` by one of its operands.

    Its factors are the cotangent, at ``place`` and always strong, and the other operand, at ``operand`` in the node and
    strong if it is in the node.
    """
    operand_is_strong = bool(node.param("strong") & (1 << operand))
    return (1 << place) | (operand_is_strong << (1 - place))
