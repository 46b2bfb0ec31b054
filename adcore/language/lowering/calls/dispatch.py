"""Calling whatever can be called: the program's own functions, those of the language, and derivatives of either."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.language.functionals import FUNCTIONALS
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls import builtins
from adcore.language.lowering.calls.arguments import Argument
from adcore.language.lowering.calls.derivatives import (
    VALUE_AND_GRADIENT,
    call_derived,
    derivative_rule,
    lower_hessian,
    lower_jvp,
)
from adcore.language.lowering.calls.equations import lower_equation, lower_odeint
from adcore.language.lowering.calls.functionals import Rule
from adcore.language.lowering.values import Callee, Closure, Derived, Value
from adcore.ops.functionals.derivative import GRADIENT, JACOBIAN
from adcore.ops.functionals.solution import FIXED_POINT, MINIMUM, ROOT


def takes_functions(function: Callee) -> bool:
    """Whether functions can be among the arguments."""
    return isinstance(function, (Closure, Derived)) or function.name in FUNCTIONALS


def apply_callee(low: Lowering, function: Callee, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call."""
    if isinstance(function, Closure):
        return low.inline(low, function, arguments, place)
    if isinstance(function, Derived):
        return call_derived(low, function, arguments, place, apply_callee)
    functional = FUNCTIONALS.get(function.name)
    if functional is not None:
        return RULES[functional.name](low, functional, arguments, place, apply_callee)
    return builtins.apply_known(low, function, arguments, place)


RULES: dict[str, Rule] = {
    "grad": derivative_rule(GRADIENT),
    "value_and_grad": derivative_rule(VALUE_AND_GRADIENT),
    "jacobian": derivative_rule(JACOBIAN),
    "hessian": lower_hessian,
    "jvp": lower_jvp,
    ROOT: lower_equation,
    FIXED_POINT: lower_equation,
    MINIMUM: lower_equation,
    "odeint": lower_odeint,
}
"""How a call of each of the functionals is lowered."""
