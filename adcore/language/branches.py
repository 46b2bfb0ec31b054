"""Branches on a condition that depends on the inputs: two graphs of their own, of which only one is run.

A branch is lowered like anything else; then what it reads from outside becomes its graph's inputs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from adcore.errors import AdcoreError, BoundInOneBranch, BranchMismatch
from adcore.graph import CONSTANT, INPUT, DType, Graph, Node, graph_of, input_node
from adcore.language.lowering import Lowering
from adcore.language.values import (
    Change,
    Held,
    List,
    Missing,
    Several,
    Unusable,
    Value,
    describe,
    is_number,
)
from adcore.ops.control import branch

Finish = Callable[[Sequence[Node]], Value]
"""A merged value, once the results of the branch are there."""


class Merge:
    """Two branches on their way to one op: the nodes of each, the names it assigns, and the results that differ."""

    def __init__(self, low: Lowering, predicate: Node, place: ast.If | ast.IfExp) -> None:
        self.low = low
        self.predicate = predicate
        self.place = place
        self.nodes: tuple[list[Node], list[Node]] = ([], [])
        self.outputs: tuple[list[Node], list[Node]] = ([], [])
        self.changed: tuple[dict[str, Change], dict[str, Change]] = ({}, {})
        """The last assignment of each name in each branch, with what the name held in the end."""
        self.before: dict[str, Held | Missing] = {}

    @contextmanager
    def side(self, i: int) -> Iterator[None]:
        """Within this, nodes are those of branch ``i``, and so are assignments, which are taken back at the end."""
        low, scope = self.low, self.low.scope
        nodes, low.nodes = low.nodes, self.nodes[i]
        outer, scope.journal = scope.journal, []
        statement = isinstance(self.place, ast.If)
        if statement:
            low.enter(self.place)
        yield
        low.depth -= statement
        before: dict[str, Held | Missing] = {}
        for name, held, place in scope.journal:
            before.setdefault(name, held)
            self.changed[i][name] = Change(name, scope.variables[name], place)
        scope.journal = outer
        for name, held in before.items():
            scope.restore(name, held)
        self.before |= before
        low.nodes = nodes

    def value(self, a: Value, b: Value) -> Value:
        """The value of the branch that is taken; BranchMismatch where the two are not of one kind and shape."""
        finish = self.pair(a, b)
        return finish(self.results())

    def bind(self, live: Callable[[str], bool]) -> None:
        """Give each ``live`` name that a branch assigns what the taken one gives it."""
        scope = self.low.scope
        first, second = self.changed
        merged = []
        for name in dict.fromkeys([*first, *second]):
            if live(name):
                was = Change(name, self.before[name], None)
                merged.append((name, self._name(first.get(name, was), second.get(name, was))))
        results = self.results()
        for name, held in merged:
            place = first[name].place if name in first else second[name].place
            scope.assign(name, held if isinstance(held, Unusable) else held(results), place)

    # --- what the branches agree on

    def _name(self, first: Change, second: Change) -> Unusable | Finish:
        """What a name holds after the branches, from what it holds at the end of each and where that was assigned."""
        (name, a, at_a), (_, b, at_b) = first, second
        for held in (a, b):
            if isinstance(held, Unusable):
                return held
        if isinstance(a, Missing) or isinstance(b, Missing):
            return Unusable(self._bound_in_one(name, at_b if isinstance(a, Missing) else at_a))
        assert not isinstance(a, Unusable)
        assert not isinstance(b, Unusable)
        try:
            return self.pair(a, b, name, at_a, at_b)
        except BranchMismatch as mismatch:
            error = mismatch
            return Unusable(lambda _: error)

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
    ) -> Finish:
        """The value that is ``a`` after the first branch and ``b`` after the second."""
        if a is b or (is_number(a) and type(a) is type(b) and repr(a) == repr(b)) or (isinstance(a, str) and a == b):
            return lambda _: a
        if isinstance(a, Several) and isinstance(b, Several) and type(a) is type(b) and len(a.items) == len(b.items):
            kind, size, depth = type(a), a.size, a.depth
            parts = [self.pair(x, y, name, at_a, at_b) for x, y in zip(a.items, b.items, strict=True)]
            return lambda results: kind(tuple(part(results) for part in parts), size, depth)
        values = [self._as_array(i, x) for i, x in enumerate((a, b))]
        known = [is_number(x) for x in values]
        shapes = [x.shape if isinstance(x, Node) else () if is_number(x) else None for x in values]
        if None in shapes or shapes[0] != shapes[1]:
            raise self._mismatch(values, name, at_a, at_b)
        dtype = self._dtype(values, known)
        for i, value in enumerate(values):
            outer, self.low.nodes = self.low.nodes, self.nodes[i]
            self.outputs[i].append(self.low.operand(value, dtype, self.place))
            self.low.nodes = outer
        position = len(self.outputs[0]) - 1
        return lambda results: results[position]

    def _as_array(self, i: int, value: Value) -> Value:
        if not isinstance(value, List):
            return value
        outer, self.low.nodes = self.low.nodes, self.nodes[i]
        array = self.low.array(value, self.place)
        self.low.nodes = outer
        return array

    def _dtype(self, values: Sequence[Value], known: Sequence[bool]) -> DType:
        """The kind both values are taken as: their own where it is one, else float."""
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
        first, second = (describe(x) if x is not None else "nothing" for x in values)
        subject = f"{name} is" if name else "the value is"
        places = [(at, text) for at, text in ((at_a, first), (at_b, second)) if isinstance(at, (ast.expr, ast.stmt))]
        place = self.place
        if not name and isinstance(place, ast.IfExp):
            places = [(place.body, first), (place.orelse, second)]
        return BranchMismatch(
            f"{subject} {first} if the condition holds, and {second} if not",
            span=self.low.span(places[0][0] if name and places else place),
            related=tuple((self.low.span(at), text) for at, text in places),
        )

    # --- the op

    def results(self) -> tuple[Node, ...]:
        """The results of the op, which is recorded; none, and no op, where the branches differ in nothing."""
        if not self.outputs[0]:
            return ()
        low = self.low
        operands: dict[Node, None] = {}
        needed = []
        for nodes, outputs in zip(self.nodes, self.outputs, strict=True):
            inside = _needed(nodes, outputs)
            operands |= dict.fromkeys(x for n in inside for x in n.inputs if x not in inside and x.op is not CONSTANT)
            operands |= dict.fromkeys(x for x in outputs if x not in inside and x.op is not CONSTANT)
            needed.append(inside)
        graphs = [
            _closed(inside, outputs, tuple(operands)) for inside, outputs in zip(needed, self.outputs, strict=True)
        ]
        results = branch(self.predicate, graphs[0], graphs[1], tuple(operands), low.span(self.place))
        low.record(results[0].inputs[0])
        for result in results:
            low.record(result)
        return results


def _needed(nodes: Sequence[Node], outputs: Sequence[Node]) -> dict[Node, None]:
    """Those of ``nodes`` that the outputs depend on, in order."""
    needed = set(outputs)
    for node in reversed(nodes):
        if node in needed:
            needed.update(node.inputs)
    return {node: None for node in nodes if node in needed}


def _closed(inside: Mapping[Node, None], outputs: Sequence[Node], operands: Sequence[Node]) -> Graph:
    """The nodes as a graph of their own, with fresh inputs in the place of what they read from outside."""
    new: dict[Node, Node] = {x: input_node(_name(x, i), x.type, x.span) for i, x in enumerate(operands)}
    inputs = tuple(new.values())
    order: list[Node] = []
    for node in (*inside, None):
        for x in node.inputs if node is not None else outputs:
            if x not in new:
                new[x] = Node(CONSTANT, (), x.params, x.types, x.span)
                order.append(new[x])
        if node is not None:
            new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
            order.append(new[node])
    return graph_of(inputs, [new[x] for x in outputs], order=order)


def _name(node: Node, i: int) -> str:
    return str(node.params[0][1]) if node.op is INPUT else f"u{i}"
