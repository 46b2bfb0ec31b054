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

CASES = differentiable_cases()


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


def check_by_differences(graph: Graph, inputs: list[Any], wrt: list[int], rng: np.random.Generator) -> None:
    """The graph's tangents in one direction, weighted to one number, against differences along that direction."""
    directions = directional(rng, [inputs[i] for i in wrt])
    outputs = run(graph, *inputs)
    weights = directional(rng, outputs)

    def along(t: float) -> float:
        moved = list(inputs)
        for i, v in zip(wrt, directions, strict=True):
            moved[i] = inputs[i] + t * v
        return dot(weights, run(graph, *moved))

    tangents = run(forward.jvp_graph(graph, wrt), *inputs, *directions)[len(outputs) :]
    expected = difference(along)
    assert dot(weights, tangents) == pytest.approx(expected, rel=2e-8, abs=2e-8 * (1 + abs(along(0.0))))


def derived(case: Case, rng: np.random.Generator) -> dict[str, tuple[Graph, list[Any], list[int]]]:
    """The op's graph and its derivative graphs, each with inputs and what to differentiate by."""
    graph, inputs, wrt = case.numbers(), case.operands(), case.varied
    tangents = directional(rng, [inputs[i] for i in wrt])
    cotangents = directional(rng, run(graph, *inputs))
    n = len(inputs)
    return {
        "value": (graph, inputs, wrt),
        "jvp": (forward.jvp_graph(graph, wrt), inputs + tangents, [*wrt, *range(n, n + len(tangents))]),
        "vjp": (reverse.vjp_graph(graph, wrt), inputs + cotangents, [*wrt, *range(n, n + len(cotangents))]),
    }


@pytest.mark.parametrize("of", ["value", "jvp", "vjp"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_differences(case: Case, of: str) -> None:
    """First derivatives, and the derivatives of both modes' graphs."""
    rng = np.random.default_rng(1)
    check_by_differences(*derived(case, rng)[of], rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_third_order(case: Case) -> None:
    """The tangent of the cotangent of the cotangent, against differences of what it is the tangent of."""
    rng = np.random.default_rng(2)
    graph, inputs, wrt = derived(case, rng)["vjp"]
    outputs = run(graph, *inputs)
    twice = reverse.vjp_graph(graph, wrt)
    check_by_differences(twice, [*inputs, *directional(rng, outputs)], wrt, rng)


@pytest.mark.parametrize("of", ["value", "jvp", "vjp"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_modes_are_adjoint(case: Case, of: str) -> None:
    """<w, J v> = <J^T w, v>: forward and reverse mode are one linear map, to rounding."""
    rng = np.random.default_rng(3)
    graph, inputs, wrt = derived(case, rng)[of]
    outputs = run(graph, *inputs)
    v = directional(rng, [inputs[i] for i in wrt])
    w = directional(rng, outputs)
    pushed = run(forward.jvp_graph(graph, wrt), *inputs, *v)[len(outputs) :]
    pulled = run(reverse.vjp_graph(graph, wrt), *inputs, *w)[len(outputs) :]
    scale = dot([np.abs(x) for x in w], [np.abs(x) for x in pushed]) + dot(
        [np.abs(x) for x in pulled], [np.abs(x) for x in v]
    )
    assert dot(w, pushed) == pytest.approx(dot(pulled, v), abs=1e-12 * max(scale, 1e-12))


def filled(graph: Graph, number: float) -> list[Any]:
    """Cotangents of a graph's outputs, one number everywhere."""
    return [np.full(y.shape, number)[()] for y in graph.outputs]


SPECIAL = (0.0, -1.0, 1.0, 1e308, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_zeros_are_strong(case: Case) -> None:
    """A tangent or a cotangent of zeros gives zeros, whatever the operands are: not even NaN comes through."""
    graph, wrt = case.numbers(), case.varied
    pushed, pulled = forward.jvp_graph(graph, wrt), reverse.vjp_graph(graph, wrt)
    for number in SPECIAL:
        inputs = [np.full(np.shape(x), number)[()] if i in wrt else x for i, x in enumerate(case.operands())]
        n = len(graph.outputs)
        assert not any(np.any(x) for x in run(pushed, *inputs, *[np.zeros_like(inputs[i]) for i in wrt])[n:])
        assert not any(np.any(x) for x in run(pulled, *inputs, *filled(graph, 0.0))[n:])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_zeros_are_strong_at_order_two(case: Case) -> None:
    """The same for the derivatives of the cotangents: what is strong stays strong."""
    graph, wrt = case.numbers(), case.varied
    once = reverse.vjp_graph(graph, wrt)
    n = len(graph.inputs)
    twice = reverse.vjp_graph(once, [*wrt, *range(n, len(once.inputs))])
    for number in SPECIAL:
        inputs = [np.full(np.shape(x), number)[()] if i in wrt else x for i, x in enumerate(case.operands())]
        results = run(twice, *inputs, *filled(graph, 1.0), *filled(once, 0.0))[len(once.outputs) :]
        assert not any(np.any(x) for x in results)


@pytest.mark.parametrize("mode", [forward.jvp_graph, reverse.vjp_graph])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_zero_cotangent_stays_zero_in_the_next_derivative(case: Case, mode: Any) -> None:
    """Where no cotangent arrives, the operands' cotangents are zero whatever the operands are: so is their derivative.

    This is what keeps the branch not taken out of second derivatives.
    """
    graph, wrt = case.numbers(), case.varied
    once = reverse.vjp_graph(graph, wrt)
    twice = mode(once, wrt)
    for number in SPECIAL:
        inputs = [np.full(np.shape(x), number)[()] if i in wrt else x for i, x in enumerate(case.operands())]
        cotangents, given = filled(graph, 0.0), [np.ones(np.shape(inputs[i]))[()] for i in wrt]
        if mode is forward.jvp_graph:
            results = run(twice, *inputs, *cotangents, *given)[len(once.outputs) + len(graph.outputs) :]
        else:
            results = run(twice, *inputs, *cotangents, *cotangents, *given)[len(once.outputs) :]
        assert not any(np.any(x) for x in results), number
