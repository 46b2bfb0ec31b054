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

from adcore.derivatives.forward import jvp
from adcore.engines.interpreter import execute, plan
from adcore.program import Ask, Compiler
from adcore.traversal import check

Array = NDArray[Any]
FILES = sorted((Path(__file__).parent / "programs").glob("*.toml"))
STEP = 1e-6


@functools.cache
def example(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def inputs_of(case: dict[str, Any]) -> dict[str, Array]:
    return {name: np.array(value, float) for name, value in case["inputs"].items()}


def asked(file: Path, mode: Literal["auto", "forward", "reverse"]) -> Ask:
    wrt = example(file).get("wrt")
    return Ask(derivative=True, mode=mode, wrt=None if wrt is None else tuple(wrt))


programs = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])


def test_every_example_says_why_it_is_there_and_where_its_numbers_come_from() -> None:
    assert len(FILES) >= 25
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
        for name, gradient in case["gradients"].items():
            np.testing.assert_allclose(
                answer.gradients[name], gradient, rtol=one["tolerance"], atol=one["tolerance"], err_msg=name
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
        for name, gradient in answers[0].gradients.items():
            np.testing.assert_array_equal(gradient, answers[1].gradients[name])


@programs
def test_gradients_of_order_two_are_differences_of_gradients(file: Path) -> None:
    """The derivative of the gradient in one direction, by forward mode over reverse mode."""
    one, random = example(file), np.random.default_rng(1)
    for case in one["cases"]:
        inputs = inputs_of(case)
        names = list(case["gradients"])
        graph = Compiler().graph(one["program"], inputs, of="gradient", wrt=tuple(names))
        places = [graph.input_names.index(name) for name in names]
        runs = plan(check(jvp(graph, places)))
        given = [inputs[name][()] for name in graph.input_names]
        ways = [random.uniform(0.5, 1.0, inputs[name].shape)[()] for name in names]
        second = execute(runs, [*given, *ways])[len(graph.outputs) + 1 :]

        def gradients(step: float) -> list[Any]:
            moved = list(given)  # noqa: B023
            for place, way in zip(places, ways, strict=True):  # noqa: B023
                moved[place] = moved[place] + step * way
            return execute(plan(graph), moved)[1:]  # noqa: B023

        for found, after, before in zip(second, gradients(STEP), gradients(-STEP), strict=True):
            difference = (after - before) / (2 * STEP)
            scale = 1 + np.max(np.abs(difference), initial=0.0)
            np.testing.assert_allclose(found, difference, rtol=1e-4, atol=1e-5 * scale)
