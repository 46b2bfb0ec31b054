"""Systems of linear equations, and the factorisations that solve them."""

from adcore.ops.linalg.systems import banded, factorisations, lu, solve, sylvester

__all__ = ["banded", "factorisations", "lu", "solve", "sylvester"]
