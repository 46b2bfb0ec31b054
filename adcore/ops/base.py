"""Constructors of ops, one for each kind, which derive the rules that follow from the kind.

``elementwise`` and ``reducing`` derive both modes of differentiation from partial derivatives, ``linear`` and
``bilinear`` from a transpose; any other op states its rules with ``declare``, or is ``composed`` of other ops. The
static parameters of an op are the keyword-only parameters of its ``value``; their annotations name their ``Kind``.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from adcore.graph import (
    OPS,
    Absent,
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
    input_node,
    register,
)
from adcore.ops.shapes import axes_of, infer_elementwise, infer_reduction
from adcore.ops.strong import BOTH, strong_times

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
    except ValueError:  # Some functions written in C have none.
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
    **fields: Any,
) -> Op:
    """Enter an op in the table.

    ``operands`` are their names, separated by spaces; ``fields`` are fields of ``Signature``, ``Rules``, ``Notation``,
    ``Facts`` and ``Sampling``.
    """

    def take(group: type[Any]) -> dict[str, Any]:
        return {field.name: fields.pop(field.name) for field in dataclasses.fields(group) if field.name in fields}

    fields.setdefault("parameters", parameters_of(value) if value is not None else ())
    signature = Signature(operands=tuple(operands.split()), **take(Signature))
    rules = Rules(value, infer, **take(Rules))
    op = Op(name, signature, rules, Notation(**take(Notation)), Facts(**take(Facts)), Sampling(**take(Sampling)))
    if fields:
        raise TypeError(f"{name} is declared with unknown fields: {', '.join(fields)}")
    return register(op)


def composed(name: str, rule: Callable[..., Node], **fields: Any) -> Op:
    """Enter a function of other ops in the table: an average, a density.

    The operands are the positional parameters of ``rule``, which may be absent where their default is None, and may be
    left out where it is a number. Its keyword-only parameters are static, as those of an op's ``value`` are.
    """
    operands = [p for p in inspect.signature(rule).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    defaults = [None if p.default is p.empty else Absent.ABSENT if p.default is None else p.default for p in operands]

    def compose(*inputs: Node | None, **params: Any) -> Node:
        left_out = [None if d is Absent.ABSENT else constant(d) for d in defaults[len(inputs) :] if d is not None]
        return rule(*inputs, *left_out, **params)

    def infer(*types: Type, **params: Any) -> Type:
        return compose(*[input_node(f"x{i}", type) for i, type in enumerate(types)], **params).type

    return declare(
        name,
        " ".join(p.name if p.kind is not p.VAR_POSITIONAL else f"*{p.name}" for p in operands),
        None,
        infer,
        compose=compose,
        parameters=parameters_of(rule),
        defaults=tuple(defaults) if any(default is not None for default in defaults) else (),
        **fields,
    )


class Sample(NamedTuple):
    """An application of an op in the generated tests: the operands' shapes, and the parameters.

    The operands' values are drawn from the op's ``domain``, an interval each; whole numbers where the operand is an
    index. Finite differences do not vary an operand whose interval is one number.
    """

    shapes: tuple[Shape, ...]
    params: Mapping[str, Any]


def sample(*shapes: Shape, **params: Any) -> Sample:
    """An entry of an op's ``samples``."""
    return Sample(shapes, params)


def copies(count: float) -> Callable[[Node], int]:
    """The ``scratch`` of an op whose kernel makes so many arrays of the size of its largest operand or result."""

    def scratch(node: Node) -> int:
        largest = max([t.size for t in node.types] + [x.type.size for x in node.inputs])
        return int(count * largest)

    return scratch


# --- the kinds of op


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
    **fields: Any,
) -> Op:
    """An op that acts on each element alone. ``partials(y, *operands)`` gives a partial derivative for each operand.

    Partials are graph, so that they differentiate again; ``y`` is the node itself; None is an exact zero.
    """

    def of(node: Node) -> list[Node | None]:
        assert partials is not None
        return [p if p is None or isinstance(p, Node) else constant(p) for p in partials(node, *node.inputs)]

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        total: Node | None = None
        for tangent, partial in zip(tangents, of(node), strict=True):
            if tangent is not None and partial is not None:
                term = strong_times(tangent, partial, node.span)
                total = term if total is None else total + term
        return None if total is None else fit(total, node.shape)

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return tuple(
            None if partial is None else fit(strong_times(cotangent, partial, node.span), x.shape)
            for x, partial in zip(node.inputs, of(node), strict=True)
        )

    rules: dict[str, Any] = {} if partials is None else {"jvp": jvp, "vjp": vjp}
    fields.setdefault("infer", infer_elementwise(result))
    return declare(name, operands, value, elementwise=True, **rules, **fields)


