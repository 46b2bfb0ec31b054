"""Branches on a condition that depends on the inputs: an op with two graphs, of which only one is run.

Each branch is lowered as a region; where they join, the values that differ become results of the op.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

from adcore.errors import AdcoreError, BoundInOneBranch, BranchMismatch
from adcore.graph import OPS, DType, Node
from adcore.language.lowering.builder import Lowering, emit_zeros_like
from adcore.language.lowering.loop_or_unroll import LIST_GROWTH
from adcore.language.lowering.regions import closed, needed, outside
from adcore.language.lowering.trees import leaf_pairs, list_axes, rebuild_pairs
from adcore.language.lowering.values import (
    Binding,
    Change,
    Identity,
    LibraryFunction,
    List,
    Missing,
    Place,
    Raised,
    Rows,
    TypeName,
    UnknownString,
    Unresolved,
    Unusable,
    Value,
    describe_value,
    describe_with_items,
    is_number,
)
from adcore.language.syntax.scopes import VALUE, appended
from adcore.ops.control.cond import branch

MergedValue = Callable[[Sequence[Node]], Value]
"""The merged value from the results of the op."""


class Merge:
    """Two branches that become one op: the region of each, its assignments, and its outputs."""

    def __init__(self, low: Lowering, predicate: Node, place: Place) -> None:
        self.low = low
        self.predicate = predicate
        self.place = place
        self.nodes: tuple[list[Node], list[Node]] = ([], [])
        self.outputs: tuple[list[Node], list[Node]] = ([], [])
        self.changed: tuple[dict[str, Change], dict[str, Change]] = ({}, {})
        """The last assignment of each name in each branch, with the binding at its end."""
        self.before: dict[str, Binding | Missing] = {}
        self.unresolved = [False, False]

    @contextmanager
    def side(self, i: int) -> Iterator[None]:
        """Within this, nodes and assignments are those of branch ``i``; the assignments are undone at the end."""
        low, scope = self.low, self.low.frames.scope
        is_statement = isinstance(self.place, ast.stmt)
        # An expression's branches do not join assignments.
        with low.region(self.nodes[i]) as nodes, scope.journaled(nodes if is_statement else None) as changes:
            try:
                with low.attempt(), low.frames.deeper(self.place) if is_statement else nullcontext():
                    yield
            except Unresolved:
                self.unresolved[i] = True
            before: dict[str, Binding | Missing] = {}
            for name, binding, place in changes:
                before.setdefault(name, binding)
                self.changed[i][name] = Change(name, scope.variables[name], place)
            self.before |= before

    def value(self, a: Value, b: Value) -> Value:
        """The value of the branch that is taken. Raises BranchMismatch where their types differ."""
        resolved = self._resolved()
        if resolved is not None:
            return (a, b)[resolved]
        finish = self.pair(a, b)
        return finish(self.results())

    def bind(self) -> None:
        """Bind each live name that a branch assigns to its value in the branch that is taken."""
        scope = self.low.frames.scope
        assert isinstance(self.place, ast.stmt)
        resolved = self._resolved()
        if resolved is not None:
            for change in self.changed[resolved].values():
                assert not isinstance(change.binding, Missing)
                scope.assign(change.name, change.binding, change.place)
            return
        first, second = self.changed
        merged = []
        for name in dict.fromkeys([*first, *second]):
            if self.low.frames.is_live(name, self.place):
                was = Change(name, self.before[name], None)
                merged.append((name, self._name(first.get(name, was), second.get(name, was))))
        results = self.results()
        for name, binding in merged:
            place = first[name].place if name in first else second[name].place
            scope.assign(name, binding if isinstance(binding, Unusable) else binding(results), place)

    def _resolved(self) -> int | None:
        """The only branch that is resolved, whose nodes are moved here; None if both are. Raises Unresolved."""
        if not any(self.unresolved):
            return None
        if all(self.unresolved):
            raise Unresolved
        resolved = self.unresolved.index(False)
        self.low.nodes += self.nodes[resolved]
        return resolved

    # --- what the branches agree on

    def _name(self, first: Change, second: Change) -> Unusable | MergedValue:
        """The binding of a name after the branches, from its last assignment in each."""
        (name, a, at_a), (_, b, at_b) = first, second
        if isinstance(a, Unusable) or isinstance(b, Unusable):
            return a if isinstance(a, Unusable) else b  # type: ignore[return-value]
        if name == VALUE:
            a, b = (self._filled(i, x, y) for i, (x, y) in enumerate(((a, b), (b, a))))
        if isinstance(a, Missing) or isinstance(b, Missing):
            return Unusable(self._bound_in_one(name, at_b if isinstance(a, Missing) else at_a))
        try:
            return self.pair(a, b, name, at_a, at_b)
        except BranchMismatch as mismatch:
            error = mismatch
            return Unusable(lambda _: error)

    def _filled(self, i: int, value: Value | Missing, other: Value | Missing) -> Value:
        """The value; zeros of the other branch's type where it is missing, as the loop does not return there."""
        if not isinstance(value, Missing):
            return value
        assert not isinstance(other, Missing)
        with self.low.region(self.nodes[i]):
            return emit_zeros_like(self.low, other, self.place)

    def _bound_in_one(self, name: str, assigned: ast.AST | None) -> Callable[[ast.AST], AdcoreError]:
        low, place = self.low, self.place

        def error(use: ast.AST) -> AdcoreError:
            assert isinstance(use, ast.expr)
            related = [(low.span(place), "decided here")]
            if isinstance(assigned, (ast.expr, ast.stmt)):
                related.insert(0, (low.span(assigned), "assigned here only"))
            return BoundInOneBranch(
                f"{name} is assigned in one branch only",
                span=low.span(use),
                help=f"give {name} a value in the other branch too, or before the if",
                related=tuple(related),
            )

        return error

    def pair(
        self,
        a: Value,
        b: Value,
        name: str | None = None,
        at_a: ast.AST | None = None,
        at_b: ast.AST | None = None,
    ) -> MergedValue:
        """The value that is ``a`` after the first branch and ``b`` after the second. Raises BranchMismatch."""
        merged = [self._merge_leaf(x, y, name, at_a, at_b) for x, y in leaf_pairs(a, b)]
        return lambda results: rebuild_pairs(a, b, (value(results) for value in merged))

    def _merge_leaf(
        self, a: Value, b: Value, name: str | None, at_a: ast.AST | None, at_b: ast.AST | None
    ) -> MergedValue:
        if isinstance(a, Raised) or isinstance(b, Raised):
            return self._unless_raised(a, b)
        if (
            a is b
            or (is_number(a) and type(a) is type(b) and repr(a) == repr(b))
            or (isinstance(a, (str, LibraryFunction, TypeName)) and a == b)
        ):
            return lambda _: a
        if isinstance(a, (str, UnknownString)) and isinstance(b, (str, UnknownString)):
            return lambda _: UnknownString(self.predicate)
        values = [self._as_array(i, x) for i, x in enumerate((a, b))]
        known = [is_number(x) for x in values]
        shapes = [x.shape if isinstance(x, Node) else () if is_number(x) else None for x in values]
        if None in shapes or shapes[0] != shapes[1]:
            raise self._mismatch(values, name, at_a, at_b)
        dtype = self._dtype(values, known)
        for i, value in enumerate(values):
            with self.low.region(self.nodes[i]):
                self.outputs[i].append(self.low.operand(value, dtype, self.place))
        position = len(self.outputs[0]) - 1
        axes = min(list_axes(a), list_axes(b))
        if isinstance(a, (List, Rows)) and isinstance(b, (List, Rows)):
            identity = Identity(a.identity, b.identity)
            return lambda results: Rows((results[position],), 1, 1, identity, axes)
        return lambda results: results[position]

    def _unless_raised(self, a: Value, b: Value) -> MergedValue:
        """The value of the branch that does not raise, guarded by the condition that the other one fails."""
        if isinstance(a, Raised) and isinstance(b, Raised):
            return lambda _: a
        token, other = (a.token, b) if isinstance(a, Raised) else (b.token, a)  # type: ignore[union-attr]
        i = int(isinstance(b, Raised))
        with self.low.region(self.nodes[i]):
            value = self.low.guarded(emit_zeros_like(self.low, other, self.place), self.place, token)
        return self.pair(*((other, value) if i else (value, other)))

    def _as_array(self, i: int, value: Value) -> Value:
        if isinstance(value, Rows):
            return value.array
        if not isinstance(value, List):
            return value
        with self.low.region(self.nodes[i]):
            return self.low.array(value, self.place)

    def _dtype(self, values: Sequence[Value], known: Sequence[bool]) -> DType:
        """The dtype that both values are converted to: their own where they agree, else float."""
        dtypes = {x.type.dtype for x in values if isinstance(x, Node)}
        constants = [x for x, k in zip(values, known, strict=True) if k]
        if len(dtypes) == 1:
            (dtype,) = dtypes
            fits = {DType.BOOL: bool, DType.INT: int}.get(dtype)
            if fits is None or all(type(x) is fits for x in constants):
                return dtype
        elif not dtypes and all(isinstance(x, bool) for x in constants):
            return DType.BOOL
        return DType.FLOAT

    def _mismatch(
        self, values: Sequence[Value], name: str | None, at_a: ast.AST | None, at_b: ast.AST | None
    ) -> BranchMismatch:
        first, second = (describe_value(x) for x in values)
        if first == second:
            first, second = (describe_with_items(x) for x in values)
        subject = f"{name} is" if name else "the value is"
        places = [(at, text) for at, text in ((at_a, first), (at_b, second)) if isinstance(at, (ast.expr, ast.stmt))]
        place = self.place
        if not name and isinstance(place, ast.IfExp):
            places = [(place.body, first), (place.orelse, second)]
        list_growth = any(appended(at) is not None for at, _ in places)
        return BranchMismatch(
            f"{subject} {first} if the condition holds, and {second} otherwise",
            span=self.low.span(places[0][0] if name and places else place),
            help=LIST_GROWTH if list_growth else None,
            unrolls=True,
            related=tuple((self.low.span(at), text) for at, text in places),
        )

    # --- the op

    def results(self) -> tuple[Node, ...]:
        """The results of the op, which is emitted here; no op where no value differs between the branches."""
        if not self.outputs[0]:
            return ()
        low = self.low
        operands: dict[Node, None] = {}
        regions = []
        for nodes, outputs in zip(self.nodes, self.outputs, strict=True):
            inside = needed(nodes, outputs)
            operands |= outside(inside, outputs)
            regions.append(inside)
        graphs = [
            closed(inside, outputs, tuple(operands)) for inside, outputs in zip(regions, self.outputs, strict=True)
        ]
        results = branch(self.predicate, graphs[0], graphs[1], tuple(operands), low.span(self.place))
        low.record(results[0].inputs[0])
        for result in results:
            low.record(result)
        return results


def short_circuit(
    low: Lowering, is_and: bool, first: Node, rest: Callable[[], bool | Node], place: Place
) -> bool | Node:
    """``first and rest``, or ``or``: ``rest`` becomes a branch if it contains ops that may raise at run time."""
    try:
        with low.attempt(), low.region() as nodes:
            second = rest()
    except Unresolved:
        return first
    if isinstance(second, bool):
        return first if second is is_and else second
    # An op with graphs of its own may hold ops that can fail.
    if not any(node.op.rules.structure or node.op.facts.can_fail for node in nodes):
        low.nodes += nodes
        return low.emit(OPS["logical_and" if is_and else "logical_or"], (first, second), place)
    merge = Merge(low, first, place)
    merge.nodes[not is_and].extend(nodes)
    value = merge.value(second, False) if is_and else merge.value(True, second)
    assert isinstance(value, Node)
    return value
