"""Comprehensions and generators: elements that are collected in an array or reduced to one value.

Each ``for`` becomes a loop, so that no graph grows with its length. Unrolled are those over a list or a tuple, whose
items may be of different types, those that filter the elements of a list, and short ones whose position determines
shapes.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from adcore.errors import BadCall, NotConstant, TypeMismatch
from adcore.graph import OPS, DType, Node, Type, input_node, items
from adcore.language.lowering.branches import Merge, short_circuit
from adcore.language.lowering.builder import LowerExpression, Lowering, emit_zeros, several
from adcore.language.lowering.containers.unpacking import unpacked
from adcore.language.lowering.expressions.iteration import Iteration, iteration, iterator
from adcore.language.lowering.expressions.joining import JOINED, Joining, array_element
from adcore.language.lowering.expressions.operators import truth
from adcore.language.lowering.loop_or_unroll import unroll_if_needed
from adcore.language.lowering.partial_evaluation import TooDear, Unknown
from adcore.language.lowering.regions import Region, repeated
from adcore.language.lowering.trees import list_axes
from adcore.language.lowering.values import (
    LibraryFunction,
    List,
    Rows,
    Scope,
    Value,
    describe_value,
    is_sequence,
)
from adcore.ops.arrays.dynamic_indexing import AT


def gives_elements(low: Lowering, node: ast.expr) -> bool:
    """True for expressions that yield elements: comprehensions, and calls of ``range``, ``zip``, ``map``."""
    return isinstance(node, (ast.ListComp, ast.GeneratorExp)) or iterator(low, node) is not None


def joins(low: Lowering, function: LibraryFunction, node: ast.Call) -> bool:
    """True for a call that reduces elements as they are yielded. NumPy's functions take a list as an array."""
    if _reduction(function.name) not in JOINED or not node.args or not gives_elements(low, node.args[0]):
        return False
    return isinstance(node.args[0], ast.GeneratorExp) or (function.bare and len(node.args) == 1)


def _reduction(name: str) -> str:
    """NumPy's functions and Python's own of these names reduce elements in the same way."""
    return name.removeprefix("builtins.")


def listed(low: Lowering, node: ast.expr, expression: LowerExpression) -> Value:
    """All elements as an array, or as a list where they are computed from a list's items.

    Raises NotConstant where their number is not known when the program is compiled.
    """
    with _elements_of(low, node, expression) as elements:
        result = elements.listed(0)
    if isinstance(result, Node):
        return Rows((result,), 1, 1, axes=1 + (elements.axes or 0))
    return several(low, List, result, node)


def items_one_by_one(low: Lowering, node: ast.DictComp | ast.SetComp, expression: LowerExpression) -> list[Value]:
    """The pairs of a dictionary's comprehension, or the elements of a set's, each lowered for itself."""
    with _elements_of(low, node, expression) as elements:
        elements.one_by_one = True
        result = elements.listed(0)
    assert isinstance(result, list)
    return result


def joined_elements(low: Lowering, name: str, node: ast.Call, expression: LowerExpression) -> Value:
    """``sum(... for ...)`` and the like: a loop that carries the reduction of the elements so far."""
    source, *more = node.args
    name = _reduction(name)
    how = JOINED[name]
    option = "start" if name == "sum" else "default" if name in ("max", "min") else None
    options: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
    if len(more) == 1 and name == "sum" and not options:
        options["start"] = more.pop()
    wrong = [*more, *(value for key, value in options.items() if key != option)]
    if wrong:
        raise BadCall(f"{name} of elements takes no such argument", span=low.span(wrong[0]))
    with _elements_of(low, node.args[0], expression) as elements:
        value, some = elements.joined(0, how)
    other = expression(low, options[option]) if option in options else None
    if name == "sum" and other is not None:
        return how.join(low, other, value, source)
    if option == "default" and some is not True:
        return _unless_empty(low, name, value, some, other, node)
    return value


