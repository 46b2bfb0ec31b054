"""Calls of the language's own functions, and of derivatives of any function, by the rule of each."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.language.functionals import FUNCTIONALS
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls import builtins
from adcore.language.lowering.calls.derivatives import (
    VALUE_AND_GRADIENT,
    call_derived,
    derivative_rule,
    lower_hessian,
    lower_jvp,
)
from adcore.language.lowering.calls.equations import lower_equation, lower_odeint, lower_quad
from adcore.language.lowering.calls.frozen import call_partial
from adcore.language.lowering.calls.functionals import Rule
from adcore.language.lowering.calls.library.choices import VECTORIZED, call_vectorized, lower_vectorize
from adcore.language.lowering.calls.library.interpolants import call_interpolant
from adcore.language.lowering.values import Argument, Callee, Derived, Interpolant, LibraryFunction, Partial, Value
from adcore.ops.functionals.derivative import GRADIENT, JACOBIAN
from adcore.ops.functionals.solution import FIXED_POINT, MINIMUM, ROOT


def takes_functions(function: Callee) -> bool:
    """Whether functions can be among the arguments."""
    return not isinstance(function, LibraryFunction) or function.name in RULES or function.name in HANDED_ON


HANDED_ON = frozenset({"sorted", "dict", "functools.partial", "functools.reduce", "itertools.accumulate"})
"""The functions that are no functionals, and take functions."""


def apply_library(
    low: Lowering,
    function: LibraryFunction | Derived | Interpolant | Partial,
    arguments: Sequence[Argument],
    place: ast.Call,
) -> Value:
    """The value of a call of a function that the program does not define."""
    if isinstance(function, Derived):
        if function.kind == VECTORIZED:
            return call_vectorized(low, function, arguments, place)
        return call_derived(low, function, arguments, place)
    if isinstance(function, Partial):
        return call_partial(low, function, arguments, place)
    if isinstance(function, Interpolant):
        return call_interpolant(low, function, arguments, place)
    rule = RULES.get(function.name)
    if rule is not None:
        return rule(low, FUNCTIONALS[function.name], arguments, place)
    return builtins.apply_op_or_builtin(low, function, arguments, place)


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
    "quad": lower_quad,
    "vectorize": lower_vectorize,
}
"""How a call of each of the functionals is lowered."""
assert RULES.keys() == FUNCTIONALS.keys(), "each functional has a rule"
