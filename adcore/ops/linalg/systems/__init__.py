"""Systems of linear equations, and the factorisations that solve them."""

from adcore.ops.linalg.systems import factorisations, solve

__all__ = ["factorisations", "solve"]
