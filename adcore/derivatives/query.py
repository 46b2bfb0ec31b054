"""The kinds of derivatives: a graph and a kind to the graph of the derivative and the layout of its inputs and outputs.

``KINDS`` is an open table of declarations, which the compiler, the answers and the trace read: a new kind of derivative
is one more declaration here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.jacobian import Direction, Mode, cheaper_mode, jacobian_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.errors import NotDifferentiable, OutputNotScalar, SeveralOutputs, UnknownDerivative
from adcore.graph import DType, Graph, Node
from adcore.graph.traversal import graph_of
from adcore.ops.functionals.derivative import GRADIENT, JACOBIAN, JVP
from adcore.ops.shapes import describe_shape


class Seed(NamedTuple):
    """An input that a derivative adds: a tangent or a cotangent, of the type of what it belongs to."""

    role: str
    """``tangents`` or ``cotangents``: under this name a caller passes it."""
    name: str
    """The input of the program that it is the tangent of, or the output that it is the cotangent of."""


class Group(NamedTuple):
    """Outputs of one sort, for each name, or for each pair of names: ``jacobian``, by output and by input."""

    key: str
    names: tuple[str, ...]
    inner: tuple[tuple[str, ...], ...] = ()
    """The names of each further level."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative as a graph, and what its inputs and outputs are.

    The inputs are those of the program, then ``seeds``; the outputs are those of ``groups``, one after the other.
    Where ``swept`` is not 0, the caller runs the graph once for each element of the seeds, which is 1 in this run while
    all others are 0. So many of the graph's last outputs are then columns of the derivatives that the groups name,
    output by output and seed by seed; the outputs before are the same in each run.
    """

    mode: Direction | None
    graph: Graph
    groups: tuple[Group, ...]
    seeds: tuple[Seed, ...] = ()
    swept: int = 0

    @property
    def sweeps(self) -> int:
        """The number of runs of the graph for one answer."""
        return max(1, sum(x.type.size for x in self.seed_inputs)) if self.swept else 1

    @property
    def seed_inputs(self) -> tuple[Node, ...]:
        """The inputs of the graph that are seeds."""
        return self.graph.inputs[len(self.graph.inputs) - len(self.seeds) :]

    def assemble(self, results: Iterable[Any]) -> dict[str, dict[str, Any]]:
        """The results, in the order of the groups, by key and by names."""
        rest = iter(results)
        # On the way of every evaluation: next is faster here than zip, and takes no result of the next group.
        return {
            key: _nested(names, inner, rest) if inner else {name: next(rest) for name in names}
            for key, names, inner in self.groups
        }


def _nested(names: Sequence[str], inner: Sequence[Sequence[str]], rest: Iterator[Any]) -> dict[str, Any]:
    if not inner:
        return {name: next(rest) for name in names}
    return {name: _nested(inner[0], inner[1:], rest) for name in names}


@dataclass(frozen=True, slots=True)
class DerivativeKind:
    """A kind of derivative, declared once."""

    name: str
    rule: Callable[[Graph, Sequence[int], Direction], Derivative] = field(repr=False)
    """The graph, the indices of the inputs to differentiate by, and the mode to the derivative."""
    modes: tuple[Direction, ...]
    """The supported modes; empty for a kind that asks for values only."""
    check: Callable[[Graph], None] = field(repr=False)
    """Raises an error where the graph's outputs do not have this derivative, an array has no gradient for example."""
    candidates: Callable[[Graph, Sequence[int]], Sequence[Direction]] = field(repr=False)
    """The modes that ``auto`` chooses from: the one that costs least, of equal ones the first."""
    shown_in_trace: bool = False
    """True where a trace shows the terms of the derivative beside the values."""

    def directions(self, graph: Graph, wrt: Sequence[int], mode: Mode) -> Sequence[Direction]:
        """The modes that may be taken: ``mode`` itself, the candidates for ``auto``."""
        return self.candidates(graph, wrt) if mode == "auto" else (mode,)


