"""The factorisation by elimination with row exchanges.

The rows' order is constant near a matrix, so its derivative is zero; where two pivots are equal in size, it is that for
the order chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import lapack

from adcore.graph import OPS, DType, Node, Op, Type, items
from adcore.ops.arrays.creation import tril, triu
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.joining import concatenate
from adcore.ops.base import copies, declare, sample
from adcore.ops.linalg.matrices import after, before, cubic, dense, matrix_shape, turned
from adcore.ops.linalg.systems.solve import solve_triangular


def _lu_one(a: Any) -> tuple[Any, Any, Any]:
    """The order of the rows with which L U is ``a[order]``, L and U."""
    rows, columns = a.shape
    k = min(rows, columns)
    order = np.arange(rows)
    if not a.size:
        return order, np.eye(rows, k), np.zeros((k, columns))
    if not np.isfinite(a).all():
        return order, np.full((rows, k), np.nan), np.full((k, columns), np.nan)
    packed, pivots, _ = lapack.dgetrf(a)
    for i, j in enumerate(pivots):
        order[[i, j]] = order[[j, i]]
    return order, np.tril(packed[:, :k], -1) + np.eye(rows, k), np.triu(packed[:k])


def _lu(a: Any, *, permute_l: bool = False, p_indices: bool = False) -> Any:
    stack, (rows, columns) = a.shape[:-2], a.shape[-2:]
    k = min(rows, columns)
    places = np.empty((*stack, rows), np.int64)
    low, up = np.empty((*stack, rows, k)), np.empty((*stack, k, columns))
    for place in np.ndindex(stack):
        order, low[place], up[place] = _lu_one(a[place])
        places[place] = np.argsort(order)
    if permute_l:
        return np.take_along_axis(low, places[..., None], -2), up
    return places if p_indices else np.eye(rows)[places], low, up


def _infer_lu(a: Type, *, permute_l: bool, p_indices: bool) -> tuple[Type, ...]:
    rows, columns = matrix_shape("lu", a)
    k, stack = min(rows, columns), a.shape[:-2]
    factors = Type(DType.FLOAT, (*stack, rows, k)), Type(DType.FLOAT, (*stack, k, columns))
    if permute_l:
        return factors
    order = Type(DType.INT, (*stack, rows)) if p_indices else Type(DType.FLOAT, (*stack, rows, rows))
    return (order, *factors)


def _parts(node: Node) -> tuple[Node, Node, Node]:
    """The permutation matrix P with P L U = a, L and U."""
    permuted, indices = node.param("permute_l"), node.param("p_indices")
    whole = node if not permuted and not indices else lu(node.inputs[0])
    p, low, up = items(whole)
    return p, low, up


def _block(x: Node, rows: slice, columns: slice) -> Node:
    return index(x, key=("...", ("slice", rows.start, rows.stop, None), ("slice", columns.start, columns.stop, None)))


_ALL = slice(None, None)


def _left(low: Node, x: Node, trans: int = 0) -> Node:
    """L^-1 x, or L'^-1 x."""
    return solve_triangular(low, x, lower=True, unit_diagonal=True, trans=trans, strong=True)


def _right(x: Node, up: Node, trans: int = 1) -> Node:
    """x U^-1, or x U'^-1 for 0."""
    return turned(solve_triangular(up, turned(x), trans=trans, strong=True))


def _lu_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node | None, ...]:
    """With F = L^-1 P' dA U^-1 of the leading square: dL = L low(F), dU = up(F) U; the rest follows from L U = P' A."""
    assert tangents[0] is not None
    p, low, up = _parts(node)
    k = up.shape[-2]
    head, rest = slice(None, k), slice(k, None)
    moved = before(turned(p), tangents[0])
    low1, up1 = _block(low, head, _ALL), _block(up, _ALL, head)
    inner = _right(_left(low1, _block(moved, head, head)), up1)
    dlow, dup = before(low1, tril(inner, k=-1)), after(triu(inner), up1)
    if low.shape[-2] > k:
        below = _right(_block(moved, rest, head) - before(_block(low, rest, _ALL), dup), up1)
        dlow = concatenate(dlow, below, axis=-2)
    if up.shape[-1] > k:
        beside = _left(low1, _block(moved, head, rest) - after(_block(dlow, head, _ALL), _block(up, _ALL, rest)))
        dup = concatenate(dup, beside, axis=-1)
    if node.param("permute_l"):
        return before(p, dlow), dup
    return None, dlow, dup


def _lu_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node | None]:
    """The adjoint: P L'^-1 (low(L' gL) + up(gU U')) U'^-1 of the leading square, and what the rest adds."""
    p, low, up = _parts(node)
    k = up.shape[-2]
    head, rest = slice(None, k), slice(k, None)
    low1, up1 = _block(low, head, _ALL), _block(up, _ALL, head)
    glow, gup = cotangents[-2:]
    if glow is None and gup is None:
        return (None,)
    glow = OPS["zeros"](shape=low.shape) if glow is None else glow
    gup = OPS["zeros"](shape=up.shape) if gup is None else gup
    if node.param("permute_l"):
        glow = before(turned(p), glow)
    glow1, gup1 = _block(glow, head, _ALL), _block(gup, _ALL, head)
    beside: Node | None = None
    below: Node | None = None
    if up.shape[-1] > k:
        beside = _left(low1, _block(gup, _ALL, rest), trans=1)
        glow1 = glow1 - after(beside, turned(_block(up, _ALL, rest)))
    if low.shape[-2] > k:
        below = _right(_block(glow, rest, _ALL), up1, trans=0)
        gup1 = gup1 - before(turned(_block(low, rest, _ALL)), below)
    inner = tril(before(turned(low1), glow1), k=-1) + triu(after(gup1, turned(up1)))
    flow = _right(_left(low1, inner, trans=1), up1, trans=0)
    if beside is not None:
        flow = concatenate(flow, beside, axis=-1)
    if below is not None:
        flow = concatenate(flow, below, axis=-2)
    return (before(p, flow),)


lu: Op = declare(
    "lu",
    "a",
    _lu,
    _infer_lu,
    jvp=_lu_jvp,
    vjp=_lu_vjp,
    several=True,
    work=cubic(2),
    nanoseconds=dense(50_000, 30, 0.1),
    scratch=copies(1.5),
    domain=((-1, 1, 3),),
    nan_gradient="A singular matrix has no derivative of its factors.",
    samples=(
        sample((3, 3)),
        sample((4, 2), permute_l=True),
        sample((2, 3)),
        sample((4, 2)),
        sample((2, 2, 2), p_indices=True),
    ),
    doc="P, L and U with P L U = a: P a permutation, or its indices, L a lower and U an upper triangle; P L and U with "
    "permute_l.",
)
