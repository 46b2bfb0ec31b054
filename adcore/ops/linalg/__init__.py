"""Linear algebra: ops on matrices, and on stacks of them."""

from adcore.ops.linalg import (
    correlations,
    determinants,
    eigh,
    factorisations,
    least_squares,
    matrix_functions,
    norms,
    solve,
    svd,
)

__all__ = [
    "correlations",
    "determinants",
    "eigh",
    "factorisations",
    "least_squares",
    "matrix_functions",
    "norms",
    "solve",
    "svd",
]
