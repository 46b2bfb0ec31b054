"""Comparisons, logic, and conversions between numbers, conditions and indices. None has a derivative."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adcore.errors import NotDifferentiable, NotWholeNumber
from adcore.graph import DType, Node, Type
from adcore.ops.base import copies, declare, elementwise, sample
from adcore.ops.shapes import broadcast_shapes, infer_elementwise

COMPARISON, NOT, AND, OR = 40, 30, 20, 10

_value: Any
for _name, _value, _sign, _latex, _doc in (
    ("less", operator.lt, "<", "<", "Whether x1 is less than x2."),
    ("less_equal", operator.le, "<=", r"\le", "Whether x1 is at most x2."),
    ("greater", operator.gt, ">", ">", "Whether x1 is greater than x2."),
    ("greater_equal", operator.ge, ">=", r"\ge", "Whether x1 is at least x2."),
    ("equal", operator.eq, "==", "=", "Whether the two are equal."),
    ("not_equal", operator.ne, "!=", r"\ne", "Whether the two differ."),
):
    elementwise(
        _name,
        _value,
        operands="x1 x2",
        result=DType.BOOL,
        text=f"{{0}} {_sign} {{1}}",
        binding=COMPARISON,
        latex=f"{{0}} {_latex} {{1}}",
        nanoseconds=1.0,
        doc=_doc,
    )

for _name, _value, _sign, _binding, _latex in (
    ("logical_and", np.logical_and, "and", AND, r"\land"),
    ("logical_or", np.logical_or, "or", OR, r"\lor"),
):
    elementwise(
        _name,
        _value,
        operands="x1 x2",
        result=DType.BOOL,
        dtypes=(DType.BOOL,),
        commutative=True,
        text=f"{{0}} {_sign} {{1}}",
        binding=_binding,
        latex=f"{{0}} {_latex} {{1}}",
        nanoseconds=1.0,
        doc=f"x1 {_sign} x2, element by element; a number counts as true unless it is 0.",
    )

logical_xor = elementwise(
    "logical_xor",
    np.logical_xor,
    operands="x1 x2",
    result=DType.BOOL,
    dtypes=(DType.BOOL,),
    commutative=True,
    latex=r"{0} \oplus {1}",
    nanoseconds=1.0,
    doc="Whether just one of the two holds.",
)
logical_not = elementwise(
    "logical_not",
    np.logical_not,
    result=DType.BOOL,
    dtypes=(DType.BOOL,),
    involution=True,
    text="not {0}",
    binding=NOT,
    latex=r"\lnot {0}",
    nanoseconds=1.0,
    doc="Whether x does not hold.",
)
isnan = elementwise("isnan", np.isnan, result=DType.BOOL, nanoseconds=1.0, doc="Whether x is NaN.")
isinf = elementwise("isinf", np.isinf, result=DType.BOOL, nanoseconds=1.0, doc="Whether x is an infinity.")
isfinite = elementwise(
    "isfinite", np.isfinite, result=DType.BOOL, nanoseconds=1.0, doc="Whether x is neither an infinity nor NaN."
)


# --- comparisons with a tolerance


def _isclose(a: Any, b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return np.isclose(a, b, rtol, atol, equal_nan)


def _allclose(a: Any, b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return np.isclose(a, b, rtol, atol, equal_nan).all()


_CLOSE = (sample((), ()), sample((3,), (3,), rtol=0.5), sample((2, 3), (3,), atol=2.0, equal_nan=True))

isclose = elementwise(
    "isclose",
    _isclose,
    operands="a b",
    result=DType.BOOL,
    nanoseconds=20.0,
    samples=_CLOSE,
    doc="Whether a and b differ by no more than atol + rtol |b|.",
)
allclose = declare(
    "allclose",
    "a b",
    _allclose,
    lambda a, b, **_: Type(DType.BOOL, broadcast_shapes((a.shape, b.shape))[:0]),
    nanoseconds=20.0,
    scratch=copies(2.5),
    samples=_CLOSE,
    doc="Whether all elements of a and b differ by no more than atol + rtol |b|.",
)


# --- conversions, which the language and the ops insert where an operand has another kind


def _as_float_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    operand = node.inputs[0]
    # An index that is computed, as by argmax, is constant between its jumps; what is checked to be one is no variable.
    if operand.op is as_int:
        raise NotDifferentiable(
            f"{operand.op.name} gives an index, which has no derivative",
            span=operand.span,
            help="an index may choose an element, x[argmax(x)]; it may not be computed with where a gradient is asked",
        )
    return (None,)


def _as_float_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
    _as_float_vjp(node, node)
    return None


as_float = declare(
    "as_float",
    "x",
    lambda x: x.astype(np.float64),
    infer_elementwise(),
    jvp=_as_float_jvp,
    vjp=_as_float_vjp,
    dtypes=(None,),
    elementwise=True,
    public=False,
    nanoseconds=1.0,
    domain=((1, 1),),
    text="float({0})",
    flat=(0,),
    doc="1 for a condition that holds, else 0; an index as a number.",
)
as_bool = declare(
    "as_bool",
    "x",
    lambda x: x != 0,
    infer_elementwise(DType.BOOL),
    dtypes=(None,),
    elementwise=True,
    public=False,
    text="bool({0})",
    nanoseconds=1.0,
    doc="Whether x is other than 0.",
)


def _as_int(x: Any) -> Any:
    if not np.all(np.floor(x) == x) or np.any(np.abs(x) > 2.0**53):
        wrong = x if x.ndim == 0 else x[(np.floor(x) != x) | (np.abs(x) > 2.0**53)].flat[0]
        raise NotWholeNumber(f"an index must be a whole number, and this is {float(wrong)!r}")
    return x.astype(np.int64)


as_int = declare(
    "as_int",
    "x",
    _as_int,
    infer_elementwise(DType.INT),
    dtypes=(None,),
    elementwise=True,
    public=False,
    nanoseconds=10.0,
    domain=((2, 2),),
    text="int({0})",
    can_fail=True,
    doc="x as an index; an error where it is not a whole number.",
)
