"""Strong products: an adjoint or a tangent that is exactly zero contributes zero, whatever it is multiplied by."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import OPS, Node, ScalarBuilder, number


def strong_repair(product: Any, *factors: Any) -> Any:
    """``product``, an elementwise one, with zeros where one of ``factors`` is zero: 0 * inf and 0 * NaN are NaN."""
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

    A partial that is a quotient 1 / x is divided by instead, which rounds once and reads as people write it.
    """
    if partial.op is OPS["divide"] and number(partial.inputs[0]) == 1.0:
        return OPS["divide"](g, partial.inputs[1], strong=True)
    return OPS["multiply"](g, partial, strong=1)


def strength(node: Node, operand: int, place: int = 0) -> int:
    """What is strong in the adjoint of a bilinear ``node`` that flows from its ``operand`` to the other one.

    That is the cotangent, whose place in the product is ``place``, and the operand, if it was strong in the node.
    """
    kept = bool(node.param("strong") & (1 << operand))
    return (1 << place) | (kept << (1 - place))
