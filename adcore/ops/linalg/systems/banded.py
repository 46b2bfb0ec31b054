"""Systems of a banded matrix, stored by its diagonals as LAPACK does: ``ab[u + i - j, j]`` is the element (i, j)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import Extent, Hidden, declare, sample, zero_array
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.linalg.notices import singular
from adcore.ops.shapes import describe_shape


def _solve_banded(ab: Any, b: Any, *, l_and_u: Extent, strong: Hidden = False) -> Any:
    """``strong``: a column of zeros has a solution of zeros, whatever the matrix is."""
    below, above = l_and_u
    try:
        x = linalg.solve_banded((below, above), ab, b) if b.size else np.zeros(b.shape)
    except (np.linalg.LinAlgError, ValueError):  # It is singular, or not finite.
        x = np.full(b.shape, np.nan)
    if strong and not np.isfinite(x).all():
        x = np.where((b == 0).all(0), 0.0, x)
    return x


def _infer_banded(ab: Type, b: Type, *, l_and_u: Extent, **_: Any) -> Type:
    if len(l_and_u) != 2 or min(l_and_u) < 0:
        raise BadCall("l_and_u is the number of diagonals below the main one, and of those above it")
    if len(ab.shape) != 2 or len(b.shape) not in (1, 2) or ab.shape[1] != b.shape[0]:
        raise ShapeMismatch(
            f"solve_banded of shapes {describe_shape(ab.shape)} and {describe_shape(b.shape)}: the matrix has a "
            "diagonal a row, and as many columns as the right-hand side has rows"
        )
    if ab.shape[0] != sum(l_and_u) + 1:
        raise ShapeMismatch(
            f"a matrix of l_and_u={l_and_u} has {sum(l_and_u) + 1} diagonals, and this one, of shape "
            f"{describe_shape(ab.shape)}, has {ab.shape[0]}"
        )
    return Type(DType.FLOAT, b.shape)


def _down(x: Node, by: int) -> Node:
    """The rows moved down, or up by a negative number, zeros coming in."""
    n = x.shape[0]
    if not by:
        return x
    if abs(by) >= n:
        return zero_array(x.shape)
    zeros = zero_array((abs(by), *x.shape[1:]))
    rest = index(x, key=(("slice", None, n - by, None) if by > 0 else ("slice", -by, None, None),))
    return concatenate(zeros, rest, axis=0) if by > 0 else concatenate(rest, zeros, axis=0)


def _diagonal(ab: Node, row: int, like: Node) -> Node:
    """A row of ``ab``, shaped to broadcast against the columns of ``like``."""
    return reshaped(index(ab, key=(row,)), (ab.shape[1],) + (1,) * (like.ndim - 1))


def _product(ab: Node, x: Node, l_and_u: Extent, strong: int) -> Node:
    """The banded matrix times ``x``."""
    below, above = l_and_u
    terms = [_down(multiply(_diagonal(ab, r, x), x, strong=strong), r - above) for r in range(below + above + 1)]
    return sum(terms[1:], start=terms[0])


def _transposed(ab: Node, l_and_u: Extent) -> Node:
    """The diagonals of the transpose, whose element (j, i) is the element (i, j)."""
    below, above = l_and_u
    rows = [_down(index(ab, key=(r,)), r - above) for r in reversed(range(below + above + 1))]
    return concatenate(*[reshaped(row, (1, ab.shape[1])) for row in rows], axis=0)


def _again(ab: Node, b: Node, l_and_u: Extent) -> Node:
    return solve_banded(ab, b, l_and_u=l_and_u, strong=True)


def _solve_banded_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    dab, right = tangents
    l_and_u = node.param("l_and_u")
    if dab is not None:
        product = _product(dab, node, l_and_u, 3 if node.param("strong") else 1)
        right = -product if right is None else right - product
    assert right is not None
    return _again(node.inputs[0], right, l_and_u)


def _solve_banded_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    ab, l_and_u = node.inputs[0], node.param("l_and_u")
    below, above = l_and_u
    back = _again(_transposed(ab, l_and_u), g, (above, below))
    rows = []
    for r in range(below + above + 1):
        product = multiply(_down(back, above - r), node, strong=3 if node.param("strong") else 1)
        rows.append(reshaped(product if product.ndim == 1 else sum_(product, axis=1), (1, ab.shape[1])))
    return -concatenate(*rows, axis=0), back


solve_banded: Op = declare(
    "solve_banded",
    "ab b",
    _solve_banded,
    _infer_banded,
    arguments=("l_and_u", "ab", "b"),
    jvp=_solve_banded_jvp,
    vjp=_solve_banded_vjp,
    work=lambda node: 2 * node.inputs[0].type.size * node.inputs[0].shape[0] + 4 * node.type.size + 1,
    domain=((1, 2), (-3, 3)),
    nan_gradient="The gradient is a product of two solutions, whose terms overflow with either sign.",
    samples=(
        sample((3, 4), (4,), l_and_u=(1, 1)),
        sample((3, 4), (4, 2), l_and_u=(0, 2)),
        sample((2, 3), (3,), l_and_u=(1, 0)),
    ),
    notice=singular("solve_banded"),
    doc="The solution of a system whose matrix has l diagonals below the main one and u above it, each a row of ab.",
)
