"""Eigenvalues and singular values, with their vectors."""

from adcore.ops.linalg.spectral import eig, eigh, svd

__all__ = ["eig", "eigh", "svd"]
