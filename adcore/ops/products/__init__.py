"""Ops that are linear in each of two operands, and what is made of them."""

from adcore.ops.products import convolution, einsum, matmul, polynomials, tensordot

__all__ = ["convolution", "einsum", "matmul", "polynomials", "tensordot"]
