"""Singular values and singular vectors.

The rules are those of J. Townsend, Differentiating the singular value decomposition (2016). Equal singular values are
treated as equal eigenvalues are in ``eigh``; a singular value of 0 is a kink, where the mean of the one-sided
derivatives is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import BadCall
from adcore.graph import OPS, DType, Node, Op, Type, items
from adcore.ops.arrays.sorting import tie_mean
from adcore.ops.base import copies, declare, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.linalg.matrices import (
    after,
    before,
    by_column,
    by_row,
    cubic,
    dense,
    diagonals,
    matrix_shape,
    on_diagonals,
    solved,
    turned,
)
from adcore.ops.linalg.spectral.splitting import (
    clusters,
    differences,
    off_diagonal,
    over_gaps,
    split_apart,
    tolerance,
)

# --- singular values alone


def _is_null(s: Any) -> Any:
    return s <= tolerance(s)


is_null = declare(
    "is_null",
    "s",
    _is_null,
    lambda s: Type(DType.BOOL, s.shape),
    public=False,
    nanoseconds=5.0,
    domain=((0, 1),),
    samples=(sample((3,)), sample((2, 3))),
    doc="Which singular values are 0 up to rounding.",
)


def _svdvals(x: Any) -> Any:
    return split_apart(solved(lambda a: np.linalg.svd(a, compute_uv=False), x)[0])


def _shared(s: Node, x: Node) -> Node:
    """A tangent or cotangent of singular values: its mean over equal ones, 0 for those that are 0."""
    return OPS["where"](is_null(s), 0.0, tie_mean(x, clusters(s), axis=-1))


def values_push(a: Node, s: Node, tangent: Node | None) -> Node:
    """The tangent of the singular values ``s`` of ``a``."""
    assert tangent is not None
    u, _, vt = items(svd(a, full_matrices=False))
    return _shared(s, diagonals(after(before(turned(u), tangent), turned(vt))))


def values_flow(a: Node, s: Node, g: Node) -> Node:
    """The cotangent of ``a`` from that of its singular values ``s``."""
    u, _, vt = items(svd(a, full_matrices=False))
    return after(by_column(u, _shared(s, g), strong=2), vt)


def _infer_svdvals(x: Type) -> Type:
    return Type(DType.FLOAT, (*x.shape[:-2], min(matrix_shape("svdvals", x))))


svdvals: Op = declare(
    "svdvals",
    "x",
    _svdvals,
    _infer_svdvals,
    jvp=lambda node, tangents: values_push(node.inputs[0], node, tangents[0]),
    vjp=lambda node, g: (values_flow(node.inputs[0], node, g),),
    contextual=True,
    work=cubic(4),
    nanoseconds=dense(1_500, 40, 0.2),
    scratch=copies(2),
    domain=((-3, 3),),
    samples=(sample((3, 3)), sample((3, 2)), sample((2, 2, 3)), sample((1, 1))),
    doc="The singular values of a matrix, in descending order; equal ones share the derivative, at 0 it is 0.",
)


# --- with the singular vectors


def _svd(a: Any, *, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return (_svdvals(a),)
    u, s, vt = solved(lambda x: np.linalg.svd(x, full_matrices=False), a)
    return u, split_apart(s), vt


def _infer_svd(a: Type, *, full_matrices: bool, compute_uv: bool) -> tuple[Type, ...]:
    rows, columns = matrix_shape("svd", a)
    if compute_uv and full_matrices and rows != columns:
        raise BadCall(
            "of a matrix that is not square, the singular vectors beyond the singular values are any basis of a space, "
            "and have no derivative",
            help="write svd(a, full_matrices=False), or compute_uv=False for the singular values alone",
        )
    rank = min(rows, columns)
    shapes = ((rows, rank), (rank,), (rank, columns)) if compute_uv else ((rank,),)
    return tuple(Type(DType.FLOAT, (*a.shape[:-2], *shape)) for shape in shapes)


def _beside(x: Node, basis: Node) -> Node:
    """``x`` without its part in the space of an orthonormal basis."""
    return x - before(basis, before(turned(basis), x))


def _over(x: Node, s: Node) -> Node:
    """Each column divided by its singular value."""
    return divide(x, OPS["expand_dims"](s, axis=-2), strong=True)


def _svd_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node, ...]:
    """With P = U' dA V: ds is its diagonal, dU = U ((P s + s P') / gaps of s**2), and dV alike."""
    (da,), (a,) = tangents, node.inputs
    assert da is not None
    if not node.param("compute_uv"):
        return (values_push(a, items(node)[0], da),)
    u, s, vt = items(node)
    v, gaps = turned(vt), differences(s * s)
    p = after(before(turned(u), da), v)
    off = off_diagonal(p)

    def turn(x: Node) -> Node:
        inner = by_column(x, s, strong=1) + by_row(turned(x), s, strong=1)
        return over_gaps(inner, s, gaps)

    du, dv = before(u, turn(off)), before(v, turn(turned(off)))
    if u.shape[-2] > u.shape[-1]:
        du = du + _over(_beside(after(da, v), u), s)
    if v.shape[-2] > v.shape[-1]:
        dv = dv + _over(_beside(after(turned(da), u), v), s)
    return du, diagonals(p), turned(dv)


def _svd_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    """U (((X s + s Y) / gaps of s**2 + diag(gs)) V', where X and Y are the skew parts of U' gU and V' gV."""
    (a,) = node.inputs
    if not node.param("compute_uv"):
        (g,) = cotangents
        assert g is not None
        return (values_flow(a, items(node)[0], g),)
    u, s, vt = items(node)
    v, (gu, gs, gvt) = turned(vt), cotangents
    if gu is None and gvt is None:
        assert gs is not None
        return (values_flow(a, s, gs),)
    inner = _inner(node, gu, gvt)
    flow = after(before(u, inner if gs is None else inner + on_diagonals(gs)), vt)
    if gu is not None and u.shape[-2] > u.shape[-1]:
        flow = flow + after(_over(_beside(gu, u), s), vt)
    if gvt is not None and v.shape[-2] > v.shape[-1]:
        flow = flow + before(u, turned(_over(_beside(turned(gvt), v), s)))
    return (flow,)


def _inner(node: Node, gu: Node | None, gvt: Node | None) -> Node:
    """The part of the adjoint from pairs of singular values.

    Both sides are summed before the division: at equal singular values the skew parts cancel, and neither is 0 alone.
    """
    u, s, vt = items(node)
    sums = []
    if gu is not None:
        k = before(turned(u), gu)
        sums.append(by_column(k - turned(k), s, strong=1))
    if gvt is not None:
        k = before(vt, turned(gvt))
        sums.append(by_row(k - turned(k), s, strong=1))
    return over_gaps(sums[0] if len(sums) == 1 else sums[0] + sums[1], s, differences(s * s))


_decomposed, _values_alone = dense(2_000, 100, 0.8), dense(1_500, 40, 0.2)

svd: Op = declare(
    "svd",
    "a",
    _svd,
    _infer_svd,
    jvp=_svd_jvp,
    vjp=_svd_vjp,
    several=True,
    contextual=True,
    work=cubic(20),
    nanoseconds=lambda node: (_decomposed if node.param("compute_uv") else _values_alone)(node),
    scratch=copies(6),
    domain=((-2, 2, 1),),
    nan_gradient="Singular vectors of equal singular values have no derivative; a notice says so.",
    samples=(
        sample((3, 3)),
        sample((3, 2), full_matrices=False),
        sample((2, 3), full_matrices=False),
        sample((2, 2, 2)),
        sample((3, 2), compute_uv=False),
    ),
    doc="U, the singular values s in descending order, and V' with U diag(s) V' = a; s alone without compute_uv.",
)
