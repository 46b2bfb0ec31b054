"""Unrolling of short loops, where a pass needs its position as a constant: its shapes depend on it, say."""

from __future__ import annotations

from adcore.errors import NotConstant
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.statements.loop_exits import Body, Outcome
from adcore.language.lowering.values import Unusable, Value
from adcore.language.syntax.scopes import RETURNED, RUNNING, VALUE, LoopStatement, assignments


def unroll(low: Lowering, statement: LoopStatement, over: Iteration, passes: int, body: Body) -> Outcome:
    """The passes of a loop one after the other, each with its position as a constant."""
    scope = low.frames.scope
    running: Value | Unusable = True
    returned: Value | Unusable = False
    with low.frames.looping(statement), scope.copied() as before:
        for k in range(passes):
            low.frames.step(statement)
            scope.variables |= {RUNNING: True, RETURNED: False}
            body(low, statement, over, k)
            running, returned = scope.variables[RUNNING], scope.variables[RETURNED]
            if not isinstance(running, bool) or not isinstance(returned, bool):
                raise NotConstant("how each pass of an unrolled loop ends must be known", span=low.span(statement))
            if not running:
                break
        ends = scope.variables
    for name, place in assignments(statement).items():
        if name in ends and ends[name] is not before.get(name):
            scope.assign(name, ends[name], place)
    value = ends[VALUE] if returned else None
    assert isinstance(running, bool)
    assert isinstance(returned, bool)
    assert not isinstance(value, Unusable)
    return Outcome(running, returned, value)
