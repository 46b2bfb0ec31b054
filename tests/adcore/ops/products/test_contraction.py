"""Sums of products with strong zeros."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from adcore.clock import Cancelled, Clock, working
from adcore.derivatives import reverse
from adcore.graph import OPS, Node
from adcore.ops.products.contraction import STRETCH, matrix_product
from tests.adcore.graphs import build, run

NUMBERS = (0.0, -0.0, 1.0, -2.0, math.inf, -math.inf, math.nan)


def slow_product(a: Any, b: Any, strong: int) -> Any:
    """The product of two matrices, by the definition of a strong zero."""

    def term(p: float, q: float) -> float:
        won = (strong & 1 and p == 0) or (strong & 2 and q == 0)
        return 0.0 if won else p * q

    return [[sum(term(p, q) for p, q in zip(row, column, strict=True)) for column in b.T] for row in a]


@pytest.mark.parametrize("strong", range(4))
@pytest.mark.parametrize("name", ["matmul", "dot", "contract"])
def test_strong_zeros_in_sums(name: str, strong: int) -> None:
    """All pairs of numbers meet each other, alone and beside a second pair."""
    pairs = np.array(list(itertools.product(NUMBERS, NUMBERS)))
    params: dict[str, Any] = {"strong": strong} | ({"spec": "ij,jk->ik"} if name == "contract" else {})
    with np.errstate(all="ignore"):
        for partner in ((1.0, 1.0), (0.0, math.inf), (math.inf, -1.0), (math.nan, 0.0)):
            a = np.column_stack([pairs[:, 0], np.full(len(pairs), partner[0])])
            b = np.stack([np.unique(pairs[:, 1]), np.full(len(np.unique(pairs[:, 1])), partner[1])])
            (value,) = run(build(lambda a, b: OPS[name](a, b, **params), a.shape, b.shape), a, b)
            np.testing.assert_array_equal(value, slow_product(a, b, strong))


@pytest.mark.parametrize("strong", range(4))
@pytest.mark.parametrize("name", ["outer", "multiply"])
def test_strong_zeros_in_single_products(name: str, strong: int) -> None:
    a, b = np.array(NUMBERS), np.array(NUMBERS)
    if name == "multiply":
        a, b = np.meshgrid(a, b, indexing="ij")
    with np.errstate(all="ignore"):
        (value,) = run(build(lambda a, b: OPS[name](a, b, strong=strong), a.shape, b.shape), a, b)
        expected = slow_product(np.array(NUMBERS)[:, None], np.array(NUMBERS)[None, :], strong)
    np.testing.assert_array_equal(value, expected)


def test_a_masked_row_lets_nothing_through() -> None:
    """A loss that leaves out one row of X @ w: that row's inf does not reach the gradient by w."""

    def loss(X: Node, w: Node, mask: Node) -> Node:
        product = OPS["matmul"](X, w)
        return OPS["sum"](OPS["where"](OPS["greater"](mask, 0.0), product, 0.0))

    graph = reverse.gradient_graph(build(loss, (3, 2), (2,), (3,)), [1])
    X = [[1.0, 2.0], [math.inf, math.nan], [3.0, 4.0]]
    _, slope = run(graph, X, [1.0, 1.0], [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(slope, [4.0, 6.0])


LONG = [
    ("two matrices", (1100, 1000), (1000, 1000)),
    ("a stack by one matrix", (3, 400, 1000), (1000, 1000)),
    ("one row each by a stack", (1, 1000), (1100, 1000, 1000)),
]


@pytest.mark.parametrize(("why", "a", "b"), LONG, ids=[row[0] for row in LONG])
def test_a_long_product_is_parted_and_can_be_stopped(why: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = (
        np.cos(np.arange(math.prod(a))).reshape(a),
        np.broadcast_to(np.sin(np.arange(1_000_000)).reshape(1000, 1000), b),
    )
    assert math.prod(a[:-1]) * max(1, math.prod(b[:-2])) * 10**6 > STRETCH
    if math.prod(b) <= 10**6:
        np.testing.assert_allclose(matrix_product(x, y), np.matmul(x, y), rtol=0, atol=1e-10)
    cancelled = Clock()
    cancelled.cancel()
    with working(cancelled), pytest.raises(Cancelled):
        matrix_product(x, y)
