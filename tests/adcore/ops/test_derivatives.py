"""The rules of every op with a derivative, against differences and against each other.

Both modes come from one rule, so that they agree says nothing about a wrong partial derivative: differences do. They
are taken of the derivative graphs too, which makes them tests of the second and the third order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.graph import Graph
from tests.adcore.graphs import run
from tests.adcore.ops.cases import GENERATED, Case, differentiable_cases, directional

pytestmark = pytest.mark.untraced


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    return float(sum(np.sum(np.asarray(x) * y) for x, y in zip(a, b, strict=True)))


def difference(function: Callable[[float], float], step: float = 0.02) -> float:
    """The derivative at 0 by central differences, extrapolated three times (Richardson)."""
    steps = [step / 2**i for i in range(4)]
    rows = [(function(h) - function(-h)) / (2 * h) for h in steps]
    for order in range(1, 4):
        rows = [b + (b - a) / (4**order - 1) for a, b in itertools.pairwise(rows)]
    (limit,) = rows
    return float(limit)


class Derived:
    """One application of an op and the graphs of its derivatives, each derived once for all tests of it."""

    def __init__(self, case: Case) -> None:
        rng = np.random.default_rng(1)
        graph, inputs, wrt = case.numbers(), case.operands(), case.varied
        tangents = directional(rng, [inputs[i] for i in wrt])
        cotangents = directional(rng, run(graph, *inputs))
        n = len(inputs)
        self.case, self.graph, self.inputs, self.wrt = case, graph, inputs, wrt
        self.orders: dict[str, tuple[Graph, list[Any], list[int]]] = {
            "value": (graph, inputs, wrt),
            "jvp": (forward.jvp_graph(graph, wrt), inputs + tangents, [*wrt, *range(n, n + len(tangents))]),
            "vjp": (reverse.vjp_graph(graph, wrt), inputs + cotangents, [*wrt, *range(n, n + len(cotangents))]),
        }
        """The op's graph and its derivative graphs, each with inputs and what to differentiate by."""
        self.jvp, self.vjp = self.orders["jvp"][0], self.orders["vjp"][0]
        self.forward = {of: forward.jvp_graph(graph, by) for of, (graph, _, by) in self.orders.items()}
        self.reverse = {of: reverse.vjp_graph(graph, by) for of, (graph, _, by) in self.orders.items()}
        self.forward_of_vjp = forward.jvp_graph(self.vjp, wrt)
        self.reverse_of_vjp = reverse.vjp_graph(self.vjp, wrt)

    def everywhere(self, number: float) -> list[Any]:
        """The inputs, one number everywhere in those that are differentiated by."""
        return [np.full(np.shape(x), number)[()] if i in self.wrt else x for i, x in enumerate(self.inputs)]


def by_differences(
    derived: Derived, graph: Graph, pushed: Graph, inputs: list[Any], wrt: list[int], rng: np.random.Generator
) -> None:
    """The tangents that ``pushed`` computes of ``graph`` in one direction, weighted to one number, against differences
    along that direction."""
    directions = directional(rng, [inputs[i] for i in wrt])
    outputs = run(graph, *inputs)
    weights = directional(rng, outputs)

    def along(t: float) -> float:
        moved = list(inputs)
        for i, v in zip(wrt, directions, strict=True):
            moved[i] = inputs[i] + t * v
        return dot(weights, run(graph, *moved))

    tangents = run(pushed, *inputs, *directions)[len(outputs) :]
    expected = difference(along)
    close = pytest.approx(expected, rel=2e-8, abs=2e-8 * (1 + abs(along(0.0))))
    assert dot(weights, tangents) == close, str(derived.case)


@pytest.fixture(scope="module", params=[op for op in GENERATED if differentiable_cases(op)], ids=lambda op: op.name)
def applications(request: pytest.FixtureRequest) -> list[Derived]:
    """The applications of each op in turn, with all tests of it one after the other."""
    return [Derived(case) for case in differentiable_cases(request.param)]


