"""Statements: blocks, branches, and the inlined calls of the program's functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping, Sequence

from adcore.errors import BadCall
from adcore.graph import Node
from adcore.language import vocabulary
from adcore.language.lowering.branches import Merge
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.dispatch import apply_library
from adcore.language.lowering.calls.library.choices import VECTORIZED
from adcore.language.lowering.calls.recursion import called
from adcore.language.lowering.containers.dictionaries import dictionary
from adcore.language.lowering.expressions.expressions import closure_of, condition, handed_on, lower_expression
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.statements.assertions import asserted, forbid, raised, raising
from adcore.language.lowering.statements.assignment import augmented, bind, deleted
from adcore.language.lowering.statements.list_appends import append
from adcore.language.lowering.statements.loop_exits import Outcome
from adcore.language.lowering.statements.loops import lower_loop
from adcore.language.lowering.values import (
    MISSING,
    Argument,
    Binding,
    Callee,
    Closure,
    Derived,
    Missing,
    Raised,
    Scope,
    Tuple,
    Unusable,
    Value,
)
from adcore.language.syntax.outputs import is_passed_over
from adcore.language.syntax.scopes import CHECKED, RETURNED, RUNNING, VALUE, LoopStatement, appended

LAST = "<last>"
"""The variable with the value of the last expression that may be the program's result."""

Finish = Callable[[Value | Missing], Value]
"""Continuation of a ``return``, with its value, or of the end of a block, with MISSING."""


Leave = Callable[[ast.Break | ast.Continue], None]
"""Continuation of a ``break`` or ``continue``."""


class Rest:
    """A continuation: the statements of a block from ``start`` on, then those of the enclosing block.

    ``test``, if not None, is the value of the condition of the first statement, which is a branch.
    """

    __slots__ = ("block", "outer", "start", "test")

    def __init__(
        self, block: Sequence[ast.stmt], start: int, outer: Rest | None, test: bool | Node | None = None
    ) -> None:
        self.block = block
        self.start = start
        self.outer = outer
        self.test = test


def run(low: Lowering, rest: Rest | None, finish: Finish, leave: Leave | None = None) -> Value:
    """Lower statements up to a ``return`` or the end; within a loop, which gives ``leave``, to the end of a pass.

    Where a branch on a condition that depends on the inputs exits early, the continuation is lowered within the branch
    that does not: each is lowered to its own end, and the result is that of the branch that is taken.
    """
    while rest is not None:
        block, start, outer, known_test = rest.block, rest.start, rest.outer, rest.test
        rest = outer
        for i in range(start, len(block)):
            statement = block[i]
            if low.refused and statement in low.refused and not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                raise low.syntax.refusal(statement)
            if isinstance(statement, ast.Return):
                return finish(None if statement.value is None else handed_on(low, statement.value))
            if isinstance(statement, ast.Raise):
                return finish(raised(low, statement))
            if isinstance(statement, (ast.Break, ast.Continue)):
                assert leave is not None
                leave(statement)
                return None
            after = Rest(block, i + 1, outer)
            if isinstance(statement, (ast.For, ast.While)):
                outcome = lower_loop(low, statement, _pass)
                if outcome.returned is True:
                    return finish(outcome.value)
                otherwise = low.syntax.otherwise.get(statement)
                if otherwise is not None:
                    after = Rest([otherwise], 0, after, outcome.completed)
                if isinstance(outcome.returned, Node):
                    return _returned(low, statement, outcome, after, finish, leave)
                if otherwise is not None:
                    rest = after
                    break
            elif is_passed_over(statement):
                continue
            elif isinstance(statement, ast.If):
                test = known_test
                if test is None:
                    test = condition(low, statement.test)
                known_test = None
                if isinstance(test, bool):
                    rest = Rest(statement.body if test else statement.orelse, 0, after)
                    break
                end = raising(statement)
                if end is not None:
                    forbid(low, statement, test, *end)
                    rest = Rest(statement.body if end[0] else statement.orelse, 0, after)
                    break
                if statement in low.syntax.early_exits:
                    return _leaving(low, statement, test, after, finish, leave)
                _branch(low, statement, test)
            else:
                _SIMPLE[type(statement)](low, statement)
    return finish(MISSING)


