"""The computation graph: a structured program in static single assignment form, immutable.

A node is one application of an op and, at the same time, the value it computes; it refers to the nodes it reads, so a
graph is a directed acyclic dataflow graph and a rewrite shares whatever it does not change. Control flow is
structured: an op such as ``cond`` carries whole graphs among its parameters.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.errors import AdcoreError, Span
from adcore.graph.declaration import Facts, Notation, Sampling
from adcore.graph.scalar import ScalarRule
from adcore.graph.signature import Signature
from adcore.graph.types import Array, DType, Literal, Params, Shape, Type, type_of


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What an op computes, and how that is differentiated."""

    value: Callable[..., Any] | None
    """NumPy arrays to a NumPy array (a tuple for several results); None for ops that only engines can run."""
    infer: Callable[..., Type | tuple[Type, ...]]
    """Operand types and parameters to the result's type: the shape rule. Raises ShapeMismatch and its kind."""
    jvp: Callable[[Node, tuple[Node | None, ...]], Any] | None = None
    """The node and its operands' tangents (None is an exact zero) to the result's tangent, as graph."""
    vjp: Callable[[Node, Any], tuple[Node | None, ...]] | None = None
    """The node and its cotangent to what flows to each operand (None is an exact zero), as graph."""
    structure: Structure | None = None
    """How an op whose parameters are graphs is run and differentiated."""
    is_identity: Callable[[Node], bool] | None = None
    """True where the application is the identity on its first operand (a reshape to the shape it has)."""
    notice: Callable[..., tuple[str, str] | None] | None = None
    """The result's value and those of the operands to the code and the message of a notice, where one is due."""
    work: Callable[[Node], int] | None = None
    """Scalar operations of one application, where they are not as many as the elements of the largest array."""
    decompose: Callable[[Node], Node | tuple[Node, ...]] | None = None
    """The same results in simpler ops, as graph, for exports and engines that do not know this op."""
    scalar: ScalarRule | None = None
    """How an engine that compiles computes one element of the result; for elementwise ops only."""


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One op, declared once: everything anybody needs to know of it.

    The constructors of ``adcore.ops.base`` fill in what follows from the kind of op (elementwise, linear, bilinear).
    """

    name: str
    signature: Signature
    rules: Rules
    notation: Notation = Notation()
    facts: Facts = Facts()
    sampling: Sampling = Sampling()

    def __call__(self, *operands: Operand, span: Span | None = None, **params: Any) -> Node:
        """The node that applies this op: operands are converted to the types it takes, parameters completed.

        An error of the shape rule carries ``span``.
        """
        dtypes = self.signature.dtypes
        last = len(dtypes) - 1
        inputs = tuple(convert(lift(x), dtypes[i if i < last else last]) for i, x in enumerate(operands))
        filled = tuple([(p.name, params.get(p.name, p.default)) for p in self.signature.parameters])
        return self.bind(inputs, filled, span)

    def bind(self, inputs: tuple[Node, ...], params: Params, span: Span | None = None) -> Node:
        """The node with these inputs and complete parameters, as they are."""
        try:
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
        """Whether a derivative goes through it (through a comparison or an argmax none does)."""
        return self.rules.jvp is not None or self.rules.structure is not None

    def __repr__(self) -> str:
        return f"<op {self.name}>"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One application of an op, and the value it computes.

    ``types`` has one entry but for ops of several results, whose results the op ``item`` takes out.
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

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        """The same application to other inputs of the same types; itself where they are the same."""
        if all(map(_is, inputs, self.inputs)):
            return self
        return Node(self.op, inputs, self.params, self.types, self.span)

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.type.dtype.value}{list(self.type.shape)}>"

    # The rules of derivatives are written with these.
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
"""The op table: filled by the declarations under ``adcore.ops`` when they are imported, and read-only from then on."""


def register(op: Op) -> Op:
    """Enter an op in the table; names are unique."""
    if op.name in OPS:
        raise ValueError(f"two ops are named {op.name}")
    OPS[op.name] = op
    return op


# --- operands


def constant(value: Any, span: Span | None = None) -> Node:
    """A constant: Python's numbers become float64; arrays and NumPy's numbers keep their kind, in its full width."""
    if isinstance(value, (bool, int, float)):
        value = np.float64(value)
    else:
        value = np.array(value, type_of(np.asarray(value)).dtype.value)
        value.setflags(write=False)
        value = value[()]
    return Node(OPS["constant"], (), (("literal", Literal(value)),), (type_of(value),), span)


def lift(x: Operand) -> Node:
    """A node as it is, anything else as a constant."""
    return x if isinstance(x, Node) else constant(x)


def convert(x: Node, dtype: DType | None) -> Node:
    """``x`` as float64 or as bool, where it is not already."""
    if dtype is None or x.types[0].dtype is dtype:
        return x
    return OPS["as_" + dtype.name.lower()](x, span=x.span)


# --- graphs


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Inputs, the nodes that compute the outputs from them in an order that can be run, and the outputs.

    ``nodes`` holds constants too, but not the inputs. Whoever makes a graph from outputs uses ``graph_of``.
    """

    inputs: tuple[Node, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Node, ...]
    output_names: tuple[str, ...] = ()

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(str(x.params[0][1]) for x in self.inputs)

    def subgraphs(self) -> Iterable[Graph]:
        """The graphs among the parameters of its nodes, those of functions included."""
        return (graph for node in self.nodes if node.op.rules.structure is not None for graph in graphs_of(node))

    def within(self) -> Iterable[Graph]:
        """The graph, those inside its nodes at any depth, and those of the functions they call, each once."""
        seen = {self}
        stack = [self]
        while stack:
            graph = stack.pop()
            yield graph
            inner = [g for g in dict.fromkeys(graph.subgraphs()) if g not in seen]
            seen.update(inner)
            stack += inner

    def count(self) -> int:
        """The number of nodes, those of nested graphs and functions included."""
        return sum(len(graph.nodes) for graph in self.within())


