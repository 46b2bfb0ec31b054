"""Short loops whose passes are of different shapes: they are written out, pass after pass, with known positions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from adcore.errors import AdcoreError, BranchMismatch, LoopMismatch, NotConstant
from adcore.graph import Node
from adcore.language.branches import ONE_EACH, VALUE
from adcore.language.iteration import Iteration
from adcore.language.lowering import Lowering
from adcore.language.outcomes import RETURNED, RUNNING, Body, Loop, Outcome
from adcore.language.scopes import assignments
from adcore.language.values import Unusable, Value

MOST_PASSES = 256
"""How many passes of a loop are written out at most."""

T = TypeVar("T")


def written_out_if_needed(
    low: Lowering, passes: int, changing: Collection[Node], looped: Callable[[], T], one_by_one: Callable[[], T]
) -> T:
    """What ``looped`` gives, or ``one_by_one``, where what is ``changing`` from pass to pass must be known in it."""
    mark, length, count, before = low.mark(), len(low.nodes), low.count, dict(low.scope.variables)
    try:
        return looped()
    except (NotConstant, LoopMismatch, BranchMismatch) as error:
        if isinstance(error, NotConstant):
            helps = error.depends in changing
        else:
            helps = error.help == ONE_EACH
        if not helps or passes > MOST_PASSES:
            raise
        low.back(mark)
        del low.nodes[length:]
        low.count, low.scope.variables = count, before
        try:
            return one_by_one()
        except AdcoreError as other:
            # A loop around this one may make known what is still unknown.
            raise (other if isinstance(other, NotConstant) and other.depends is not None else error) from None


def written_out(low: Lowering, statement: Loop, over: Iteration, passes: int, body: Body) -> Outcome:
    """The passes of a loop one after the other, as if each were written down."""
    scope = low.scope
    before, journal = dict(scope.variables), scope.journal
    scope.journal = None
    low.loops.append((scope, statement))
    running: Value | Unusable = True
    returned: Value | Unusable = False
    for k in range(passes):
        low.step(statement)
        scope.variables |= {RUNNING: True, RETURNED: False}
        body(low, statement, over, k)
        running, returned = scope.variables[RUNNING], scope.variables[RETURNED]
        if not isinstance(running, bool) or not isinstance(returned, bool):
            raise NotConstant("how a pass of a loop that is written out ends must be known", span=low.span(statement))
        if not running:
            break
    low.loops.pop()
    ends, scope.variables, scope.journal = scope.variables, before, journal
    for name, place in assignments(statement).items():
        if name in ends and ends[name] is not before.get(name):
            scope.assign(name, ends[name], place)
    value = ends[VALUE] if returned else None
    assert isinstance(running, bool)
    assert isinstance(returned, bool)
    assert not isinstance(value, Unusable)
    return Outcome(running, returned, value)
