"""Eigenvalues and eigenvectors of symmetric matrices.

The rules are those of M. Giles, Collected matrix derivative results (2008): with T = V' dA V, dw is T's diagonal and
dV = V (T / gaps), the gaps being w_j - w_i. Where eigenvalues are equal, their eigenvectors are any basis of a space,
and only what does not depend on the choice has a derivative, the limit as they are split (``splitting``). What depends
on the choice has none, and inf or NaN says so.

Eigenvalues alone share the derivative where they are equal, as the elements of a sort do: for a pair this is the mean
of the one-sided derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.graph import DType, Node, Op, Type, items
from adcore.ops.arrays.sorting import tie_mean
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
    symmetric,
    symmetric_part,
    turned,
)
from adcore.ops.linalg.notices import equal_eigenvalues
from adcore.ops.linalg.spectral.splitting import clusters, differences, off_diagonal, over_gaps, split_apart


def _eigh(a: Any) -> Any:
    w, v = solved(np.linalg.eigh, symmetric_part(a))
    return split_apart(w), v


def _eigvalsh(a: Any) -> Any:
    return split_apart(solved(np.linalg.eigvalsh, symmetric_part(a))[0])


def _infer_eigh(a: Type) -> tuple[Type, Type]:
    n = square_size("eigh", a)
    return Type(DType.FLOAT, (*a.shape[:-2], n)), Type(DType.FLOAT, a.shape)


def _turned_into(v: Node, da: Node) -> Node:
    """V' dA V."""
    return after(before(turned(v), symmetric(da)), v)


def _eigh_jvp(node: Node, tangents: tuple[Node | None, ...]) -> tuple[Node, Node]:
    assert tangents[0] is not None
    w, v = items(node)
    inner = _turned_into(v, tangents[0])
    return diagonals(inner), before(v, over_gaps(off_diagonal(inner), w, differences(w)))


def _eigh_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    w, v = items(node)
    gw, gv = cotangents
    if gv is None:
        assert gw is not None
        return (_back(v, on_diagonals(tie_mean(gw, clusters(w), axis=-1))),)
    k = before(turned(v), gv)
    inner = 0.5 * over_gaps(k - turned(k), w, differences(w))
    return (_back(v, inner if gw is None else inner + on_diagonals(gw)),)


def _back(v: Node, inner: Node) -> Node:
    """The symmetric part of V inner V'."""
    return symmetric(after(before(v, inner), turned(v)))


eigh: Op = declare(
    "eigh",
    "a",
    _eigh,
    _infer_eigh,
    jvp=_eigh_jvp,
    vjp=_eigh_vjp,
    several=True,
    contextual=True,
    work=cubic(9),
    nanoseconds=dense(1_000, 60, 0.32),
    scratch=copies(4),
    domain=((-3, 3),),
    nan_gradient="Eigenvectors of equal eigenvalues have no derivative; a notice says so.",
    samples=(sample((3, 3)), sample((2, 2)), sample((2, 3, 3)), sample((1, 1))),
    notice=equal_eigenvalues,
    aliases=("jax.numpy.linalg.eigh",),
    doc="The eigenvalues of the symmetric part of a, in ascending order, and its eigenvectors, as columns.",
)


def _eigvalsh_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    assert tangents[0] is not None
    _, v = items(eigh(node.inputs[0]))
    return tie_mean(diagonals(_turned_into(v, tangents[0])), clusters(node), axis=-1)


def _eigvalsh_vjp(node: Node, g: Node) -> tuple[Node]:
    _, v = items(eigh(node.inputs[0]))
    shared = tie_mean(g, clusters(node), axis=-1)
    return (symmetric(after(by_column(v, shared, strong=2), turned(v))),)


def _infer_eigvalsh(a: Type) -> Type:
    return Type(DType.FLOAT, (*a.shape[:-2], square_size("eigvalsh", a)))


eigvalsh: Op = declare(
    "eigvalsh",
    "a",
    _eigvalsh,
    _infer_eigvalsh,
    jvp=_eigvalsh_jvp,
    vjp=_eigvalsh_vjp,
    contextual=True,
    work=cubic(4),
    nanoseconds=dense(500, 40, 0.14),
    scratch=copies(2),
    domain=((-3, 3),),
    samples=(sample((3, 3)), sample((2, 2)), sample((2, 3, 3)), sample((1, 1))),
    aliases=("jax.numpy.linalg.eigvalsh",),
    doc="The eigenvalues of the symmetric part of a, in ascending order; equal ones share the derivative.",
)
