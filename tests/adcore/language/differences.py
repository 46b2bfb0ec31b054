"""Derivatives of a program's result, both modes, orders 1 and 2, beside central differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcore.derivatives.forward import jvp
from adcore.derivatives.reverse import gradient
from adcore.graph import Graph
from adcore.passes import optimise
from adcore.traversal import check
from tests.adcore.graphs import run
from tests.adcore.language.evaluating import lowered

STEP = 1e-5


def check_derivatives(text: str, inputs: Mapping[str, Any], wrt: Sequence[str]) -> None:
    """See that the derivatives of a program's result, one number, are what its differences are."""
    graph = lowered(text, inputs).graph
    given = [np.asarray(inputs[name], float)[()] for name in graph.input_names]
    places = [graph.input_names.index(name) for name in wrt]
    random = np.random.default_rng(5)
    ways = [random.uniform(0.5, 1.0, np.shape(given[i]))[()] for i in places]

    def moved(step: float) -> list[Any]:
        out = list(given)
        for i, way in zip(places, ways, strict=True):
            out[i] = out[i] + step * way
        return out

    def slope(of: Graph) -> list[Any]:
        after, before = run(of, *moved(STEP)), run(of, *moved(-STEP))
        return [(a - b) / (2 * STEP) for a, b in zip(after, before, strict=True)]

    (expected,) = slope(graph)
    reverse = check(optimise(gradient(graph, places)))
    _, *adjoints = run(reverse, *given)
    (pushed,) = run(check(optimise(jvp(graph, places))), *given, *ways)[1:]
    pulled = float(sum(np.sum(g * way) for g, way in zip(adjoints, ways, strict=True)))
    np.testing.assert_allclose(pushed, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(pushed, pulled, rtol=1e-11, atol=1e-13)
    second = run(check(jvp(reverse, places)), *given, *ways)[len(reverse.outputs) :]
    for found, wanted in zip(second, slope(reverse), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
