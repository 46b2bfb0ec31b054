"""Ops called with more arguments than the op itself has: ``sum(x, where=c)``, ``x.reshape(3, 2, order='F')``.

Each rule composes what is asked of the op and others.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, Node, Op
from adcore.language.builtins import EXTENDED
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.arguments import bind_call, call_op, static_value
from adcore.language.lowering.calls.library.bound import Bound, Rule, bound
from adcore.language.lowering.calls.library.selection import nonzero
from adcore.language.lowering.values import Argument, List, Value, is_sequence
from adcore.ops.composed.arrays.masked import MASKED
from adcore.ops.shapes import axes_of, describe_shape


def apply_extended(
    low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool = False
) -> tuple[Value] | None:
    """The value, in a tuple, of a call with arguments that the op itself does not have; None otherwise."""
    if op.name in _ORDERED:
        return _in_order(low, op, arguments, place, method)
    extended = EXTENDED.get(op.name)
    if extended is None:
        return None
    own, more = op.signature.order, extended.signature.order
    count = sum(a.name is None for a in arguments)
    plain = _PLAIN.get(op.name)
    if (plain is None or count in plain) and not any(a.name in more and a.name not in own for a in arguments):
        return None
    return (RULES[op.name](bound(low, extended, [a for a in arguments if a.name != "dtype"], place)),)


_PLAIN = {
    "where": (3,),
    "logsumexp": (1, 2),
    "cross": (2,),
    "cov": (1,),
    "corrcoef": (1,),
    "gradient": (),
}
"""The numbers of positional arguments with which the op itself is called; any number of those not listed."""


# --- elements chosen by a condition, and a value to start with


def _over(call: Bound) -> dict[str, Any]:
    """The axes of a reduction, as the op has them."""
    return {"axis": call.static("axis"), "keepdims": call.static("keepdims")}


def _reduction(op: str, neutral: float, join: str | None) -> Rule:
    """The rule of a reduction, in which the others count as the neutral element, and which is joined to a start."""

    def rule(call: Bound) -> Value:
        x: Value = call.array("x")
        where, initial = call.value("where"), call.value("initial") if join is not None else None
        if where is not None:
            if join is not None and math.isinf(neutral) and initial is None:
                raise call.wrong(f"{op} of chosen elements needs a value for none of them", help="give it initial=")
            x = call.emit("where", _list_as_array(call, where), x, neutral)
        if initial is None:
            return call.emit(op, x, **_over(call))
        if math.isinf(neutral) and isinstance(x, Node) and not x.type.size:
            # Of no element there is no extreme; one that counts as none is there in any case.
            axes = axes_of(call.static("axis"), x.ndim)
            longer = call.emit("full", neutral, shape=tuple([1 if i in axes else n for i, n in enumerate(x.shape)]))
            return call.emit(join or op, call.emit(op, longer, **_over(call)), initial)
        return call.emit(join or op, call.emit(op, x, **_over(call)), initial)

    return rule


def _list_as_array(call: Bound, value: Value) -> Value:
    return call.low.array(value, call.place) if is_sequence(value) else value


def _summary(name: str) -> Rule:
    """The rule of a mean or a spread of the chosen elements."""

    def rule(call: Bound) -> Value:
        params = _over(call)
        if name != "mean":
            params["ddof"] = float(call.known("ddof"))
        where = _list_as_array(call, call.value("where"))
        x = call.array("x")
        if where is None:
            return call.emit(name, x, **params)
        return call.emit(MASKED[name].name, x, where, **params)

    return rule


def _clip(call: Bound) -> Value:
    """NumPy has two names for each bound, of which one may be given."""
    bounds: list[Value] = []
    for old, new, none in (("a_min", "min", -math.inf), ("a_max", "max", math.inf)):
        if call.value(old) is not None and call.value(new) is not None:
            raise call.wrong(f"{old} and {new} are one bound", new)
        value = call.value(new) if call.value(old) is None else call.value(old)
        bounds.append(none if value is None else _list_as_array(call, value))
    return call.emit("clip", call.array("x"), *bounds)


def _where(call: Bound) -> Value:
    x, y = call.value("x"), call.value("y")
    if x is None and y is None:
        return nonzero(call, "condition")
    if x is None or y is None:
        raise call.wrong("where takes a condition alone, or a condition and two values")
    return call.emit("where", *[_list_as_array(call, call.value(name)) for name in ("condition", "x", "y")])


# --- the order of elements

_ORDERED = ("reshape", "ravel")


def _in_order(
    low: Lowering, op: Op, arguments: Sequence[Argument], place: ast.Call, method: bool
) -> tuple[Value] | None:
    """``reshape`` and ``ravel`` with ``order=``: by columns, 'F', the axes are reversed before and after."""
    last = arguments[-1] if arguments else None
    order = next((a for a in arguments if a.name == "order"), None)
    if order is None and last is not None and last.name is None and isinstance(last.value, str):
        order = last
    if order is None:
        return None
    rest = [a for a in arguments if a is not order]
    if order.value in ("C", "A", "K"):
        return (call_op(low, op, rest, place, method),)
    if order.value != "F":
        raise BadCall("order is 'C', by rows, or 'F', by columns", span=low.span(order.place))
    bound_arguments = bind_call(low, op, rest, place, method)
    own = bound_arguments["x"]
    x = low.array(own.value, own.place)
    turned = low.emit(OPS["transpose"], (x,), place)
    if op.name == "ravel":
        return (low.emit(op, (turned,), place),)
    (parameter,) = op.signature.parameters
    shape = static_value(low, op, parameter, bound_arguments["shape"])
    assert isinstance(shape, tuple)
    back = low.emit(op, (turned,), place, (("shape", shape[::-1]),))
    return (low.emit(OPS["transpose"], (back,), place),)


# --- weights, and observations


def _logsumexp(call: Bound) -> Value:
    a, b = call.array("x"), call.value("b")
    if b is None:
        return call.emit("logsumexp", a, **_over(call))
    return call.emit("weighted_logsumexp", a, _list_as_array(call, b), **_over(call))


def _cross(call: Bound) -> Value:
    axis = call.static("axis")
    axes = [call.static(name) if axis is None else axis for name in ("axisa", "axisb", "axisc")]
    a, b = (
        x if axis in (-1, x.ndim - 1) else call.emit("moveaxis", x, source=axis, destination=-1)
        for x, axis in zip((call.array("a"), call.array("b")), axes, strict=False)
    )
    product = call.emit("cross", a, b, axis=-1)
    if a.shape[-1] == b.shape[-1] == 2 or axes[2] in (-1, product.ndim - 1):
        return product
    return call.emit("moveaxis", product, source=-1, destination=axes[2])


def _rows(call: Bound, name: str, by_rows: bool) -> Node:
    """Observations with one variable a row."""
    x = call.array(name)
    if x.ndim > 2:
        raise ShapeMismatch(
            f"{call.builtin.name} takes a vector or a matrix of observations, and this is {describe_shape(x.shape)}",
            span=call.low.span(call.at(name)),
        )
    if x.ndim < 2:
        return call.emit("reshape", x, shape=(1, x.type.size))
    return x if by_rows else call.emit("transpose", x)


def _observations(call: Bound, name: str) -> tuple[Node, bool]:
    """The observations of both arguments, and whether their rows are the variables."""
    by_rows = call.static("rowvar")
    if call.value("y") is None:
        return call.array(name), by_rows
    return call.emit("concatenate", _rows(call, name, by_rows), _rows(call, "y", by_rows), axis=0), True


def _cov(call: Bound) -> Value:
    m, by_rows = _observations(call, "m")
    ddof = None if call.value("ddof") is None else call.whole("ddof")
    params = {"rowvar": by_rows, "bias": call.static("bias"), "ddof": ddof}
    weights = [_list_as_array(call, call.value(name)) for name in ("fweights", "aweights")]
    if weights == [None, None]:
        return call.emit("cov", m, **params)
    return call.emit("weighted_cov", m, *weights, **params)


def _corrcoef(call: Bound) -> Value:
    x, by_rows = _observations(call, "x")
    return call.emit("corrcoef", x, rowvar=by_rows)


def _gradient(call: Bound) -> Value:
    f = call.array("f")
    axes = axes_of(call.static("axis"), f.ndim)
    spacings = [_list_as_array(call, a.value) for a in call.rest] or [1.0]
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise call.wrong(f"{len(spacings)} spacings for {len(axes)} axes")
    edge_order = call.whole("edge_order")
    slopes = [
        call.emit("gradient", f, spacing, axis=axis, edge_order=edge_order)
        for axis, spacing in zip(axes, spacings, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else several(call.low, List, slopes, call.place)


RULES: dict[str, Rule] = {
    "sum": _reduction("sum", 0.0, "add"),
    "prod": _reduction("prod", 1.0, "multiply"),
    "max": _reduction("max", -math.inf, "maximum"),
    "min": _reduction("min", math.inf, "minimum"),
    "all": _reduction("all", 1.0, None),
    "any": _reduction("any", 0.0, None),
    "mean": _summary("mean"),
    "var": _summary("var"),
    "std": _summary("std"),
    "clip": _clip,
    "where": _where,
    "logsumexp": _logsumexp,
    "cross": _cross,
    "cov": _cov,
    "corrcoef": _corrcoef,
    "gradient": _gradient,
}
"""The rules of extended calls, by the name of the op."""
assert RULES.keys() == EXTENDED.keys(), "each extended call has a rule"