def _unless_empty(low: Lowering, name: str, value: Value, some: bool | Node, default: Value, place: ast.Call) -> Value:
    """The maximum or minimum of elements of which there may be none."""
    if default is not None:
        return default if some is False else low.emit(OPS["where"], (some, value, default), place)
    if some is False:
        raise BadCall(f"{name} of no elements", span=low.span(place), help="give it a default")
    params = (("message", f"{name} of no elements"), ("names", ()))
    return low.emit(OPS["guard"], (value, low.emit(OPS["require"], (True, some), place, params)), place)


def _is_empty(part: list[Value] | Node) -> bool:
    return isinstance(part, list) and not part


@contextmanager
def _elements_of(low: Lowering, node: ast.expr, expression: LowerExpression) -> Iterator[_Elements]:
    """The elements that a piece of syntax yields; within this, names are those of its scope."""
    if not isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)):
        yield _Elements(low, node, expression, [], None, iteration(low, node, expression))
        return
    first = iteration(low, node.generators[0].iter, expression)
    with low.frames.within(Scope(low.syntax.comprehensions[node], low.frames.scope, region=low.nodes)):
        element = _pair(node) if isinstance(node, ast.DictComp) else node.elt
        yield _Elements(low, node, expression, node.generators, element, first)


def _pair(node: ast.DictComp) -> ast.expr:
    return ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)


