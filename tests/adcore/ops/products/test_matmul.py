"""Adjoints of matrix products, as people write them, and without needless arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.derivatives import reverse
from adcore.graph import OPS, Node
from adcore.graph.traversal import schedule
from tests.adcore.graphs import build, run


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
