"""Rules for engines and exports: decompositions, and scalar rules evaluated by a builder of plain numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adcore.graph import OPS, Graph, Node, Op, Relation
from adcore.graph.traversal import check, graph_of
from tests.adcore.graphs import run
from tests.adcore.ops.cases import Case, all_cases
from tests.tables import for_each

ULPS = 4 * np.finfo(float).eps
"""What a composition may be off: the functions of C and of NumPy differ by as much."""

SPECIAL = (0.0, -0.0, 0.5, -2.0, 800.0, -800.0, 1e308, -1e308, 5e-324, np.inf, -np.inf, np.nan)


def operands_of(case: Case) -> list[list[Any]]:
    """The case's own operands, and special numbers beside one another."""
    shifted = [np.roll(SPECIAL, 5 * i) for i in range(len(case.sample.shapes))]
    rows = [
        [np.full(np.shape(x), n, x.dtype)[()] for x, n in zip(case.operands(), row, strict=True)]
        for row in zip(*shifted, strict=True)
    ]
    return [case.operands(), *rows] if case.op.facts.elementwise else [case.operands()]


# --- decompositions


def decomposed(graph: Graph) -> Graph:
    """The graph of one application, in simpler ops."""
    (node,) = graph.nodes
    assert node.op.rules.decompose is not None
    result = node.op.rules.decompose(node)
    return check(graph_of(graph.inputs, [result] if isinstance(result, Node) else result))


DECOMPOSED = [case for case in all_cases() if case.op.rules.decompose is not None]


@for_each(DECOMPOSED)
def test_a_decomposition_is_the_same_in_simpler_ops(case: Case) -> None:
    graph = decomposed(case.graph())
    assert [y.type for y in graph.outputs] == [y.type for y in case.graph().outputs]
    assert all(node.op.rules.decompose is None for node in graph.nodes)
    for operands in operands_of(case):
        for value, expected in zip(run(graph, *operands), run(case.graph(), *operands), strict=True):
            np.testing.assert_allclose(value, expected, rtol=ULPS, atol=0)


# --- scalar rules

RELATIONS: dict[Relation, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Numbers:
    """A builder that computes at once, on NumPy's float64 scalars."""

    def const(self, number: float) -> Any:
        return np.float64(number)

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def sub(self, a: Any, b: Any) -> Any:
        return a - b

    def mul(self, a: Any, b: Any) -> Any:
        return a * b

    def div(self, a: Any, b: Any) -> Any:
        return a / b

    def neg(self, a: Any) -> Any:
        return -a

    def compare(self, relation: Relation, a: Any, b: Any) -> Any:
        return RELATIONS[relation](a, b)

    def select(self, condition: Any, a: Any, b: Any) -> Any:
        return a if condition else b

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(np, name)(*arguments)


SCALAR = [case for case in all_cases() if case.op.rules.scalar is not None and not any(case.sample.shapes)]


@for_each(SCALAR)
def test_a_scalar_rule_gives_the_value(case: Case) -> None:
    scalar = case.op.rules.scalar
    assert scalar is not None and case.op.facts.elementwise
    (node,) = case.graph().nodes
    for operands in operands_of(case):
        with np.errstate(all="ignore"):
            value = scalar(Numbers(), *operands, **dict(node.params))
        np.testing.assert_allclose(value, run(case.graph(), *operands)[0], rtol=ULPS, atol=0)


STRONG = [("multiply", strong) for strong in (0, 1, 2, 3)] + [("divide", strong) for strong in (False, True)]


@pytest.mark.parametrize(("name", "strong"), STRONG)
def test_scalar_rules_have_strong_zeros(name: str, strong: int) -> None:
    op: Op = OPS[name]
    assert op.rules.scalar is not None and op.rules.value is not None
    for a in map(np.float64, SPECIAL):
        for b in map(np.float64, SPECIAL):
            with np.errstate(all="ignore"):
                value = op.rules.scalar(Numbers(), a, b, strong=strong)
                expected = op.rules.value(a, b, strong=strong)
            np.testing.assert_array_equal(value, expected)
            assert np.signbit(value) == np.signbit(expected) or np.isnan(value)
