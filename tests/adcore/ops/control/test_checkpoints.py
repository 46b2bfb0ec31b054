"""Loops that outgrow their memory compute again what they could not keep: to the same bits, within the memory."""

from __future__ import annotations

import math
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from adcore.clock import limited
from adcore.compiler import Compiler, Query
from adcore.engines.interpreter import execute, plan
from adcore.errors import EvaluationTooLong
from adcore.graph import DType, Graph, Type
from adcore.graph.traversal import check
from adcore.limits import Limits
from adcore.ops.control.checkpoints import Record
from adcore.ops.control.stacks import OVERHEAD
from adcore.passes import optimise
from adcore.passes.bound_memory import bound_memory
from tests.adcore.graphs import bits, derive
from tests.adcore.language.evaluating import lowered

pytestmark = pytest.mark.untraced

AMPLE = 10**9

# Why each is here, the program, its inputs: the derivatives are by the first one.
PROGRAMS: list[tuple[str, str, dict[str, Any]]] = [
    ("counted", "y = x\nfor i in range(n):\n  y = sin(y) * x + 0.1 * i\ny", {"x": 0.7, "n": 37}),
    (
        "while",
        "y, k = x, 0\nwhile y < 20:\n  y, k = y + 0.5 + 0.3 * sin(y * x), k + 1\ny * k",
        {"x": 0.9},
    ),
    (
        "left by break",
        "y = x\nfor i in range(100):\n  y = y + 0.3 * cos(y * x)\n  if i * y > 40:\n    break\ny * y",
        {"x": 0.4},
    ),
    (
        "downwards, with a branch in each pass",
        "y = x\nfor i in range(n, 0, -1):\n  if i % 3 == 0:\n    y = exp(-y) * i\n  else:\n    y = y * x + 1\ny",
        {"x": 0.6, "n": 25},
    ),
    (
        "nested, the inner one of any length",
        "s = x\nfor i in range(n):\n  y = x + i\n  for j in range(i % 7):\n    y = sin(y) * x\n  s += y * y\ns",
        {"x": 0.8, "n": 12},
    ),
    (
        "three deep",
        "y = x\nfor i in range(2):\n for j in range(i + 2):\n  for k in range(3):\n   y = tanh(x*y + k/9)\n y *= y\ny",
        {"x": 1.2},
    ),
    (
        "an array that is assigned to",
        "u = zeros(6) + x\nfor i in range(n):\n  u[i % 6] = sin(u[(i + 1) % 6]) * x + u[i % 6]\nsum(u * u)",
        {"x": 0.5, "n": 20},
    ),
    (
        "recursion in each pass",
        "def f(a, k): return a if k <= 0 else sin(a) * f(a*x, k-1)\ny = x\nfor i in range(n):\n  y += f(y, i%4)\ny",
        {"x": 0.7, "n": 14},
    ),
    (
        "one loop after the other",
        "y = x\nfor i in range(n):\n  y = sin(y) * x\nz = y\nfor i in range(n):\n  z = z * x + y * cos(z)\nz",
        {"x": 0.9, "n": 15},
    ),
]


def with_memory(text: str, inputs: dict[str, Any], modes: str, memory: int) -> Graph:
    graph = lowered(text, inputs, shapes_only=True, limits=Limits(stack_elements=memory)).graph
    return bound_memory(optimise(derive(graph, modes)), memory)


def answer(graph: Graph, **inputs: float) -> list[Any]:
    return execute(plan(check(graph)), [np.float64(inputs[name]) for name in graph.input_names])


# What each order is tried with: where little is kept, what is computed again reads what is computed again.
MEMORIES = {1: (1, 100, 300, 1_500), 2: (800, 1_500), 3: (6_000,)}


@pytest.mark.untraced
@pytest.mark.parametrize("modes", ["r", "rf", "fr", "rr", "rrf", "rrr"])
@pytest.mark.parametrize(("text", "inputs"), [row[1:] for row in PROGRAMS], ids=[row[0] for row in PROGRAMS])
def test_a_derivative_is_the_same_whatever_the_memory(text: str, inputs: dict[str, Any], modes: str) -> None:
    expected = bits(answer(with_memory(text, inputs, modes, AMPLE), **inputs))
    for memory in MEMORIES[len(modes)]:
        assert bits(answer(with_memory(text, inputs, modes, memory), **inputs)) == expected


@pytest.mark.parametrize("mode", ["f", "r"])
def test_a_long_loop_has_its_gradient_in_a_small_memory(mode: str) -> None:
    """y -> y - h y**2 / 2 + ... is the flow of y' = -y**2, from x in the time 1 to x / (1 + x)."""
    text = "y, h = x, 1 / n\nfor i in range(n):\n  y = y / (1 + h * y)\ny"
    inputs = {"x": 0.5, "n": 20_000}
    (slope,) = answer(with_memory(text, inputs, mode, 4_000), **inputs)
    assert slope == pytest.approx(1 / 1.5**2, rel=1e-11)


