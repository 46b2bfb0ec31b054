"""The state of one lowering: the nodes made so far, the names and what they hold, and what is known of the inputs.

Every node of the graph is made by ``emit``, which converts operands, holds the limits and gives errors their place.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from adcore.errors import (
    AdcoreError,
    ArrayTooLarge,
    BadCall,
    CallSite,
    GraphTooLarge,
    NestingTooDeep,
    NotConstant,
    NotWholeNumber,
    ShapeMismatch,
    Span,
    TypeMismatch,
)
from adcore.graph import OPS, Array, DType, Node, Op, Params, Type, constant
from adcore.language.lowering.constant_arithmetic import WHOLE
from adcore.language.lowering.partial_evaluation import TooDear, Unknown, evaluate
from adcore.language.lowering.trees import map_leaves
from adcore.language.lowering.values import (
    Closure,
    Held,
    List,
    Place,
    Scope,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
    shape_text,
)
from adcore.language.syntax.program import KEYWORDS, Syntax
from adcore.language.syntax.scopes import CHECKED
from adcore.limits import Limits

if TYPE_CHECKING:
    from adcore.language.lowering.values import Recursion

MAX_AXES = 32
"""NumPy does not handle arrays of more axes everywhere."""

_STEPS_PER_NODE = 4
"""How many pieces of syntax may be looked at for each node allowed: functions that call functions can be many."""

T = TypeVar("T", Tuple, List)


@dataclass(slots=True, eq=False)
class Lowering:
    """One program on its way to one graph."""

    syntax: Syntax
    limits: Limits
    scope: Scope
    inline: Callable[[Lowering, Closure, Sequence[tuple[str | None, Value, ast.expr]], ast.Call], Value]
    """How a call of one of the program's own functions is lowered: the arguments come as name, value and place."""
    given: dict[Node, Array] = field(default_factory=dict)
    """The inputs whose values are known."""
    nodes: list[Node] = field(default_factory=list)
    """The nodes made so far, or within the innermost branch, in order."""
    values: dict[Node, Any] = field(default_factory=dict)
    """The values that had to be known while compiling."""
    static: set[str] = field(default_factory=set)
    """The names of the inputs these depend on."""
    wanted: frozenset[str] = frozenset()
    """The names of the main block that are asked for at its end."""
    calls: tuple[CallSite, ...] = ()
    """The calls within which nodes are made that stand in the graph themselves."""
    loops: list[tuple[Scope, ast.For | ast.While]] = field(default_factory=list)
    """The loops that are being lowered, outermost first, with the scopes they stand in."""
    collecting: frozenset[ast.Expr] = frozenset()
    """The statements that append to a list what a loop collects in an array."""
    carried: set[Node] = field(default_factory=set)
    """What changes from pass to pass: the inputs of the loops' graphs."""
    arguments: set[Node] = field(default_factory=set)
    """What changes from call to call: the inputs of the graphs of functions that call themselves."""
    unrolled: set[ast.FunctionDef] = field(default_factory=set)
    """The functions that call themselves and are not lowered apart, since known numbers decide their shapes."""
    running: set[Hashable] = field(default_factory=set)
    """The signatures of the calls that are being run."""
    recursions: dict[Hashable, Recursion] = field(default_factory=dict)
    """The functions that call themselves and are being lowered apart, by their signatures."""
    count: int = 0
    steps: int = 0
    depth: int = 0

    def span(self, place: Place) -> Span:
        """Where a piece of syntax stands; of a statement with a block, the keyword."""
        source = self.syntax.source
        keyword = KEYWORDS.get(type(place))
        span = source.word(place, keyword) if keyword else source.span(place)
        if self.calls:
            span = Span(span.line, span.column, span.end_line, span.end_column, self.calls)
        return span

    def enter(self, place: Place) -> None:
        """Go one level deeper, which the caller takes back from ``depth``, or an attempt around it."""
        self.depth += 1
        self.step(place)
        if self.depth > self.limits.nesting_depth:
            raise NestingTooDeep(
                f"calls, branches and operators are nested deeper than {self.limits.nesting_depth}",
                span=self.span(place),
            )

    def step(self, place: Place) -> None:
        """Look at one more piece of syntax, perhaps again."""
        self.steps += 1
        if self.steps > _STEPS_PER_NODE * self.limits.graph_nodes:
            raise GraphTooLarge(
                "the program's functions are called too often, or its lists gone over", span=self.span(place)
            )

    @contextmanager
    def nested(self, place: Place) -> Iterator[None]:
        """Within this, the lowering is one level deeper."""
        depth = self.depth
        self.enter(place)
        try:
            yield
        finally:
            self.depth = depth

    @contextmanager
    def region(self, into: list[Node] | None = None) -> Iterator[list[Node]]:
        """Within this, nodes are appended to a list of their own, which is new, or is ``into`` continued."""
        outer = self.nodes
        nodes = self.nodes = [] if into is None else into
        try:
            yield nodes
        finally:
            self.nodes = outer

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Where this is left by an exception, the nodes emitted within it are dropped, and their count and the depth
        restored. Scopes, regions and loops restore themselves."""
        nodes, length, count, depth = self.nodes, len(self.nodes), self.count, self.depth
        try:
            yield
        except BaseException:
            del nodes[length:]
            self.count, self.depth = count, depth
            raise

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Within this, names are those of ``scope``."""
        outer, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = outer

    @contextmanager
    def calling(self, calls: tuple[CallSite, ...]) -> Iterator[None]:
        """Within this, nodes stand within these calls of functions."""
        outer, self.calls = self.calls, calls
        try:
            yield
        finally:
            self.calls = outer

    @contextmanager
    def looping(self, statement: ast.For | ast.While, collecting: Iterable[ast.Expr] = ()) -> Iterator[None]:
        """Within this, a loop's pass is lowered; ``collecting`` are the appends whose elements an array collects."""
        self.loops.append((self.scope, statement))
        collected = self.collecting
        self.collecting = collected.union(collecting)
        try:
            yield
        finally:
            self.loops.pop()
            self.collecting = collected

    def guarded(self, value: Value, place: Place, token: Held | None = None) -> Value:
        """A value that is given only if all that this scope, or the token, has asserted holds."""
        token = self.scope.variables.get(CHECKED, True) if token is None else token
        if not isinstance(token, Node):
            return value

        def guard(leaf: Value) -> Value:
            return self.emit(OPS["guard"], (leaf, token), place) if isinstance(leaf, Node) or is_number(leaf) else leaf

        return map_leaves(guard, value)

    def live(self, name: str, place: ast.stmt, own: bool = True) -> bool:
        """Whether what a name holds at the end of a statement may still be read.

        A read before it counts where a loop around it comes back there; ``own`` says whether those inside it do, too.
        """
        names = self.scope.names
        if name.startswith("<") or (name in self.wanted and names is self.syntax.names):
            return True
        start, end = ends_of(place)
        if names.last_read.get(name, start) > end:
            return True
        around = next((ends_of(loop) for scope, loop in self.loops if scope is self.scope), None)
        if around is None:
            return False
        return any(
            around[0] <= at <= around[1] and (own or not start <= at <= end) for at in names.read_at.get(name, ())
        )

    # --- making nodes

    def emit(
        self,
        op: Op,
        operands: Sequence[Value],
        place: Place,
        params: Params | None = None,
        places: Sequence[Place] = (),
    ) -> Node:
        """The node that applies ``op``; ``places`` are those of the operands, where they have places of their own."""
        dtypes = op.signature.dtypes
        last = len(dtypes) - 1
        inputs = []
        for i, value in enumerate(operands):
            dtype = dtypes[i if i < last else last]
            if isinstance(value, Node) and (dtype is None or value.types[0].dtype is dtype):
                inputs.append(value)
            else:
                inputs.append(self.operand(value, dtype, places[i] if i < len(places) else place))
        if params is None:
            params = tuple([(p.name, p.default) for p in op.signature.parameters]) if op.signature.parameters else ()
        try:
            node = op.bind(tuple(inputs), params, self.span(place))
        except AdcoreError as error:
            if len(places) == len(inputs) > 1 and not error.related:
                error.related = tuple(
                    (self.span(p), f"shape {shape_text(x.shape)}" if x.shape else "a number")
                    for p, x in zip(places, inputs, strict=True)
                )
            raise
        self.record(node)
        return node

    def record(self, node: Node) -> None:
        """Take a node into the graph, if the limits allow it."""
        self.count += 1
        if self.count > self.limits.graph_nodes:
            raise GraphTooLarge(f"the program has more than {self.limits.graph_nodes} operations", span=node.span)
        for type in node.types:
            if type.shape:
                check_size(type, self.limits, node.span)
        self.nodes.append(node)

    def operand(self, value: Value, dtype: DType | None, place: Place) -> Node:
        """A value as an operand of the kind that an op takes."""
        match value:
            case Node():
                if dtype is None or value.type.dtype is dtype:
                    return value
                if value.op is OPS["as_float"] and value.inputs[0].type.dtype is dtype:
                    return value.inputs[0]
                return self.emit(OPS["as_" + dtype.name.lower()], (value,), place)
            case bool() | int() | float():
                return self._constant(value, dtype, place)
            case List():
                return self.operand(self.array(value, place), dtype, place)
            case _:
                pass
        raise TypeMismatch(
            f"{describe_value(value)} cannot be computed with",
            span=self.span(place),
            help="an array is written with [ ]" if isinstance(value, Tuple) else None,
        )

    def _constant(self, value: bool | int | float, dtype: DType | None, place: Place) -> Node:
        number: Any = value
        if dtype is DType.BOOL or (dtype is None and isinstance(value, bool)):
            number = np.bool_(value != 0)
        elif dtype is DType.INT:
            number = np.int64(self.whole(value, place, "an index"))
        node = constant(number, self.span(place))
        self.record(node)
        return node

    def array(self, value: Value, place: Place) -> Node:
        """A value as an array or a number: a list, or a tuple where an array must be meant, becomes a stack."""
        if not is_sequence(value):
            return self.operand(value, None, place)
        made = self._stack(value, place)
        if isinstance(made, Node):
            return made
        node = constant(made, self.span(place))
        self.record(node)
        return node

    def _stack(self, value: Tuple | List, place: Place) -> Any:
        """An array of what is known, or a node."""
        elements = place.elts if isinstance(place, (ast.List, ast.Tuple)) else ()
        places = elements if len(elements) == len(value.items) else (place,) * len(value.items)
        rows = [
            self._stack(x, p) if is_sequence(x) else x if isinstance(x, Node) else self._scalar(x, p)
            for x, p in zip(value.items, places, strict=True)
        ]
        for row, p in zip(rows, places, strict=True):
            if row.shape != rows[0].shape:
                first, other = (f"shape {shape_text(x.shape)}" if x.shape else "a number" for x in (rows[0], row))
                raise ShapeMismatch(
                    f"the parts of an array have one shape, and here {other} stands beside {first}",
                    span=self.span(p),
                    related=((self.span(places[0]), first),) if places[0] is not p else (),
                )
        if not any(isinstance(row, Node) for row in rows):
            return np.array(rows, dtype=np.float64)
        if all(row.shape == () for row in rows):
            operands: Sequence[Any] = [row if isinstance(row, Node) else float(row) for row in rows]
        else:
            operands = [
                row if isinstance(row, Node) else self._lifted(row, p) for row, p in zip(rows, places, strict=True)
            ]
        return self.emit(OPS["stack"], operands, place, (("axis", 0),))

    def _lifted(self, array: Any, place: Place) -> Node:
        node = constant(array, self.span(place))
        self.record(node)
        return node

    def _scalar(self, value: Value, place: Place) -> Any:
        if isinstance(value, (int, float)):
            return np.float64(value)
        raise TypeMismatch(f"{describe_value(value)} cannot be an element of an array", span=self.span(place))

    # --- what must be known while compiling

    def known(self, value: Value, place: Place, what: str) -> Any:
        """A value that must be known now; ``what`` says what it serves as. A node's is computed from the inputs."""
        if not isinstance(value, Node):
            return value
        try:
            return evaluate(value, self.given, self.values, self.static)
        except Unknown as unknown:
            changes = unknown.node in self.carried or unknown.node in self.arguments
            how = "in the loop" if unknown.node in self.carried else "from call to call"
            raise NotConstant(
                f"{what} must be known when the program is compiled, and "
                + (f"{unknown.name} changes {how}" if changes else f"it depends on {unknown.name}"),
                span=self.span(place),
                help=None if changes else f"give the value of {unknown.name}, not only its shape",
                depends=unknown.node,
            ) from None
        except TooDear:
            raise NotConstant(
                f"{what} must be known when the program is compiled, and computing it takes too long",
                span=self.span(place),
            ) from None
        except AdcoreError as error:
            error.span = error.span or self.span(place)
            raise

    def whole(self, value: Value, place: Place, what: str) -> int:
        """A whole number that must be known now."""
        number = self.known(value, place, what)
        if isinstance(number, (np.ndarray, np.generic)):
            if number.shape != ():
                raise TypeMismatch(
                    f"{what} is one number, and this is an array of shape {shape_text(number.shape)}",
                    span=self.span(place),
                )
            number = number.item()
        if not isinstance(number, (int, float)):
            raise TypeMismatch(f"{what} is a whole number, and this is {describe_value(number)}", span=self.span(place))
        if WHOLE < abs(number) < math.inf:
            raise BadCall(f"{what} is too large: {number:g}", span=self.span(place))
        if not math.isfinite(number) or number != math.floor(number):
            raise NotWholeNumber(f"{what} is a whole number, and this is {number:g}", span=self.span(place))
        return int(number)


