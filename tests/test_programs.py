"""The example programs of ``tests/programs``, one file each: value and gradient against an independent source.

A file has the program, why it is there, where its numbers come from, and cases that take different ways through it:
other branches, other numbers of passes. One compilation serves them all.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from adcore.compiler import Compiler, Query
from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.engines.interpreter import execute, plan
from adcore.graph import Graph
from adcore.graph.traversal import check
from adcore.language.printing.program import to_source
from adcore.passes import optimise

pytestmark = pytest.mark.untraced

Array = NDArray[Any]
FILES = sorted((Path(__file__).parent / "programs").glob("*.toml"))
STEP = 1e-6


@functools.cache
def example(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def inputs_of(case: dict[str, Any]) -> dict[str, Array]:
    return {name: np.array(value, float) for name, value in case["inputs"].items()}


def asked(file: Path, mode: Literal["auto", "forward", "reverse"]) -> Query:
    wrt = example(file).get("wrt")
    return Query("gradient", mode=mode, wrt=None if wrt is None else tuple(wrt))


programs = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])


def test_every_example_says_why_it_is_there_and_where_its_numbers_come_from() -> None:
    assert len(FILES) >= 40
    for file in FILES:
        one = example(file)
        assert one["why"]
        assert one["source"]
        assert len(one["cases"]) >= 2, f"{file.name}: one case shows nothing about other branches and counts"


@programs
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_value_and_gradient_are_those_of_the_source(file: Path, mode: Literal["forward", "reverse"]) -> None:
    one, compiler = example(file), Compiler()
    for i, case in enumerate(one["cases"]):
        inputs = inputs_of(case)
        compiled, cached = compiler.compile(one["program"], inputs, asked(file, mode))
        assert cached == (i > 0), "other inputs of the same shapes need no other program"
        answer = compiled.evaluate(inputs)
        (value,) = answer.values.values()
        np.testing.assert_allclose(value, case["value"], rtol=one["tolerance"], atol=one["tolerance"])
        assert answer.gradients.keys() == case["gradients"].keys()
        for name, slope in case["gradients"].items():
            np.testing.assert_allclose(
                answer.gradients[name], slope, rtol=one["tolerance"], atol=one["tolerance"], err_msg=name
            )


@programs
def test_what_is_cached_answers_as_what_is_fresh(file: Path) -> None:
    """The last case by the program compiled for the first."""
    one, compiler = example(file), Compiler()
    compiler.compile(one["program"], inputs_of(one["cases"][0]), asked(file, "auto"))
    inputs = inputs_of(one["cases"][-1])
    answers = [
        made.compile(one["program"], inputs, asked(file, "auto"))[0].evaluate(inputs) for made in (compiler, Compiler())
    ]
    assert answers[0].values == answers[1].values
    for name, slope in answers[0].gradients.items():
        np.testing.assert_array_equal(slope, answers[1].gradients[name])


@functools.cache
def gradient_of(file: Path) -> tuple[Graph, list[int]]:
    """A program's value and gradient, optimised, and the places of the inputs it is by: one graph serves all cases."""
    case = example(file)["cases"][0]
    names = list(case["gradients"])
    graph = Compiler().graph(example(file)["program"], inputs_of(case), Query("gradient", wrt=tuple(names)))
    return graph, [graph.input_names.index(name) for name in names]


def values_of(graph: Graph, case: dict[str, Any]) -> list[Any]:
    """The inputs of a case in the order of the graph's."""
    inputs = inputs_of(case)
    return [inputs[name][()] for name in graph.input_names]


@programs
def test_derivatives_of_order_one_and_two_are_differences(file: Path) -> None:
    """The value and its gradient along one direction; the derivative of the gradient in both modes."""
    graph, places = gradient_of(file)
    ready = plan(graph)
    by_forward = plan(check(jvp_graph(graph, places)))
    by_reverse = plan(check(optimise(vjp_graph(graph, places))))
    for case in example(file)["cases"]:
        random, values = np.random.default_rng(1), values_of(graph, case)
        ways = [random.uniform(0.5, 1.0, np.shape(values[place]))[()] for place in places]
        pushed = execute(by_forward, [*values, *ways])[len(graph.outputs) :]
        pulled = execute(by_reverse, [*values, np.float64(0.0), *ways])[len(graph.outputs) :]

        def results(step: float) -> list[Any]:
            moved = list(values)  # noqa: B023
            for place, way in zip(places, ways, strict=True):  # noqa: B023
                moved[place] = moved[place] + step * way
            return execute(ready, moved)

        for slope, after, before in zip(pushed, results(STEP), results(-STEP), strict=True):
            difference = (after - before) / (2 * STEP)
            scale = 1 + np.max(np.abs(difference), initial=0.0)
            np.testing.assert_allclose(slope, difference, rtol=1e-4, atol=1e-5 * scale)
        for forward, reverse in zip(pushed[1:], pulled, strict=True):
            scale = 1 + np.max(np.abs(forward), initial=0.0)
            np.testing.assert_allclose(forward, reverse, rtol=1e-7, atol=1e-8 * scale)


@programs
def test_passes_keep_every_bit(file: Path) -> None:
    one, (graph, _) = example(file), gradient_of(file)
    first = one["cases"][0]
    plain = Compiler().compile(one["program"], inputs_of(first), Query())[0].graph
    derived = gradient_graph(plain, [plain.input_names.index(name) for name in first["gradients"]])
    optimised, unoptimised = plan(graph), plan(derived)
    for case in one["cases"]:
        values = values_of(graph, case)
        for smaller, larger in zip(execute(optimised, values), execute(unoptimised, values), strict=True):
            np.testing.assert_array_equal(smaller, larger)


@programs
def test_programs_read_back_from_their_graphs(file: Path) -> None:
    one = example(file)
    first = inputs_of(one["cases"][0])
    compiled = Compiler().compile(one["program"], first, Query())[0]
    again = to_source(Compiler().graph(one["program"], first, Query(outputs=compiled.outputs)))
    back = Compiler().compile(again, first, Query())[0]
    for case in one["cases"]:
        inputs = inputs_of(case)
        (value,) = compiled.evaluate(inputs).values.values()
        (same,) = back.evaluate(inputs).values.values()
        np.testing.assert_array_equal(value, same)
