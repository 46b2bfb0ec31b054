"""Eigenvalues and singular values, with their vectors."""

from adcore.ops.linalg.spectral import eigh, svd

__all__ = ["eigh", "svd"]
