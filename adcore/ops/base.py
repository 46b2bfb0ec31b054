"""How ops are declared: one constructor for each kind of op, which derives what follows from the kind.

``elementwise`` and ``reducing`` get both modes of differentiation from partial derivatives, ``linear`` and ``bilinear``
from a transpose; whatever fits none of them states its rules with ``declare``. The static parameters of an op
are the keyword-only parameters of its ``value``, and their annotations say what they take.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import (
    OPS,
    DType,
    Facts,
    Kind,
    Node,
    Notation,
    Op,
    Operand,
    Parameter,
    Rules,
    Sampling,
    Shape,
    Signature,
    Type,
    constant,
    register,
)
from adcore.ops.shapes import Axes, axes_of, broadcast_shapes, count, describe_shape, reduced
from adcore.ops.strong import strong_times

Extent = tuple[int, ...]
Order = float | str | None
Pairs = int | tuple[int | tuple[int, ...], ...]
Hidden = Any

Partials = Callable[..., tuple[Operand | None, ...]]


def parameters_of(value: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The static parameters that ``value`` declares as keywords."""
    if isinstance(value, np.ufunc):
        return ()
    try:
        signature = inspect.signature(value)
    except ValueError:  # some functions written in C have none
        return ()
    return tuple(
        Parameter(p.name, Kind(p.annotation), None, True)
        if p.default is p.empty
        else Parameter(p.name, Kind(p.annotation.removesuffix(" | None")), p.default)
        for p in signature.parameters.values()
        if p.kind is p.KEYWORD_ONLY
    )


def declare(
    name: str,
    operands: str,
    value: Callable[..., Any] | None,
    infer: Callable[..., Type | tuple[Type, ...]],
    **facts: Any,
) -> Op:
    """Enter an op in the table. ``operands`` are their names, parted by spaces; ``facts`` are fields of what an ``Op``
    consists of: ``Signature``, ``Rules``, ``Notation``, ``Facts`` and ``Sampling``."""

    def take(group: type[Any]) -> dict[str, Any]:
        return {field.name: facts.pop(field.name) for field in fields(group) if field.name in facts}

    facts.setdefault("parameters", parameters_of(value) if value is not None else ())
    signature = Signature(operands=tuple(operands.split()), **take(Signature))
    rules = Rules(value, infer, **take(Rules))
    op = Op(name, signature, rules, Notation(**take(Notation)), Facts(**take(Facts)), Sampling(**take(Sampling)))
    if facts:
        raise TypeError(f"{name} is declared with unknown facts: {', '.join(facts)}")
    return register(op)


class Sample(NamedTuple):
    """One application that the generated tests make of an op: the operands' shapes, and the parameters.

    The operands' values come from the op's ``domain``, an interval each; whole numbers where the operand is an index.
    An interval of one number says that finite differences must not vary the operand.
    """

    shapes: tuple[Shape, ...]
    params: Mapping[str, Any]


def sample(*shapes: Shape, **params: Any) -> Sample:
    """An entry of an op's ``samples``."""
    return Sample(shapes, params)


# --- shapes


# --- strong products: an adjoint or a tangent that is exactly zero contributes zero, whatever it is multiplied by


# --- the kinds of op


def infer_elementwise(dtype: DType = DType.FLOAT) -> Callable[..., Type]:
    """The shape rule of elementwise ops: the operands broadcast."""

    def infer(*types: Type, **_: Hashable) -> Type:
        return Type(dtype, broadcast_shapes([t.shape for t in types]) if types else ())

    return infer


def fit(x: Node, shape: Shape) -> Node:
    """``x`` summed over the axes along which it was broadcast from ``shape``, or broadcast up to it."""
    if x.shape == shape:
        return x
    lead = len(shape) - len(x.shape)
    if lead >= 0 and all(n in (1, m) for n, m in zip(x.shape, shape[lead:], strict=True)):
        return OPS["broadcast_to"](x, shape=shape)
    return OPS["sum_to"](x, shape=shape)


def elementwise(
    name: str,
    value: Callable[..., Any],
    partials: Partials | None = None,
    *,
    operands: str = "x",
    result: DType = DType.FLOAT,
    **facts: Any,
) -> Op:
    """An op that acts on each element alone. ``partials(y, *operands)`` gives one partial derivative an operand.

    A partial is built as graph, so that it differentiates again; ``y`` is the node itself; None is an exact zero.
    """

    def of(node: Node) -> list[Node | None]:
        assert partials is not None
        return [p if p is None or isinstance(p, Node) else constant(p) for p in partials(node, *node.inputs)]

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        total: Node | None = None
        for tangent, partial in zip(tangents, of(node), strict=True):
            if tangent is not None and partial is not None:
                term = strong_times(tangent, partial)
                total = term if total is None else total + term
        return None if total is None else fit(total, node.shape)

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return tuple(
            None if partial is None else fit(strong_times(cotangent, partial), x.shape)
            for x, partial in zip(node.inputs, of(node), strict=True)
        )

    rules: dict[str, Any] = {} if partials is None else {"jvp": jvp, "vjp": vjp}
    facts.setdefault("infer", infer_elementwise(result))
    return declare(name, operands, value, elementwise=True, **rules, **facts)


