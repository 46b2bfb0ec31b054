"""Linear algebra: ops on matrices, and on stacks of them."""

from adcore.ops.linalg import correlations, determinants, least_squares, matrix_functions, norms, spectral, systems

__all__ = ["correlations", "determinants", "least_squares", "matrix_functions", "norms", "spectral", "systems"]
