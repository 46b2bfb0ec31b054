"""Eigenvalues and eigenvectors of symmetric matrices.

The rules are those of M. Giles, Collected matrix derivative results (2008): with T = V' dA V, dw is T's diagonal and
dV = V (T / gaps), the gaps being w_j - w_i. Where eigenvalues are equal, their eigenvectors are any basis of a space,
and only what does not depend on the choice has a derivative. What flows back to a pair of equal eigenvalues is then
0 / 0, with the limit of l'Hopital's rule, from the way the cotangent of V depends on w: so the gradient of
sum(V @ diag(w) @ V.T) is correct at the identity. Where the numerator is not 0 there is no derivative, and inf or NaN
says so. Forward mode has no such remedy: it gives inf or NaN unless V' dA V is 0 for the pair.

Eigenvalues alone share the derivative where they are equal, as the elements of a sort do: for a pair this is the mean
of the one-sided derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.graph import INPUT, ITEM, OPS, DType, Node, Op, Type, constant, items
from adcore.graph.traversal import schedule
from adcore.ops.arrays.sorting import tie_mean
from adcore.ops.base import declare, sample
from adcore.ops.elementwise.arithmetic import divide, multiply
from adcore.ops.linalg.matrices import (
    after,
    before,
    by_column,
    cubic,
    diagonals,
    on_diagonals,
    solved,
    square_size,
    symmetric,
    symmetric_part,
    turned,
)
from adcore.ops.linalg.notices import equal_eigenvalues

ROUNDING = 4 * float(np.finfo(float).eps)
"""Eigenvalues of an n by n matrix closer than n times this, relative to the largest, count as equal."""

NEAR = float(np.sqrt(np.finfo(float).eps))
"""Relative gap below which the limit is closer to the exact quotient than the rounded quotient is."""

ROUNDING_RATIO = 1e-9
"""A numerator below this, relative to its terms, is 0 up to rounding."""


# --- ties


def _closest(w: Any) -> Any:
    """For each row, the distance up to which its numbers count as equal."""
    return w.shape[-1] * ROUNDING * np.abs(w).max(-1, keepdims=True, initial=0.0)


def _tied(w: Any) -> Any:
    apart = np.abs(w[..., None, :] - w[..., :, None])
    return (apart <= _closest(w)[..., None]) & ~np.eye(w.shape[-1], dtype=bool)


tied = declare(
    "tied",
    "w",
    _tied,
    lambda w: Type(DType.BOOL, (*w.shape, w.shape[-1])),
    public=False,
    samples=(sample((3,)), sample((2, 3))),
    doc="Which pairs of numbers are equal up to the rounding of eigenvalues.",
)


def _clusters(w: Any) -> Any:
    order = np.argsort(w, -1, kind="stable")
    ascending = np.take_along_axis(w, order, -1)
    far = np.ones(w.shape, bool)
    far[..., 1:] = ~(np.diff(ascending) <= _closest(w))
    starts = np.maximum.accumulate(np.where(far, np.arange(w.shape[-1]), 0), -1)
    out = np.empty(w.shape)
    np.put_along_axis(out, order, np.take_along_axis(ascending, starts, -1), -1)
    return out


clusters = declare(
    "clusters",
    "w",
    _clusters,
    lambda w: w,
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: (None,),
    public=False,
    domain=((1, 1),),
    samples=(sample((3,)), sample((2, 3))),
    doc="Each number, or the least of those that are equal to it up to the rounding of eigenvalues.",
)


def _lost(x: Any, k: Any, w: Any, limit: Any) -> Any:
    apart = w[..., None, :] - w[..., :, None]
    size = np.abs(k).max((-2, -1), keepdims=True, initial=0.0)
    near = np.abs(apart) <= NEAR * np.abs(w).max(-1, initial=0.0)[..., None, None]
    agrees = np.abs(x - apart * limit) <= 4 * w.shape[-1] * ROUNDING * size
    off = ~np.eye(w.shape[-1], dtype=bool)
    return ((_tied(w) & (np.abs(x) <= ROUNDING_RATIO * size)) | (near & agrees)) & off & (size > 0)


lost = declare(
    "lost",
    "x k w limit",
    _lost,
    lambda x, k, w, limit: Type(DType.BOOL, x.shape),
    public=False,
    samples=(sample((3, 3), (3, 3), (3,), (3, 3)),),
    doc="Where x, a matrix of differences in k, is a limit times the gaps of w up to rounding, and k is not zero.",
)
at_most_once = declare(
    "at_most_once",
    "x",
    lambda x: x,
    lambda x: x,
    jvp=lambda node, tangents: multiply(tangents[0], np.nan, strong=1),
    vjp=lambda node, g: (multiply(g, np.nan, strong=1),),
    public=False,
    domain=((1, 1),),
    samples=(sample((3,)),),
    doc="x, whose derivative is unknown: NaN for every tangent and cotangent but zero.",
)


def gaps(w: Node) -> Node:
    """w_j - w_i for all pairs, and 1 on the diagonal, where the numerators are 0."""
    apart = OPS["expand_dims"](w, axis=-2) - OPS["expand_dims"](w, axis=-1)
    return apart + OPS["eye"](N=w.shape[-1])


def over_gaps(x: Node, scale: Node, w: Node, limit: Node) -> Node:
    """``x``, a matrix with zeros on its diagonal, divided by the gaps of ``w``.

    Where the gap is too small to divide by, and ``x`` is ``limit`` times the gap up to rounding relative to ``scale``,
    it is ``limit``; where eigenvalues are equal and ``x`` is not 0 it is infinite.
    """
    where = OPS["where"]
    by_limit = lost(x, scale, w, limit)
    quotient = divide(where(by_limit, 0.0, x), where(tied(w), 0.0, gaps(w)), strong=True)
    return quotient + where(by_limit, at_most_once(limit), 0.0)


def off_diagonal(x: Node) -> Node:
    """``x`` with zeros on its diagonal."""
    return x - on_diagonals(diagonals(x))


# --- the derivative of a cotangent by the eigenvalues


def along(y: Node, node: Node, index: int, seed: Node) -> Node | None:
    """The tangent of ``y`` as one result of ``node`` moves along ``seed`` and its others stay; None is zero.

    NaN where the dependence is unknown: through control flow, or where ``y`` is an input of the graph.
    """
    tangents: dict[Node, Node] = {}
    order = schedule([y])
    if _reads_input(y):
        return constant(np.nan)
    for n in order:
        if n.op is ITEM:
            if n.inputs[0] is node and n.param("index") == index:
                tangents[n] = seed
            elif n.inputs[0] in tangents:
                return constant(np.nan)
            continue
        seeds = tuple([tangents.get(x) for x in n.inputs])
        if all(t is None for t in seeds):
            continue
        if n.op.rules.structure is not None or n.op.facts.several:
            return constant(np.nan)
        if n.op.rules.jvp is not None:
            tangent = n.op.rules.jvp(n, seeds)
            if tangent is not None:
                tangents[n] = tangent
    return tangents.get(y)


def _reads_input(y: Node) -> bool:
    """True where a term of a cotangent is an input of the graph, which may depend on anything."""
    terms = [y]
    while terms:
        term = terms.pop()
        if term.op is INPUT:
            return True
        if term.op is OPS["add"]:
            terms += term.inputs
    return False


# --- eigenvalues and eigenvectors


def _eigh(a: Any) -> Any:
    return solved(np.linalg.eigh, symmetric_part(a))


def _eigvalsh(a: Any) -> Any:
    return solved(np.linalg.eigvalsh, symmetric_part(a))[0]


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
    return diagonals(inner), before(v, over_gaps(off_diagonal(inner), inner, w, OPS["zeros_like"](v)))


def _eigh_vjp(node: Node, cotangents: Sequence[Node | None]) -> tuple[Node]:
    w, v = items(node)
    gw, gv = cotangents
    if gv is None:
        assert gw is not None
        return (_back(v, on_diagonals(tie_mean(gw, clusters(w), axis=-1))),)
    k = before(turned(v), gv)
    split = OPS["arange"](start=w.shape[-1])
    moved = along(gv, node, 0, OPS["broadcast_to"](split, shape=w.shape))
    if moved is None:
        limit = OPS["zeros_like"](v)
    else:
        slope = before(turned(v), OPS["broadcast_to"](moved, shape=v.shape))
        limit = divide(slope - turned(slope), gaps(split))
    inner = 0.5 * over_gaps(k - turned(k), k, w, limit)
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
    work=cubic(9),
    domain=((-3, 3),),
    nan_gradient="Eigenvectors of equal eigenvalues have no derivative; a notice says so.",
    samples=(sample((3, 3)), sample((2, 2)), sample((2, 3, 3)), sample((1, 1))),
    notice=equal_eigenvalues,
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
    work=cubic(4),
    domain=((-3, 3),),
    samples=(sample((3, 3)), sample((2, 2)), sample((2, 3, 3)), sample((1, 1))),
    doc="The eigenvalues of the symmetric part of a, in ascending order; equal ones share the derivative.",
)
