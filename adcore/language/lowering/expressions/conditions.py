"""``and``, ``or``, ``a if test else b``: what decides is evaluated, the rest where it is needed; and ``(a := b)``."""

from __future__ import annotations

import ast
from functools import partial

from adcore.errors import Unsupported
from adcore.graph import Node
from adcore.language.lowering.branches import Merge, short_circuit
from adcore.language.lowering.builder import LowerExpression, Lowering
from adcore.language.lowering.expressions.operators import is_condition, truth
from adcore.language.lowering.values import Value


def truth_of(low: Lowering, node: ast.expr, expression: LowerExpression) -> bool | Node:
    """The truth of an expression."""
    if isinstance(node, ast.BoolOp):
        return _connected(low, node, expression)
    return truth(low, expression(low, node), node)


def _connected(low: Lowering, node: ast.BoolOp, expression: LowerExpression) -> bool | Node:
    """The truth of ``and`` and ``or``: operands that are known, or may raise, are evaluated only where they decide."""
    is_and = isinstance(node.op, ast.And)
    result: bool | Node = is_and
    for operand in node.values:

        def ask(operand: ast.expr = operand) -> bool | Node:
            return truth_of(low, operand, expression)

        result = ask() if isinstance(result, bool) else short_circuit(low, is_and, result, ask, node)
        if result is (not is_and):
            break
    return result


def deciding_operand(low: Lowering, node: ast.BoolOp, expression: LowerExpression) -> Value:
    """``and`` and ``or``: the first operand that decides, else the last one."""
    is_and = isinstance(node.op, ast.And)
    value = expression(low, node.values[0])
    for i, operand in enumerate(node.values[1:]):
        test = truth(low, value, node.values[i])
        if isinstance(test, bool):
            if test is is_and:
                value = expression(low, operand)
        elif is_condition(value) and _is_condition_by_syntax(operand):
            value = short_circuit(low, is_and, test, partial(truth_of, low, operand, expression), node)
        else:
            merge = Merge(low, test, node)
            more: Value = None
            with merge.side(1 - is_and):
                more = expression(low, operand)
            value = merge.value(*((more, value) if is_and else (value, more)))
    return value


def _is_condition_by_syntax(node: ast.expr) -> bool:
    """Whether an expression is a comparison, or several joined."""
    match node:
        case ast.Compare() | ast.UnaryOp(ast.Not()) | ast.Constant(bool()):
            return True
        case ast.BoolOp(values=values):
            return all(map(_is_condition_by_syntax, values))
        case _:
            return False


def chosen_value(low: Lowering, node: ast.IfExp, expression: LowerExpression) -> Value:
    """``a if test else b``."""
    test = truth_of(low, node.test, expression)
    if isinstance(test, bool):
        return expression(low, node.body if test else node.orelse)
    merge = Merge(low, test, node)
    then = otherwise = None
    with merge.side(0):
        then = expression(low, node.body)
    with merge.side(1):
        otherwise = expression(low, node.orelse)
    return merge.value(then, otherwise)


def assigned_value(low: Lowering, node: ast.NamedExpr, expression: LowerExpression) -> Value:
    """``(name := value)``, in the scope of the statement, outside comprehensions and operands that may be left out."""
    value = expression(low, node.value)
    scope = low.frames.scope
    if scope.region is not low.nodes or scope.names.inline:
        raise Unsupported(
            "an assignment inside an expression stands where it is always evaluated, once",
            span=low.span(node),
            help="assign on a line of its own",
        )
    scope.assign(node.target.id, value, node.target)
    return value
