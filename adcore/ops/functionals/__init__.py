"""Ops of functions: derivatives, and the solutions of equations."""

from adcore.ops.functionals import derivative, odes, solution

__all__ = ["derivative", "odes", "solution"]