def _branch(low: Lowering, statement: ast.If, test: Node) -> None:
    """An ``if`` without an early exit: its branches join after it."""
    merge = Merge(low, test, statement)
    for i, block in enumerate((statement.body, statement.orelse)):
        with merge.side(i):
            run(low, Rest(block, 0, None), lambda _: None)
    merge.bind()


def _leaving(low: Lowering, statement: ast.If, test: Node, after: Rest, finish: Finish, leave: Leave | None) -> Value:
    """An ``if`` with an early exit: the continuation is lowered within each branch that reaches it."""
    merge = Merge(low, test, statement)
    values: list[Value] = [None, None]
    for i, block in enumerate((statement.body, statement.orelse)):
        with merge.side(i):
            values[i] = run(low, Rest(block, 0, after), finish, leave)
    return _together(merge, values, leave)


def _together(merge: Merge, values: Sequence[Value], leave: Leave | None) -> Value:
    """The join of two paths to an end: of a pass, whose effects are its assignments, or of a block with a value."""
    if leave is None:
        return merge.value(*values)
    merge.bind()
    return None


# --- loops


def _pass(low: Lowering, statement: LoopStatement, over: Iteration | None, position: Node | int) -> None:
    """Lower one pass of a loop, and bind how it ended."""
    scope = low.frames.scope

    def finish(value: Value | Missing) -> Value:
        if not isinstance(value, (Missing, Raised)):
            scope.assign(RUNNING, False)
            scope.assign(RETURNED, True)
            scope.assign(VALUE, value)
        return None

    def leave(end: ast.Break | ast.Continue) -> None:
        if isinstance(end, ast.Break):
            scope.assign(RUNNING, False)

    if over is not None:
        assert isinstance(statement, ast.For)
        bind(low, statement.target, over.at(position), statement.iter)
    run(low, Rest(statement.body, 0, None), finish, leave)


def _returned(
    low: Lowering, statement: LoopStatement, outcome: Outcome, after: Rest, finish: Finish, leave: Leave | None
) -> Value:
    """The continuation of a loop that may have returned."""
    assert isinstance(outcome.returned, Node)
    merge = Merge(low, outcome.returned, statement)
    returned = goes_on = None
    with merge.side(0):
        returned = finish(outcome.value)
    with merge.side(1):
        goes_on = run(low, after, finish, leave)
    return _together(merge, (returned, goes_on), leave)


# --- simple statements


def _assign(low: Lowering, statement: ast.Assign) -> None:
    value = handed_on(low, statement.value)
    for target in statement.targets:
        bind(low, target, value, statement.value)


def _annotated(low: Lowering, statement: ast.AnnAssign) -> None:
    if statement.value is not None:
        bind(low, statement.target, handed_on(low, statement.value), statement.value)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _expression(low: Lowering, statement: ast.Expr) -> None:
    parts = appended(statement)
    if parts is not None:
        append(low, statement, *parts)
        return
    value = lower_expression(low, statement.value)
    if statement in low.syntax.plan.expressions:
        low.frames.scope.assign(LAST, value, statement)


def _nothing(low: Lowering, statement: ast.stmt) -> None:
    pass


# --- the program's own functions


def _define(low: Lowering, definition: ast.FunctionDef | ast.ClassDef) -> None:
    if definition in low.refused:
        refused: Binding = Unusable(lambda _: low.syntax.refusal(definition))
        low.frames.scope.assign(definition.name, refused, definition)
    else:
        assert isinstance(definition, ast.FunctionDef)
        function: Callee = closure_of(low, definition)
        if definition.decorator_list:
            function = Derived(VECTORIZED, function, (), True)
        low.frames.scope.assign(definition.name, function, definition)