def linear(
    name: str,
    value: Callable[..., Any],
    infer: Callable[..., Type],
    transpose: Callable[..., tuple[Node | None, ...]],
    *,
    operands: str = "x",
    steering: int = 0,
    **fields: Any,
) -> Op:
    """An op that is linear in its operands together: a sum, a reshape, an index, a concatenation.

    The tangent goes through the op itself. ``transpose(node, cotangent)`` gives the cotangents of the operands. The op
    need not be linear in the last ``steering`` operands, such as indices; they have no derivative.
    """

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        count = len(tangents) - steering
        if all(t is None for t in tangents[:count]):
            return None
        inputs = [zero_array(x.shape) if t is None else t for x, t in zip(node.inputs, tangents[:count], strict=False)]
        return node.op.bind((*inputs, *node.inputs[count:]), node.params, node.span)

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return (*transpose(node, cotangent), *(None,) * steering)

    count = len(operands.split())
    return declare(
        name,
        operands,
        value,
        infer,
        jvp=jvp,
        vjp=vjp,
        flat=tuple(range(count - steering, count)),
        linear=True,
        **fields,
    )


def bilinear(
    name: str,
    value: Callable[..., Any],
    infer: Callable[..., Type],
    transpose: Callable[..., tuple[Node | None, ...]],
    *,
    operands: str = "x1 x2",
    **fields: Any,
) -> Op:
    """An op that is linear in each of its two operands: a matrix product and its kind.

    Its ``value`` has a hidden parameter ``strong``, a sum of 1, where the zeros of the first operand win over the inf
    and NaN they are multiplied by, and of 2, where those of the second do. The tangent is f(da, b) + f(a, db).
    ``transpose(node, cotangent)`` gives the cotangents of the operands, whose ``strong`` is ``BOTH``, too.
    """

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (a, b), (da, db), strong = node.inputs, tangents, {**dict(node.params), "strong": BOTH}
        first = None if da is None else node.op(da, b, span=node.span, **strong)
        second = None if db is None else node.op(a, db, span=node.span, **strong)
        return second if first is None else first if second is None else first + second

    return declare(name, operands, value, infer, jvp=jvp, vjp=transpose, **fields)


def reducing(
    name: str,
    value: Callable[..., Any],
    weights: Callable[..., Node],
    **fields: Any,
) -> Op:
    """A reduction of the elements along some axes to one number, with parameters ``axis`` and ``keepdims``.

    ``weights(y, x, **parameters)`` gives the partial derivatives by the elements of ``x``, as graph; ``y`` is the
    result, shaped to broadcast against ``x``.
    """

    def of(node: Node) -> Node:
        return weights(spread(node, node), node.inputs[0], **dict(node.params))

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (tangent,) = tangents
        assert tangent is not None
        products = fit(strong_times(tangent, of(node), node.span), node.inputs[0].shape)
        return OPS["sum"](products, axis=node.param("axis"), keepdims=node.param("keepdims"))

    def vjp(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        return (fit(strong_times(spread(node, cotangent), of(node), node.span), node.inputs[0].shape),)

    return declare(name, "x", value, fields.pop("infer", infer_reduction()), jvp=jvp, vjp=vjp, **fields)


def spread(node: Node, result: Node) -> Node:
    """``result``, of the shape of the reduction ``node``, shaped to broadcast against the reduction's operand."""
    axes = axes_of(node.param("axis"), node.inputs[0].ndim)
    if result.shape == () or node.param("keepdims") or not axes:
        return result
    return OPS["expand_dims"](result, axis=axes if len(axes) > 1 else axes[0])


def zero_array(shape: Shape) -> Node:
    """Exact zeros, as graph."""
    return OPS["zeros"](shape=shape) if shape else constant(0.0)


def moved(node: Node, *inputs: Node, **params: Any) -> Node:
    """The op of ``node`` applied to other inputs, with some of its parameters changed."""
    return node.op(*inputs, **(dict(node.params) | params))
