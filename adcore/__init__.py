"""Automatic differentiation: programs and Python functions to graphs, graphs to their derivatives, and to numbers."""

from adcore.recording.transforms import grad, jvp, trace, value_and_grad, vjp

__all__ = ["grad", "jvp", "trace", "value_and_grad", "vjp"]
