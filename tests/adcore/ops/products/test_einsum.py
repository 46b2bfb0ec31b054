"""Einstein's sums: the order of contractions."""

from __future__ import annotations

import math

import numpy as np

from adcore.derivatives import reverse
from adcore.graph import OPS
from tests.adcore.graphs import build, run


def test_einsum_contracts_two_at_a_time() -> None:
    """A chain of products, which all at once would take the product of all lengths, and its gradient."""
    n = 60
    shapes = [(n, n)] * 5
    graph = build(lambda *m: OPS["sum"](OPS["einsum"](*m, subscripts="ab,bc,cd,de,ef->af")), *shapes)
    assert max(node.op.rules.work(node) for node in graph.nodes if node.op.rules.work) < 20 * n**3
    slope = reverse.gradient_graph(graph, list(range(5)))
    assert max(node.type.size for node in slope.nodes) <= n * n
    random = np.random.default_rng(7)
    m = [random.normal(size=s) / math.sqrt(n) for s in shapes]
    expected = np.outer((np.ones(n) @ m[0] @ m[1]), (m[3] @ m[4] @ np.ones(n)))
    np.testing.assert_allclose(run(slope, *m)[3], expected, atol=1e-12)
