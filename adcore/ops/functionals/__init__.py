"""Ops of functions: derivatives, and the solutions of equations."""

from adcore.ops.functionals import derivative, odes, quadrature, solution

__all__ = ["derivative", "odes", "quadrature", "solution"]
