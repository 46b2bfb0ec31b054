"""Directions of arrays and means under softmax, with derivatives that keep their digits where one element is far larger
than the others: the differences of nearly equal numbers are written out by that element, the pivot.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.graph import Node, Op, Type
from adcore.ops.arrays.reductions import average, sum_, total
from adcore.ops.base import Hidden, copies, declare, fit, moved, sample
from adcore.ops.elementwise.arithmetic import divide, multiply
from adcore.ops.shapes import Axes, axes_of, count, reduced
from adcore.ops.strong import strong_repair, strong_times


def mean_deviation(x: Any, *, axis: Hidden) -> Any:
    """Shifted by the first element, so that equal elements deviate by exactly 0, and large ones lose no digits."""
    if not x.size:
        return x
    first = x[tuple(slice(0, 1) if i in axes_of(axis, x.ndim) else slice(None) for i in range(x.ndim))]
    deviations = np.asarray(x - first)
    deviations -= average(deviations, axis=axis, keepdims=True)
    return deviations[()]


def root_of_squares(x: Any, axis: Axes, keepdims: bool, parts: float = 1.0) -> Any:
    """The root of the sum of squares over ``parts``.

    Scaled by a power of two where squares would overflow or lose digits; this changes no other bit.
    """
    plain = np.sqrt(total(x * x, axis=axis, keepdims=keepdims) / np.float64(parts))
    if not x.size or ((plain > 1e-140) & (plain < 1e150)).all():
        return plain
    largest = np.abs(x).max(axis=axis, keepdims=True)
    scale = np.where((largest > 0) & (largest < math.inf), np.ldexp(1.0, np.frexp(largest)[1] - 1), 1.0)
    scaled = scale * np.sqrt(total(np.square(x / scale), axis=axis, keepdims=True) / np.float64(parts))
    return np.reshape(scaled, plain.shape)[()]


def _in_lines(axis: Axes, x: Any) -> Any:
    """The elements along the axes in one axis, the last one."""
    axes = axes_of(axis, x.ndim)
    if len(axes) == 1:
        return np.moveaxis(x, axes[0], -1)
    others = [i for i in range(x.ndim) if i not in axes]
    return np.transpose(x, (*others, *axes)).reshape(*[x.shape[i] for i in others], -1)


def _out_of_lines(axis: Axes, lines: Any, like: Any) -> Any:
    axes = axes_of(axis, like.ndim)
    order = (*[i for i in range(like.ndim) if i not in axes], *axes)
    return np.transpose(lines.reshape([like.shape[i] for i in order]), np.argsort(order))[()]


def _at_largest(size: Any) -> Any:
    """True at the first of the largest elements of each line."""
    return np.arange(size.shape[-1]) == np.argmax(size, axis=-1)[..., None]


def _sums(x: Any, at: Any = True) -> Any:
    return np.sum(x, axis=-1, keepdims=True, where=at)


# --- lengths and directions


def _part(x: Any, centred: bool, axis: Axes) -> Any:
    return mean_deviation(x, axis=axis) if centred else x


def _length(x: Any, *, axis: Hidden, centred: Hidden) -> Any:
    return root_of_squares(_part(x, centred, axis), axis, True)


def _unit(x: Any, *, axis: Hidden, centred: Hidden) -> Any:
    part = _part(x, centred, axis)
    length = root_of_squares(part, axis, True)
    if ((length > 1e-290) & (length < math.inf)).all():
        return part / length
    if part.size:
        largest = np.abs(part).max(axis=axis, keepdims=True)
        part = part / np.where((largest > 0.0) & (largest < math.inf), largest, 1.0)
        length = root_of_squares(part, axis, True)
    return strong_repair(np.divide(part, length), part)[()]


def _parted(x: Any, pivot: Any, centred: bool) -> tuple[Any, Any]:
    """The component of lines along the pivot, and what is left, where the pivot has 0: both without their mean if
    ``centred``, by the mean of the elements besides the pivot."""
    if not centred:
        return _sums(x, pivot), np.where(pivot, 0.0, x)
    n = x.shape[-1]
    # Less one of the others, which takes a large common part away without rounding.
    x = x - np.where(pivot[..., :1], x[..., 1:2], x[..., :1])
    mean = _sums(x, ~pivot) / (n - 1)
    rest = np.where(pivot, 0.0, x - mean)
    correction = _sums(rest) / (n - 1)
    return (_sums(x, pivot) - mean) * math.sqrt((n - 1) / n), np.where(pivot, 0.0, rest - correction)


def _turn(v: Any, x: Any, *, axis: Hidden, centred: Hidden) -> Any:
    """Along the pivot, a (b**2 + r.r) - b (a b + r.s) is a r.r - b r.s, for x = (b, r) and v = (a, s)."""
    if not x.size or (centred and count(x.shape, axis) < 2):
        return np.zeros(x.shape)[()]
    lines, of = _in_lines(axis, x), _in_lines(axis, v)
    pivot = _at_largest(np.abs(_in_lines(axis, _part(x, centred, axis))))
    (b, r), (a, s) = _parted(lines, pivot, centred), _parted(of, pivot, centred)
    short = root_of_squares(r, -1, True)
    length = np.hypot(b, short)
    by = np.where(length > 0.0, length, 1.0)
    sine, cosine, direction = short / by, b / by, r / by
    across = _sums(np.where(s == 0.0, 0.0, direction * s))
    along = a * (sine / length * sine) - cosine * (across / length)
    rest = s / length - direction * ((cosine * a + across) / length)
    if centred:
        n = lines.shape[-1]
        turned = np.where(pivot, along * math.sqrt((n - 1) / n), rest - along / math.sqrt(n * (n - 1)))
    else:
        turned = np.where(pivot, along, rest)
    # At the origin the derivative is infinite; and what is exactly 0 stays so.
    turned = np.where(length > 0.0, turned, strong_repair(np.divide(of, length), of))
    return _out_of_lines(axis, np.where(np.all(of == 0.0, axis=-1, keepdims=True), 0.0, turned), x)


def _turn_by_x(node: Node, t: Node) -> Node:
    """The derivative by x in direction t; and its transpose, as it is symmetric in t and what it is paired with."""
    v, x = node.inputs
    axis, centred = node.param("axis"), node.param("centred")
    u, by_v, by_t = unit(x, axis=axis, centred=centred), node, moved(node, t, x)

    def times(a: Node, b: Node) -> Node:
        return multiply(a, b, strong=3)

    def dot(a: Node, b: Node) -> Node:
        return sum_(times(a, b), axis=axis, keepdims=True)

    terms = times(by_t, dot(v, u)) + times(by_v, dot(t, u)) + times(dot(v, by_t), u)
    return -divide(terms, length(x, axis=axis, centred=centred), strong=True)


def _turn_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    by_v, by_x = tangents
    terms = [] if by_v is None else [moved(node, by_v, node.inputs[1])]
    terms += [] if by_x is None else [_turn_by_x(node, by_x)]
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


_LINES = (((4,), None), ((2, 3), 1), ((2, 3, 2), (0, 2)))
_ONE, _TWO = (
    tuple(sample(*[shape] * n, axis=axis, centred=centred) for shape, axis in _LINES for centred in (False, True))
    for n in (1, 2)
)


def _unit_text(x: str, *, axis: Axes, centred: bool) -> str:
    part = f"({x} - mean({x}, axis={axis}, keepdims=True))" if centred else x
    return f"({part} / sqrt(sum(square({part}), axis={axis}, keepdims=True)))"


unit: Op = declare(
    "unit",
    "x",
    _unit,
    lambda x, **_: x,
    jvp=lambda node, tangents: turn(tangents[0], node.inputs[0], **dict(node.params)),
    vjp=lambda node, g: (turn(g, node.inputs[0], **dict(node.params)),),
    public=False,
    nanoseconds=25.0,
    scratch=copies(2),
    samples=_ONE,
    text=_unit_text,
    nan_gradient="Over a subnormal length the terms of the derivative are infinite, of either sign.",
    doc="The array, less its mean if centred, divided by its length along the axes; 0 where that is 0.",
)
turn: Op = declare(
    "turn",
    "v x",
    _turn,
    lambda v, x, **_: x,
    jvp=_turn_jvp,
    vjp=lambda node, g: (moved(node, g, node.inputs[1]), _turn_by_x(node, g)),
    public=False,
    nanoseconds=200.0,
    scratch=copies(9),
    samples=_TWO,
    doc="The derivative of unit(x) in direction v: what of v is across x, divided by the length of x.",
)
length: Op = declare(
    "length",
    "x",
    _length,
    lambda x, *, axis, centred: Type(x.dtype, reduced(x.shape, axis, True)),
    jvp=lambda node, tangents: sum_(
        strong_times(tangents[0], unit(node.inputs[0], **dict(node.params))), axis=node.param("axis"), keepdims=True
    ),
    vjp=lambda node, g: (strong_times(g, unit(node.inputs[0], **dict(node.params))),),
    public=False,
    nanoseconds=20.0,
    scratch=copies(2),
    samples=_ONE,
    doc="The length of an array along the axes, less its mean if centred, with keepdims.",
)


# --- means under softmax: of v with the weights y, whose sum is 1


def _weighed(v: Any, y: Any, axis: Axes) -> Any:
    """v less its weighted mean, in lines: as differences from the element of the largest weight."""
    lines, weights = _in_lines(axis, v), _in_lines(axis, y)
    pivot = _at_largest(weights)
    away = np.where(pivot, 0.0, lines - _sums(lines, pivot))
    return away - _sums(strong_repair(np.multiply(away, weights), away))


DOMINANT = 0.9
"""Below this weight, the plain formulas cancel one digit at most."""


def _is_even(y: Any) -> Any:
    return y.size == 0 or y.max() < DOMINANT


def _from_mean(v: Any, y: Any, *, axis: Hidden) -> Any:
    if _is_even(y):
        return v - total(v * y, axis=axis, keepdims=True)
    return _out_of_lines(axis, _weighed(v, y, axis), v)


def _spread_by_weight(v: Any, y: Any, *, axis: Hidden) -> Any:
    if _is_even(y):
        return (v - total(v * y, axis=axis, keepdims=True)) * y
    deviations = _weighed(v, y, axis)
    return _out_of_lines(axis, strong_repair(np.multiply(deviations, _in_lines(axis, y)), deviations), v)


def _from_sum(v: Any, y: Any, *, axis: Hidden) -> Any:
    if _is_even(y):
        return v - total(v, axis=axis, keepdims=True) * y
    lines, weights = _in_lines(axis, v), _in_lines(axis, y)
    pivot = _at_largest(weights)
    out = lines - strong_repair(np.multiply(_sums(lines), weights), _sums(lines) + 0.0 * lines)
    others = lines * _sums(weights, ~pivot) - weights * _sums(lines, ~pivot)
    out = np.where(pivot, others, out)
    return _out_of_lines(axis, np.where(np.all(lines == 0.0, axis=-1, keepdims=True), 0.0, out), v)


def _along(node: Node, x: Node) -> Node:
    return sum_(x, axis=node.param("axis"), keepdims=True)


def _both(*terms: Node | None) -> Node:
    first, *others = [term for term in terms if term is not None]
    return first + others[0] if others else first


def _from_mean_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (_, y), (dv, dy) = node.inputs, tangents
    return _both(
        None if dv is None else moved(node, dv, y), None if dy is None else -_spread(node, strong_times(dy, node))
    )


def _spread(node: Node, x: Node) -> Node:
    """The sum along the axes, at each element."""
    return fit(_along(node, x), node.shape)


def _from_sum_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (v, y), (dv, dy) = node.inputs, tangents
    return _both(
        None if dv is None else moved(node, dv, y), None if dy is None else -strong_times(dy, _spread(node, v))
    )


def _spread_by_weight_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (v, y), (dv, dy), axis = node.inputs, tangents, node.param("axis")
    by_v = None if dv is None else moved(node, dv, y)
    if dy is None:
        return _both(by_v)
    moving = strong_times(dy, from_mean(v, y, axis=axis))
    return _both(by_v, moving - multiply(_spread(node, moving), y, strong=1))


def _from_mean_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    by_v = from_sum(g, node.inputs[1], axis=node.param("axis"))
    return by_v, -strong_times(_spread(node, g), node)


def _from_sum_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    v, y = node.inputs
    return from_mean(g, y, axis=node.param("axis")), -strong_times(g, _spread(node, v))


def _spread_by_weight_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    v, y = node.inputs
    of_cotangent, of_operand = (from_mean(x, y, axis=node.param("axis")) for x in (g, v))
    return moved(node, g, y), strong_times(of_cotangent, of_operand)


_WEIGHED: dict[str, Any] = {
    "public": False,
    "domain": ((-3, 3), (0.25, 0.25)),
    "samples": (
        sample((4,), (4,), axis=None),
        sample((3, 4), (3, 4), axis=1),
        sample((2, 3, 2), (2, 3, 2), axis=(0, 2)),
    ),
}
from_mean: Op = declare(
    "from_mean",
    "v y",
    _from_mean,
    lambda v, y, **_: v,
    jvp=_from_mean_jvp,
    vjp=_from_mean_vjp,
    text="({0} - sum({0} * ({1}), axis={axis}, keepdims=True))",
    nanoseconds=10.0,
    scratch=copies(2),
    doc="v less its mean with the weights y, whose sum is 1.",
    **_WEIGHED,
)
from_sum: Op = declare(
    "from_sum",
    "v y",
    _from_sum,
    lambda v, y, **_: v,
    jvp=_from_sum_jvp,
    vjp=_from_sum_vjp,
    text="({0} - ({1}) * sum({0}, axis={axis}, keepdims=True))",
    nanoseconds=10.0,
    scratch=copies(2),
    doc="v less its sum times the weights y: the transpose of from_mean.",
    **_WEIGHED,
)
spread_by_weight: Op = declare(
    "spread_by_weight",
    "v y",
    _spread_by_weight,
    lambda v, y, **_: v,
    jvp=_spread_by_weight_jvp,
    vjp=_spread_by_weight_vjp,
    text="({1} * ({0} - sum({0} * ({1}), axis={axis}, keepdims=True)))",
    nanoseconds=20.0,
    scratch=copies(2),
    doc="The derivative of softmax in direction v where it is y: y times what v is from its mean with the weights y.",
    **_WEIGHED,
)