def graphs_of(node: Node) -> Iterable[Graph]:
    """The graphs among the parameters of a node, that of a function included."""
    for _, p in node.params:
        if isinstance(p, Graph):
            yield p
        elif isinstance(p, Function):
            yield p.graph


class Function:
    """A graph with a name, which may call itself: its own nodes may hold it among their parameters.

    So the types of what it takes and gives are said beforehand, and the graph is made when it is first asked for.
    ``parameters`` are the names of the inputs that the program gives it; those it only reads have others.
    ``limit`` bounds how deep its calls go, ``memory`` the elements that a call keeps for its adjoint; both hold for
    what is derived from it, too.
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
        self._derived: dict[Hashable, Function] = {}

    @functools.cached_property
    def graph(self) -> Graph:
        return self._make()

    def derived(
        self, key: Hashable, inputs: tuple[Type, ...], outputs: tuple[Type, ...], make: Callable[[], Graph]
    ) -> Function:
        """What a function from graphs to graphs, named by ``key``, makes of this one: the same whenever it is asked.

        So what is derived from a function that calls itself calls itself again.
        """
        made = self._derived.get(key)
        if made is None:
            made = Function(self.name, self.parameters, inputs, outputs, make, self.limit, self.memory)
            made = self._derived.setdefault(key, made)
        return made

    def mapped(self, transform: Callable[[Graph], Graph]) -> Function:
        """The function with its graph transformed to one that computes the same; once is as good as twice."""
        made = self.derived(transform, self.inputs, self.outputs, lambda: transform(self.graph))
        return made._derived.setdefault(transform, made)

    def __repr__(self) -> str:
        return f"<function {self.name}>"


# --- structured control flow

RunGraph = Callable[[Graph, Sequence[Any]], Sequence[Any]]
"""What an engine offers a structured op: the values of a graph's outputs for the values of its inputs."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A graph with its tangents: the inputs, then the tangents of the active ones, to the outputs, then the tangents
    of all that are numbers; ``active`` says of each output whether its tangent can be other than zero."""

    graph: Graph
    active: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Halves:
    """A graph cut for reverse mode. ``forward`` takes its inputs and gives its outputs, then the residuals;
    ``backward`` takes the residuals, then the cotangents of all outputs that are numbers, and gives the cotangents
    of the inputs that are wanted."""

    forward: Graph
    backward: Graph


Push = Callable[[Graph, Sequence[bool]], Pushed]
Split = Callable[[Graph, Sequence[bool]], Halves]
Pullback = Callable[[Sequence[Node | None]], tuple[Node | None, ...]]


UNKNOWN = 1_000_000
"""How often a graph is taken to be run where that depends on the inputs' values."""


@dataclass(frozen=True, slots=True)
class Structure:
    """How a structured op runs and differentiates, given what engines and derivatives can do with a graph."""

    run: Callable[..., Sequence[Any]]
    """``run(engine: Run, *operand values, **parameters)`` to the results' values."""
    push: Callable[[Node, tuple[Node | None, ...], Push], tuple[tuple[Node, ...], tuple[Node | None, ...]]]
    """The node and its operands' tangents to its results, computed beside their tangents, and to these tangents."""
    pull: Callable[[Node, Sequence[bool], Split], tuple[tuple[Node, ...], Node, Pullback]]
    """The node, and which operands are wanted, to its results, to the new node that has them among its own, and to the
    pullback: from cotangents of the new node's results to those of its operands."""
    times: Callable[[Node], int] = lambda node: 1
    """How often the dearest of its graphs is run, as far as that can be foreseen."""
    opaque: bool = False
    """Whether a run of it is one step of a trace, whatever its graphs do."""
