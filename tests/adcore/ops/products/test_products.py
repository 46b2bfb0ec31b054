"""Sums of products with strong zeros, and the readable adjoints of matrix products."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import reverse
from adcore.graph import OPS, Node
from adcore.graph.traversal import schedule
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


def ops_of(*results: Node) -> list[str]:
    return [node.op.name for node in schedule(results) if node.inputs]


# shapes, and the ops of the two adjoints beside the product itself
READABLE = [
    ((3,), (3,), ["multiply"], ["multiply"]),
    ((2, 3), (3,), ["outer"], ["transpose", "matmul"]),
    ((2,), (2, 3), ["matmul"], ["outer"]),
    ((2, 3), (3, 4), ["transpose", "matmul"], ["transpose", "matmul"]),
]


@pytest.mark.parametrize(("a", "b", "first", "second"), READABLE)
@pytest.mark.parametrize("name", ["matmul", "dot"])
def test_adjoints_are_readable(name: str, a: Any, b: Any, first: list[str], second: list[str]) -> None:
    graph = build(OPS[name].__call__, a, b)
    cotangent = build(lambda g: g, graph.outputs[0].shape).inputs[0]
    product = graph.outputs[0]
    assert product.op.rules.vjp is not None
    back_a, back_b = product.op.rules.vjp(product, cotangent)
    assert back_a is not None
    assert back_b is not None
    assert ops_of(back_a) == first
    assert ops_of(back_b) == second


def test_a_transposed_operand_is_not_transposed_back() -> None:
    graph = build(lambda a, b: OPS["matmul"](a, OPS["transpose"](b)), (2, 3), (4, 3))
    cotangent = build(lambda g: g, (2, 4)).inputs[0]
    product = graph.outputs[0]
    assert product.op.rules.vjp is not None
    back_a, _ = product.op.rules.vjp(product, cotangent)
    assert back_a is not None
    assert ops_of(back_a) == ["matmul"]


def test_a_broadcast_stack_is_summed_in_the_product() -> None:
    """The adjoint of a weight that all matrices of a stack share has no array of the stack's size."""
    graph = build(lambda x, w: OPS["sum"](OPS["matmul"](x, w)), (50, 4, 3), (3, 2))
    slope = reverse.gradient_graph(graph, [1])
    assert max(node.type.size for node in slope.nodes if node not in graph.nodes) <= 50 * 4 * 2
    x = np.random.default_rng(0).normal(size=(50, 4, 3))
    expected = np.broadcast_to(x.sum((0, 1))[:, None], (3, 2))
    np.testing.assert_allclose(run(slope, x, np.ones((3, 2)))[1], expected, rtol=1e-12)
