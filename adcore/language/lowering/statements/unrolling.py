"""Unrolling of short loops, where a pass needs its position as a constant: its shapes depend on it, say."""

from __future__ import annotations

from collections.abc import Callable

from adcore.errors import NotConstant
from adcore.graph import Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.statements.loop_exits import Body, Outcome
from adcore.language.lowering.values import Unusable, Value
from adcore.language.syntax.scopes import RETURNED, RUNNING, VALUE, LoopStatement, assignments

Test = Callable[[], bool | Node]
"""The condition of another pass."""


def unroll(
    low: Lowering, statement: LoopStatement, over: Iteration | None, passes: int, body: Body, test: Test
) -> Outcome:
    """The passes of a loop one after the other, each with its position as a constant.

    ``test`` says before each pass whether there is one. Raises NotConstant where that is not known, or where there are
    more than ``passes`` without an end.
    """
    scope = low.frames.scope
    running: Value | Unusable = True
    returned: Value | Unusable = False
    with low.frames.looping(statement), scope.copied() as before:
        for k in range(passes):
            goes_on = test()
            if goes_on is False:
                break
            if goes_on is not True:
                raise NotConstant("whether an unrolled loop goes on must be known", span=low.span(statement))
            low.frames.step(statement)
            scope.variables |= {RUNNING: True, RETURNED: False}
            body(low, statement, over, k)
            running, returned = scope.variables[RUNNING], scope.variables[RETURNED]
            if not isinstance(running, bool) or not isinstance(returned, bool):
                raise NotConstant("how each pass of an unrolled loop ends must be known", span=low.span(statement))
            if not running:
                break
        else:
            if over is None:
                raise NotConstant(f"the loop has more than {passes} passes", span=low.span(statement))
        ends = scope.variables
    places = assignments(statement)
    for name, end in ends.items():
        if end is not before.get(name) and name not in (RUNNING, RETURNED, VALUE):
            scope.assign(name, end, places.get(name, statement))
    value = ends[VALUE] if returned else None
    assert isinstance(running, bool)
    assert isinstance(returned, bool)
    assert not isinstance(value, Unusable)
    return Outcome(running, returned, value)