def linear(
    name: str,
    value: Callable[..., Any],
    infer: Callable[..., Type],
    transpose: Callable[..., tuple[Node | None, ...]],
    *,
    operands: str = "x",
    steering: int = 0,
    **facts: Any,
) -> Op:
    """An op that is linear in its operands together: a sum, a reshape, an index, a concatenation.

    The tangent goes through the op itself. ``transpose(node, cotangent)`` gives what flows back to each operand. The
    last ``steering`` operands (indices, say) are outside of this: they stay what they are and have no derivative.
    """

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        count = len(tangents) - steering
        if all(t is None for t in tangents[:count]):
            return None
        inputs = [zero_array(x.shape) if t is None else t for x, t in zip(node.inputs, tangents[:count], strict=False)]
        return node.op.bind((*inputs, *node.inputs[count:]), node.params, node.span)

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return (*transpose(node, cotangent), *(None,) * steering)

    return declare(name, operands, value, infer, jvp=jvp, vjp=vjp, **facts)


def bilinear(
    name: str,
    value: Callable[..., Any],
    infer: Callable[..., Type],
    transpose: Callable[..., tuple[Node | None, ...]],
    *,
    operands: str = "x1 x2",
    **facts: Any,
) -> Op:
    """An op that is linear in each of its two operands: a matrix product and its kind.

    Its ``value`` has a hidden parameter ``strong``, a sum of 1, where the zeros of the first operand win over the inf
    and NaN they are multiplied by, and of 2, where those of the second do. The tangent is f(da, b) + f(a, db).
    ``transpose(node, cotangent)`` gives what flows back; ``strength`` says what is strong in it.
    """

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (a, b), (da, db), strong = node.inputs, tangents, node.param("strong")
        first = None if da is None else moved(node, da, b, strong=strong | 1)
        second = None if db is None else moved(node, a, db, strong=strong | 2)
        return second if first is None else first if second is None else first + second

    return declare(name, operands, value, infer, jvp=jvp, vjp=transpose, **facts)


def reducing(
    name: str,
    value: Callable[..., Any],
    weights: Callable[..., Node],
    **facts: Any,
) -> Op:
    """An op that makes one number of all the elements along some axes, with parameters ``axis`` and ``keepdims``.

    ``weights(y, x, **parameters)`` gives the partial derivatives by the elements of ``x``, as graph; ``y`` is the
    result, shaped to broadcast against ``x``.
    """

    def of(node: Node) -> Node:
        return weights(spread(node, node), node.inputs[0], **dict(node.params))

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (tangent,) = tangents
        assert tangent is not None
        products = fit(strong_times(tangent, of(node)), node.inputs[0].shape)
        return OPS["sum"](products, axis=node.param("axis"), keepdims=node.param("keepdims"))

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return (fit(strong_times(spread(node, cotangent), of(node)), node.inputs[0].shape),)

    return declare(name, "x", value, facts.pop("infer", infer_reduction()), jvp=jvp, vjp=vjp, **facts)


def infer_reduction(dtype: DType = DType.FLOAT, *, empty: bool = True) -> Callable[..., Type]:
    """The shape rule of reductions; without ``empty``, at least one element must be there to reduce."""

    def infer(x: Type, *, axis: Axes, keepdims: bool, **_: Hashable) -> Type:
        if not empty and not count(x.shape, axis):
            raise ShapeMismatch(
                f"an array of shape {describe_shape(x.shape)} has no element to choose along axis={axis}"
            )
        return Type(dtype, reduced(x.shape, axis, keepdims))

    return infer


def spread(node: Node, result: Node) -> Node:
    """``result``, which is shaped like a reduction's result, shaped to broadcast against the reduction's operand."""
    axes = axes_of(node.param("axis"), node.inputs[0].ndim)
    if result.shape == () or node.param("keepdims") or not axes:
        return result
    return OPS["expand_dims"](result, axis=axes if len(axes) > 1 else axes[0])


def zero_array(shape: Shape) -> Node:
    """Exact zeros, as graph."""
    return OPS["zeros"](shape=shape) if shape else constant(0.0)


def moved(node: Node, *inputs: Node, **params: Any) -> Node:
    """The same op on other inputs, some of its parameters changed: how a rule writes ``f`` of something else."""
    return node.op(*inputs, **(dict(node.params) | params))
