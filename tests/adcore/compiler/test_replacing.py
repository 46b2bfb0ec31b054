"""A cached program's executable replaced by another engine's while requests run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from adcore.compiler import Answer, Compiled, Compiler, Query
from adcore.errors import MemoryTooLarge
from adcore.graph import Array
from adcore.limits import Limits
from tests.adcore.counting import Counting, counting

GRADIENT = Query("gradient")
LOOP = "s = 0.0\nfor i in range(20):\n  s = sin(s) + x*y\nsum(s)"


def arrays(**values: Any) -> dict[str, Array]:
    return {name: np.array(value, float) for name, value in values.items()}


def numbers(answer: Answer) -> list[bytes]:
    return [x.tobytes() for x in (*answer.values.values(), *answer.gradients.values())]


@pytest.mark.parametrize(
    ("text", "inputs", "query", "runs"),
    [
        (LOOP, arrays(x=0.5, y=2.0), GRADIENT, ["one"]),
        (LOOP, arrays(x=0.5, y=2.0), Query(), ["one"]),
        ("sum(x*x*y)", arrays(x=[1, 2, 3], y=2.0), GRADIENT._replace(mode="forward"), ["one"] * 4),  # a pass an input
        ("sin(x)*y", arrays(x=[1, 2, 3], y=2.0), GRADIENT._replace(batch=True), ["batch"]),
    ],
)
def test_a_program_runs_on_the_executable_that_it_is_given(
    text: str, inputs: dict[str, Array], query: Query, runs: list[str]
) -> None:
    compiler = Compiler()
    before, _ = compiler.compile(text, inputs, query)
    engine = counting(before.derivative.graph)
    expected = before.evaluate(inputs)
    assert compiler.replace_executable(before, engine)
    after, cached = compiler.compile(text, inputs, query)
    assert cached
    assert (before.engine, after.engine) == ("interpreter", "counting")
    assert compiler.lookup(text, inputs, query) is after
    assert numbers(after.evaluate(inputs)) == numbers(expected)
    assert engine.runs == runs


def test_a_compiler_may_have_another_engine() -> None:
    inputs = arrays(x=0.5, y=2.0)
    compiled, _ = Compiler(prepare=counting).compile(LOOP, inputs, GRADIENT)
    assert compiled.engine == "counting"
    plain, _ = Compiler().compile(LOOP, inputs, GRADIENT)
    assert numbers(compiled.evaluate(inputs)) == numbers(plain.evaluate(inputs))


def test_requests_that_run_meanwhile_have_equal_answers_on_either_engine() -> None:
    compiler, inputs = Compiler(), arrays(x=0.5, y=2.0)
    old, _ = compiler.compile(LOOP, inputs, GRADIENT)
    expected = numbers(old.evaluate(inputs))
    engine = counting(old.derivative.graph)
    replaced, under_way = threading.Event(), threading.Semaphore(0)

    def request(until: Callable[[], bool]) -> list[tuple[str, bool]]:
        seen = []
        while not until():
            compiled = compiler.lookup(LOOP, inputs, GRADIENT)
            assert compiled is not None
            seen.append((compiled.engine, numbers(compiled.evaluate(inputs)) == expected))
            under_way.release()
        return seen

    def enough() -> bool:
        return replaced.is_set() and len(engine.runs) >= 20

    with ThreadPoolExecutor(4) as pool:
        requests = [pool.submit(request, enough) for _ in range(4)]
        for _ in range(8):
            assert under_way.acquire(timeout=10)
        assert compiler.replace_executable(old, engine)
        replaced.set()
        answers = [answer for one in requests for answer in one.result(30)]
    assert all(equal for _, equal in answers)
    assert {name for name, _ in answers} == {"interpreter", "counting"}
    assert len(engine.runs) == [name for name, _ in answers].count("counting")
    # A request that began before it finishes on what it has.
    assert numbers(old.evaluate(inputs)) == expected
    assert old.engine == "interpreter"


def test_the_program_s_weight_follows_its_executable() -> None:
    compiler, inputs = Compiler(), arrays(x=0.5, y=2.0)
    old, _ = compiler.compile(LOOP, inputs, GRADIENT)
    before = compiler.cache_info().bytes
    assert compiler.replace_executable(old, counting(old.derivative.graph))
    assert compiler.cache_info().bytes == before - old.executable.nbytes + 1_000


def test_what_was_evicted_or_replaced_meanwhile_stays_so() -> None:
    compiler, inputs = Compiler(cache_entries=1), arrays(x=0.5)
    first, second = (compiler.compile(text, inputs, GRADIENT)[0] for text in ("sin(x)", "cos(x)"))
    assert not compiler.replace_executable(first, counting(first.derivative.graph))
    assert compiler.lookup("sin(x)", inputs, GRADIENT) is None
    assert compiler.replace_executable(second, counting(second.derivative.graph))
    assert not compiler.replace_executable(second, counting(second.derivative.graph))


def test_programs_whose_inputs_decide_a_shape_are_replaced_one_by_one() -> None:
    compiler, text = Compiler(), "sum(arange(n)*x)"

    def compiled(n: int) -> Compiled:
        return compiler.compile(text, arrays(n=n, x=2.0), GRADIENT)[0]

    three, four = compiled(3), compiled(4)
    assert compiler.replace_executable(four, counting(four.derivative.graph))
    assert [compiled(n).engine for n in (3, 4)] == ["interpreter", "counting"]
    assert compiled(3) is three


def test_an_executable_that_holds_too_much_is_refused() -> None:
    compiler, inputs = Compiler(Limits(live_elements=1_000)), arrays(x=0.5)
    old, _ = compiler.compile("sin(x)", inputs, GRADIENT)
    with pytest.raises(MemoryTooLarge):
        compiler.replace_executable(old, Counting(old.executable, elements=1_001))
    assert compiler.compile("sin(x)", inputs, GRADIENT)[0] is old