def test_differences(applications: list[Derived]) -> None:
    """First derivatives, and the derivatives of both modes' graphs."""
    for derived in applications:
        for of, (graph, inputs, wrt) in derived.orders.items():
            by_differences(derived, graph, derived.forward[of], inputs, wrt, np.random.default_rng(4))


def test_third_order(applications: list[Derived]) -> None:
    """The tangent of the cotangent of the cotangent, against differences of what it is the tangent of."""
    for derived in applications:
        rng = np.random.default_rng(2)
        _, inputs, _ = derived.orders["vjp"]
        inputs = [*inputs, *directional(rng, run(derived.vjp, *inputs))]
        twice = derived.reverse_of_vjp
        by_differences(derived, twice, forward.jvp_graph(twice, derived.wrt), inputs, derived.wrt, rng)


def test_modes_are_adjoint(applications: list[Derived]) -> None:
    """<w, J v> = <J^T w, v>: forward and reverse mode are one linear map, to rounding."""
    for derived in applications:
        for of, (graph, inputs, wrt) in derived.orders.items():
            rng = np.random.default_rng(3)
            outputs = run(graph, *inputs)
            v = directional(rng, [inputs[i] for i in wrt])
            w = directional(rng, outputs)
            pushed = run(derived.forward[of], *inputs, *v)[len(outputs) :]
            pulled = run(derived.reverse[of], *inputs, *w)[len(outputs) :]
            scale = dot([np.abs(x) for x in w], [np.abs(x) for x in pushed]) + dot(
                [np.abs(x) for x in pulled], [np.abs(x) for x in v]
            )
            close = pytest.approx(dot(pulled, v), abs=1e-12 * max(scale, 1e-12))
            assert dot(w, pushed) == close, (str(derived.case), of)


def filled(graph: Graph, number: float) -> list[Any]:
    """Cotangents of a graph's outputs, one number everywhere."""
    return [np.full(y.shape, number)[()] for y in graph.outputs]


SPECIAL = (0.0, -1.0, 1.0, 1e308, math.inf, -math.inf, math.nan)


def test_zeros_are_strong(applications: list[Derived]) -> None:
    """A tangent or a cotangent of zeros gives zeros, whatever the operands are: not even NaN comes through."""
    for derived, number in itertools.product(applications, SPECIAL):
        inputs, n = derived.everywhere(number), len(derived.graph.outputs)
        pushed = run(derived.jvp, *inputs, *[np.zeros_like(inputs[i]) for i in derived.wrt])[n:]
        pulled = run(derived.vjp, *inputs, *filled(derived.graph, 0.0))[n:]
        assert not any(np.any(x) for x in (*pushed, *pulled)), (str(derived.case), number)


def test_zeros_are_strong_at_order_two(applications: list[Derived]) -> None:
    """The same for the derivatives of the cotangents: what is strong stays strong."""
    for derived, number in itertools.product(applications, SPECIAL):
        inputs = [*derived.everywhere(number), *filled(derived.graph, 1.0), *filled(derived.vjp, 0.0)]
        results = run(derived.reverse["vjp"], *inputs)[len(derived.vjp.outputs) :]
        assert not any(np.any(x) for x in results), (str(derived.case), number)


def test_a_zero_cotangent_stays_zero_in_the_next_derivative(applications: list[Derived]) -> None:
    """Where no cotangent arrives, the operands' cotangents are zero whatever the operands are: so is their derivative.

    This is what keeps the branch not taken out of second derivatives.
    """
    for derived, number in itertools.product(applications, SPECIAL):
        count = len(derived.vjp.outputs)
        cotangents = filled(derived.graph, 0.0)
        ones = [np.ones(np.shape(derived.inputs[i]))[()] for i in derived.wrt]
        inputs = [*derived.everywhere(number), *cotangents]
        by_forward = run(derived.forward_of_vjp, *inputs, *ones)[count + len(derived.graph.outputs) :]
        by_reverse = run(derived.reverse_of_vjp, *inputs, *cotangents, *ones)[count:]
        assert not any(np.any(x) for x in (*by_forward, *by_reverse)), (str(derived.case), number)