def several(low: Lowering, kind: type[T], items: Sequence[Value], place: Place) -> T:
    """Values in a row, if they are not too many and not too deep."""
    size = sum(x.size if is_sequence(x) else 1 for x in items)
    depth = 1 + max((x.depth for x in items if is_sequence(x)), default=0)
    if size > low.limits.array_elements:
        raise ArrayTooLarge(f"this list has more than {low.limits.array_elements} elements", span=low.span(place))
    if depth > low.limits.nesting_depth:
        raise NestingTooDeep(f"lists are nested deeper than {low.limits.nesting_depth}", span=low.span(place))
    return kind(tuple(items), size, depth)


def emit_zeros(low: Lowering, type: Type, place: Place) -> Node:
    """Zeros of a type, where no value exists yet."""
    if type.shape:
        node = low.emit(OPS["zeros"], (), place, (("shape", type.shape),))
        return low.operand(node, type.dtype, place)
    return low.operand(0, type.dtype, place)


def emit_zeros_like(low: Lowering, value: Value, place: Place) -> Value:
    """A value with every node replaced by zeros of its type."""
    return map_leaves(lambda leaf: emit_zeros(low, leaf.type, place) if isinstance(leaf, Node) else leaf, value)


def ends_of(place: ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a statement begins and ends."""
    return (place.lineno, place.col_offset), (place.end_lineno or 0, place.end_col_offset or 0)


def check_size(type: Type, limits: Limits, span: Span | None) -> None:
    """ArrayTooLarge where an array of this type is too large to make, or NumPy could not."""
    shape = type.shape
    if len(shape) > MAX_AXES:
        raise ArrayTooLarge(f"an array has at most {MAX_AXES} axes, and this one {len(shape)}", span=span)
    # An axis of length 0 makes no excuse: NumPy multiplies the others.
    if math.prod(shape) > limits.array_elements or math.prod([n or 1 for n in shape]) > 2**53:
        raise ArrayTooLarge(
            f"an array of shape {shape_text(shape)} has more than {limits.array_elements} elements", span=span
        )
