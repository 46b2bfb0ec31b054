"""Ops that act on each element alone."""

from adcore.ops.elementwise import arithmetic, distributions, elementary, logic, rounding, special

__all__ = ["arithmetic", "distributions", "elementary", "logic", "rounding", "special"]
