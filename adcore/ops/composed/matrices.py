"""Matrices of a pattern: block diagonal ones, and those of constant diagonals."""

from __future__ import annotations

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, Node, constant
from adcore.ops.arrays.indexing import take
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import composed, sample, zero_array
from adcore.ops.shapes import describe_shape


def _block_diag(*arrs: Node) -> Node:
    """A number is a matrix of one element, and a vector one of one row."""
    for x in arrs:
        if x.ndim > 2:
            raise ShapeMismatch(f"block_diag takes matrices, and this has the shape {describe_shape(x.shape)}")
    blocks = [reshaped(x, (1, x.type.size)) if x.ndim < 2 else x for x in arrs]
    columns = sum(x.shape[1] for x in blocks)
    rows, start = [], 0
    for x in blocks:
        end = start + x.shape[1]
        parts = [zero_array((x.shape[0], n)) if n else None for n in (start, columns - end)]
        row = [each for each in (parts[0], x, parts[1]) if each is not None]
        rows.append(concatenate(*row, axis=1) if len(row) > 1 else x)
        start = end
    return concatenate(*rows, axis=0) if len(rows) > 1 else rows[0] if rows else zero_array((1, 0))


block_diag = composed(
    "block_diag",
    _block_diag,
    samples=(sample((2, 2), (1, 3), ()), sample((3,), (2, 1)), sample((2, 2)), sample((2, 0), (1, 2))),
    doc="The matrix with these on its diagonal, and zeros elsewhere.",
)


def _toeplitz(c: Node, r: Node | None = None) -> Node:
    """Its diagonals are the last of the first row to its second, then the first column: the first of r is not read."""
    for x in (c, r):
        if x is not None and x.ndim > 1:
            raise ShapeMismatch(f"toeplitz takes vectors, and this has the shape {describe_shape(x.shape)}")
    column = reshaped(c, (c.type.size,))
    row = column if r is None else reshaped(r, (r.type.size,))
    rows, columns = column.shape[0], row.shape[0]
    if not rows or not columns:
        return zero_array((rows, columns))
    beside = OPS["index"](row, key=(("slice", 1, None, None),))
    values = concatenate(column, beside, axis=0)
    i, j = np.ogrid[:rows, :columns]
    return take(values, constant(np.where(i >= j, i - j, rows + j - i - 1)))


toeplitz = composed(
    "toeplitz",
    _toeplitz,
    samples=(sample((3,)), sample((3,), (2,)), sample((2,), (4,)), sample((1,), (3,)), sample(())),
    doc="The matrix of constant diagonals with this first column, and this first row, which is the column if left out.",
)
