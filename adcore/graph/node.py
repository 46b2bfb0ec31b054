"""The computation graph: a structured program in static single assignment form, immutable.

A node is one application of an op and, at the same time, the value it computes; it refers to the nodes it reads, so a
graph is a directed acyclic dataflow graph and a rewrite shares whatever it does not change. Control flow is
structured: an op such as ``cond`` carries whole graphs among its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.errors import AdcoreError, Span
from adcore.graph.declaration import Facts, Notation, Sampling
from adcore.graph.scalar import ScalarRule
from adcore.graph.signature import Signature
from adcore.graph.types import Array, DType, Literal, Params, Shape, Type, type_of


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What an op computes, and its derivatives."""

    value: Callable[..., Any] | None
    """NumPy arrays to a NumPy array (a tuple for several results); None for ops that only engines can run."""
    infer: Callable[..., Type | tuple[Type, ...]]
    """Operand types and parameters to the result's type: the shape rule. Raises ShapeMismatch and its kind."""
    jvp: Callable[[Node, tuple[Node | None, ...]], Any] | None = None
    """The node and its operands' tangents (None is an exact zero) to the result's tangent, as graph."""
    vjp: Callable[[Node, Any], tuple[Node | None, ...]] | None = None
    """The node and its cotangent to the cotangents of its operands (None is an exact zero), as graph."""
    structure: Structure | None = None
    """How an op whose parameters are graphs is run and differentiated."""
    is_identity: Callable[[Node], bool] | None = None
    """True where the application is the identity on its first operand (a reshape to the shape it has)."""
    notice: Callable[..., tuple[str, str] | None] | None = None
    """The result's value and those of the operands to the code and the message of a notice, or None."""
    work: Callable[[Node], int] | None = None
    """The number of scalar operations of an application; None if as many as the elements of its largest array."""
    nanoseconds: float | Callable[[Node], float] = 2.5
    """The time that a scalar operation of ``work`` takes on one core, as measured (0 for a view); where that does not
    say it, a function to the time of an application."""
    scratch: Callable[[Node], int] | None = None
    """The numbers of 8 bytes that ``value`` holds at its peak beside its operands and results; None if hardly any."""
    decompose: Callable[[Node], Node | tuple[Node, ...]] | None = None
    """The same results in simpler ops, as graph, for exports and engines that do not know this op."""
    compose: Callable[..., Node] | None = None
    """The result as graph of other ops, from the operands and the parameters by name. A composed op has this rule and
    the shape rule alone: it is expanded where it is applied, and no graph holds it. An absent operand is None."""
    scalar: ScalarRule | None = None
    """How one element of the result is computed, for engines that compile; for elementwise ops only."""


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """An op, declared once, for the language, engines, derivatives, passes, printers and tests alike.

    The constructors of ``adcore.ops.base`` derive rules from the kind of op (elementwise, linear, bilinear).
    """

    name: str
    signature: Signature
    rules: Rules
    notation: Notation = Notation()
    facts: Facts = Facts()
    sampling: Sampling = Sampling()

    def __call__(self, *operands: Operand | None, span: Span | None = None, **params: Any) -> Node:
        """The node that applies this op, with operands converted to its dtypes and parameters completed by defaults.

        An error of the shape rule carries ``span``.
        """
        dtypes = self.signature.dtypes
        last = len(dtypes) - 1
        inputs = tuple(
            [x if x is None else convert(lift(x), dtypes[i if i < last else last]) for i, x in enumerate(operands)]
        )
        filled = tuple([(p.name, params.get(p.name, p.default)) for p in self.signature.parameters])
        return self.bind(inputs, filled, span)

    def bind(self, inputs: tuple[Any, ...], params: Params, span: Span | None = None) -> Node:
        """The node with these inputs and complete parameters, unconverted. Only a composed op takes None for one."""
        tick()  # Whatever makes many nodes makes them here.
        try:
            if self.rules.compose is not None:
                return self.rules.compose(*inputs, **dict(params))
            types = self.rules.infer(*[x.type for x in inputs], **dict(params))
        except AdcoreError as error:
            error.span = error.span or span
            raise
        return Node(self, inputs, params, (types,) if isinstance(types, Type) else types, span)

    @property
    def usage(self) -> str:
        """How it is called, as Python writes it."""
        return self.signature.usage(self.name)

    @property
    def differentiable(self) -> bool:
        """True if it has a derivative; a comparison or an argmax has none."""
        rules = self.rules
        return rules.jvp is not None or rules.structure is not None or rules.compose is not None

    def __repr__(self) -> str:
        return f"<op {self.name}>"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One application of an op, and the value it computes.

    ``types`` has one entry, or one for each result of an op of several results, which the op ``item`` takes out.
    """

    op: Op
    inputs: tuple[Node, ...]
    params: Params
    types: tuple[Type, ...]
    span: Span | None = None

    @property
    def type(self) -> Type:
        return self.types[0]

    @property
    def shape(self) -> Shape:
        return self.types[0].shape

    @property
    def ndim(self) -> int:
        return len(self.types[0].shape)

    def param(self, name: str) -> Any:
        """The value of a parameter."""
        return dict(self.params)[name]

    def with_params(self, **params: Hashable) -> Node:
        """The same application with other values of some parameters, which leave its types as they are."""
        changed = tuple([(name, params.get(name, value)) for name, value in self.params])
        return Node(self.op, self.inputs, changed, self.types, self.span)

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        """The same application to other inputs of the same types; itself where they are the same."""
        if all(map(_is, inputs, self.inputs)):
            return self
        return Node(self.op, inputs, self.params, self.types, self.span)

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.type.dtype.value}{list(self.type.shape)}>"

    # Derivative rules are written with these operators.
    def __add__(self, other: Operand) -> Node:
        return OPS["add"](self, other)

    def __radd__(self, other: Operand) -> Node:
        return OPS["add"](other, self)

    def __sub__(self, other: Operand) -> Node:
        return OPS["subtract"](self, other)

    def __rsub__(self, other: Operand) -> Node:
        return OPS["subtract"](other, self)

    def __mul__(self, other: Operand) -> Node:
        return OPS["multiply"](self, other)

    def __rmul__(self, other: Operand) -> Node:
        return OPS["multiply"](other, self)

    def __truediv__(self, other: Operand) -> Node:
        return OPS["divide"](self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return OPS["divide"](other, self)

    def __pow__(self, other: Operand) -> Node:
        return OPS["power"](self, other)

    def __neg__(self) -> Node:
        return OPS["negative"](self)


Operand = Node | float | Array


def _is(a: object, b: object) -> bool:
    return a is b


OPS: dict[str, Op] = {}
"""The op table, filled by the declarations in ``adcore.ops`` at import, and read-only from then on."""


def register(op: Op) -> Op:
    """Enter an op in the table; names are unique."""
    if op.name in OPS:
        raise ValueError(f"two ops are named {op.name}")
    OPS[op.name] = op
    return op


# --- operands


def constant(value: Any, span: Span | None = None) -> Node:
    """A constant: Python's numbers become float64, arrays and NumPy's numbers the widest type of their kind."""
    if isinstance(value, (bool, int, float)):
        value = np.float64(value)
    else:
        value = np.array(value, type_of(np.asarray(value)).dtype.value)
        value.setflags(write=False)
        value = value[()]
    return Node(OPS["constant"], (), (("literal", Literal(value)),), (type_of(value),), span)


def lift(x: Operand) -> Node:
    """A node itself, anything else as a constant."""
    return x if isinstance(x, Node) else constant(x)


def convert(x: Node, dtype: DType | None) -> Node:
    """``x`` converted to ``dtype``; ``x`` itself for None, or where it has that type."""
    if dtype is None or x.types[0].dtype is dtype:
        return x
    return OPS["as_" + dtype.name.lower()](x, span=x.span)


# --- graphs


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Inputs, the nodes that compute the outputs from them in topological order, and the outputs.

    ``nodes`` includes constants, but not the inputs. ``graph_of`` makes a graph from its outputs.
    """

    inputs: tuple[Node, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Node, ...]
    output_names: tuple[str, ...] = ()

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(str(x.params[0][1]) for x in self.inputs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the outputs; y0, y1, ... where they have none."""
        return self.output_names or tuple([f"y{i}" for i in range(len(self.outputs))])

    def subgraphs(self) -> Iterable[Graph]:
        """The graphs among the parameters of its nodes, including those of functions."""
        return (graph for node in self.nodes if node.op.rules.structure is not None for graph in graphs_of(node))

    def within(self) -> Iterable[Graph]:
        """The graph, the graphs inside its nodes at any depth, and those of the functions they call, each once."""
        seen = {self}
        stack = [self]
        while stack:
            graph = stack.pop()
            yield graph
            inner = [g for g in dict.fromkeys(graph.subgraphs()) if g not in seen]
            seen.update(inner)
            stack += inner

    def count(self) -> int:
        """The number of nodes, including those of nested graphs and functions."""
        return sum(len(graph.nodes) for graph in self.within())


def graphs_of(node: Node) -> Iterable[Graph]:
    """The graphs among the parameters of a node, including that of a function."""
    for _, p in node.params:
        if isinstance(p, Graph):
            yield p
        elif isinstance(p, Function):
            yield p.graph


def inner_graphs(node: Node) -> dict[str, Graph]:
    """The graphs among the parameters of a node by the names of these, those of functions apart."""
    return {name: p for name, p in node.params if isinstance(p, Graph)}


class Function:
    """A named graph that may call itself: its nodes may have it among their parameters.

    So the types of its inputs and outputs are declared, and the graph is built when it is first read. ``parameters``
    are the names of the inputs that are parameters in the program; the other inputs are captured. ``limit`` bounds the
    depth of its calls, ``memory`` the elements that a call stores for its adjoint; derived functions inherit both.
    """

    def __init__(
        self,
        name: str,
        parameters: frozenset[str],
        inputs: tuple[Type, ...],
        outputs: tuple[Type, ...],
        make: Callable[[], Graph],
        limit: int,
        memory: int | None = None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
        self.limit = limit
        self.memory = memory
        self._make = make
        self._graph: list[Graph] = []
        self._derived: dict[Hashable, Function] = {}

    @property
    def graph(self) -> Graph:
        """The graph, built when it is first read: without a lock, for building it may have to wait for its turn."""
        if not self._graph:
            # Of two threads that build it at once, both return what was appended first.
            self._graph.append(self._make())
        return self._graph[0]

    def derived(
        self, key: Hashable, inputs: tuple[Type, ...], outputs: tuple[Type, ...], make: Callable[[], Graph]
    ) -> Function:
        """The function derived from this one by the transformation named ``key``, memoised.

        So a function derived from one that calls itself calls itself again.
        """
        derived = self._derived.get(key)
        if derived is None:
            derived = Function(self.name, self.parameters, inputs, outputs, make, self.limit, self.memory)
            derived = self._derived.setdefault(key, derived)
        return derived

    def mapped(self, transform: Callable[[Graph], Graph]) -> Function:
        """The function with its graph transformed to an equivalent one; ``transform`` is taken to be idempotent."""
        mapped = self.derived(transform, self.inputs, self.outputs, lambda: transform(self.graph))
        return mapped._derived.setdefault(transform, mapped)

    def __repr__(self) -> str:
        return f"<function {self.name}>"


# --- structured control flow

RunGraph = Callable[[Graph, Sequence[Any]], Sequence[Any]]
"""An engine's way to run a graph inside a structured op: the values of its inputs to those of its outputs."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A graph with tangents: from the inputs, then the tangents of the active ones, to the outputs, then the tangents
    of all that are numbers. ``active`` is False for each output whose tangent is an exact zero."""

    graph: Graph
    active: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Halves:
    """A graph split for reverse mode: ``forward`` from its inputs to its outputs, then the residuals; ``backward`` from
    the residuals, then the cotangents of all outputs that are numbers, to the cotangents of the wanted inputs."""

    forward: Graph
    backward: Graph


Push = Callable[[Graph, Sequence[bool]], Pushed]
Split = Callable[[Graph, Sequence[bool]], Halves]
Pullback = Callable[[Sequence[Node | None]], tuple[Node | None, ...]]


UNKNOWN = 1_000_000
"""The assumed number of runs of a graph, where it depends on the inputs' values."""


@dataclass(frozen=True, slots=True)
class Structure:
    """How a structured op runs and differentiates, by functions of engines and derivatives for its graphs."""

    run: Callable[..., Sequence[Any]]
    """``run(run_graph, *operand values, **parameters)`` gives the results' values."""
    push: Callable[[Node, tuple[Node | None, ...], Push], tuple[tuple[Node, ...], tuple[Node | None, ...]]]
    """The node and its operands' tangents to its results, from a node that computes their tangents too, and these."""
    pull: Callable[[Node, Sequence[bool], Split], tuple[tuple[Node, ...], Node, Pullback]]
    """The node and the mask of wanted operands to its results, the new node that computes them, and the pullback, from
    the cotangents of the new node's results to those of its operands."""
    times: Callable[[Node], int] = lambda node: 1
    """The number of runs of its most expensive graph; UNKNOWN where it depends on values."""
    opaque: bool = False
    """True if a run of it is one step of a trace, whatever its graphs do."""