@pytest.mark.parametrize("memory", [3, 8, 12, 24])
def test_a_loop_stays_within_its_memory(memory: int) -> None:
    """In arrays of the size that the loop works on; beside what is kept there is what a pass has in hand."""
    size = 20_000
    text = f"u = zeros({size}) + x\nfor i in range(n):\n  u = sin(u) * 1.01\nsum(u)"
    inputs = {"x": 0.5, "n": 60}
    ready = plan(with_memory(text, inputs, "r", memory * size))
    tracemalloc.start()
    values = execute(ready, [np.float64(inputs[name]) for name in ("x", "n")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / (8 * size) < memory + 4.5
    assert bits(values) == bits(answer(with_memory(text, inputs, "r", AMPLE), **inputs))


def test_what_a_nested_loop_keeps_counts() -> None:
    """The stack of a loop is one entry of the stack of the loop around it, and weighs what it weighs."""
    text = "s = x\nfor i in range(n):\n  y = s\n  for j in range(m):\n    y = sin(y) * x\n  s = s + y\ns"
    inputs = {"x": 0.5, "n": 60, "m": 60}

    def peak(memory: int) -> int:
        ready = plan(with_memory(text, inputs, "r", memory))
        tracemalloc.start()
        execute(ready, [np.float64(inputs[name]) for name in ("x", "n", "m")])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most // 8

    assert peak(AMPLE) > 20_000
    assert peak(8_000) < 10_000


def test_a_trace_is_the_same_whatever_the_memory() -> None:
    """What is differentiated in the program has loops that stack; a pass that runs again is no row."""
    text = "def f(a):\n  y = a\n  for i in range(6):\n    y = sin(y) * a\n  return y\ngrad(f)(x)"
    given = {"x": np.asarray(0.5)}
    traces = []
    for memory in (1, AMPLE):
        compiled, _ = Compiler(Limits(stack_elements=memory)).compile(text, given, Query("gradient", trace=True))
        traces.append([(row.name, row.expression, float(row.value)) for row in compiled.trace(given).primal])
    assert traces[0] == traces[1]


def test_the_clock_is_watched_while_passes_run_again() -> None:
    text = "y = x\nfor i in range(n):\n  y = sin(y)\ny"
    inputs = {"x": 0.5, "n": 10_000}
    graph = with_memory(text, inputs, "r", 1)
    with pytest.raises(EvaluationTooLong), limited(0.3, EvaluationTooLong):
        answer(graph, **inputs)


# --- how often passes run again


def recorded(passes: int, checkpoints: int) -> tuple[Any, Counter[int]]:
    """The one stack of a run with memory for so many checkpoints and one row, and how often each pass runs again.

    A pass carries an array of its number, and stacks one.
    """
    again: Counter[int] = Counter()
    state, weight = 600, 300 * checkpoints

    def array(index: int, elements: int) -> Any:
        return np.full(elements, float(index))

    def one(index: int, carry: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        assert carry[0][0] == index
        again[index] += 1
        return [array(index + 1, state - 3 * OVERHEAD)], [array(index, weight - OVERHEAD)]

    carry: Sequence[Any] = [array(0, state - 3 * OVERHEAD)]
    record = Record(one, carry, [], [Type(DType.FLOAT, (weight - OVERHEAD,))], 3 * weight)
    for index in range(passes):
        carry, row = one(index, carry)
        record.add(row, carry)
    again.clear()
    (stack,) = record.stacks(passes, False)
    assert record.partial
    return stack, again


@pytest.mark.parametrize("checkpoints", [2, 3, 4, 6, 10, 20])
@pytest.mark.parametrize("passes", [4, 5, 10, 35, 56, 100, 210, 300])
def test_no_pass_runs_again_more_often_than_it_must(passes: int, checkpoints: int) -> None:
    """Griewank and Walther's bound: with s checkpoints, t repetitions of each pass reverse C(s + t, t) passes.

    One of the checkpoints is for the pass at hand. Revolve, which knows the number of passes, runs the fewest in all.
    """
    stack, again = recorded(passes, checkpoints)
    for index in reversed(range(passes)):
        assert stack[index][0] == index
    s = checkpoints - 1
    t = next(t for t in range(passes) if math.comb(s + t, t) >= passes)
    assert max(again.values()) == t
    assert again.total() <= 1.2 * (t * passes - math.comb(s + t, t - 1))


def test_passes_are_read_upwards_at_the_cost_of_one_run() -> None:
    stack, again = recorded(300, 6)
    for _ in range(2):
        for index in range(300):
            assert stack[index][0] == index
    assert again.total() <= 2 * 300


def test_passes_are_read_in_any_order() -> None:
    stack, _ = recorded(40, 4)
    for index in np.random.default_rng(0).integers(0, 40, 200):
        assert stack[index][0] == index
