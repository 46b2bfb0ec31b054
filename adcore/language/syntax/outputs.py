"""What a program's result is and what its outputs are called, as far as the syntax tree determines it.

The result is the value of a ``return`` of the main block, else the last expression or assignment; of an ``if`` that
stands last, the same holds of its branches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType

RESULT = "result"


@dataclass(frozen=True, slots=True)
class ResultPlan:
    """Where the result comes from once the main block has run, and what its parts are called.

    ``names`` has one entry, or one per part where the result is a tuple (``several``); None is a part without a name.
    Where nothing is returned, the result is the value of one of the ``expressions``, or, with ``of_variables``, the
    final values of the variables ``names``.
    """

    names: tuple[str | None, ...]
    several: bool
    expressions: frozenset[ast.Expr] = frozenset()
    of_variables: bool = False

    def output_names(self) -> tuple[str, ...]:
        """The names as a client sees them, as long as no part is itself a tuple."""
        if not self.several:
            return (self.names[0] or RESULT,)
        return tuple(name or f"{RESULT}_{i}" for i, name in enumerate(self.names, 1))


def plan_of(main: Sequence[ast.stmt]) -> ResultPlan | None:
    """The plan of a main block, or None where nothing in it can be the result."""
    at_end = _end_of(main)
    plans = [_expression(statement.value) for statement in _returns(main) if statement.value is not None]
    if isinstance(at_end, ResultPlan):
        plans.append(at_end)
    if not plans:
        return None
    names, several = _common(plans)
    if isinstance(at_end, ResultPlan):
        # Variables are read under their own names, whatever the returns call the parts.
        return ResultPlan(
            at_end.names if at_end.of_variables else names,
            at_end.several if at_end.of_variables else several,
            at_end.expressions,
            at_end.of_variables,
        )
    return ResultPlan(names, several)


def _common(plans: Sequence[ResultPlan]) -> tuple[tuple[str | None, ...], bool]:
    """The names that all plans agree on, and whether they are of a tuple."""
    first = plans[0]
    if any(plan.several != first.several or len(plan.names) != len(first.names) for plan in plans):
        return (None,), False
    columns = zip(*(plan.names for plan in plans), strict=True)
    return tuple(names[0] if len(set(names)) == 1 else None for names in columns), first.several


def _expression(value: ast.expr) -> ResultPlan:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return ResultPlan(tuple(p.id if isinstance(p, ast.Name) else None for p in parts), isinstance(value, ast.Tuple))


def _targets(target: ast.expr) -> Iterator[str | None]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _targets(part)
    elif isinstance(target, (ast.Subscript, ast.Starred)):
        yield from _targets(target.value)
    else:
        yield target.id if isinstance(target, ast.Name) else None


def _returns(block: Sequence[ast.stmt]) -> Iterator[ast.Return]:
    """The ``return`` statements of a block, those of its branches and loops included."""
    for statement in block:
        if isinstance(statement, ast.Return):
            yield statement
        elif isinstance(statement, (ast.If, ast.For, ast.While)):
            yield from _returns(statement.body)
            yield from _returns(statement.orelse)


def _end_of(block: Sequence[ast.stmt]) -> ResultPlan | bool:
    """The result at the end of a block: its plan, False where there is none, True where the end is unreachable."""
    for statement in reversed(block):
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case _ if is_passed_over(statement):
                continue
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "append"), [_], [])):
                return ResultPlan((name,), False, of_variables=True)
            case ast.Expr(value):
                written = _expression(value)
                return ResultPlan(written.names, written.several, frozenset({statement}))
            case ast.Assign(targets=[target, *_]):
                return ResultPlan(tuple(_targets(target)), isinstance(target, (ast.Tuple, ast.List)), of_variables=True)
            case ast.AugAssign(target) | ast.AnnAssign(target, value=ast.expr()):
                return ResultPlan(tuple(_targets(target)), False, of_variables=True)
            case ast.While(ast.Constant(value), body) if value and not _breaks(body):
                return True
            case ast.For(body=body) | ast.While(body=body):
                # Only variables outlive a loop: the result is their value after the last pass.
                inner = _end_of(body)
                if isinstance(inner, ResultPlan) and inner.of_variables:
                    return inner
            case ast.If(body=body, orelse=orelse):
                return _either(_end_of(body), _end_of(orelse), bool(orelse))
            case _:
                continue
    return False


def is_passed_over(statement: ast.stmt) -> bool:
    """Whether a statement is ignored: a docstring, ``...``, a ``print``, or an ``if __name__`` block."""
    match statement:
        case ast.Expr(ast.Constant(str() | EllipsisType()) | ast.Call(ast.Name("print"))):
            return True
        case ast.If(ast.Compare(ast.Name("__name__")) | ast.Compare(comparators=[ast.Name("__name__")])):
            return True
        case _:
            return False


def _breaks(block: Sequence[ast.stmt]) -> bool:
    """Whether a block has a ``break`` of the loop around it."""
    for statement in block:
        match statement:
            case ast.Break():
                return True
            case ast.If(body=body, orelse=orelse) if _breaks(body) or _breaks(orelse):
                return True
            case ast.For(orelse=orelse) | ast.While(orelse=orelse) if _breaks(orelse):
                return True
            case _:
                pass
    return False


def _either(then: ResultPlan | bool, otherwise: ResultPlan | bool, both: bool) -> ResultPlan | bool:
    """The result at the end of an ``if``, from those of its branches."""
    if not isinstance(then, ResultPlan) or not isinstance(otherwise, ResultPlan):
        if isinstance(then, ResultPlan) and then.of_variables and not both:
            return then
        if then is True or otherwise is True:
            return otherwise if then is True else then
        return False
    if then.of_variables or otherwise.of_variables:
        return then if then.names == otherwise.names and then.of_variables and otherwise.of_variables else False
    names, several = _common((then, otherwise))
    return ResultPlan(names, several, then.expressions | otherwise.expressions)
