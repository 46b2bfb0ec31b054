"""What a program's result is and what its outputs are called, as far as the text alone says it.

The result is what a ``return`` of the main block gives, else the last expression or assignment; where an ``if`` stands
last, its branches are asked the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType

RESULT = "result"


@dataclass(frozen=True, slots=True)
class ResultPlan:
    """How the result is found once the main block has been run, and its names.

    ``names`` has one entry, or one for each part where ``several`` says that the text has a tuple; None is a part
    without a name of its own. Where nothing is returned, the result is the value of one of the ``expressions``, or
    else, if ``held``, what the names hold.
    """

    names: tuple[str | None, ...]
    several: bool
    expressions: frozenset[ast.Expr] = frozenset()
    held: bool = False

    def output_names(self) -> tuple[str, ...]:
        """The names as a client sees them, as long as no part is itself a tuple."""
        if not self.several:
            return (self.names[0] or RESULT,)
        return tuple(name or f"{RESULT}_{i}" for i, name in enumerate(self.names, 1))


def plan_of(main: Sequence[ast.stmt]) -> ResultPlan | None:
    """The plan of a main block, or None where nothing in it can be the result."""
    fallen = _end_of(main)
    plans = [_expression(statement.value) for statement in _returns(main) if statement.value is not None]
    if isinstance(fallen, ResultPlan):
        plans.append(fallen)
    if not plans:
        return None
    names, several = _common(plans)
    if isinstance(fallen, ResultPlan):
        # What is held is read under its own names, whatever they are called outside.
        return ResultPlan(
            fallen.names if fallen.held else names,
            fallen.several if fallen.held else several,
            fallen.expressions,
            fallen.held,
        )
    return ResultPlan(names, several)


def _common(plans: Sequence[ResultPlan]) -> tuple[tuple[str | None, ...], bool]:
    """The names that all plans agree on."""
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
    """What holds the result at the end of a block; False where nothing does, True where the end is not reached."""
    for statement in reversed(block):
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case _ if is_passed_over(statement):
                continue
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "append"))):
                return ResultPlan((name,), False, held=True)
            case ast.Expr(value):
                written = _expression(value)
                return ResultPlan(written.names, written.several, frozenset({statement}))
            case ast.Assign(targets=[target, *_]):
                return ResultPlan(tuple(_targets(target)), isinstance(target, (ast.Tuple, ast.List)), held=True)
            case ast.AugAssign(target) | ast.AnnAssign(target, value=ast.expr()):
                return ResultPlan(tuple(_targets(target)), False, held=True)
            case ast.While(ast.Constant(value), body) if value and not _breaks(body):
                return True
            case ast.For(body=body) | ast.While(body=body):
                # Of what stands in a loop only a name can be the result: what it holds after the last pass.
                inner = _end_of(body)
                if isinstance(inner, ResultPlan) and inner.held:
                    return inner
            case ast.If(body=body, orelse=orelse):
                return _either(_end_of(body), _end_of(orelse), bool(orelse))
            case _:
                continue
    return False


def is_passed_over(statement: ast.stmt) -> bool:
    """Whether a statement computes nothing: a text, ``...``, a ``print``, or what a file does when it is run itself."""
    match statement:
        case ast.Expr(ast.Constant(str() | EllipsisType()) | ast.Call(ast.Name("print"))):
            return True
        case ast.If(ast.Compare(ast.Name("__name__"))):
            return True
        case _:
            return False


def _breaks(block: Sequence[ast.stmt]) -> bool:
    """Whether a ``break`` of the loop that has this block stands in it."""
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
    """The end of an ``if`` from the ends of its branches."""
    if not isinstance(then, ResultPlan) or not isinstance(otherwise, ResultPlan):
        if isinstance(then, ResultPlan) and then.held and not both:
            return then
        if then is True or otherwise is True:
            return otherwise if then is True else then
        return False
    if then.held or otherwise.held:
        return then if then.names == otherwise.names and then.held and otherwise.held else False
    names, several = _common((then, otherwise))
    return ResultPlan(names, several, then.expressions | otherwise.expressions)
