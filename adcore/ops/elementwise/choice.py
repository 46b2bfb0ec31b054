"""Choices between numbers, element by element: the greater, the smaller, bounds, and the choice by a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.graph import DType, Node, Op, ScalarBuilder, constant
from adcore.ops.base import Hidden, copies, declare, elementwise, fit
from adcore.ops.shapes import infer_elementwise

# --- the greater, the smaller


def _step(a: Any, b: Any, *, least: Hidden = False) -> Any:
    """A NaN is what both the maximum and the minimum of it and a number are: it counts as beyond every number."""
    first, second = (a < b, b < a) if least else (a > b, b > a)
    return 0.5 + 0.5 * (first | (a != a)) - 0.5 * (second | (b != b))


step: Op = elementwise(
    "step",
    _step,
    lambda y, a, b: (None, None),
    operands="x1 x2",
    nanoseconds=20.0,
    domain=((0.0, 1.0), (2.0, 3.0)),
    public=False,
    flat=(0, 1),
    doc="1 where x1 is greater, 0 where x2 is, a half where they are equal: the symmetric derivative of a maximum. "
    "With least that of a minimum.",
)


def _greater(b: ScalarBuilder[Any], x1: Any, x2: Any) -> Any:
    """The greater of two numbers; NaN where either is."""
    second = b.select(b.compare("!=", x1, x1), x1, x2)
    return b.select(b.compare(">=", x1, x2), x1, second)


def _smaller(b: ScalarBuilder[Any], x1: Any, x2: Any) -> Any:
    """The smaller of two numbers; NaN where either is."""
    second = b.select(b.compare("!=", x1, x1), x1, x2)
    return b.select(b.compare("<=", x1, x2), x1, second)


maximum = elementwise(
    "maximum",
    np.maximum,
    lambda y, a, b: (step(a, b), step(b, a)),
    operands="x1 x2",
    latex=r"\max\left({0}, {1}\right)",
    scalar=_greater,
    doc="The greater of the two; where they are equal, each has half of the derivative.",
)
minimum = elementwise(
    "minimum",
    np.minimum,
    lambda y, a, b: (step(a, b, least=True), step(b, a, least=True)),
    operands="x1 x2",
    latex=r"\min\left({0}, {1}\right)",
    scalar=_smaller,
    doc="The smaller of the two; where they are equal, each has half of the derivative.",
)


def _number_step(a: Any, b: Any) -> Any:
    first, second = (a > b) | ((b != b) & (a == a)), (b > a) | ((a != a) & (b == b))
    return 0.5 + 0.5 * first - 0.5 * second


number_step: Op = elementwise(
    "number_step",
    _number_step,
    lambda y, a, b: (None, None),
    operands="x1 x2",
    nanoseconds=25.0,
    domain=((0.0, 1.0), (2.0, 3.0)),
    public=False,
    flat=(0, 1),
    doc="As step, but a number counts as greater than NaN.",
)
fmax = elementwise(
    "fmax",
    np.fmax,
    lambda y, a, b: (number_step(a, b), number_step(b, a)),
    operands="x1 x2",
    doc="The greater of the two; where one is NaN, the other; where they are equal, each has half of the derivative.",
)
fmin = elementwise(
    "fmin",
    np.fmin,
    # -a > -b where a < b; the negative of NaN is NaN.
    lambda y, a, b: (number_step(-a, -b), number_step(-b, -a)),
    operands="x1 x2",
    doc="The smaller of the two; where one is NaN, the other; where they are equal, each has half of the derivative.",
)


def _clip_value(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _clip_step(x: Any, low: Any, high: Any) -> Any:
    """The mean of the one-sided derivatives by x, which are both 0 where the bounds are equal."""
    passes = _step(x, low) * _step(np.maximum(x, low), high, least=True)
    return np.where((x == low) & (x == high), 0.0, passes)[()]


clip_step: Op = elementwise(
    "clip_step",
    _clip_step,
    lambda y, x, low, high: (None, None, None),
    operands="x low high",
    nanoseconds=65.0,
    scratch=copies(5),
    domain=((-0.5, 0.5), (-2, -1), (1, 2)),
    public=False,
    flat=(0, 1, 2),
    doc="1 where x is between the bounds, 0 where it is not, a half at one of them: the derivative of clip by x. With "
    "x and the lower bound changed over, that by the lower bound.",
)


def _clip_partials(y: Node, x: Node, low: Node, high: Node) -> tuple[Any, Any, Any]:
    """Those of minimum(maximum(x, low), high), which clip computes.

    Where two operands are one value, they move together: clip(x, c, c) is c, and clip(x, low, x) is x.
    """
    if low is high:
        return None, None, 1.0
    if x is high:
        return 1.0, None, None
    if x is low:
        return step(x, high, least=True), None, step(high, x, least=True)
    return clip_step(x, low, high), clip_step(low, x, high), step(high, maximum(x, low), least=True)


clip = elementwise(
    "clip",
    _clip_value,
    _clip_partials,
    operands="x a_min a_max",
    defaults=(None, -np.inf, np.inf),
    method=True,
    nanoseconds=5.5,
    domain=((-3, 3), (-2, -1), (1, 2)),
    decompose=lambda node: minimum(maximum(node.inputs[0], node.inputs[1]), node.inputs[2]),
    scalar=lambda b, x, low, high: _smaller(b, _greater(b, x, low), high),
    doc="x kept between two bounds; None is no bound.",
)
relu = elementwise(
    "relu",
    lambda x: np.maximum(x, 0.0),
    lambda y, x: (step(x, constant(0.0)),),
    domain=((0.2, 3),),
    decompose=lambda node: maximum(node.inputs[0], 0.0),
    scalar=lambda b, x: _greater(b, x, b.const(0.0)),
    doc="x where it is positive, else 0. At 0 the derivative is a half.",
)


# --- the choice


def _where(condition: Any, a: Any, b: Any) -> Any:
    if condition.ndim == 0 and a.ndim == 0 and b.ndim == 0:
        return a if condition else b
    return np.where(condition, a, b)


def _where_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
    _, a, b = tangents
    return fit(where(node.inputs[0], 0.0 if a is None else a, 0.0 if b is None else b), node.shape)


def _where_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    condition, a, b = node.inputs
    return None, fit(where(condition, g, 0.0), a.shape), fit(where(condition, 0.0, g), b.shape)


where: Op = declare(
    "where",
    "condition x y",
    _where,
    infer_elementwise(),
    jvp=_where_jvp,
    vjp=_where_vjp,
    dtypes=(DType.BOOL, DType.FLOAT, DType.FLOAT),
    elementwise=True,
    latex=r"\begin{{cases}} {1} & {0} \\ {2} & \text{{else}} \end{{cases}}",
    scalar=lambda b, condition, x, y: b.select(condition, x, y),
    nanoseconds=5.0,
    doc="x where the condition holds, else y; the other one reaches neither the value nor the derivative.",
)