def kind_of(name: str, mode: Mode = "auto") -> DerivativeKind:
    """The kind of this name. Raises UnknownDerivative where there is none, or where it does not have that mode."""
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownDerivative(f"there is no derivative {name}", help=f"the kinds are: {', '.join(KINDS)}")
    modes = kind.modes or _BOTH
    if mode != "auto" and mode not in modes:
        plural = "modes" if len(modes) > 1 else "mode"
        raise UnknownDerivative(
            f"{name} supports the {plural} {' and '.join(modes)}, not {mode}", help="leave out mode"
        )
    return kind


def derive(graph: Graph, kind: str, wrt: Sequence[int], mode: Mode = "auto") -> Derivative:
    """The derivative of this kind by the inputs ``wrt``; its graph's inputs begin with those of ``graph``.

    Mode ``auto`` is the first of the kind's candidates. Raises what the kind's check raises, and NotDifferentiable
    where the way from those inputs to an output goes through an op without a derivative.
    """
    declared = kind_of(kind, mode)
    declared.check(graph)
    return declared.rule(graph, wrt, declared.directions(graph, wrt, mode)[0])


# --- what the outputs must be


def _anything(graph: Graph) -> None:
    """Every output has a value."""


def _numbers(graph: Graph) -> None:
    """Outputs that are numbers or arrays of numbers."""
    for name, y in zip(graph.labels, graph.outputs, strict=True):
        if y.type.dtype is not DType.FLOAT:
            raise NotDifferentiable(f"{name} is {_DTYPES[y.type.dtype]}, which has no derivative", span=y.span)


def _one_number(noun: str) -> Callable[[Graph], None]:
    """One output, a number; ``noun`` names the derivative in messages."""

    def check(graph: Graph) -> None:
        names = graph.labels
        if len(graph.outputs) != 1:
            raise SeveralOutputs(
                f"the program has several outputs: {', '.join(names)}", help="name one of them as the output"
            )
        (y,) = graph.outputs
        if y.shape != ():
            raise OutputNotScalar(
                f"{noun} is of one number, and {names[0]} is an array of shape {describe_shape(y.shape)}",
                span=y.span,
                help="reduce it, with sum() for example; all derivatives of a vector are jacobian(f)(x)",
            )
        _numbers(graph)

    return check


_DTYPES = {DType.BOOL: "a condition", DType.INT: "an index", DType.FLOAT: "a number"}


# --- the rules


