"""Sums, products, quotients, powers and roots, element by element."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.graph import OPS, Node, Op, ScalarBuilder, number
from adcore.ops.base import Hidden, declare, elementwise, fit
from adcore.ops.shapes import infer_elementwise
from adcore.ops.strong import BOTH, strong_repair, strong_select

# The precedence of the texts, as in Python.
SUM, PRODUCT, SIGN, POWER = 50, 60, 70, 80


# --- sums


add = elementwise(
    "add",
    operator.add,
    lambda y, a, b: (1.0, 1.0),
    operands="x1 x2",
    commutative=True,
    neutral=(-0.0, -0.0),
    text="{0} + {1}",
    binding=SUM,
    latex="{0} + {1}",
    scalar=lambda b, x1, x2: b.add(x1, x2),
    doc="The sum.",
)
subtract = elementwise(
    "subtract",
    operator.sub,
    lambda y, a, b: (1.0, -1.0),
    operands="x1 x2",
    neutral=(None, 0.0),
    text="{0} - {1}",
    binding=SUM,
    latex="{0} - {1}",
    scalar=lambda b, x1, x2: b.sub(x1, x2),
    doc="The difference.",
)
negative = elementwise(
    "negative",
    operator.neg,
    lambda y, x: (-1.0,),
    aliases=("neg",),
    involution=True,
    text="-{0}",
    binding=SIGN,
    latex="-{0}",
    scalar=lambda b, x: b.neg(x),
    doc="The number with its sign changed.",
)
positive = elementwise(
    "positive",
    operator.pos,
    lambda y, x: (1.0,),
    is_identity=lambda node: True,
    text="+{0}",
    binding=SIGN,
    latex="+{0}",
    doc="The number as it is.",
)


# --- products: bilinear, and strong in the operands that are adjoints or tangents


def _multiply(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    """``strong`` is a sum of 1, where a zero of ``a`` wins over an inf or NaN of ``b``, and of 2, the other way."""
    product = a * b
    if not strong:
        return product
    return strong_repair(product, *((a,) if strong == 1 else (b,) if strong == 2 else (a, b)))


def _scalar_multiply(b: ScalarBuilder[Any], x1: Any, x2: Any, *, strong: int) -> Any:
    return strong_select(b, b.mul(x1, x2), *((x1,) if strong & 1 else ()), *((x2,) if strong & 2 else ()))


def _multiply_term(node: Node, g: Node, operand: int) -> Node:
    """d(a b) = da b + a db."""
    return multiply(g, node.inputs[1 - operand], strong=BOTH, span=node.span)


def _by_terms(term: Callable[[Node, Node, int], Node]) -> dict[str, Any]:
    """Both rules from ``term(node, g, operand)``, the contribution of a tangent or a cotangent ``g`` by an operand."""

    def jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
        terms = [term(node, t, i) for i, t in enumerate(tangents) if t is not None]
        return fit(terms[0] if len(terms) == 1 else terms[0] + terms[1], node.shape)

    def vjp(node: Node, g: Node) -> tuple[Node, ...]:
        return tuple(fit(term(node, g, i), x.shape) for i, x in enumerate(node.inputs))

    return {"jvp": jvp, "vjp": vjp}


def _scratch(node: Node) -> int:
    """What ``strong_repair`` makes where there is a NaN."""
    return 4 * node.type.size if node.param("strong") else 0


multiply: Op = declare(
    "multiply",
    "x1 x2",
    _multiply,
    infer_elementwise(),
    **_by_terms(_multiply_term),
    elementwise=True,
    commutative=True,
    neutral=(1.0, 1.0),
    text="{0} * {1}",
    binding=PRODUCT,
    latex=r"{0} \cdot {1}",
    scalar=_scalar_multiply,
    scratch=_scratch,
    doc="The product.",
)


def _divide(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    """``strong`` is a sum of 1, where a zero of ``a`` wins over a zero or NaN of ``b``, and of 2, where an infinite
    ``b`` wins over an inf or NaN of ``a``: it is the product of ``a`` and 1 / ``b``."""
    quotient = a / b
    if strong == BOTH and (quotient != quotient if quotient.ndim == 0 else np.isnan(quotient).any()):
        return strong_repair(quotient, a, 1.0 / b)
    return strong_repair(quotient, a) if strong == 1 else quotient


def _scalar_divide(b: ScalarBuilder[Any], x1: Any, x2: Any, *, strong: int) -> Any:
    factors = ((x1,) if strong & 1 else ()) + ((b.div(b.const(1.0), x2),) if strong & 2 else ())
    return strong_select(b, b.div(x1, x2), *factors)


def _divide_term(node: Node, g: Node, operand: int) -> Node:
    """d(a / b) = da / b - db (a / b) / b, with the quotient that the node has computed."""
    b = node.inputs[1]
    if operand == 0:
        return divide(g, b, strong=BOTH, span=node.span)
    return multiply(g, -divide(node, b, strong=node.param("strong")), strong=BOTH, span=node.span)


divide: Op = declare(
    "divide",
    "x1 x2",
    _divide,
    infer_elementwise(),
    **_by_terms(_divide_term),
    elementwise=True,
    neutral=(None, 1.0),
    text="{0} / {1}",
    binding=PRODUCT,
    latex=r"\frac{{{0}}}{{{1}}}",
    aliases=("true_divide",),
    domain=((-3, 3), (0.5, 3)),
    scalar=_scalar_divide,
    scratch=_scratch,
    doc="The quotient.",
)
floor_divide: Op = elementwise(
    "floor_divide",
    np.floor_divide,
    lambda y, a, b: (None, None),
    operands="x1 x2",
    text="{0} // {1}",
    binding=PRODUCT,
    latex=r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor",
    nanoseconds=20.0,
    domain=((0.2, 0.8), (1.1, 3)),
    flat=(0, 1),
    doc="The quotient, rounded down. Its derivative is zero.",
)
remainder = elementwise(
    "remainder",
    np.remainder,
    lambda y, a, b: (1.0, -floor_divide(a, b)),
    operands="x1 x2",
    aliases=("mod",),
    text="{0} % {1}",
    binding=PRODUCT,
    latex=r"{0} \bmod {1}",
    nanoseconds=15.0,
    domain=((0.2, 0.8), (1.1, 3)),
    doc="The remainder of x1 divided by x2, with the sign of x2.",
)
reciprocal = elementwise(
    "reciprocal",
    lambda x: 1.0 / x,
    lambda y, x: (-square(y),),
    latex=r"\frac{{1}}{{{0}}}",
    nanoseconds=1.0,
    domain=((0.5, 3),),
    decompose=lambda node: 1.0 / node.inputs[0],
    scalar=lambda b, x: b.div(b.const(1.0), x),
    doc="One over x.",
)


# --- powers and roots


def _power(x: Any, p: Any) -> Any:
    # As a product, a square is exact to half an ulp, and twenty times as fast.
    return x * x if p.ndim == 0 and p == 2.0 else np.power(x, p)


def _power_partials(y: Node, x: Node, p: Node) -> tuple[Any, Any]:
    """p x**(p-1), which is 0 for p = 0 even at x = 0; and x**p log(x), which is 0 where x**p is."""
    by_exponent = multiply(y, OPS["log"](x), strong=1)
    n = number(p)
    if n == 0.0:
        return None, by_exponent
    if n == 1.0:
        return 1.0, by_exponent
    if n == 2.0:
        return 2.0 * x, by_exponent
    if n is not None:
        return n * power(x, n - 1.0), by_exponent
    return multiply(p, power(x, p - 1.0), strong=1), by_exponent


power: Op = elementwise(
    "power",
    _power,
    _power_partials,
    operands="x1 x2",
    aliases=("pow", "float_power"),
    neutral=(None, 1.0),
    text="{0} ** {1}",
    binding=POWER,
    latex="{{{0}}}^{{{1}}}",
    nanoseconds=20.0,
    domain=((0.5, 2), (-2, 2)),
    nan_gradient="A negative x1 has real powers at whole x2 only, so there is no derivative by x2.",
    doc="x1 to the power x2; NaN for a negative x1 and a fractional x2.",
)
square: Op = elementwise(
    "square",
    lambda x: x * x,
    lambda y, x: (2.0 * x,),
    latex="{{{0}}}^2",
    decompose=lambda node: node.inputs[0] * node.inputs[0],
    scalar=lambda b, x: b.mul(x, x),
    nanoseconds=0.9,
    doc="x times x.",
)
sqrt = elementwise(
    "sqrt",
    np.sqrt,
    lambda y, x: (1.0 / (2.0 * y),),
    latex=r"\sqrt{{{0}}}",
    domain=((0.5, 3),),
    scalar=lambda b, x: b.call("sqrt", x),
    doc="The square root; NaN for a negative number. At 0 the derivative is infinite.",
)
cbrt = elementwise(
    "cbrt",
    np.cbrt,
    lambda y, x: (1.0 / (3.0 * square(y)),),
    latex=r"\sqrt[3]{{{0}}}",
    nanoseconds=25.0,
    domain=((0.5, 3),),
    doc="The cube root, of negative numbers too.",
)


def all_between(x: Any, low: float, high: float) -> bool:
    """Whether all elements are, none being NaN; without arrays in between, which cost more than the comparisons."""
    return bool(low < x < high) if x.ndim == 0 else x.size == 0 or bool(low < x.min() and x.max() < high)


def into(x: Any) -> Any:
    """Where NumPy writes a result instead of an array that is not needed any more; None for a number."""
    return x if x.ndim else None


def sum_of_squares(a: Any, b: Any) -> tuple[Any, bool]:
    """a**2 + b**2, and whether all are far from the ends of the range of float64."""
    squares = a * a
    if squares.shape == np.shape(b):
        squares += b * b
    else:
        squares = squares + b * b
    return squares, all_between(squares, 1e-280, 1e300)


def cosine(a: Any, b: Any) -> Any:
    """a / hypot(a, b), scaled where the length is subnormal or exceeds the range of float64; 0 where a is."""
    squares, is_plain = sum_of_squares(a, b)
    if is_plain:  # Faster than np.hypot, and in one array, since fresh memory costs more than arithmetic.
        length = np.sqrt(squares, out=into(squares))
        return np.divide(a, length, out=into(length))
    length = np.hypot(a, b)
    if all_between(length, 1e-290, np.inf):
        return a / length
    largest = np.maximum(np.abs(a), np.abs(b))
    scale = np.where((largest > 0.0) & (largest < np.inf), largest, 1.0)
    return strong_repair(np.divide(a / scale, np.hypot(a / scale, b / scale)), a)


def _direction_partials(c: Node, a: Node, b: Node) -> tuple[Node, Node]:
    """With c and s for the cosine and the sine, s**2 / y and -c s / y: https://dlmf.nist.gov/4.21.iii."""
    s = direction(b, a)
    turn = divide(s, hypot(a, b), strong=True)
    return multiply(s, turn, strong=1), -multiply(c, turn, strong=1)


direction: Op = elementwise(
    "direction",
    cosine,
    _direction_partials,
    operands="x1 x2",
    public=False,
    nanoseconds=40.0,
    domain=((0.5, 3),),
    text="{0} / hypot({0}, {1})",
    binding=PRODUCT,
    doc="x1 divided by the length of the hypotenuse: the cosine of the angle of the point (x1, x2); 0 at the origin.",
)
hypot: Op = elementwise(
    "hypot",
    np.hypot,
    # At the origin both partials are 0, the mean of the one-sided derivatives.
    lambda y, a, b: (direction(a, b), direction(b, a)),
    operands="x1 x2",
    latex=r"\sqrt{{{0}^2 + {1}^2}}",
    nanoseconds=30.0,
    domain=((0.5, 3),),
    scalar=lambda b, x1, x2: b.call("hypot", x1, x2),
    doc="The length of the hypotenuse, without overflow.",
)
