"""How the tests differentiate a program: both modes, all their pairs, and differences, must give the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pytest

from adcore.derivatives.expansion import expand
from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.engines.interpreter import execute, plan
from adcore.graph import Graph
from adcore.graph.traversal import check
from adcore.passes import optimise
from tests.adcore.language.evaluating import lowered

Values = Mapping[str, Any]
STEP = 1e-6


def graph_and_values(text: str, inputs: Values) -> tuple[Graph, list[Any]]:
    """A program's graph, expanded, and the values of its inputs in their order."""
    graph = check(expand(lowered(text, inputs).graph))
    return graph, [np.asarray(inputs[name], float)[()] for name in graph.input_names]


def run(graph: Graph, values: list[Any]) -> list[Any]:
    """The outputs of the optimised graph, which are those of the plain one to the bit."""
    results = execute(plan(check(optimise(graph))), values)
    for found, plain in zip(results, execute(plan(graph), values), strict=True):
        np.testing.assert_array_equal(found, plain)
    return results


def agree(text: str, inputs: Values, by: Collection[str] | None = None) -> dict[str, Any]:
    """The gradients of a program's one number, once both modes and differences agree on them at order 1 and 2.

    They are ``by`` these inputs, or by all but ``n``, which counts something.
    """
    graph, values = graph_and_values(text, inputs)
    wrt = [i for i, name in enumerate(graph.input_names) if (name != "n" if by is None else name in by)]
    random = np.random.default_rng(1)
    ways = [random.uniform(0.5, 1.0, values[i].shape)[()] for i in wrt]
    first, pushed = check(gradient_graph(graph, wrt)), check(jvp_graph(graph, wrt))
    slopes = run(first, values)[1:]
    (_, slope) = run(pushed, [*values, *ways])
    assert slope == pytest.approx(sum(float(np.sum(g * w)) for g, w in zip(slopes, ways, strict=True)), rel=1e-11)
    forward_over_reverse = run(jvp_graph(first, wrt), [*values, *ways])[len(first.outputs) + 1 :]
    reverse_over_reverse = run(vjp_graph(first, wrt), [*values, np.float64(0.0), *ways])[len(first.outputs) :]
    reverse_over_forward = run(vjp_graph(pushed, wrt), [*values, *ways, np.float64(0.0), np.float64(1.0)])[2:]

    def moved(sign: float) -> list[Any]:
        new = list(values)
        for i, way in zip(wrt, ways, strict=True):
            new[i] = new[i] + sign * STEP * way
        return run(first, new)

    after, before = moved(1.0), moved(-1.0)
    assert slope == pytest.approx((after[0] - before[0]) / (2 * STEP), rel=1e-6, abs=1e-8)
    second = zip(forward_over_reverse, reverse_over_reverse, reverse_over_forward, after[1:], before[1:], strict=True)
    for by_forward, by_reverse, mixed, a, b in second:
        np.testing.assert_allclose(by_forward, by_reverse, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(by_forward, mixed, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(by_forward, (a - b) / (2 * STEP), rtol=1e-5, atol=1e-6)
    return {graph.input_names[i]: g for i, g in zip(wrt, slopes, strict=True)}
