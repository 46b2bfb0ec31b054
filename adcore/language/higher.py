"""Functions of functions: derivatives inside programs, and equations to be solved.

What they are applied to is lowered as a graph of its own, with inputs in the place of the arguments in question; what
it reads from around it comes after them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from adcore.errors import BadCall, ShapeMismatch, TypeMismatch
from adcore.graph import OPS, DType, Graph, Node, input_node, items
from adcore.language.calls import Argument
from adcore.language.carrying import rebuilt
from adcore.language.lowering import Lowering, several
from adcore.language.regions import closed, needed, outside
from adcore.language.values import (
    Callee,
    Derived,
    List,
    Place,
    Several,
    Tuple,
    Value,
    describe,
    is_number,
    shape_text,
)
from adcore.ops.differentiation import GRADIENT, JACOBIAN, JVP
from adcore.ops.equations import FIXED_POINT, MINIMUM, ROOT

Call = Callable[[Lowering, Callee, Sequence[Argument], ast.Call], Value]
"""Calls anything that can be called."""

VALUE_AND_GRADIENT = "value_and_gradient"


def apply(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call, call: Call) -> Value:
    """The value of a call of a function of functions."""
    return FUNCTIONS[name].rule(low, name, arguments, place, call)


def call_derived(low: Lowering, derived: Derived, arguments: Sequence[Argument], place: ast.Call, call: Call) -> Value:
    """The value of ``grad(f)(x)`` and its kind.

    Raises BadCall, TypeMismatch, and ShapeMismatch where a gradient is asked of an array.
    """
    positions = [i for i, a in enumerate(arguments) if a.name is None]
    for i in derived.argnums:
        if not -len(positions) <= i < len(positions):
            raise BadCall(f"the derivative is by argument {i}, which is not given by its place", span=low.span(place))
    wanted = {positions[i] for i in derived.argnums}
    starts = {i: _as_operands(low, arguments[i].value, arguments[i].place) for i in sorted(wanted)}
    with_inputs = _WithInputs(low, list(starts.values()), place)
    changed = dict(zip(starts, with_inputs.values, strict=True))
    given = [a._replace(value=changed[i]) if i in changed else a for i, a in enumerate(arguments)]
    gradient = derived.kind != JACOBIAN
    graph, captured = with_inputs.graph(
        lambda: _number(low, derived, call(low, derived.function, given, place), place, gradient)
    )
    own = list(_leaves(list(starts.values())))
    kind = GRADIENT if gradient else JACOBIAN
    y, *found = _emit(low, "derivative", [*own, *captured], place, graph=graph, kind=kind, wrt=len(own))
    rest = iter(found)
    parts = {i: rebuilt(value, rest) for i, value in starts.items()}
    ordered = [parts[positions[i]] for i in derived.argnums]
    result = ordered[0] if derived.single else several(low, Tuple, ordered, place)
    return several(low, Tuple, [y, result], place) if derived.kind == VALUE_AND_GRADIENT else result


def _number(low: Lowering, derived: Derived, value: Value, place: ast.Call, gradient: bool) -> Node:
    """What is differentiated: a number, for a Jacobian an array."""
    if isinstance(value, List):
        value = low.array(value, place)
    if not (isinstance(value, Node) or is_number(value)):
        raise TypeMismatch(f"what is differentiated gives {describe(value)}, not a number", span=low.span(place))
    node = low.operand(value, DType.FLOAT, place)
    if gradient and node.shape:
        raise ShapeMismatch(
            f"grad differentiates a number, and this gives an array of shape {shape_text(node.shape)}",
            span=low.span(place),
            help="jacobian(f)(x) has the derivatives of all elements",
        )
    return node


# --- functions as graphs


class _WithInputs:
    """Values whose numbers and arrays are replaced by inputs of a graph to be."""

    def __init__(self, low: Lowering, starts: Sequence[Value], place: Place) -> None:
        self.low = low
        self.nodes: list[Node] = []

        def taken(value: Value) -> Value:
            if isinstance(value, Several):
                return type(value)(tuple(taken(x) for x in value.items), value.size, value.depth)
            assert isinstance(value, Node)
            node = input_node(f"x{len(self.nodes) + 1}", value.type, low.span(place))
            self.nodes.append(node)
            low.arguments.add(node)
            return node

        self.values = [taken(value) for value in starts]

    def graph(self, body: Callable[[], Node]) -> tuple[Graph, list[Node]]:
        """The graph of what ``body`` lowers, and what it reads from around it, which are its last inputs."""
        low = self.low
        outer, low.nodes = low.nodes, []
        output = body()
        made, low.nodes = low.nodes, outer
        inside = needed(made, [output])
        own = set(self.nodes)
        captured = [x for x in outside(inside, [output]) if x not in own]
        return closed(inside, [output], [*self.nodes, *captured]), captured


def _as_operands(low: Lowering, value: Value, place: Place) -> Value:
    """A value with its numbers, arrays and lists of numbers as float nodes."""
    if isinstance(value, Tuple):
        return Tuple(tuple(_as_operands(low, x, place) for x in value.items), value.size, value.depth)
    if isinstance(value, (Node, List)) or is_number(value):
        return low.operand(value, DType.FLOAT, place)
    raise TypeMismatch(f"nothing can be differentiated by {describe(value)}", span=low.span(place))


def _leaves(values: Sequence[Value]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Several):
            yield from _leaves(value.items)
        else:
            assert isinstance(value, Node)
            yield value


def _emit(low: Lowering, op: str, operands: Sequence[Node], place: Place, **params: object) -> tuple[Node, ...]:
    node = OPS[op](*operands, span=low.span(place), **params)
    low.record(node)
    results = items(node)
    for result in results:
        low.record(result)
    return results


# --- arguments


def _bound(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call, least: int) -> dict[str, Argument]:
    """The arguments by the names that the function gives them."""
    names = FUNCTIONS[name].names
    bound: dict[str, Argument] = {}
    for i, argument in enumerate(arguments):
        key = argument.name or (names[i] if i < len(names) else None)
        if key not in names:
            raise BadCall(
                f"{name} takes no argument {key}" if key else f"{name} takes at most {len(names)} arguments",
                span=low.span(argument.place),
                help=f"it is called as {FUNCTIONS[name].signature}",
            )
        if key in bound:
            raise BadCall(f"{name} is given {key} twice", span=low.span(argument.place))
        bound[key] = argument
    for key in names[:least]:
        if key not in bound:
            raise BadCall(
                f"{name} needs {key}", span=low.span(place), help=f"it is called as {FUNCTIONS[name].signature}"
            )
    return bound


def _function(low: Lowering, name: str, argument: Argument) -> Callee:
    if not isinstance(argument.value, Callee):
        raise TypeMismatch(
            f"{name} is of a function, and this is {describe(argument.value)}",
            span=low.span(argument.place),
            help="lambda x: ... makes one of an expression",
        )
    return argument.value


# --- derivatives


def _derivative(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call, call: Call) -> Value:
    bound = _bound(low, name, arguments, place, 1)
    function = _function(low, name, bound["f"])
    argnums: tuple[int, ...] = (0,)
    single = True
    if "argnums" in bound:
        value, at = bound["argnums"].value, bound["argnums"].place
        single = not isinstance(value, Several)
        given = value.items if isinstance(value, Several) else [value]
        argnums = tuple(low.whole(x, at, "an argument's number") for x in given)
        if len(set(argnums)) < len(argnums):
            raise BadCall("argnums has distinct numbers of arguments, one at least", span=low.span(at))
    if name == "hessian":
        return Derived(JACOBIAN, Derived(GRADIENT, function, argnums, single), argnums, single)
    kind = {"grad": GRADIENT, "value_and_grad": VALUE_AND_GRADIENT}.get(name, JACOBIAN)
    return Derived(kind, function, argnums, single)


def _jvp(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call, call: Call) -> Value:
    bound = _bound(low, name, arguments, place, 3)
    function = _function(low, name, bound["f"])
    primals, tangents = (_as_operands(low, bound[key].value, bound[key].place) for key in ("primals", "tangents"))
    if not (isinstance(primals, Tuple) and isinstance(tangents, Tuple)):
        raise TypeMismatch("jvp takes the arguments, and their tangents, as tuples", span=low.span(place))
    operands, ways = list(_leaves([primals])), list(_leaves([tangents]))
    if [x.shape for x in operands] != [x.shape for x in ways]:
        raise ShapeMismatch("tangents have the shapes of the arguments", span=low.span(bound["tangents"].place))
    with_inputs = _WithInputs(low, primals.items, place)
    given = [Argument(None, value, bound["primals"].place) for value in with_inputs.values]
    derived = Derived(JACOBIAN, function, (0,), True)
    graph, captured = with_inputs.graph(
        lambda: _number(low, derived, call(low, function, given, place), place, gradient=False)
    )
    found = _emit(low, "derivative", [*operands, *captured, *ways], place, graph=graph, kind=JVP, wrt=len(operands))
    return several(low, Tuple, list(found), place)


# --- equations


def _equation(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call, call: Call) -> Value:
    bound = _bound(low, name, arguments, place, 2)
    function = _function(low, name, bound["f"])
    start = _as_operands(low, bound["x0"].value, bound["x0"].place)
    if not isinstance(start, Node):
        raise TypeMismatch(f"{name} is for a number or an array", span=low.span(bound["x0"].place))
    more = bound["args"].value if "args" in bound else Tuple((), 0, 0)
    rest = more.items if isinstance(more, Tuple) else [more]
    with_inputs = _WithInputs(low, [start], place)
    given = [Argument(None, value, bound["f"].place) for value in (with_inputs.values[0], *rest)]

    def body() -> Node:
        value = call(low, function, given, place)
        if not (isinstance(value, (Node, List)) or is_number(value)):
            raise TypeMismatch(f"the function gives {describe(value)}", span=low.span(bound["f"].place))
        node = low.operand(value, DType.FLOAT, bound["f"].place)
        shape = () if name == MINIMUM else start.shape
        if node.shape != shape:
            wants = "a number" if name == MINIMUM else "as many numbers as it takes"
            raise ShapeMismatch(
                f"the function of {name} gives {wants}; this one takes {describe(start)}, gives {describe(node)}",
                span=low.span(bound["f"].place),
            )
        return node

    graph, captured = with_inputs.graph(body)
    tol = _positive(low, bound["tol"], "tol") if "tol" in bound else TOLERANCE
    limit = int(_positive(low, bound["max_steps"], "max_steps")) if "max_steps" in bound else STEPS
    (x,) = _emit(
        low, "solution", [start, *captured], place, graph=graph, kind=name, tol=tol, limit=min(limit, MOST_STEPS)
    )
    return x


TOLERANCE = 1e-10
"""The last step of a solver, relative to the solution, that counts as none; what follows it is exact to rounding."""
STEPS, MOST_STEPS = 100, 10_000
"""The most steps of a solver, and the most that can be asked for."""


def _positive(low: Lowering, argument: Argument, what: str) -> float:
    known = low.known(argument.value, argument.place, what)
    if not isinstance(known, (int, float)) and getattr(known, "shape", None) != ():
        raise TypeMismatch(f"{what} is a number, and this is {describe(argument.value)}", span=low.span(argument.place))
    number = float(known)
    if not 0 < number < float("inf"):
        raise BadCall(f"{what} is greater than 0, and this is {number:g}", span=low.span(argument.place))
    return number


@dataclass(frozen=True, slots=True)
class Higher:
    """A function of functions: its rule, what its arguments are called, and what it is."""

    rule: Callable[[Lowering, str, Sequence[Argument], ast.Call, Call], Value]
    signature: str
    names: tuple[str, ...]
    doc: str


_DERIVED = ("f", "argnums")
_SOLVED = ("f", "x0", "args", "tol", "max_steps")

FUNCTIONS: dict[str, Higher] = {
    "grad": Higher(
        _derivative,
        "grad(f, argnums=0)",
        _DERIVED,
        "The function that gives the gradient of f, a number, by one argument or several.",
    ),
    "value_and_grad": Higher(
        _derivative,
        "value_and_grad(f, argnums=0)",
        _DERIVED,
        "The function that gives both f and its gradient.",
    ),
    "jacobian": Higher(
        _derivative,
        "jacobian(f, argnums=0)",
        _DERIVED,
        "The function that gives the derivatives of all that f gives: its shape, then the argument's.",
    ),
    "hessian": Higher(
        _derivative, "hessian(f, argnums=0)", _DERIVED, "The function that gives the second derivatives of f, a number."
    ),
    "jvp": Higher(
        _jvp,
        "jvp(f, primals, tangents)",
        ("f", "primals", "tangents"),
        "f at the arguments, a tuple, and its derivative in the direction of the tangents, another.",
    ),
    ROOT: Higher(
        _equation,
        "root(f, x0, args=(), tol=1e-10, max_steps=100)",
        _SOLVED,
        "Where f, of a number or an array, is zero, found from x0; differentiated as the implicit function that it is.",
    ),
    FIXED_POINT: Higher(
        _equation,
        "fixed_point(f, x0, args=(), tol=1e-10, max_steps=100)",
        _SOLVED,
        "Where f gives what it takes, found from x0; differentiated as the implicit function that it is.",
    ),
    MINIMUM: Higher(
        _equation,
        "minimize(f, x0, args=(), tol=1e-10, max_steps=100)",
        _SOLVED,
        "Where f, a number, has a local minimum, found from x0; differentiated as the implicit function that it is.",
    ),
}
"""The functions of functions, by name."""
