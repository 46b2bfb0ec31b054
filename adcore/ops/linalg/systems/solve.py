"""Solutions of linear systems, and inverses.

A matrix that is singular to working precision has NaN for a solution. A tangent or cotangent of zeros on the right has
a solution of zeros, whatever the matrix is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from adcore.clock import tick
from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.arrays.creation import tril, triu
from adcore.ops.base import Hidden, Order, copies, declare, fit, sample
from adcore.ops.linalg.matrices import after, before, cubic, dense, infer_square, square_size, turned
from adcore.ops.linalg.notices import singular
from adcore.ops.products.matmul import outer
from adcore.ops.shapes import broadcast_shapes, describe_shape

EPS = float(np.finfo(float).eps)


# --- systems


def _infer_system(name: str, a: Type, b: Type) -> Type:
    n = square_size(name, a)
    if not b.shape:
        raise ShapeMismatch(f"{name} takes a vector or a matrix on the right, and this is a number")
    if len(b.shape) == 1 and len(a.shape) > 2:
        raise ShapeMismatch(
            f"{name} of a stack of matrices takes matrices on the right, and this has the shape "
            f"{describe_shape(b.shape)}",
            help="a vector as a matrix of one column is b[:, None]",
        )
    rows = b.shape[0] if len(b.shape) == 1 else b.shape[-2]
    if rows != n:
        raise ShapeMismatch(
            f"{name} of shapes {describe_shape(a.shape)} and {describe_shape(b.shape)}: the matrix has {n} rows, and "
            f"the right-hand side {rows}"
        )
    if len(b.shape) == 1:
        return Type(DType.FLOAT, b.shape)
    stack = broadcast_shapes((a.shape[:-2], b.shape[:-2]), "stacks of matrices")
    return Type(DType.FLOAT, (*stack, *b.shape[-2:]))


def _each(system: Any, a: Any, b: Any, strong: bool) -> Any:
    """``system(matrix, columns)`` for each matrix of a stack; with ``strong``, zeros for columns of zeros."""
    columns = b[:, None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    matrices = np.broadcast_to(a, (*stack, *a.shape[-2:]))
    right = np.broadcast_to(columns, (*stack, *columns.shape[-2:]))
    out = np.empty(right.shape)
    if out.size:
        for place in np.ndindex(stack):
            tick()
            out[place] = system(matrices[place], right[place])
    if strong and np.isnan(out).any():
        out = np.where((right == 0).all(-2, keepdims=True), 0.0, out)
    return out[:, 0] if b.ndim == 1 else out


def _one(a: Any, b: Any) -> Any:
    """The solutions for one matrix; NaN where it is singular to working precision, or not finite.

    A small reciprocal condition number may come from badly scaled rows and columns only, so it is computed again for
    the equilibrated matrix.
    """
    if not np.isfinite(a).all():
        return np.full(b.shape, np.nan)
    lu, pivots, info = lapack.dgetrf(a)
    if info > 0 or (_condition(a, lu) < EPS and _condition(*_scaled(a)) < EPS):
        return np.full(b.shape, np.nan)
    x, _ = lapack.dgetrs(lu, pivots, b)
    return x


def _condition(a: Any, lu: Any) -> float:
    """The reciprocal condition number in the 1-norm."""
    reciprocal, _ = lapack.dgecon(lu, np.abs(a).sum(0).max())
    return float(reciprocal)


def _scaled(a: Any) -> tuple[Any, Any]:
    """The matrix with its largest elements in all rows and columns near 1, and its factors."""
    for axis in (1, 0):
        largest = np.abs(a).max(axis, keepdims=True)
        a = np.ldexp(a, -np.frexp(largest)[1])
    lu, _, _ = lapack.dgetrf(a)
    return a, lu


def _solve(a: Any, b: Any, *, strong: Hidden = False) -> Any:
    """``strong``: a column of zeros has a solution of zeros, whatever the matrix is."""
    return _each(_one, a, b, strong)


def _flow(a: Node, x: Node, back: Node, strong: bool) -> Node:
    """The cotangent of the matrix in a x = b from that of b: -back x'.

    With a strong solution its zeros win too, as it is 0 whatever the matrix is.
    """
    weight = 3 if strong else 1
    product = outer(back, x, strong=weight) if x.ndim == 1 else after(back, turned(x), strong=weight)
    return fit(-product, a.shape)


def _push(node: Node, da: Node | None, db: Node | None) -> Node | None:
    """The right-hand side of the system of the tangents: db - da x."""
    if da is None:
        return db
    product = before(da, node, strong=3 if node.param("strong") else 1)
    return -product if db is None else db - product


def _solve_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    right = _push(node, *tangents)
    assert right is not None
    return solve(node.inputs[0], right, strong=True)


def _solve_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    a, b = node.inputs
    back = solve(turned(a), g, strong=True)
    return _flow(a, node, back, node.param("strong")), fit(back, b.shape)


def _solve_nanoseconds(node: Node) -> float:
    """A factorisation for each matrix of the stack that the operands broadcast to, and the columns."""
    a, columns = node.inputs[0], node.type.size
    rows = a.shape[-1]
    stack = columns // max(1, rows * (node.shape[-1] if node.inputs[1].ndim > 1 else 1))
    return stack * (2e4 + 30 * rows**2 + 0.05 * rows**3) + 0.1 * columns * rows


solve: Op = declare(
    "solve",
    "a b",
    _solve,
    lambda a, b, *, strong: _infer_system("solve", a, b),
    jvp=_solve_jvp,
    vjp=_solve_vjp,
    latex=r"{{{0}}}^{{-1}} {1}",
    work=lambda node: cubic(2 / 3)(node) + 2 * node.type.size * node.inputs[0].shape[-1],
    nanoseconds=_solve_nanoseconds,
    scratch=copies(3),
    domain=((-1, 1, 3), (-3, 3)),
    nan_gradient="The gradient is a product of two solutions, whose terms overflow with either sign.",
    samples=(
        sample((3, 3), (3,)),
        sample((3, 3), (3, 2)),
        sample((2, 3, 3), (2, 3, 2)),
        sample((3, 3), (2, 3, 1)),
        sample((2, 3, 3), (3, 2)),
        sample((1, 1), (1,)),
    ),
    notice=singular("solve"),
    doc="The solution x of a x = b, for a vector b or for each column of a matrix; NaN where a is singular.",
)


def inverse(a: Any) -> Any:
    """The inverse of each matrix, NaN where it is singular."""
    return _each(_one, a, np.broadcast_to(np.eye(a.shape[-1]), a.shape), strong=False)


inv: Op = declare(
    "inv",
    "a",
    inverse,
    infer_square("inv"),
    jvp=lambda node, tangents: -after(before(node, tangents[0]), node),
    vjp=lambda node, g: (-after(before(turned(node), g), turned(node)),),
    latex="{{{0}}}^{{-1}}",
    work=cubic(8 / 3),
    nanoseconds=dense(20_000, 30, 0.13),
    scratch=copies(2),
    domain=((-1, 1, 3),),
    samples=(sample((3, 3)), sample((2, 3, 3)), sample((1, 1))),
    notice=singular("inv"),
    doc="The inverse of a square matrix; NaN where it is singular.",
)


# --- triangular systems


def _transposes(trans: Order) -> bool:
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise BadCall(f"trans is 0 or 'N' for the matrix as it is, 1 or 'T' for its transpose, and not {trans!r}")
    return trans not in (0, "N")


def _solve_triangular(
    a: Any,
    b: Any,
    *,
    trans: Order = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    strong: Hidden = False,
) -> Any:
    """``strong``: a column of zeros has a solution of zeros, whatever the matrix is."""

    def one(a: Any, b: Any) -> Any:
        if not unit_diagonal and (np.diagonal(a) == 0).any():
            return np.full(b.shape, np.nan)
        x, _ = lapack.dtrtrs(a, b, lower=lower, trans=_transposes(trans), unitdiag=unit_diagonal)
        return x

    return _each(one, a, b, strong)


def _infer_triangular(a: Type, b: Type, *, trans: Order, **_: Any) -> Type:
    _transposes(trans)
    return _infer_system("solve_triangular", a, b)


def _triangle(node: Node, x: Node) -> Node:
    """The triangle of ``x`` that ``node`` reads of its matrix, on zeros."""
    inside = int(node.param("unit_diagonal"))
    return tril(x, k=-inside) if node.param("lower") else triu(x, k=inside)


def _again(node: Node, b: Node, turn: bool = False) -> Node:
    """Another system with the same matrix, or its transpose."""
    return solve_triangular(
        node.inputs[0],
        b,
        trans=int(_transposes(node.param("trans")) != turn),
        lower=node.param("lower"),
        unit_diagonal=node.param("unit_diagonal"),
        strong=True,
    )


def _triangular_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    da, db = tangents
    if da is not None:
        da = _triangle(node, da)
        da = turned(da) if _transposes(node.param("trans")) else da
    right = _push(node, da, db)
    assert right is not None
    return _again(node, right)


def _triangular_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    a, b = node.inputs
    back = _again(node, g, turn=True)
    flow = _flow(a, node, back, node.param("strong"))
    flow = turned(flow) if _transposes(node.param("trans")) else flow
    return _triangle(node, flow), fit(back, b.shape)


solve_triangular: Op = declare(
    "solve_triangular",
    "a b",
    _solve_triangular,
    _infer_triangular,
    jvp=_triangular_jvp,
    vjp=_triangular_vjp,
    work=lambda node: node.type.size * node.inputs[0].shape[-1] + 1,
    nanoseconds=lambda node: dense(25_000, 12, 0.0)(node) + 0.1 * node.type.size * node.inputs[0].shape[-1],
    scratch=copies(1.5),
    domain=((-1, 1, 3), (-3, 3)),
    nan_gradient="The gradient is a product of two solutions, whose terms overflow with either sign.",
    samples=(
        sample((3, 3), (3,), lower=True),
        sample((3, 3), (3, 2)),
        sample((3, 3), (3, 2), lower=True, trans=1),
        sample((3, 3), (3,), trans="T", unit_diagonal=True),
        sample((2, 3, 3), (2, 3, 2), lower=True),
        sample((2, 3, 3), (3, 2), trans=1),
    ),
    notice=singular("solve_triangular"),
    doc="The solution of a x = b, of a only the upper triangle being read, or the lower one; NaN where a is singular.",
)
