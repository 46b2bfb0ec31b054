"""Passes: functions from graphs to graphs that compute the same values to the bit, in fewer steps."""

from adcore.passes.pipeline import optimise

__all__ = ["optimise"]
