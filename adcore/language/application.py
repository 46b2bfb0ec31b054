"""Calling whatever can be called: the program's own functions, those of the language, and derivatives of either."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.language import builtins, higher
from adcore.language.calls import Argument
from adcore.language.lowering import Lowering
from adcore.language.values import Callee, Derived, Function, Value


def takes_functions(function: Callee) -> bool:
    """Whether functions can be among the arguments."""
    return isinstance(function, (Function, Derived)) or function.name in higher.FUNCTIONS


def apply(low: Lowering, function: Callee, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call."""
    if isinstance(function, Function):
        return low.inline(low, function, arguments, place)
    if isinstance(function, Derived):
        return higher.call_derived(low, function, arguments, place, apply)
    if function.name in higher.FUNCTIONS:
        return higher.apply(low, function.name, arguments, place, apply)
    return builtins.apply(low, function, arguments, place)
