"""Eigenvalues and eigenvectors of square matrices, where all of them are real.

With C = V^-1 dA V, dw is C's diagonal and dV = V F - V diag(V' V F), F = C / gaps: the second term keeps the columns of
V at length 1. Equal eigenvalues are treated as those of symmetric matrices (``splitting``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.errors import ComplexResult
from adcore.graph import DType, Node, Op, Type, items
from adcore.ops.arrays.indexing import take_along_axis
from adcore.ops.arrays.sorting import argsort, tie_mean
from adcore.ops.base import copies, declare, sample
from adcore.ops.linalg.matrices import (
    after,
    before,
    by_column,
    cubic,
    dense,
    diagonals,
    on_diagonals,
    solved,
    square_size,
    turned,
)
from adcore.ops.linalg.spectral.splitting import clusters, differences, off_diagonal, over_gaps, split_apart
from adcore.ops.linalg.systems.solve import solve


def _real(name: str, values: Any) -> Any:
    if np.iscomplexobj(values):
        if np.any(values.imag):
            w = values[np.unravel_index(np.argmax(np.abs(values.imag)), values.shape)]
            raise ComplexResult(
                f"{name} of this matrix is complex, with an eigenvalue {w.real:.6g} + {abs(w.imag):.6g}j and its "
                "conjugate: numbers are real here",
                help="a symmetric matrix has real eigenvalues, by eigh",
            )
        return values.real
    return values


def _eig(a: Any) -> Any:
    w, v = solved(np.linalg.eig, a)
    return split_apart(_real("eig", w)), np.real(v)


def _eigvals(a: Any) -> Any:
    return split_apart(_real("eigvals", solved(np.linalg.eigvals, a)[0]))


def _infer_eig(a: Type) -> tuple[Type, Type]:
    n = square_size("eig", a)
    return Type(DType.FLOAT, (*a.shape[:-2], n)), Type(DType.FLOAT, a.shape)


def _inside(v: Node, da: Node) -> Node:
    """V^-1 dA V."""
    return solve(v, after(da, v), strong=True)


def _outside(v: Node, inner: Node) -> Node:
    """The adjoint: V'^-1 inner V'."""
    return solve(turned(v), after(inner, turned(v)), strong=True)


def _eig_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node, Node]:
    assert tangents[0] is not None
    w, v = items(node)
    inner = _inside(v, tangents[0])
    turn = before(v, over_gaps(off_diagonal(inner), w, differences(w)))
    return diagonals(inner), turn - by_column(v, diagonals(before(turned(v), turn)), strong=2)


def _eig_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    w, v = items(node)
    gw, gv = cotangents
    if gv is None:
        assert gw is not None
        return (_outside(v, on_diagonals(_shared(gw, w))),)
    beside = gv - by_column(v, diagonals(before(turned(v), gv)), strong=2)
    inner = over_gaps(off_diagonal(before(turned(v), beside)), w, differences(w))
    return (_outside(v, inner if gw is None else inner + on_diagonals(gw)),)


def _shared(x: Node, w: Node) -> Node:
    """A tangent or cotangent of eigenvalues in no order: its mean over equal ones."""
    order = argsort(w, axis=-1)
    means = tie_mean(take_along_axis(x, order, axis=-1), take_along_axis(clusters(w), order, axis=-1), axis=-1)
    return take_along_axis(means, argsort(order, axis=-1), axis=-1)


eig: Op = declare(
    "eig",
    "a",
    _eig,
    _infer_eig,
    jvp=_eig_jvp,
    vjp=_eig_vjp,
    several=True,
    contextual=True,
    can_fail=True,
    work=cubic(25),
    nanoseconds=dense(4_000, 300, 2.2),
    scratch=copies(8),
    domain=((0, 0.5, 3),),
    nan_gradient="Eigenvectors of equal eigenvalues have no derivative, and those of a defective matrix are dependent.",
    samples=(sample((2, 2)),),
    doc="The eigenvalues of a, in no order, and its eigenvectors of length 1, as columns; an error if any is complex.",
)


def _eigvals_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    assert tangents[0] is not None
    _, v = items(eig(node.inputs[0]))
    return _shared(diagonals(_inside(v, tangents[0])), node)


def _eigvals_vjp(node: Node, g: Node) -> tuple[Node]:
    _, v = items(eig(node.inputs[0]))
    return (_outside(v, on_diagonals(_shared(g, node))),)


eigvals: Op = declare(
    "eigvals",
    "a",
    _eigvals,
    lambda a: Type(DType.FLOAT, (*a.shape[:-2], square_size("eigvals", a))),
    jvp=_eigvals_jvp,
    vjp=_eigvals_vjp,
    contextual=True,
    can_fail=True,
    work=cubic(10),
    nanoseconds=dense(2_000, 150, 1.1),
    scratch=copies(4),
    domain=((0, 0.5, 3),),
    samples=(sample((2, 2)),),
    doc="The eigenvalues of a, in no order; an error where some are complex, and equal ones share the derivative.",
)