@dataclass(eq=False)
class _Elements:
    """The elements of a comprehension under lowering; without an ``element``, the items of an iterable."""

    low: Lowering
    place: ast.expr
    expression: LowerExpression
    fors: Sequence[ast.comprehension]
    element: ast.expr | None
    first: Iteration
    item: Value = None
    one_by_one: bool = False
    """Whether no loop collects the elements in an array."""
    axes: int | None = None
    """The axes of an element of the array that are lists, once it is known."""

    def _over(self, i: int) -> Iteration:
        return self.first if i == 0 else iteration(self.low, self.fors[i].iter, self.expression)

    def _tests(self, i: int) -> Sequence[ast.expr]:
        return self.fors[i].ifs if self.fors else ()

    def _iter(self, i: int) -> ast.expr:
        return self.fors[i].iter if self.fors else self.place

    def _is_element(self, i: int) -> bool:
        """True inside the innermost ``for``."""
        return i == max(len(self.fors), 1)

    def _bind(self, i: int, value: Value) -> None:
        """Bind the target of a ``for``."""
        self.low.frames.step(self.place)
        if not self.fors:
            self.item = value
            return
        for name, item in unpacked(self.low, self.fors[i].target, value, self.fors[i].iter):
            assert isinstance(name, ast.Name)
            self.low.frames.scope.assign(name.id, item, name)

    def _element(self) -> Value:
        return self.item if self.element is None else self.expression(self.low, self.element)

    def _position(self, i: int) -> Node:
        """The input for the position of a pass, with the target's name in messages."""
        target = self.fors[i].target if self.fors else None
        while isinstance(target, (ast.Tuple, ast.List)) and target.elts:
            target = target.elts[0]
        name = target.id if isinstance(target, ast.Name) else "position"
        return self.low.loop_input(name, Type(DType.INT, ()), self._iter(i))

    def _loop(
        self,
        passes: Value,
        position: Node,
        carried: dict[Node, Node],
        body: Region,
        test: Region = Region((), ()),  # noqa: B008
    ) -> tuple[Node, ...]:
        low, place = self.low, self.place
        count = low.operand(passes, DType.INT, place)
        node = repeated(count, position, carried, body, test, low.limits, low.span(place))
        low.record(node)
        results = items(node)[: len(body.outputs)]
        for result in results:
            low.record(result)
        return results

    # --- collected in an array

    def listed(self, i: int) -> list[Value] | Node:
        """The elements from the ``for`` number ``i`` on."""
        if self._is_element(i):
            return [self._element()]
        over = self._over(i)
        count = self.low.known.whole(over.passes, self._iter(i), "the length of a list")
        if over.listed or self._tests(i) or count == 0 or self.one_by_one:
            return self._unrolled(i, over, count)
        position = self._position(i)
        return unroll_if_needed(
            self.low,
            count,
            [position],
            lambda: self._array(i, over, count, position),
            lambda: self._unrolled(i, over, count),
        )

    def _unrolled(self, i: int, over: Iteration, count: int) -> list[Value] | Node:
        low = self.low
        parts = []
        for k in range(count):
            self._bind(i, over.at(k))
            if all(self._holds(test) for test in self._tests(i)):
                parts.append(self.listed(i + 1))
        lists = [part for part in parts if not isinstance(part, Node)]
        if len(lists) == len(parts):
            return [x for part in lists for x in part]
        arrays = [part if isinstance(part, Node) else self._stacked(part) for part in parts if not _is_empty(part)]
        return low.emit(OPS["concatenate"], arrays, self.place, (("axis", 0),))

    def _holds(self, test: ast.expr) -> bool:
        """A filter of the elements of a list as a compile-time constant, since it determines the length."""
        low = self.low
        value = truth(low, self.expression(low, test), test)
        if isinstance(value, bool):
            return value
        try:
            # An input that nothing else fixes does not decide it: its gradient would be lost.
            return bool(low.known.without_inputs(value))
        except (Unknown, TooDear) as error:
            on = error.name if isinstance(error, Unknown) else "what takes too long to compute while compiling"
            raise NotConstant(
                f"how many elements the list has depends on {on}",
                span=low.span(test),
                help="sum(... if ...) and its kind take elements as they come; where(condition, a, b) keeps them all",
                depends=error.node if isinstance(error, Unknown) else None,
            ) from None

    def _stacked(self, values: list[Value]) -> Node:
        return self.low.array(several(self.low, List, values, self.place), self.place)

    def _array(self, i: int, over: Iteration, count: int, position: Node) -> Node:
        """A loop that assigns a row of an array in each pass."""
        low, place = self.low, self.place
        with low.region() as body:
            self._bind(i, over.at(position))
            inner = self.listed(i + 1)
            if self._is_element(i + 1):
                assert isinstance(inner, list)
                self.axes = list_axes(inner[0])
                row = low.array(array_element(low, inner[0], count, self.element or place), self.element or place)
            else:
                row = inner if isinstance(inner, Node) else self._stacked(inner)
            dtype = row.type.dtype
            row = low.operand(row, DType.FLOAT, place)
            array = input_node("list", Type(DType.FLOAT, (count, *row.shape)), low.span(place))
            filled = low.emit(OPS["assign"], (array, row, position), place, (("key", (AT,)),))
        (result,) = self._loop(count, position, {array: emit_zeros(low, array.type, place)}, Region(body, [filled]))
        if not self._is_element(i + 1):
            shape = (count * row.shape[0], *row.shape[1:])
            result = low.emit(OPS["reshape"], (result,), place, (("shape", shape),))
        return low.operand(result, DType.BOOL, place) if dtype is DType.BOOL else result

    # --- reduced to one value

    def joined(self, i: int, how: Joining) -> tuple[Value, bool | Node]:
        """The reduction of the elements from the ``for`` number ``i`` on, and whether there are any."""
        if self._is_element(i):
            return self._part(how), True
        over = self._over(i)
        if over.passes == 0:
            return how.start, False
        count = over.passes
        if over.listed:
            assert isinstance(count, int)
            return self._in_turn(i, over, count, how)
        position = self._position(i)
        if not isinstance(count, int):
            return self._in_a_loop(i, over, how, position)
        return unroll_if_needed(
            self.low,
            count,
            [position],
            lambda: self._in_a_loop(i, over, how, position),
            lambda: self._in_turn(i, over, count, how),
        )

    def _part(self, how: Joining) -> Value:
        """An element, converted for the reduction: to a condition, a number to compare, anything to add."""
        low, place = self.low, self.element or self.place
        value = self._element()
        if how.decides is not None:
            return truth(low, value, place)
        if is_sequence(value):
            value = low.array(value, place)
        if math.isinf(how.start) and isinstance(value, Node) and value.shape:
            raise TypeMismatch(
                f"of elements that are numbers one is the greatest or least, and this is {describe_value(value)}",
                span=low.span(place),
            )
        return value

    def _where(self, tests: Sequence[ast.expr], i: int, how: Joining) -> tuple[Value, bool | Node]:
        """The reduction of the elements of a pass, if the filters hold."""
        low = self.low
        if not tests:
            return self.joined(i + 1, how)
        test = truth(low, self.expression(low, tests[0]), tests[0])
        if isinstance(test, bool):
            return self._where(tests[1:], i, how) if test else (how.start, False)
        merge = Merge(low, test, tests[0])
        with merge.side(0):
            value, some = self._where(tests[1:], i, how)
        with merge.side(1):
            nothing = self._neutral(value.type, how) if isinstance(value, Node) and value.shape else how.start
        finish = [merge.pair(value, nothing), merge.pair(some, False)]
        results = merge.results()
        value, any_ = (f(results) for f in finish)
        assert isinstance(any_, (bool, Node))
        return value, any_

    def _neutral(self, type: Type, how: Joining) -> Node:
        """The neutral element, broadcast to a type."""
        low, place = self.low, self.place
        start = low.operand(how.start, type.dtype, place)
        if not type.shape:
            return start
        return low.emit(OPS["broadcast_to"], (start,), place, (("shape", type.shape),))

    def _condition(self, reduction: tuple[Value, bool | Node]) -> bool | Node:
        value, _ = reduction
        assert isinstance(value, (bool, Node))
        return value

    def _in_turn(self, i: int, over: Iteration, count: int, how: Joining) -> tuple[Value, bool | Node]:
        low, place = self.low, self.place
        value: Value = how.start
        some: bool | Node = False
        for k in range(count):

            def ask(k: int = k) -> tuple[Value, bool | Node]:
                self._bind(i, over.at(k))
                return self._where(self._tests(i), i, how)

            if how.decides is None:
                part, there = ask()
                if there is not False:
                    value = part if k == 0 else how.join(low, value, part, place)
                if some is not True:
                    some = there if some is False else low.emit(OPS["logical_or"], (some, there), place)
            elif value is how.decides:
                break
            elif isinstance(value, Node):
                value = short_circuit(low, not how.decides, value, lambda: self._condition(ask()), place)
            else:
                value = ask()[0]
        return value, some

    def _in_a_loop(self, i: int, over: Iteration, how: Joining, position: Node) -> tuple[Value, bool | Node]:
        low, place = self.low, self.place
        with low.region() as body:
            self._bind(i, over.at(position))
            value, some = self._where(self._tests(i), i, how)
            if some is False:
                return how.start, False
            part = low.operand(value, DType.FLOAT if how.decides is None else DType.BOOL, place)
            total = input_node("total", part.type, low.span(place))
            outputs = [low.emit(OPS[how.op], (total, part), place)]
            some_input = None
            if isinstance(some, Node) and how.decides is None and math.isinf(how.start):
                some_input = input_node("some", some.type, low.span(place))
                outputs.append(low.emit(OPS["logical_or"], (some_input, some), place))
        with low.region() as test_nodes:
            goes_on = total if how.decides is False else None
            if how.decides:
                goes_on = low.emit(OPS["logical_not"], (total,), place)
        test = Region(test_nodes, [] if goes_on is None else [goes_on])
        carried = {total: self._neutral(total.type, how)}
        if some_input is not None:
            carried[some_input] = low.operand(False, DType.BOOL, place)
        result, *more = self._loop(over.passes, position, carried, Region(body, outputs), test)
        if more:
            return result, more[0]
        is_sure = isinstance(over.passes, int) or not math.isinf(how.start)
        return result, True if is_sure else low.emit(OPS["greater"], (over.passes, 0), place)
