"""Random programs: both modes, finite differences of both orders, and the optimiser, all agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adcore.compiler import Compiler, Query
from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.engines.interpreter import execute
from adcore.graph import Graph
from adcore.graph.traversal import check
from adcore.language import lower, parse
from adcore.language.printing.program import to_source
from adcore.limits import Limits
from adcore.passes import optimise
from tests.adcore import control_flow
from tests.adcore.graphs import bits, planned
from tests.adcore.strategies import Program, programs

pytestmark = pytest.mark.untraced

LIMITS = Limits()
EXAMPLES = settings().max_examples
"""30, and more with HYPOTHESIS_PROFILE=thorough."""


def run(graph: Graph, values: Sequence[Any]) -> list[Any]:
    return execute(planned(graph), [np.asarray(value)[()] for value in values])


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))


def agrees(found: float, f: Callable[[float], float], scale: float) -> None:
    """``found`` is the slope of ``f`` at 0, within what refining the central difference twice still changes.

    That is nothing where ``f`` is smooth, and much where it takes another branch nearby.
    """
    steps = [1e-3 / 2**k for k in range(3)]
    plain = [(f(h) - f(-h)) / (2 * h) for h in steps]
    once = [(4 * b - a) / 3 for a, b in pairwise(plain)]
    twice = (16 * once[1] - once[0]) / 15
    assert abs(found - twice) <= 1e-7 * scale + 20 * abs(twice - once[1])


@settings(max_examples=4 * EXAMPLES)
@given(programs(), st.integers(0, 2**32 - 1))
def test_all_ways_to_a_derivative_agree(program: Program, seed: int) -> None:
    graph = check(lower(parse(program.text, LIMITS), program.inputs, None, LIMITS).graph)
    random = np.random.default_rng(seed)
    # Off the thresholds of branches, on which short numbers like to lie.
    values = [program.inputs[name] + random.uniform(0.01, 0.02) for name in graph.input_names]
    every = range(len(values))
    along = [random.choice([-1.0, 1.0], value.shape) for value in values]

    def moved(t: float) -> list[Any]:
        return [value + t * d for value, d in zip(values, along, strict=True)]

    smaller = optimise(graph)
    assert bits(run(smaller, values)) == bits(run(graph, values))

    reverse, forward = gradient_graph(smaller, every), jvp_graph(smaller, every)
    ready = optimise(reverse)
    value, *slopes = run(ready, values)
    assert bits([value, *slopes]) == bits(run(reverse, values))
    scale = 1 + abs(float(value)) + sum(float(np.sum(np.abs(g))) for g in slopes)
    pushed = run(optimise(forward), [*values, *along])
    assert abs(float(pushed[1]) - dot(slopes, along)) <= 1e-12 * scale
    agrees(dot(slopes, along), lambda t: float(run(smaller, moved(t))[0]), scale)

    # The second derivative along the direction: forward over reverse, reverse over forward, and differences.
    curved = run(optimise(jvp_graph(ready, every)), [*values, *along])[1 + len(values) + 1 :]
    second = dot(curved, along)
    over = check(jvp_graph(optimise(forward), every))
    twice = float(run(optimise(over), [*values, *along, *along])[-1])
    scale += sum(float(np.sum(np.abs(c))) for c in curved)
    assert abs(second - twice) <= 1e-11 * scale
    agrees(second, lambda t: dot(run(ready, moved(t))[1:], along), scale)


@pytest.mark.parametrize("seed", range(EXAMPLES // 2))
def test_programs_with_control_flow_are_what_python_makes_of_them(seed: int) -> None:
    """The value, the optimiser, the text, both modes, and all pairs of them."""
    text, inputs = control_flow.program(seed)
    plain = check(lower(parse(text, LIMITS), {name: np.array(x) for name, x in inputs.items()}, None, LIMITS).graph)
    values = [inputs[name] for name in plain.input_names]
    (value,) = run(plain, values)
    assert value == pytest.approx(control_flow.by_python(text, inputs), rel=1e-13, abs=1e-15)
    graph = optimise(plain)
    assert bits(run(graph, values)) == bits([value])
    again = lower(parse(to_source(plain), LIMITS), dict(inputs_like(plain, values)), None, LIMITS).graph
    assert bits(run(again, values)) == bits([value])

    wrt = [i for i, name in enumerate(plain.input_names) if name != "n"]
    along = [0.7, -0.9][: len(wrt)]
    reverse, forward = check(gradient_graph(graph, wrt)), check(jvp_graph(graph, wrt))
    _, *slopes = run(optimise(reverse), values)
    assert bits(run(reverse, values)) == bits([value, *slopes])
    scale = 1 + abs(float(value)) + sum(map(abs, slopes))
    assert abs(run(optimise(forward), [*values, *along])[1] - dot(slopes, along)) <= 1e-12 * scale
    over_reverse = run(optimise(jvp_graph(reverse, wrt)), [*values, *along])[len(wrt) + 2 :]
    twice = run(optimise(vjp_graph(reverse, wrt)), [*values, 0.0, *along])[1 + len(wrt) :]
    under_reverse = run(optimise(vjp_graph(forward, wrt)), [*values, *along, 0.0, 1.0])[2:]
    scale += sum(map(abs, over_reverse))
    for a, b, c in zip(over_reverse, twice, under_reverse, strict=True):
        assert abs(a - b) <= 1e-11 * scale
        assert abs(a - c) <= 1e-11 * scale


@pytest.mark.parametrize("seed", range(EXAMPLES // 2))
def test_one_compilation_serves_other_branches_and_trip_counts(seed: int) -> None:
    """Value against Python, gradient and second derivative against differences, and what is cached against fresh."""
    text, inputs = control_flow.program(seed)
    ask, compiler = Query("gradient", wrt=("x", "z")), Compiler()
    compiler.compile(text, {name: np.array(x) for name, x in inputs.items()}, ask)
    graph = compiler.graph(text, {name: np.array(x) for name, x in inputs.items()}, ask)
    wrt = [graph.input_names.index(name) for name in ("x", "z")]
    curving, along = optimise(jvp_graph(graph, wrt)), [0.7, -0.9]
    random = np.random.default_rng(seed)
    for n in (1.0, 4.0):
        at = {"n": n, "x": random.uniform(-1.5, 1.5), "z": random.uniform(-1.5, 1.5)}
        given = {name: np.array(x) for name, x in at.items()}
        compiled, cached = compiler.compile(text, given, ask)
        answer, fresh = compiled.evaluate(given), Compiler().compile(text, given, ask)[0].evaluate(given)
        assert cached
        (value,) = answer.values.values()
        slopes = [answer.gradients[name] for name in ("x", "z")]
        assert bits([value, *slopes]) == bits([*fresh.values.values(), *(fresh.gradients[name] for name in ("x", "z"))])
        assert value == pytest.approx(control_flow.by_python(text, at), rel=1e-13, abs=1e-13)

        def after(t: float, at: dict[str, float] = at) -> list[Any]:
            there = {**at, "x": at["x"] + t * along[0], "z": at["z"] + t * along[1]}
            return run(graph, [there[name] for name in graph.input_names])

        scale = 1 + abs(float(value)) + sum(float(abs(slope)) for slope in slopes)
        agrees(dot(slopes, along), lambda t: float(after(t)[0]), scale)
        curved = run(curving, [*(at[name] for name in graph.input_names), *along])[len(graph.outputs) + 1 :]
        scale += sum(float(abs(c)) for c in curved)
        agrees(dot(curved, along), lambda t: dot(after(t)[1:], along), scale)


def inputs_like(graph: Graph, values: Sequence[float]) -> Iterator[tuple[str, Any]]:
    """The inputs by the names of the graph."""
    return zip(graph.input_names, map(np.array, values), strict=True)
