"""Derivatives as an op: a program's ``grad(f)(x)``, until ``adcore.derivatives.expansion`` replaces it by its graph.

Its graph is ``f``, closed: the values that ``f`` captures come after its arguments. Types are known without
differentiating. Nested derivatives are expanded innermost first, each to nodes of its own, so that perturbations
cannot be confused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from adcore.errors import NotConstant
from adcore.graph import UNKNOWN, DType, Graph, Node, Op, Pullback, Push, RunGraph, Split, Structure, Type
from adcore.ops.base import Hidden, declare

GRADIENT, JACOBIAN, JVP = "gradient", "jacobian", "jvp"
"""The kinds of derivatives that programs can ask for; ``adcore.derivatives.query`` has the rules of all kinds."""

_T = TypeVar("_T")


class DerivativeOperands(NamedTuple, Generic[_T]):
    """A derivative's operands by role."""

    arguments: Sequence[_T]
    """The first inputs of the graph, by which the derivative is taken."""
    captured: Sequence[_T]
    """The other inputs of the graph, which the function captures."""
    tangents: Sequence[_T]
    """The direction of a JVP, a tangent for each argument; none for the other kinds."""


@dataclass(frozen=True, slots=True)
class DerivativeView:
    """A node of the op ``derivative``: its parameters by name, its operands by role."""

    graph: Graph
    kind: str
    wrt: int
    """The number of arguments that the derivative is by."""

    def by_role(self, values: Sequence[_T]) -> DerivativeOperands[_T]:
        """Values that stand in the order of the operands."""
        inputs = len(self.graph.inputs)
        return DerivativeOperands(values[: self.wrt], values[self.wrt : inputs], values[inputs:])


def derivative_view(node: Node) -> DerivativeView:
    """A node of the op ``derivative``, by role."""
    return DerivativeView(*(node.param(name) for name in ("graph", "kind", "wrt")))


def _derivative(*operands: Any, graph: Hidden, kind: Hidden, wrt: Hidden) -> Any:
    raise NotImplementedError("a derivative is expanded before it is run")


def _types(*operands: Type, graph: Graph, kind: str, wrt: int) -> tuple[Type, ...]:
    """The result of the graph, then its derivatives by the first ``wrt`` inputs.

    These are arrays of the inputs' shapes for the gradient of a number, of the result's shape and then the input's for
    the Jacobian; for the JVP, whose operands end with the tangents, one of the result's.
    """
    inputs = tuple(x.type for x in graph.inputs)
    expected = inputs + inputs[:wrt] if kind == JVP else inputs
    assert operands == expected, "a derivative's operands have other types than the inputs of its graph"
    (y,) = (x.type for x in graph.outputs)
    if kind == GRADIENT:
        assert y == Type(DType.FLOAT, ()), "a gradient is that of a number"
        return (y, *inputs[:wrt])
    if kind == JACOBIAN:
        return (y, *(Type(DType.FLOAT, y.shape + x.shape) for x in inputs[:wrt]))
    return (y, y)


def _run(run: RunGraph, *operands: Any, **params: Any) -> Sequence[Any]:
    # Only a computation that decides a shape runs before its derivatives are expanded.
    raise NotConstant("a derivative is not known when the program is compiled")


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    raise NotImplementedError("a derivative is expanded before it is differentiated")


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    raise NotImplementedError("a derivative is expanded before it is differentiated")


derivative: Op = declare(
    "derivative",
    "*operands",
    _derivative,
    _types,
    structure=Structure(_run, _push, _pull, times=lambda node: UNKNOWN),
    several=True,
    dtypes=(None,),
    public=False,
    doc="The result of a function, and its derivatives by its first arguments.",
)
