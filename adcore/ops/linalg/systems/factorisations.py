"""The factorisations of Cholesky and QR.

Their rules are those of M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008), and I. Murray, Differentiation of the Cholesky decomposition (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import BadCall
from adcore.graph import DType, Node, Op, Type, items
from adcore.ops.arrays.creation import tril, triu
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.joining import concatenate
from adcore.ops.base import copies, declare, sample
from adcore.ops.linalg.matrices import (
    after,
    before,
    cubic,
    dense,
    infer_square,
    lower_half,
    matrix_shape,
    solved,
    symmetric,
    symmetric_part,
    turned,
)
from adcore.ops.linalg.notices import indefinite, rank, rank_of_triangle
from adcore.ops.linalg.systems.solve import solve_triangular

# --- Cholesky


def _cholesky(a: Any, *, upper: bool = False) -> Any:
    (factor,) = solved(np.linalg.cholesky, symmetric_part(a))
    if np.isnan(factor).any():
        factor = np.where(np.tri(a.shape[-1], dtype=bool), factor, 0.0)
    return np.swapaxes(factor, -1, -2) if upper else factor


def _down(node: Node) -> Node:
    """The lower factor."""
    return turned(node) if node.param("upper") else node


def _from_left(factor: Node, x: Node, trans: int) -> Node:
    return solve_triangular(factor, x, lower=True, trans=trans, strong=True)


def _cholesky_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """dL = L F(L^-1 dA L^-T), where F takes the triangle and half of the diagonal."""
    assert tangents[0] is not None
    low = _down(node)
    inner = _from_left(low, turned(_from_left(low, symmetric(tangents[0]), 0)), 0)
    pushed = before(low, lower_half(inner))
    return turned(pushed) if node.param("upper") else pushed


def _cholesky_vjp(node: Node, g: Node) -> tuple[Node]:
    """sym(L^-T F(L' g) L^-1)."""
    low = _down(node)
    g = tril(turned(g) if node.param("upper") else g)
    inner = _from_left(low, lower_half(before(turned(low), g)), 1)
    return (symmetric(turned(_from_left(low, turned(inner), 1))),)


cholesky: Op = declare(
    "cholesky",
    "a",
    _cholesky,
    infer_square("cholesky"),
    jvp=_cholesky_jvp,
    vjp=_cholesky_vjp,
    latex=r"\operatorname{{chol}}\left({0}\right)",
    work=cubic(1 / 3),
    nanoseconds=dense(100, 20, 0.12),
    scratch=copies(4.5),
    domain=((-1, 1, 4),),
    nan_gradient="The tangent goes through the inverse of the factor twice, which overflows at subnormal numbers.",
    samples=(sample((3, 3)), sample((3, 3), upper=True), sample((2, 3, 3)), sample((1, 1))),
    notice=indefinite,
    aliases=("jax.numpy.linalg.cholesky",),
    doc="The lower triangle L with L L' = a, for the symmetric part of a; NaN where that is not positive definite.",
)


# --- QR


def _qr(a: Any, *, mode: str = "reduced") -> Any:
    return solved(np.linalg.qr, a)


def _infer_qr(a: Type, *, mode: str) -> tuple[Type, Type]:
    if mode != "reduced":
        raise BadCall(f"qr gives the reduced factors, mode='reduced', and not mode={mode!r}")
    rows, columns = matrix_shape("qr", a)
    rank = min(rows, columns)
    stack = a.shape[:-2]
    return Type(DType.FLOAT, (*stack, rows, rank)), Type(DType.FLOAT, (*stack, rank, columns))


def _columns(start: int | None, stop: int | None) -> Any:
    return ("...", ("slice", start, stop, None))


def _cut(x: Node, node: Node) -> tuple[Node, Node | None]:
    """The leading square block of a wide matrix, and the rest; a tall matrix whole, and no rest."""
    rows, columns = node.inputs[0].shape[-2:]
    if columns <= rows:
        return x, None
    return index(x, key=_columns(None, rows)), index(x, key=_columns(rows, None))


def _over(x: Node, r: Node) -> Node:
    """x R^-1, for a triangle R."""
    return turned(solve_triangular(r, turned(x), trans=1, strong=True))


def _qr_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node, Node]:
    """With C = Q' dA R^-1: the skew part W of dQ = Q W + .. has the triangle of C, and dR = (C - W) R."""
    assert tangents[0] is not None
    q, r_all = items(node)
    da, da_rest = _cut(tangents[0], node)
    r, _ = _cut(r_all, node)
    scaled = _over(da, r)
    c = before(turned(q), scaled)
    below = tril(c, k=-1)
    skew = below - turned(below)
    dr = after(triu(c - skew), r)
    dq = scaled - before(q, c) + before(q, skew)
    if da_rest is None:
        return dq, dr
    _, a_rest = _cut(node.inputs[0], node)
    assert a_rest is not None
    rest = after(turned(dq), a_rest) + before(turned(q), da_rest)
    return dq, concatenate(dr, rest, axis=-1)


def _qr_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    """(gQ + Q copyltu(R gR' - gQ' Q)) R^-T, where copyltu(M) mirrors the lower triangle of M."""
    q, r_all = items(node)
    gq, gr_all = cotangents
    r, _ = _cut(r_all, node)
    flows: list[Node] = []
    rest = None
    if gr_all is not None:
        gr, gr_rest = _cut(triu(gr_all), node)
        flows.append(before(r, turned(gr)))
        if gr_rest is not None:
            _, a_rest = _cut(node.inputs[0], node)
            assert a_rest is not None
            rest = before(q, gr_rest)
            by_rest = before(a_rest, turned(gr_rest))
            gq = by_rest if gq is None else gq + by_rest
    if gq is not None:
        flows.append(-after(turned(gq), q))
    half = lower_half(flows[0] if len(flows) == 1 else flows[0] + flows[1])
    inner = before(q, half + turned(half))
    if gq is not None:
        inner = gq + inner
    back = turned(solve_triangular(r, turned(inner), strong=True))
    return (back if rest is None else concatenate(back, rest, axis=-1),)


qr: Op = declare(
    "qr",
    "a",
    _qr,
    _infer_qr,
    jvp=_qr_jvp,
    vjp=_qr_vjp,
    several=True,
    work=cubic(4),
    nanoseconds=dense(700, 50, 0.2),
    scratch=copies(2.5),
    domain=((-1, 1, 3),),
    nan_gradient="A matrix whose columns are dependent has no derivative of Q and R; a notice says so.",
    samples=(sample((3, 3)), sample((4, 2)), sample((2, 3)), sample((2, 3, 2))),
    notice=rank("qr", rank_of_triangle),
    doc="Q and R with Q R = a, Q of orthonormal columns, R an upper triangle.",
)
