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
    one, compiler = example(file), Compiler()
    for case in one["cases"]:
        inputs = inputs_of(case)
        answers = [
            made.compile(one["program"], inputs, asked(file, "auto"))[0].evaluate(inputs)
            for made in (compiler, Compiler())
        ]
        assert answers[0].values == answers[1].values
        for name, slope in answers[0].gradients.items():
            np.testing.assert_array_equal(slope, answers[1].gradients[name])


def graph_and_values(file: Path, case: dict[str, Any]) -> tuple[Graph, list[int], list[Any], list[Any]]:
    """A program's gradient, the places of the inputs it is by, the inputs' values, and a direction in those places."""
    one, random, inputs = example(file), np.random.default_rng(1), inputs_of(case)
    names = list(case["gradients"])
    graph = Compiler().graph(one["program"], inputs, Query("gradient", wrt=tuple(names)))
    ways = [random.uniform(0.5, 1.0, inputs[name].shape)[()] for name in names]
    places = [graph.input_names.index(name) for name in names]
    return graph, places, [inputs[name][()] for name in graph.input_names], ways


@pytest.mark.untraced
@programs
def test_derivatives_of_order_one_and_two_are_differences(file: Path) -> None:
    """The value and its gradient along one direction; the derivative of the gradient in both modes."""
    for case in example(file)["cases"]:
        graph, places, given, ways = graph_and_values(file, case)
        ready = plan(graph)
        found = execute(plan(check(jvp_graph(graph, places))), [*given, *ways])[len(graph.outputs) :]
        by_reverse = check(optimise(vjp_graph(graph, places)))
        second = execute(plan(by_reverse), [*given, np.float64(0.0), *ways])[len(graph.outputs) :]

        def results(step: float) -> list[Any]:
            moved = list(given)  # noqa: B023
            for place, way in zip(places, ways, strict=True):  # noqa: B023
                moved[place] = moved[place] + step * way
            return execute(ready, moved)  # noqa: B023

        for slope, after, before in zip(found, results(STEP), results(-STEP), strict=True):
            difference = (after - before) / (2 * STEP)
            scale = 1 + np.max(np.abs(difference), initial=0.0)
            np.testing.assert_allclose(slope, difference, rtol=1e-4, atol=1e-5 * scale)
        for forward, reverse in zip(found[1:], second, strict=True):
            scale = 1 + np.max(np.abs(forward), initial=0.0)
            np.testing.assert_allclose(forward, reverse, rtol=1e-7, atol=1e-8 * scale)


@programs
def test_passes_keep_every_bit(file: Path) -> None:
    for case in example(file)["cases"]:
        graph, _, given, _ = graph_and_values(file, case)
        plain = Compiler().compile(example(file)["program"], inputs_of(case), Query())[0].graph
        derived = gradient_graph(plain, [plain.input_names.index(name) for name in case["gradients"]])
        for optimised, unoptimised in zip(execute(plan(graph), given), execute(plan(derived), given), strict=True):
            np.testing.assert_array_equal(optimised, unoptimised)


@programs
def test_programs_read_back_from_their_graphs(file: Path) -> None:
    one = example(file)
    for case in one["cases"]:
        inputs = inputs_of(case)
        compiled = Compiler().compile(one["program"], inputs, Query())[0]
        again = to_source(Compiler().graph(one["program"], inputs, Query(outputs=compiled.outputs)))
        (first,) = compiled.evaluate(inputs).values.values()
        (second,) = Compiler().compile(again, inputs, Query())[0].evaluate(inputs).values.values()
        np.testing.assert_array_equal(first, second)
