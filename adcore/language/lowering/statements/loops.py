"""Loops: ``for`` and ``while`` to one op, whose body is a graph, however many passes it has.

A pass is lowered once, with inputs in place of the variables that it assigns; those that are live across passes or
after the loop are carried. Whatever the body captures becomes a constant of the loop, and a loop with early exits
carries a flag that says whether it still runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from adcore.errors import AdcoreError, BoundInOneBranch, JoinMismatch, LoopMismatch
from adcore.graph import OPS, DType, Node, Shape, Type, items
from adcore.language.lowering.branches import short_circuit
from adcore.language.lowering.builder import Lowering, emit_zeros
from adcore.language.lowering.containers.mutation import aliased, check_pass
from adcore.language.lowering.expressions.expressions import condition, lower_expression
from adcore.language.lowering.expressions.iteration import Iteration, iteration
from adcore.language.lowering.frames import Replaced, ends_of
from adcore.language.lowering.loop_or_unroll import LIST_GROWTH, MAX_UNROLLED_PASSES, unroll_if_needed
from adcore.language.lowering.regions import Region, repeated
from adcore.language.lowering.statements.list_appends import collected, collection, last_element, row_of, started
from adcore.language.lowering.statements.loop_carried import Carried, Differs, Spread, Widen, Width, begin, enter, leave
from adcore.language.lowering.statements.loop_exits import Body, Outcome
from adcore.language.lowering.statements.unrolling import unroll
from adcore.language.lowering.trees import outlives, rebuild, with_joined_identities
from adcore.language.lowering.values import (
    MISSING,
    List,
    Missing,
    Place,
    Rows,
    Unresolved,
    Unusable,
    Value,
    describe_value,
    describe_with_items,
)
from adcore.language.syntax.scopes import (
    ALWAYS,
    RETURNED,
    RUNNING,
    VALUE,
    LoopStatement,
    accumulates,
    appended,
    assignments,
    last_of,
    reads_last,
)
from adcore.ops.control.loop_view import ENDLESS


def lower_loop(low: Lowering, statement: LoopStatement, body: Body) -> Outcome:
    """The loop as one node; the variables that it assigns are bound to its results."""
    over = iteration(low, statement.iter, lower_expression) if isinstance(statement, ast.For) else None
    if over is not None and over.passes == 0:
        return Outcome(True, False, None)
    widths: dict[str, Width] = {}
    shapes: dict[str, Shape] = {}
    changing: set[Node] = set()

    def looped() -> Outcome:
        while True:
            try:
                with low.attempt():
                    return _Pass(low, statement, over, widths, shapes, changing).lower(body)
            except _Widened:
                pass

    def goes_on() -> bool | Node:
        return True if isinstance(statement, ast.For) else condition(low, statement.test)

    try:
        with low.attempt(), low.frames.deeper(statement):
            if over is not None and not isinstance(over.passes, int):
                return looped()
            passes = over.passes if over is not None and isinstance(over.passes, int) else MAX_UNROLLED_PASSES
            unrolled = partial(unroll, low, statement, over, passes, body, goes_on)
            return unroll_if_needed(low, passes, changing, looped, unrolled)
    except Unresolved:
        # The continuation of a loop of at least one pass is unresolved, too.
        endless = isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant)
        if endless or (over is not None and isinstance(over.passes, int)):
            raise
        return Outcome(True, False, None)


def _variable(statement: LoopStatement) -> str:
    """The name of the position in messages."""
    target = statement.target if isinstance(statement, ast.For) else None
    while isinstance(target, (ast.Tuple, ast.List)) and target.elts:
        target = target.elts[0]
    return target.id if isinstance(target, ast.Name) else "position"


class _Widened(Exception):
    """The widths or shapes of loop-carried variables have grown: the loop is lowered again."""


@dataclass(eq=False)
class _Pass:
    """One lowering of a loop, its variables carried as wide as ``widths`` says, and as arrays of ``shapes``.

    Where these do not suffice they are extended, and ``_Widened`` is raised.
    """

    low: Lowering
    statement: LoopStatement
    over: Iteration | None
    widths: dict[str, Width]
    shapes: dict[str, Shape]
    changing: set[Node]
    """The position and the inputs of carried variables, of all lowerings so far."""
    carried: dict[str, Carried] = field(default_factory=dict)
    after: dict[str, Value | Unusable] = field(default_factory=dict)
    """The bindings after the loop of names that are not carried."""
    test_nodes: list[Node] = field(default_factory=list)
    body_nodes: list[Node] = field(default_factory=list)
    errors: dict[str, AdcoreError] = field(default_factory=dict)

    def lower(self, body: Body) -> Outcome:
        """The loop; raises ``_Widened``."""
        low, statement, scope = self.low, self.statement, self.low.frames.scope
        names = assignments(statement)
        position = low.loop_input(_variable(statement), Type(DType.INT, ()), statement)
        self.changing.add(position)
        with scope.copied() as before:
            lists = self._collected(before)
            for name in lists:
                del names[name]
            with low.frames.looping(statement, lists.values()):
                for name in names:
                    value = before.get(name, MISSING)
                    if not isinstance(value, (Missing, Unusable)):
                        if name in self.shapes:
                            value = low.emit(OPS["broadcast_to"], (value,), statement, (("shape", self.shapes[name]),))
                        self._enter(name, value)
                if statement in low.syntax.breaking or statement in low.syntax.early_exits:
                    self.carried[RUNNING] = enter(low, RUNNING, True, Width.AS_IT_IS, statement)
                with low.region(self.test_nodes):
                    test = self._test()
                if test is False:
                    return Outcome(True, False, None)
                sure = isinstance(self.over.passes, int) if self.over else test is True or test is self._running()
                scope.variables |= {RUNNING: True, RETURNED: False}
                scope.variables.pop(VALUE, None)
                inside, changes = dict(scope.variables), len(low.changes)
                with low.region(self.body_nodes) as nodes, Replaced(scope, "region", nodes):
                    body(low, statement, self.over, position)
                ends = scope.variables
                if len(low.changes) > changes:
                    check_pass(low, statement, inside, ends, names)
                if ends[RETURNED] is not False:
                    self.carried[RETURNED] = enter(low, RETURNED, False, Width.AS_IT_IS, statement)
                    self._first(VALUE, ends.get(VALUE, MISSING), statement, sure=True)
                for name, place in names.items():
                    if name not in self.carried:
                        self._first(name, ends.get(name, MISSING), place, sure)
                for name, place in lists.items():
                    self._collect(name, before[name], ends[row_of(name)], position, place)
                    names[name] = names[last_of(name)] = place
            self._settle(ends, names, [test] if isinstance(test, Node) else [])
        return self._emit(position, test, names)

    # --- the parts of a pass

    def _enter(self, name: str, value: Value) -> None:
        """Carry a variable that is bound before the loop."""
        one = enter(self.low, name, value, self.widths.get(name, Width.AS_IT_IS), self.statement)
        self.carried[name] = one
        self.changing.update(one.inputs)
        self.low.frames.scope.variables[name] = one.inside

    def _collected(self, before: Mapping[str, Value | Unusable]) -> dict[str, ast.Expr]:
        """The lists whose elements are collected in arrays, each with the statement that appends."""
        low, statement = self.low, self.statement
        if statement in low.syntax.breaking or statement in low.syntax.early_exits:
            return {}
        lists = {
            name: place
            for name, place in collected(statement).items()
            if (isinstance(start := before.get(name), (List, Rows)) or (isinstance(start, Node) and start.shape))
            and not aliased(low, start, name)
            and low.frames.scope.names.last_read.get(name) != ALWAYS
        }
        read = {name for x in ast.walk(statement) if (name := reads_last(x)) is not None} if lists else set()
        for name in sorted(read & lists.keys()):
            start = before[name]
            assert isinstance(start, (List, Rows, Node))
            last = last_element(low, start, lists[name])
            if last is None:
                del lists[name]
            else:
                self._enter(last_of(name), last)
        return lists

    def _collect(
        self, name: str, start: Value | Unusable, row: Value | Unusable, position: Node, place: ast.Expr
    ) -> None:
        """Carry a list as the array that its rows are put into."""
        assert isinstance(start, (List, Rows, Node))
        assert self.over is not None
        assert not isinstance(row, Unusable)
        with self.low.region(self.body_nodes):
            one = collection(self.low, name, start, row, self.over, position, place)
        started(self.low, one, place)
        self.carried[name] = one

    def _running(self) -> Node | None:
        running = self.carried.get(RUNNING)
        return None if running is None else running.inputs[0]

    def _test(self) -> bool | Node:
        """The condition of another pass; that of a ``while`` is not evaluated once the loop was left."""
        low, statement, running = self.low, self.statement, self._running()
        if isinstance(statement, ast.For):
            return True if running is None else running
        if running is None:
            return condition(low, statement.test)
        return short_circuit(low, True, running, partial(condition, low, statement.test), statement)

    def _first(self, name: str, end: Value | Unusable | Missing, place: Place, sure: bool) -> None:
        """A variable first bound in the loop: carried where it is live, else poisoned, or bound without the loop."""
        low, scope = self.low, self.low.frames.scope
        if isinstance(end, Unusable):
            self.after[name] = end
        elif isinstance(end, Missing):
            pass
        elif not sure or not (outlives(end, scope) or name == VALUE):
            self.after[name] = Unusable(self._unbound(name, place))
        elif low.frames.is_live(name, self.statement, own=False):
            self.carried[name] = begin(name, end)
        else:
            self.after[name] = Unusable(self._unbound(name, place))

    def _settle(self, ends: dict[str, Value | Unusable], names: dict[str, Place], outputs: list[Node]) -> None:
        """Find the variables that are live, drop the others, and check that each keeps its type, or widen it.

        Raises LoopMismatch and ``_Widened``.
        """
        low = self.low
        last_read = low.frames.scope.names.last_read
        owner = {node: one for one in self.carried.values() for node in one.inputs}
        inside = {*self.test_nodes}
        keep: dict[str, None] = {}
        queue = [*outputs]
        seen: set[Node] = set()
        waiting = [name for name in self.carried if low.frames.is_live(name, self.statement) or self._is_static(name)]
        while waiting or queue:
            while waiting:
                name = waiting.pop()
                if name in keep:
                    continue
                one = self.carried[name]
                if one.outputs is None:
                    try:
                        one.outputs = self._outputs(one, ends.get(name, MISSING), names)
                    except Widen as wider:
                        if self.widths.get(name, Width.AS_IT_IS) < wider.width:
                            self.widths[name] = wider.width
                            raise _Widened from None
                        self.errors[name] = self._mismatch(one, ends[name], names)
                    except Spread as spread:
                        alone = last_read.get(name) != ALWAYS and accumulates(self.statement, name)
                        if alone and name not in self.shapes:
                            self.shapes[name] = spread.shape
                            raise _Widened from None
                        self.errors[name] = self._mismatch(one, ends[name], names)
                    except Differs:
                        self.errors[name] = self._mismatch(one, ends[name], names)
                    if one.outputs is None:
                        error = self.errors[name]
                        # What is only read after the loop may never be: no error yet, unless unrolling helps.
                        if isinstance(error, JoinMismatch) and self.over and isinstance(self.over.passes, int):
                            raise error
                        if seen.intersection(one.inputs) or (not one.inputs and self._is_read_inside(name)):
                            raise error
                        continue
                keep[name] = None
                queue += one.outputs
            inside.update(self.body_nodes)
            while queue:
                node = queue.pop()
                if node in seen:
                    continue
                seen.add(node)
                variable = owner.get(node)
                if variable is not None:
                    if variable.name in self.errors:
                        raise self.errors[variable.name]
                    waiting.append(variable.name)
                elif node in inside:
                    queue += node.inputs
        for name in [name for name in self.carried if name not in keep]:
            end = ends.get(name, MISSING)
            self.after[name] = end if isinstance(end, Unusable) else Unusable(self._unread(name, names))
            del self.carried[name]

    def _is_static(self, name: str) -> bool:
        """True where a variable has no inputs: then no node shows whether it is read."""
        return not self.carried[name].inputs

    def _is_read_inside(self, name: str) -> bool:
        start, end = ends_of(self.statement)
        return any(start <= at <= end for at in self.low.frames.scope.names.read_at.get(name, ()))

    def _outputs(self, one: Carried, end: Value | Unusable | Missing, names: dict[str, Place]) -> list[Node]:
        one.end = end
        if isinstance(end, (Unusable, Missing)):
            raise Differs
        with self.low.region(self.body_nodes):
            return leave(self.low, one, end, names.get(one.name, self.statement))

    # --- errors

    def _unread(self, name: str, names: dict[str, Place]) -> Callable[[ast.AST], AdcoreError]:
        """The error of reading a variable that is not carried."""
        error = self.errors.get(name)
        return self._unbound(name, names[name]) if error is None else lambda _: error

    def _unbound(self, name: str, place: Place) -> Callable[[ast.AST], AdcoreError]:
        low, statement = self.low, self.statement

        def error(use: ast.AST) -> AdcoreError:
            assert isinstance(use, ast.expr)
            return BoundInOneBranch(
                f"{name} is assigned in the loop only, which may end before it is",
                span=low.span(use),
                help=f"give {name} a value before the loop",
                related=((low.span(place), "assigned here only"), (low.span(statement), "the loop")),
            )

        return error

    def _mismatch(self, one: Carried, end: Value | Unusable | Missing, names: dict[str, Place]) -> AdcoreError:
        low, name = self.low, one.name
        first = low.frames.scope.names.assigned.get(name)
        if isinstance(end, Unusable):
            return end.error(first or ast.copy_location(ast.Name(name), self.statement))
        place = names.get(name, self.statement)
        was = describe_value(one.inside)
        now = "unbound" if isinstance(end, Missing) else describe_value(end)
        related = [(low.span(place), now)]
        if first is not None and (first.lineno, first.col_offset) < (self.statement.lineno, self.statement.col_offset):
            related.insert(0, (low.span(first), was))
        if was == now and not isinstance(end, Missing):
            was, now = describe_with_items(one.inside), describe_with_items(end)
        change = f"from {was} to {now}" if was != now else f"from {was} to another one"
        grows = appended(place) is not None or all(isinstance(x, (List, Rows)) for x in (one.inside, end))
        return LoopMismatch(
            f"{name} changes in the loop {change}",
            span=low.span(place),
            help=LIST_GROWTH if grows else "what a loop carries from pass to pass keeps its kind and shape",
            unrolls=True,
            related=tuple(related),
        )

    # --- the op

    def _emit(self, position: Node, test: bool | Node, names: dict[str, Place]) -> Outcome:
        low, statement, scope = self.low, self.statement, self.low.frames.scope
        order = list(self.carried.values())
        inputs = [x for one in order for x in one.inputs]
        outputs = [y for one in order for y in one.outputs or ()]
        starts = [
            emit_zeros(low, x.type, statement)
            if isinstance(start, Missing)
            else low.operand(start, x.type.dtype, statement)
            for one in order
            for start, x in zip(one.starts, one.inputs, strict=True)
        ]
        count: Value = ENDLESS if self.over is None else self.over.passes
        node = repeated(
            low.operand(count, DType.INT, statement),
            position,
            dict(zip(inputs, starts, strict=True)),
            Region(self.body_nodes, outputs),
            Region(self.test_nodes, [test] if isinstance(test, Node) else []),
            low.limits,
            low.span(statement),
        )
        low.record(node)
        results = items(node)
        for result in results[: len(inputs)]:
            low.record(result)
        rest: Iterator[Node] = iter(results)
        values = {one.name: with_joined_identities(rebuild(one.inside, rest), one.end) for one in order}
        inner = {RUNNING, RETURNED, VALUE, *map(last_of, values)}
        for name, binding in {**values, **self.after}.items():
            if name not in inner:
                scope.assign(name, binding, names[name])
        completed, returned = values.get(RUNNING, True), values.get(RETURNED, False)
        assert isinstance(completed, (bool, Node))
        assert isinstance(returned, (bool, Node))
        endless = self.over is None and test is self._running() and statement not in low.syntax.breaking
        return Outcome(completed, True if endless and RETURNED in values else returned, values.get(VALUE))
