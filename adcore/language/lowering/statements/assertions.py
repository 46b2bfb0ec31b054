"""``assert`` and ``raise``: conditions under which a program has no value, and what it says then."""

from __future__ import annotations

import ast

from adcore.errors import AdcoreError, AssertionFailed
from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.expressions import condition, lower_expression
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
    test = condition(low, statement.test)
    if test is not True:
        lower_requirement(low, test, statement.test, _text(low, statement.msg) or DEFAULT_MESSAGE, statement.test)


def raised(low: Lowering, statement: ast.Raise) -> Value:
    """``raise``: the end of a path that has no result."""
    message = _message(low, statement)
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
    lower_requirement(low, holds, statement.test, _message(low, end), end)


def _text(low: Lowering, message: ast.expr | None) -> str | None:
    """A message: the string, with its known values; where others are in it, their expressions as they are written."""
    if message is None or not all(isinstance(x, _IN_MESSAGES) for x in ast.walk(message)):
        return text_of(message)
    try:
        with low.attempt():
            value = lower_expression(low, message)
    except AdcoreError:
        return text_of(message)
    return value if isinstance(value, str) else text_of(message)


_IN_MESSAGES = (
    ast.Constant,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.BinOp,
    ast.Call,
    ast.Tuple,
    ast.operator,
    ast.expr_context,
)
"""What is computed in a message, if its values are known."""


def _message(low: Lowering, statement: ast.Raise) -> str:
    error = statement.exc
    message = _text(low, error.args[0]) if isinstance(error, ast.Call) and error.args else None
    kind = error.func if isinstance(error, ast.Call) else error
    return message or (f"{ast.unparse(kind)} is raised" if kind is not None else DEFAULT_MESSAGE)
