"""Bilinear ops, and sums of products built of them."""

from adcore.ops.products import convolution, einsum, matmul, polynomials, tensordot

__all__ = ["convolution", "einsum", "matmul", "polynomials", "tensordot"]
