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
from tests.adcore.ops.cases import Case, differentiable_cases, directional

# Thousands of runs of code whose coverage other tests measure; to be traced would take them more than twice as long.
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


def check_by_differences(
    graph: Graph, pushed: Graph, inputs: list[Any], wrt: list[int], rng: np.random.Generator
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
    assert dot(weights, tangents) == pytest.approx(expected, rel=2e-8, abs=2e-8 * (1 + abs(along(0.0))))


class Derived:
    """One application of an op and the graphs of its derivatives, each derived once for all tests of it."""

    def __init__(self, case: Case) -> None:
        rng = np.random.default_rng(1)
        graph, inputs, wrt = case.numbers(), case.operands(), case.varied
        tangents = directional(rng, [inputs[i] for i in wrt])
        cotangents = directional(rng, run(graph, *inputs))
        n = len(inputs)
        self.graph, self.inputs, self.wrt = graph, inputs, wrt
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


@pytest.fixture(scope="module", params=differentiable_cases(), ids=str)
def derived(request: pytest.FixtureRequest) -> Derived:
    """Each application in turn, with all tests of it one after the other."""
    return Derived(request.param)


def test_differences(derived: Derived) -> None:
    """First derivatives, and the derivatives of both modes' graphs."""
    for of, (graph, inputs, wrt) in derived.orders.items():
        check_by_differences(graph, derived.forward[of], inputs, wrt, np.random.default_rng(4))


def test_third_order(derived: Derived) -> None:
    """The tangent of the cotangent of the cotangent, against differences of what it is the tangent of."""
    rng = np.random.default_rng(2)
    _, inputs, _ = derived.orders["vjp"]
    inputs = [*inputs, *directional(rng, run(derived.vjp, *inputs))]
    twice = derived.reverse_of_vjp
    check_by_differences(twice, forward.jvp_graph(twice, derived.wrt), inputs, derived.wrt, rng)


def test_modes_are_adjoint(derived: Derived) -> None:
    """<w, J v> = <J^T w, v>: forward and reverse mode are one linear map, to rounding."""
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
        assert dot(w, pushed) == pytest.approx(dot(pulled, v), abs=1e-12 * max(scale, 1e-12)), of


def filled(graph: Graph, number: float) -> list[Any]:
    """Cotangents of a graph's outputs, one number everywhere."""
    return [np.full(y.shape, number)[()] for y in graph.outputs]


SPECIAL = (0.0, -1.0, 1.0, 1e308, math.inf, -math.inf, math.nan)


def test_zeros_are_strong(derived: Derived) -> None:
    """A tangent or a cotangent of zeros gives zeros, whatever the operands are: not even NaN comes through."""
    n = len(derived.graph.outputs)
    for number in SPECIAL:
        inputs = derived.everywhere(number)
        assert not any(
            np.any(x) for x in run(derived.jvp, *inputs, *[np.zeros_like(inputs[i]) for i in derived.wrt])[n:]
        ), number
        assert not any(np.any(x) for x in run(derived.vjp, *inputs, *filled(derived.graph, 0.0))[n:]), number


def test_zeros_are_strong_at_order_two(derived: Derived) -> None:
    """The same for the derivatives of the cotangents: what is strong stays strong."""
    for number in SPECIAL:
        inputs = [*derived.everywhere(number), *filled(derived.graph, 1.0), *filled(derived.vjp, 0.0)]
        results = run(derived.reverse["vjp"], *inputs)[len(derived.vjp.outputs) :]
        assert not any(np.any(x) for x in results), number


def test_a_zero_cotangent_stays_zero_in_the_next_derivative(derived: Derived) -> None:
    """Where no cotangent arrives, the operands' cotangents are zero whatever the operands are: so is their derivative.

    This is what keeps the branch not taken out of second derivatives.
    """
    count = len(derived.vjp.outputs)
    cotangents, ones = filled(derived.graph, 0.0), [np.ones(np.shape(derived.inputs[i]))[()] for i in derived.wrt]
    for number in SPECIAL:
        inputs = [*derived.everywhere(number), *cotangents]
        by_forward = run(derived.forward_of_vjp, *inputs, *ones)[count + len(derived.graph.outputs) :]
        by_reverse = run(derived.reverse_of_vjp, *inputs, *cotangents, *ones)[count:]
        assert not any(np.any(x) for x in (*by_forward, *by_reverse)), number
