"""Ops that act on each element alone."""

from adcore.ops.elementwise import arithmetic, choice, distributions, elementary, logic, rounding, special

__all__ = ["arithmetic", "choice", "distributions", "elementary", "logic", "rounding", "special"]