def _names(graph: Graph, wrt: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the outputs, and those of the inputs ``wrt``."""
    names = graph.input_names
    return graph.labels, tuple(names[i] for i in wrt)


def _named(graph: Graph, *names: str) -> Graph:
    """The graph with these names for its outputs; those of derivatives are no names that a program could have."""
    return Graph(graph.inputs, graph.nodes, graph.outputs, names)


def _values(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    return Derivative(None, graph, (Group("values", graph.labels),))


def _gradient(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    """Reverse mode: one sweep. Forward mode: one for each element of the inputs, swept by the caller.

    So it stays arithmetic on numbers where the program is, which engines run for many points at once.
    """
    outs, ins = _names(graph, wrt)
    groups = Group("values", outs), Group("gradients", ins)
    if mode == "forward":
        pushed = jvp_graph(graph, wrt)
        named = _named(pushed, *outs, *(f"d({y})" for y in outs))
        return Derivative(mode, named, groups, _tangents(ins), swept=1)
    first = gradient_graph(graph, wrt)
    return Derivative(mode, _named(first, *outs, *_slopes(outs, ins)), groups)


def _jacobian(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    outs, ins = _names(graph, wrt)
    whole = jacobian_graph(graph, wrt, mode)
    named = _named(whole, *outs, *_slopes(outs, ins))
    return Derivative(mode, named, (Group("values", outs), Group("jacobian", outs, (ins,))))


def _hessian(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    """The Jacobian of the gradients, whose mode is ``mode``: the sweeps share the value's and the gradients' graph."""
    outs, ins = _names(graph, wrt)
    whole = jacobian_graph(gradient_graph(graph, wrt), wrt, mode, of=range(1, 1 + len(wrt)))
    second = (f"d2{y}/d{a} d{b}" for y in outs for a in ins for b in ins)
    named = _named(whole, *outs, *_slopes(outs, ins), *second)
    groups = Group("values", outs), Group("gradients", ins), Group("hessian", ins, (ins,))
    return Derivative(mode, named, groups)


def _jvp(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    outs, ins = _names(graph, wrt)
    pushed = jvp_graph(graph, wrt)
    named = _named(pushed, *outs, *(f"d({y})" for y in outs))
    return Derivative(mode, named, (Group("values", outs), Group("tangents", outs)), _tangents(ins))


def _vjp(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    outs, ins = _names(graph, wrt)
    pulled = vjp_graph(graph, wrt)
    named = _named(pulled, *outs, *(f"{x}'" for x in ins))
    cotangents = tuple(Seed("cotangents", y) for y in outs)
    return Derivative(mode, named, (Group("values", outs), Group("gradients", ins)), cotangents)


def _hvp(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
    """Forward mode: the JVP of the gradients. Reverse mode: their VJP, the same because the Hessian is symmetric."""
    outs, ins = _names(graph, wrt)
    first = gradient_graph(graph, wrt)
    gradients = range(1, 1 + len(wrt))
    whole = jvp_graph(first, wrt) if mode == "forward" else vjp_graph(first, wrt, of=gradients)
    products = whole.outputs[len(whole.outputs) - len(wrt) :]
    short = graph_of(whole.inputs, (*whole.outputs[: 1 + len(wrt)], *products), order=whole.nodes)
    slopes = _slopes(outs, ins)
    named = _named(short, *outs, *slopes, *(f"d({slope})" for slope in slopes))
    groups = Group("values", outs), Group("gradients", ins), Group("hvp", ins)
    return Derivative(mode, named, groups, _tangents(ins))


def _tangents(names: Iterable[str]) -> tuple[Seed, ...]:
    return tuple(Seed("tangents", name) for name in names)


def _slopes(outputs: Iterable[str], inputs: Sequence[str]) -> list[str]:
    return [f"d{y}/d{x}" for y in outputs for x in inputs]


# --- the modes to choose from


def _always(*modes: Direction) -> Callable[[Graph, Sequence[int]], Sequence[Direction]]:
    return lambda graph, wrt: modes


def _gradient_modes(graph: Graph, wrt: Sequence[int]) -> Sequence[Direction]:
    """Forward mode takes a run for each element of the inputs; from two on it is never the cheaper one."""
    return ("reverse", "forward") if sum(graph.inputs[i].type.size for i in wrt) == 1 else ("reverse",)


def _jacobian_modes(graph: Graph, wrt: Sequence[int]) -> Sequence[Direction]:
    return (cheaper_mode([graph.inputs[i] for i in wrt], graph.outputs),)


_BOTH: tuple[Direction, ...] = ("forward", "reverse")
_DECLARED = (
    DerivativeKind("none", _values, (), _anything, _always("reverse")),
    DerivativeKind(GRADIENT, _gradient, _BOTH, _one_number("a gradient"), _gradient_modes, shown_in_trace=True),
    DerivativeKind(JACOBIAN, _jacobian, _BOTH, _numbers, _jacobian_modes),
    DerivativeKind("hessian", _hessian, _BOTH, _one_number("a Hessian"), _always("forward")),
    DerivativeKind(JVP, _jvp, ("forward",), _numbers, _always("forward")),
    DerivativeKind("vjp", _vjp, ("reverse",), _numbers, _always("reverse")),
    DerivativeKind("hvp", _hvp, _BOTH, _one_number("a Hessian"), _always("forward")),
)
KINDS: Mapping[str, DerivativeKind] = {kind.name: kind for kind in _DECLARED}
"""The kinds of derivatives by name; ``none`` asks for the values only."""