def lower_call(low: Lowering, function: Callee, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call of anything callable."""
    if isinstance(function, Closure):
        return _inlined(low, function, arguments, place)
    return apply_library(low, function, arguments, place)


def _inlined(low: Lowering, function: Closure, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call: the function's statements are lowered with its parameters bound.

    They are inlined, unless the function is recursive.
    """
    definition = function.definition
    bound = _bound(low, function, arguments, place)

    def run_with(parameters: Mapping[str, Value]) -> Value:
        scope = Scope(
            low.syntax.scopes[definition],
            function.scope,
            dict(parameters),
            caller=low.frames.scope,
            region=low.nodes,
        )
        value = call_in(low, definition, scope, lambda value: None if isinstance(value, Missing) else value)
        if isinstance(value, Raised):
            raise value.error
        return value

    return called(low, function, bound, place, run_with)


def call_in(low: Lowering, definition: ast.FunctionDef, scope: Scope, finish: Finish) -> Value:
    """Lower a function's statements in a scope that has its parameters."""
    if scope.names.asserts:
        scope.variables[CHECKED] = True
        inner = finish

        def finish(value: Value | Missing) -> Value:
            return low.guarded(inner(value), definition)

    with low.frames.within(scope):
        return run(low, Rest(definition.body, 0, None), finish)


def _bound(low: Lowering, function: Closure, arguments: Sequence[Argument], place: ast.Call) -> dict[str, Value]:
    """The parameters' values."""
    name = function.definition.name
    signature = function.definition.args
    positional = [a.arg for a in (*signature.posonlyargs, *signature.args)]
    by_name = [a.arg for a in (*signature.args, *signature.kwonlyargs)]
    bound: dict[str, Value] = {}
    more: list[Value] = []
    named: dict[Hashable, Value] = {}
    count = 0
    for keyword, value, at in arguments:
        if keyword is None:
            if count == len(positional) and signature.vararg is not None:
                more.append(value)
                continue
            if count == len(positional):
                raise BadCall(
                    f"{name} takes {_count(len(positional), 'argument')}, and this is number {count + 1}",
                    span=low.span(at),
                    help=_signature(function),
                    related=((low.syntax.source.word(function.definition, 3), "defined here"),),
                )
            bound[positional[count]] = value
            count += 1
        elif keyword not in by_name and signature.kwarg is not None and keyword not in positional:
            named[keyword] = value
        elif keyword not in by_name:
            near = vocabulary.did_you_mean(keyword, by_name)
            raise BadCall(f"{name} takes no argument {keyword}", span=low.span(at), help=near or _signature(function))
        elif keyword in bound:
            raise BadCall(f"{name} is given {keyword} twice", span=low.span(at))
        else:
            bound[keyword] = value
    if signature.vararg is not None:
        bound[signature.vararg.arg] = several(low, Tuple, more, place)
    if signature.kwarg is not None:
        bound[signature.kwarg.arg] = dictionary(low, named, place)
    missing = [p for p in function_parameters(function.definition) if p not in bound and p not in function.defaults]
    if missing:
        raise BadCall(f"{name} needs {' and '.join(missing)}", span=low.span(place), help=_signature(function))
    return {**function.defaults, **bound}


def no_more_arguments(low: Lowering, definition: ast.FunctionDef) -> dict[str, Value]:
    """What ``*args`` and ``**kwargs`` are where no argument is left for them."""
    star, named = definition.args.vararg, definition.args.kwarg
    empty: dict[str, Value] = {} if star is None else {star.arg: several(low, Tuple, [], definition)}
    return empty if named is None else {**empty, named.arg: dictionary(low, {}, definition)}


def function_parameters(definition: ast.FunctionDef) -> list[str]:
    """The names of a function's parameters, in order."""
    signature = definition.args
    return [a.arg for a in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)]


def _signature(function: Closure) -> str:
    shown = [p if p not in function.defaults else f"{p}=..." for p in function_parameters(function.definition)]
    star = function.definition.args.vararg
    if star is not None:
        shown.append(f"*{star.arg}")
    named = function.definition.args.kwarg
    if named is not None:
        shown.append(f"**{named.arg}")
    return f"it is defined as {function.definition.name}({', '.join(shown)})"


_SIMPLE: dict[type[ast.stmt], Callable[..., None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.Assert: asserted,
    ast.AugAssign: augmented,
    ast.Delete: deleted,
    ast.Expr: _expression,
    ast.FunctionDef: _define,
    ast.ClassDef: _define,
    ast.Import: _nothing,
    ast.ImportFrom: _nothing,
    ast.Pass: _nothing,
}
