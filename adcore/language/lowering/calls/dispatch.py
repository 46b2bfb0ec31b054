"""Calling whatever can be called: the program's own functions, those of the language, and derivatives of either."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls import builtins
from adcore.language.lowering.calls.arguments import Argument
from adcore.language.lowering.calls.derivatives import call_derived, lower_derivative, lower_jvp
from adcore.language.lowering.calls.equations import equation, odeint
from adcore.language.lowering.calls.functionals import Higher
from adcore.language.lowering.values import Callee, Closure, Derived, Value
from adcore.ops.functionals.solution import FIXED_POINT, MINIMUM, ROOT


def takes_functions(function: Callee) -> bool:
    """Whether functions can be among the arguments."""
    return isinstance(function, (Closure, Derived)) or function.name in FUNCTIONS


def apply_callee(low: Lowering, function: Callee, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call."""
    if isinstance(function, Closure):
        return low.inline(low, function, arguments, place)
    if isinstance(function, Derived):
        return call_derived(low, function, arguments, place, apply_callee)
    higher = FUNCTIONS.get(function.name)
    if higher is not None:
        return higher.rule(low, higher, arguments, place, apply_callee)
    return builtins.apply_known(low, function, arguments, place)


_DERIVED = ("f", "argnums")
_INTEGRATED = ("f", "y0", "t", "args", "rtol", "atol", "steps", "max_steps")
_SOLVED = ("f", "x0", "args", "tol", "max_steps")

FUNCTIONS: dict[str, Higher] = {
    each.name: each
    for each in (
        Higher(
            "grad",
            lower_derivative,
            "grad(f, argnums=0)",
            _DERIVED,
            "The function that gives the gradient of f, a number, by one argument or several.",
        ),
        Higher(
            "value_and_grad",
            lower_derivative,
            "value_and_grad(f, argnums=0)",
            _DERIVED,
            "The function that gives both f and its gradient.",
        ),
        Higher(
            "jacobian",
            lower_derivative,
            "jacobian(f, argnums=0)",
            _DERIVED,
            "The function that gives the derivatives of all that f gives: its shape, then the argument's.",
        ),
        Higher(
            "hessian",
            lower_derivative,
            "hessian(f, argnums=0)",
            _DERIVED,
            "The function that gives the second derivatives of f, a number.",
        ),
        Higher(
            "jvp",
            lower_jvp,
            "jvp(f, primals, tangents)",
            ("f", "primals", "tangents"),
            "f at the arguments, a tuple, and its derivative in the direction of the tangents, another.",
        ),
        Higher(
            ROOT,
            equation,
            "root(f, x0, args=(), tol=1e-10, max_steps=100)",
            _SOLVED,
            "Where f, of a number or an array, is zero, found from x0; differentiated as an implicit function.",
        ),
        Higher(
            FIXED_POINT,
            equation,
            "fixed_point(f, x0, args=(), tol=1e-10, max_steps=100)",
            _SOLVED,
            "Where f gives what it takes, found from x0; differentiated as an implicit function.",
        ),
        Higher(
            MINIMUM,
            equation,
            "minimize(f, x0, args=(), tol=1e-10, max_steps=100)",
            _SOLVED,
            "Where f, a number, has a local minimum, found from x0; differentiated as an implicit function.",
        ),
        Higher(
            "odeint",
            odeint,
            "odeint(f, y0, t, args=(), rtol=1e-8, atol=1e-8, steps=None, max_steps=10000)",
            _INTEGRATED,
            "The solution of y' = f(y, t) at the times t, from y0 at the first: by the adaptive method of Dormand & "
            "Prince, or by the classical one of Runge & Kutta with so many steps between two times.",
        ),
    )
}
"""The functions of functions, by name."""
