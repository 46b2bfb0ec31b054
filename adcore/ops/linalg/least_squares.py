"""The pseudoinverse, and solutions by least squares.

The rule of the pseudoinverse is that of G. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear
least squares problems whose variables separate (1973). Each of its two projections is zero where the rank is that side
of the matrix. It holds for changes that keep the rank; in other directions the pseudoinverse of a rank-deficient matrix
is discontinuous.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, DType, Node, Op, Type, items
from adcore.ops.base import Hidden, copies, declare, sample
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.linalg.matrices import after, before, cubic, dense, matrix_shape, solved, turned
from adcore.ops.linalg.notices import rank, rank_of_pseudoinverse
from adcore.ops.linalg.spectral.svd import svdvals, values_flow, values_push
from adcore.ops.products.matmul import outer
from adcore.ops.shapes import describe_shape

# --- the pseudoinverse


def _pinv(a: Any, *, rcond: float | None = None) -> Any:
    return solved(lambda x: np.linalg.pinv(x) if rcond is None else np.linalg.pinv(x, rcond), a)[0]


def _infer_pinv(a: Type, *, rcond: float | None) -> Type:
    rows, columns = matrix_shape("pinv", a)
    return Type(DType.FLOAT, (*a.shape[:-2], columns, rows))


def _falls_short(a: Any, p: Any, *, of: Hidden) -> Any:
    return rank_of_pseudoinverse(p, a) < of


falls_short = declare(
    "falls_short",
    "a p",
    _falls_short,
    lambda a, p, *, of: Type(DType.BOOL, a.shape[:-2]),
    public=False,
    samples=(sample((3, 2), (2, 3), of=3), sample((2, 3, 3), (2, 3, 3), of=3)),
    doc="Whether a matrix, with the pseudoinverse p, is of a rank less than a number.",
)


def _where_short(p: Node, of: int, term: Node) -> Node:
    """``term`` where the rank of the matrix falls short of the number of rows, or of columns, ``of``; else zeros."""
    (a,) = p.inputs
    if min(a.shape[-2:]) < of:
        return term
    return OPS["where"](OPS["expand_dims"](falls_short(a, p, of=of), axis=(-2, -1)), term, 0.0)


def _without(x: Node, left: Node, right: Node) -> Node:
    """x - left (right x), strong in ``x``."""
    return x - before(left, before(right, x))


def _pinv_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """-P dA P + P P' dA' (I - A P) + (I - P A) dA' P' P."""
    (a,), (da,) = node.inputs, tangents
    assert da is not None
    rows, columns = a.shape[-2:]
    back = turned(da)
    beside = back - after(after(back, a), node)
    by_rows = before(node, before(turned(node), beside))
    by_columns = after(after(_without(back, node, a), turned(node)), node)
    return -after(before(node, da), node) + _where_short(node, rows, by_rows) + _where_short(node, columns, by_columns)


def _pinv_vjp(node: Node, g: Node) -> tuple[Node]:
    """The adjoints of the three terms: -P' g P', (I - A P) g' P P', P' P g' (I - P A)."""
    (a,) = node.inputs
    rows, columns = a.shape[-2:]
    p, back = turned(node), turned(g)
    by_rows = after(after(_without(back, a, node), node), p)
    inner = before(p, before(node, back))
    by_columns = inner - after(after(inner, node), a)
    flow = -after(before(p, g), p)
    return (flow + _where_short(node, rows, by_rows) + _where_short(node, columns, by_columns),)


pinv: Op = declare(
    "pinv",
    "a",
    _pinv,
    _infer_pinv,
    jvp=_pinv_jvp,
    vjp=_pinv_vjp,
    latex="{{{0}}}^{{+}}",
    work=cubic(25),
    nanoseconds=dense(2_000, 150, 0.85),
    scratch=copies(7),
    domain=((-1, 1, 3),),
    nan_gradient="The rank jumps where columns become dependent; at tiny numbers the inverse's square overflows.",
    samples=(sample((3, 3)), sample((4, 2)), sample((2, 3)), sample((2, 3, 2))),
    notice=rank("pinv", rank_of_pseudoinverse),
    doc="The pseudoinverse of a matrix; singular values below rcond times the largest count as 0.",
)


# --- least squares


def _pseudoinverse(node: Node) -> Node:
    """The pseudoinverse that the solution is a product with: of the same rank, whose default tolerance is another."""
    a, rcond = node.inputs[0], node.param("rcond")
    return pinv(a, rcond=float(np.finfo(float).eps) * max(a.shape) if rcond is None or rcond < 0 else rcond)


def _lstsq(a: Any, b: Any, *, rcond: float | None = None) -> Any:
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        x, rank = np.full((a.shape[1], *b.shape[1:]), np.nan), 0
        s = np.full(min(a.shape), np.nan)
    else:
        x, _, rank, s = np.linalg.lstsq(a, b, rcond=rcond)
    residuals = np.square(b - a @ x).sum(0).reshape(-1)[: _residuals(a.shape, b.shape)[0]]
    return x, residuals, np.int64(rank), s


def _residuals(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return (b[1:] or (1,)) if a[0] > a[1] else (0,)


def _infer_lstsq(a: Type, b: Type, *, rcond: float | None) -> tuple[Type, ...]:
    if len(a.shape) != 2:
        raise ShapeMismatch(f"lstsq takes a matrix, and this has the shape {describe_shape(a.shape)}")
    if len(b.shape) not in (1, 2) or b.shape[0] != a.shape[0]:
        raise ShapeMismatch(
            f"lstsq of shapes {describe_shape(a.shape)} and {describe_shape(b.shape)}: "
            "the right-hand side is a vector or a matrix "
            f"of {a.shape[0]} rows"
        )
    shapes = (a.shape[1], *b.shape[1:]), _residuals(a.shape, b.shape), (), (min(a.shape),)
    kinds = DType.FLOAT, DType.FLOAT, DType.INT, DType.FLOAT
    return tuple(Type(kind, shape) for kind, shape in zip(kinds, shapes, strict=True))


def _lstsq_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node | None, ...]:
    """The solution is P b, P the pseudoinverse; the sum of the squares of r = b - a x has dx r = 0 in its tangent."""
    (a, b), (da, db) = node.inputs, tangents
    x, residuals, *_ = items(node)
    p = _pseudoinverse(node)
    terms, right = [], db
    if da is not None:
        terms.append(after(_pinv_jvp(p, (da,)), b))
        product = after(da, x)
        right = -product if db is None else db - product
    if db is not None:
        terms.append(before(p, db))
    assert right is not None
    dr = None
    if residuals.type.size:
        twice = 2.0 * multiply(b - before(a, x, strong=0), right, strong=2)
        dr = OPS["reshape"](OPS["sum"](twice, axis=0), shape=residuals.shape)
    ds = None if da is None else values_push(a, svdvals(a), da)
    return terms[0] if len(terms) == 1 else terms[0] + terms[1], dr, None, ds


def _lstsq_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
    a, b = node.inputs
    x, residuals, *_ = items(node)
    gx, gr, _, gs = cotangents
    by_a: list[Node] = []
    by_b: list[Node] = []

    def times(left: Node, right: Node, strong: int) -> Node:
        return outer(left, right, strong=strong) if b.ndim == 1 else OPS["matmul"](left, turned(right), strong=strong)

    if gx is not None:
        p = _pseudoinverse(node)
        by_a += _pinv_vjp(p, times(gx, b, 1))
        by_b.append(before(turned(p), gx))
    if gr is not None and residuals.type.size:
        flow = 2.0 * multiply(b - before(a, x, strong=0), OPS["reshape"](gr, shape=b.shape[1:]), strong=2)
        by_a.append(-times(flow, x, 1))
        by_b.append(flow)
    if gs is not None:
        by_a.append(values_flow(a, svdvals(a), gs))
    return tuple(sum(terms[1:], start=terms[0]) if terms else None for terms in (by_a, by_b))


lstsq: Op = declare(
    "lstsq",
    "a b",
    _lstsq,
    _infer_lstsq,
    jvp=_lstsq_jvp,
    vjp=_lstsq_vjp,
    several=True,
    work=cubic(25),
    nanoseconds=lambda node: dense(50_000, 100, 0.45)(node) + 0.4 * node.inputs[1].type.size * node.inputs[0].shape[-1],
    scratch=copies(3),
    domain=((-1, 1, 3), (-3, 3)),
    nan_gradient="The rank jumps where columns become dependent; at tiny numbers the inverse's square overflows.",
    samples=(sample((4, 2), (4,)), sample((4, 2), (4, 3)), sample((3, 3), (3,)), sample((2, 3), (2,))),
    notice=rank("lstsq", lambda result, a: result[2]),
    doc="The x that makes the squares of b - a x least, their sums for each column of b, a's rank and singular values.",
)
