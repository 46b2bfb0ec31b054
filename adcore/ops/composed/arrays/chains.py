"""Products of several matrices, in the order that multiplies the fewest numbers."""

from __future__ import annotations

import functools

from adcore.errors import ShapeMismatch
from adcore.graph import Node
from adcore.ops.base import composed, sample
from adcore.ops.products.matmul import matmul
from adcore.ops.shapes import describe_shape

MOST = 100
"""The most matrices of one product, whose best order takes cubic time."""


def _multi_dot(*arrays: Node) -> Node:
    if not 2 <= len(arrays) <= MOST:
        raise ShapeMismatch(f"multi_dot takes 2 to {MOST} arrays, and these are {len(arrays)}")
    for i, x in enumerate(arrays):
        if x.ndim != 2 and not (x.ndim == 1 and i in (0, len(arrays) - 1)):
            raise ShapeMismatch(
                f"multi_dot takes matrices, and vectors at the ends, and this has the shape {describe_shape(x.shape)}"
            )
    first = (1 if arrays[0].ndim == 1 else arrays[0].shape[0], arrays[0].shape[-1])
    sizes = (*first, *[1 if x.ndim == 1 else x.shape[1] for x in arrays[1:]])

    @functools.cache
    def best(i: int, j: int) -> tuple[int, int]:
        """The fewest multiplications of the product from i to j, and where it is split."""
        if i == j:
            return 0, i
        return min((best(i, k)[0] + best(k + 1, j)[0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))

    def product(i: int, j: int) -> Node:
        if i == j:
            return arrays[i]
        split = best(i, j)[1]
        return matmul(product(i, split), product(split + 1, j))

    return product(0, len(arrays) - 1)


multi_dot = composed(
    "multi_dot",
    _multi_dot,
    samples=(sample((2, 3), (3, 2)), sample((3,), (3, 2), (2, 4), (4,)), sample((2, 3), (3, 1), (1, 2))),
    doc="The matrix product of all arrays, in the order that is cheapest.",
)
