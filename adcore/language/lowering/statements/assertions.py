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

_TOLD = 4
"""How many values a message shows at most."""


def lower_requirement(low: Lowering, test: bool | Node, by: ast.expr, message: str, place: ast.stmt | ast.expr) -> Node:
    """A condition that must hold for whatever this scope gives; ``by`` is what it was written as."""
    told: dict[str, Node] = {}
    for name in ast.walk(by):
        held = low.scope.variables.get(name.id) if isinstance(name, ast.Name) else None
        if isinstance(held, Node) and held.shape == () and isinstance(name, ast.Name) and len(told) < _TOLD:
            told[name.id] = held
    token = low.scope.variables[CHECKED]
    assert not isinstance(token, Unusable)
    params = (("message", message), ("names", tuple(told)))
    node = low.emit(OPS["require"], (token, test, *told.values()), place, params)
    low.scope.assign(CHECKED, node, place)
    return node


def asserted(low: Lowering, statement: ast.Assert) -> None:
    """A condition that must hold for anything that is computed after it, or has been before in this function."""
    test = truth(low, lower_expression(low, statement.test), statement.test)
    if test is not True:
        lower_requirement(low, test, statement.test, text_of(statement.msg) or DEFAULT_MESSAGE, statement.test)


def raised(low: Lowering, statement: ast.Raise) -> Value:
    """The end of a way through the program on which it has no value."""
    message = _message(statement)
    token = lower_requirement(low, False, ast.Constant(False), message, statement)
    return Raised(token, AssertionFailed(message, span=low.span(statement)))


def raising(statement: ast.If) -> tuple[int, ast.Raise] | None:
    """Which of the branches raises at its end, where one does: what it does before cannot be seen."""
    for i, block in enumerate((statement.body, statement.orelse)):
        if block and isinstance(block[-1], ast.Raise):
            return i, block[-1]
    return None


def forbid(low: Lowering, statement: ast.If, test: Node, branch: int, end: ast.Raise) -> None:
    """See that the branch that raises is not taken."""
    holds = test if branch else low.emit(OPS["logical_not"], (test,), end)
    lower_requirement(low, holds, statement.test, _message(end), end)


def _message(statement: ast.Raise) -> str:
    error = statement.exc
    said = text_of(error.args[0]) if isinstance(error, ast.Call) and error.args else None
    kind = error.func if isinstance(error, ast.Call) else error
    return said or (f"{ast.unparse(kind)} is raised" if kind is not None else DEFAULT_MESSAGE)
