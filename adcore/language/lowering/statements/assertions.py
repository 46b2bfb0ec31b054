"""``assert`` and ``raise``: conditions under which a program has no value, and what it says then."""

from __future__ import annotations

import ast

from adcore.errors import AssertionFailed
from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.expressions import lower_expression
from adcore.language.lowering.expressions.operators import truth
from adcore.language.lowering.values import Raised, Unusable, Value
from adcore.language.syntax.patterns import text_of
from adcore.language.syntax.scopes import CHECKED
from adcore.ops.control.assertions import DEFAULT_MESSAGE

_SHOWN_VALUES = 4
"""Limit of the values in a message."""


def lower_requirement(low: Lowering, test: bool | Node, by: ast.expr, message: str, place: ast.stmt | ast.expr) -> Node:
    """Emit a condition on which all results of this scope depend; ``by`` is its syntax, for the message."""
    shown: dict[str, Node] = {}
    for name in ast.walk(by):
        if isinstance(name, ast.Name) and len(shown) < _SHOWN_VALUES:
            value = low.frames.scope.variables.get(name.id)
            if isinstance(value, Node) and value.shape == ():
                shown[name.id] = value
    token = low.frames.scope.variables[CHECKED]
    assert not isinstance(token, Unusable)
    params = (("message", message), ("names", tuple(shown)))
    node = low.emit(OPS["require"], (token, test, *shown.values()), place, params)
    low.frames.scope.assign(CHECKED, node, place)
    return node


def asserted(low: Lowering, statement: ast.Assert) -> None:
    """``assert``: no result of this function, computed before or after it, is valid unless the condition holds."""
    test = truth(low, lower_expression(low, statement.test), statement.test)
    if test is not True:
        lower_requirement(low, test, statement.test, text_of(statement.msg) or DEFAULT_MESSAGE, statement.test)


def raised(low: Lowering, statement: ast.Raise) -> Value:
    """``raise``: the end of a path that has no result."""
    message = _message(statement)
    token = lower_requirement(low, False, ast.Constant(False), message, statement)
    return Raised(token, AssertionFailed(message, span=low.span(statement)))


def raising(statement: ast.If) -> tuple[int, ast.Raise] | None:
    """The branch that ends in ``raise``, and this statement; None otherwise. Whatever precedes it has no effect."""
    for i, block in enumerate((statement.body, statement.orelse)):
        if block and isinstance(block[-1], ast.Raise):
            return i, block[-1]
    return None


def forbid(low: Lowering, statement: ast.If, test: Node, branch: int, end: ast.Raise) -> None:
    """Require that the branch that raises is not taken."""
    holds = test if branch else low.emit(OPS["logical_not"], (test,), end)
    lower_requirement(low, holds, statement.test, _message(end), end)


def _message(statement: ast.Raise) -> str:
    error = statement.exc
    message = text_of(error.args[0]) if isinstance(error, ast.Call) and error.args else None
    kind = error.func if isinstance(error, ast.Call) else error
    return message or (f"{ast.unparse(kind)} is raised" if kind is not None else DEFAULT_MESSAGE)
