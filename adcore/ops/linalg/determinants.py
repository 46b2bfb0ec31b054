"""Determinants and their logarithms.

The derivative of a determinant is the matrix of cofactors, which singular matrices have too. It is computed from the
singular values without dividing by any, and so is its own derivative: from U' E V = E', the change of the cofactors of
a diagonal matrix s is the product of all s but two, times elements of E'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.graph import OPS, DType, Node, Op, Type
from adcore.ops.base import copies, declare, sample
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.linalg.matrices import (
    after,
    before,
    cubic,
    dense,
    infer_square,
    solved,
    square_size,
    turned,
)
from adcore.ops.linalg.notices import no_logarithm
from adcore.ops.linalg.systems.solve import inv, inverse
from adcore.ops.strong import strong_times

EASY = 1e4
"""Below about this condition number, cofactors come from the inverse, as exact and faster."""

_SQUARES = (sample((3, 3)), sample((2, 3, 3)), sample((1, 1)), sample((2, 2)))


# --- sums over matrices, and numbers spread over them


def _total(x: Node) -> Node:
    return OPS["sum"](x, axis=(-2, -1))


def _each(x: Node) -> Node:
    """A number for each matrix, shaped to broadcast against the matrices."""
    return OPS["expand_dims"](x, axis=(-2, -1))


def _infer_number(name: str, a: Type) -> Type:
    square_size(name, a)
    return Type(DType.FLOAT, a.shape[:-2])


# --- cofactors


def _products_without(s: Any) -> tuple[Any, Any]:
    """The products of all numbers of a row but one, and of all but two, for each one and each pair.

    Computed as sums of logarithms beside a count of zeros, so that no partial product overflows or underflows.
    """
    zero = s == 0
    logs = np.log(np.where(zero, 1.0, s))
    zeros, total = zero.sum(-1, keepdims=True), logs.sum(-1, keepdims=True)
    without_one = np.where(zeros == zero, np.exp(total - logs), 0.0)
    pair_zeros, pair_logs = zero[..., :, None] * 1 + zero[..., None, :], logs[..., :, None] + logs[..., None, :]
    without_two = np.where(zeros[..., None] == pair_zeros, np.exp(total[..., None] - pair_logs), 0.0)
    places = np.arange(s.shape[-1])
    without_two[..., places, places] = 0.0
    return without_one, without_two


def _frames(a: Any) -> tuple[Any, Any, Any, Any]:
    """Left singular vectors, singular values, right singular vectors, and the signs of the determinants."""
    u, s, vt = solved(np.linalg.svd, a)
    sign = np.linalg.slogdet(u)[0] * np.linalg.slogdet(vt)[0]
    return u, s, vt, sign[..., None, None]


def _cofactors(a: Any) -> Any:
    if not a.size:
        return np.zeros(a.shape)
    easy = np.linalg.det(a)[..., None, None] * np.swapaxes(inverse(a), -1, -2)
    largest = np.abs(a).max((-2, -1), keepdims=True) * np.abs(easy).max((-2, -1), keepdims=True)
    is_easy = np.isfinite(largest) & (largest < EASY * np.abs(np.linalg.det(a))[..., None, None])
    if is_easy.all():
        return easy
    u, s, vt, sign = _frames(a)
    return np.where(is_easy, easy, sign * ((u * _products_without(s)[0][..., None, :]) @ vt))


cofactors: Op = declare(
    "cofactors",
    "a",
    _cofactors,
    infer_square("cofactors"),
    jvp=lambda node, tangents: cofactor_change(node.inputs[0], tangents[0]),
    vjp=lambda node, g: (cofactor_change(node.inputs[0], g),),
    public=False,
    work=cubic(20),
    nanoseconds=dense(8_000, 100, 1.7),
    scratch=copies(8),
    domain=((-1, 1, 2),),
    nan_gradient="The gradient is a difference of products of elements, which overflow with either sign.",
    samples=(sample((3, 3)), sample((2, 3, 3)), sample((2, 2))),
    doc="The cofactors of a matrix, which are the derivatives of its determinant by its elements.",
)


def _cofactor_change(a: Any, e: Any) -> Any:
    if not a.size:
        return np.zeros(a.shape)
    u, s, vt, sign = _frames(a)
    pairs = _products_without(s)[1]
    inside = np.swapaxes(u, -1, -2) @ e @ np.swapaxes(vt, -1, -2)
    change = -pairs * np.swapaxes(inside, -1, -2)
    places = np.arange(a.shape[-1])
    change[..., places, places] = (pairs @ np.diagonal(inside, axis1=-2, axis2=-1)[..., None])[..., 0]
    out = sign * (u @ change @ vt)
    return np.where((e == 0).all((-2, -1), keepdims=True), 0.0, out)


def _change_by_matrix(node: Node, f: Node) -> Node:
    """The second derivative of the cofactors in the directions e and f, for regular matrices.

    By differentiating det(a) a^-T twice; symmetric in e and f, as a third derivative of det. Strong in both directions.
    """
    a, e = node.inputs
    x = inv(a)
    e_inside, f_inside = after(before(x, e), x), after(before(x, f), x)
    e_trace, f_trace = (_each(_total(multiply(turned(x), y, strong=2))) for y in (e, f))
    both_trace = _each(_total(multiply(turned(e_inside), f, strong=3)))
    ef, fe = after(after(e_inside, f, strong=3), x), after(after(f_inside, e, strong=3), x)
    inner = (
        multiply(multiply(e_trace, f_trace, strong=3) - both_trace, x, strong=1)
        - multiply(e_trace, f_inside, strong=3)
        - multiply(f_trace, e_inside, strong=3)
        + (ef + fe)
    )
    return multiply(turned(inner), _each(det(a)), strong=1)


def _change_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    da, de = tangents
    terms = [] if da is None else [_change_by_matrix(node, da)]
    if de is not None:
        terms.append(cofactor_change(node.inputs[0], de))
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


cofactor_change: Op = declare(
    "cofactor_change",
    "a e",
    _cofactor_change,
    lambda a, e: infer_square("cofactor_change")(a),
    jvp=_change_jvp,
    vjp=lambda node, g: (_change_by_matrix(node, g), cofactor_change(node.inputs[0], g)),
    public=False,
    work=cubic(30),
    nanoseconds=dense(2_500, 250, 1.5),
    scratch=copies(7),
    domain=((-1, 1, 2), (-3, 3)),
    nan_gradient="The gradient goes through the inverse, which overflows where the matrix is almost singular.",
    samples=(sample((3, 3), (3, 3)), sample((2, 3, 3), (2, 3, 3)), sample((2, 2), (2, 2))),
    doc="The change of a matrix's cofactors in the direction e; zeros where e is zeros.",
)


# --- determinants


def _det(a: Any) -> Any:
    return np.linalg.det(a)


det: Op = declare(
    "det",
    "a",
    _det,
    lambda a: _infer_number("det", a),
    jvp=lambda node, tangents: _total(strong_times(tangents[0], cofactors(node.inputs[0]))),
    vjp=lambda node, g: (strong_times(_each(g), cofactors(node.inputs[0])),),
    latex=r"\det\left({0}\right)",
    work=cubic(2 / 3),
    nanoseconds=dense(100, 10, 0.04),
    scratch=copies(1.5),
    domain=((-1, 1, 2),),
    samples=_SQUARES,
    doc="The determinant of a square matrix. Its derivatives of the orders 1 and 2 are right at singular ones too.",
)


def _flow(node: Node, g: Node) -> tuple[Node]:
    return (strong_times(_each(g), turned(inv(node.inputs[0]))),)


def _push(node: Node, tangent: Node | None) -> Node:
    assert tangent is not None
    return _total(strong_times(tangent, turned(inv(node.inputs[0]))))


def _slogdet(a: Any) -> Any:
    return tuple(np.linalg.slogdet(a))


def _slogdet_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node | None]:
    by_logarithm = cotangents[1]
    return (None,) if by_logarithm is None else _flow(node, by_logarithm)


slogdet = declare(
    "slogdet",
    "a",
    _slogdet,
    lambda a: (_infer_number("slogdet", a),) * 2,
    jvp=lambda node, tangents: (None, _push(node, tangents[0])),
    vjp=_slogdet_vjp,
    several=True,
    work=cubic(2 / 3),
    nanoseconds=dense(100, 10, 0.04),
    scratch=copies(1.5),
    domain=((-1, 1, 2),),
    nan_gradient="The gradient is the inverse, which overflows where the matrix is singular but for rounding.",
    samples=_SQUARES,
    notice=no_logarithm,
    doc="The sign of the determinant, and the logarithm of its absolute value: 0 and -inf for a singular matrix.",
)


def _logdet(a: Any) -> Any:
    sign, logarithm = np.linalg.slogdet(a)
    return np.where(sign < 0, np.nan, logarithm)[()]


logdet = declare(
    "logdet",
    "a",
    _logdet,
    lambda a: _infer_number("logdet", a),
    jvp=lambda node, tangents: _push(node, tangents[0]),
    vjp=_flow,
    latex=r"\ln \det\left({0}\right)",
    work=cubic(2 / 3),
    nanoseconds=dense(100, 10, 0.04),
    scratch=copies(1.5),
    domain=((-0.5, 0.5, 2),),
    nan_gradient="The gradient is the inverse, which overflows where the matrix is singular but for rounding.",
    samples=_SQUARES,
    notice=no_logarithm,
    doc="The logarithm of the determinant, without overflow; NaN where that is negative, -inf where it is 0.",
)
