"""Functions through points, as SciPy's interpolating classes give them."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

from adcore.errors import BadCall
from adcore.graph import OPS, DType, Node, Signature
from adcore.language.builtins import Builtin
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.calls.arguments import bind_call
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import Argument, Interpolant, Value, is_number, is_sequence
from adcore.ops.composed.splines import FIRST, NOT_A_KNOT, SECOND

_NAMED = {"not-a-knot": (NOT_A_KNOT, 0.0), "natural": (SECOND, 0.0), "clamped": (FIRST, 0.0)}
"""The conditions at an end by SciPy's names."""
_ORDERS = {1: FIRST, 2: SECOND}


def _points(call: Bound) -> tuple[Node, Node]:
    knots, values = (call.low.operand(call.array(name), DType.FLOAT, call.at(name)) for name in ("x", "y"))
    if knots.ndim != 1 or values.ndim < 1:
        raise call.wrong(f"{call.builtin.name} takes points as vectors", "x")
    return knots, values


def _condition(call: Bound, value: Value) -> tuple[str, Value]:
    """The condition at one end, and the value of the derivative there."""
    if isinstance(value, str) and value in _NAMED:
        return _NAMED[value]
    if is_sequence(value) and len(value.items) == 2:
        order, derivative = value.items
        if isinstance(order, int) and order in _ORDERS:
            return _ORDERS[order], derivative
    raise call.wrong(
        "bc_type is 'not-a-knot', 'natural', 'clamped', or a pair of these or of (order, value), one for each end",
        "bc_type",
    )


def _cubic(call: Bound, knots: Node, values: Node, bc_type: Value) -> Interpolant:
    pair = (bc_type, bc_type) if isinstance(bc_type, str) else bc_type.items if is_sequence(bc_type) else ()
    if len(pair) != 2:
        raise call.wrong("bc_type is a name, or a pair with one condition for each end", "bc_type")
    (first, start), (last, end) = (_condition(call, each) for each in pair)
    ends = [call.low.operand(value, DType.FLOAT, call.place) for value in (start, end)]
    slopes = call.emit("spline_slopes", knots, values, *ends, first=first, last=last)
    return Interpolant(call.builtin.name, "spline", (knots, values, slopes), {}, True)


def _cubic_spline(call: Bound) -> Value:
    if call.static("axis") != 0:
        raise call.wrong("the points of a spline stand along the first axis here, axis=0", "axis")
    if not call.static("extrapolate"):
        raise call.wrong("a spline goes on beyond its ends here, extrapolate=True", "extrapolate")
    given = call.value("bc_type")
    return _cubic(call, *_points(call), NOT_A_KNOT if given is None else given)


def _interp1d(call: Bound) -> Value:
    """Beyond the ends, where SciPy raises an error unless it is told not to, there is NaN."""
    kind, fill = call.static("kind"), call.value("fill_value")
    knots, values = _points(call)
    if kind not in ("linear", "cubic", "slinear"):
        raise call.wrong(f"kind is 'linear' or 'cubic', and not {kind!r}", "kind")
    if values.ndim > 1:
        raise call.wrong("interp1d takes vectors here", "y", "CubicSpline takes several splines at once")
    if not call.static("assume_sorted"):
        order = call.emit("argsort", knots)
        knots, values = (call.emit("take", x, order) for x in (knots, values))
    if kind == "cubic":
        if fill != "extrapolate":
            raise call.wrong("a cubic spline goes on beyond its ends here, fill_value='extrapolate'", "fill_value")
        return _cubic(call, knots, values, NOT_A_KNOT)
    if fill == "extrapolate":
        return Interpolant("interp1d", "linear_spline", (knots, values), {}, False)
    pair = fill.items if is_sequence(fill) else (math.nan, math.nan) if fill is None else (fill, fill)
    if len(pair) != 2 or not all(is_number(x) for x in pair):
        raise call.wrong("fill_value is 'extrapolate', a known number, or a pair of them", "fill_value")
    left, right = (float(x) for x in pair if isinstance(x, int | float))
    return Interpolant("interp1d", "interp", (knots, values), {"left": left, "right": right}, False)


_BY_ORDER = Signature(("x", "nu"), defaults=(None, 0.0))
_BY_POINT = Signature(("x",))


def call_interpolant(low: Lowering, function: Interpolant, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of an interpolant at a number or an array, or its derivative of an order."""
    signature = _BY_ORDER if function.orders else _BY_POINT
    called = Builtin(function.name, signature.usage(function.name), signature, "")
    bound = bind_call(low, called, arguments, place)
    params = dict(function.params)
    if "nu" in bound:
        order = params["nu"] = low.known.whole(bound["nu"].value, bound["nu"].place, "nu")
        if order < 0:
            raise BadCall("the order of a derivative is at least 0", span=low.span(bound["nu"].place))
    op = OPS[function.op]
    filled = tuple([(p.name, params.get(p.name, p.default)) for p in op.signature.parameters])
    x = low.operand(bound["x"].value, DType.FLOAT, bound["x"].place)
    return low.emit(op, (x, *function.operands), place, filled)


RULES: dict[str, Rule] = {"CubicSpline": _cubic_spline, "interp1d": _interp1d}
"""The rules of this theme, by name."""
