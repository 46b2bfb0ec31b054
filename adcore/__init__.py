"""Automatic differentiation: programs and Python functions to graphs, graphs to their derivatives, and to numbers.

``compile`` is for programs that are texts, the other functions are for Python functions.
"""

from adcore.compiler.program import Program, compile
from adcore.recording.transforms import grad, hessian, hvp, jacobian, jvp, trace, value_and_grad, vjp

__all__ = ["Program", "compile", "grad", "hessian", "hvp", "jacobian", "jvp", "trace", "value_and_grad", "vjp"]
