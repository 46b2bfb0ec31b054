"""The clock of a piece of work: its limits, cancellations and slices, by times that are in the past or far away."""

from __future__ import annotations

from math import inf
from time import sleep

import numpy as np
import pytest

from adcore import clock
from adcore.clock import Cancelled, Clock, limited, working
from adcore.compiler import Compiler, Query
from adcore.errors import CompilationTooLong, EvaluationTooLong, GraphTooLarge
from adcore.limits import Limits


def tick_on() -> None:
    while True:
        clock.tick()


def test_without_a_clock_nothing_stops() -> None:
    assert clock.current() is None
    clock.tick()
    clock.stage("parsing")


def test_a_limit_that_has_passed_is_an_error_that_states_it() -> None:
    with (
        pytest.raises(EvaluationTooLong, match=r"longer than -1 s, which is the most that is allowed") as caught,
        limited(-1, EvaluationTooLong),
    ):
        clock.tick()
    assert caught.value.help is not None
    with limited(0.01, CompilationTooLong):
        clock.stage("lowering")
        with pytest.raises(CompilationTooLong, match="the time was over while lowering"):
            tick_on()


def test_the_nearer_limit_counts_and_the_farther_one_is_restored() -> None:
    with limited(60, CompilationTooLong):
        with pytest.raises(EvaluationTooLong), limited(-1, EvaluationTooLong):
            clock.tick()
        clock.tick()
        with limited(600, EvaluationTooLong), pytest.raises(CompilationTooLong, match="alone would take about 1e"):
            clock.expect(100)
    assert clock.current() is None


def test_a_cancelled_clock_stops_whatever_is_begun_after() -> None:
    work = Clock()
    with working(work):
        clock.tick()
        work.cancel()
        with pytest.raises(Cancelled):
            clock.tick()
        with pytest.raises(Cancelled), limited(60, EvaluationTooLong):
            clock.tick()


def test_a_pause_comes_after_each_slice_and_counts_for_no_limit() -> None:
    class Slow:
        pauses = 0

        def enter(self) -> float:
            return self.pause()

        def pause(self) -> float:
            self.pauses += 1
            sleep(0.05)
            return inf if self.pauses == 3 else -inf

        def claim(self, nbytes: int) -> float:
            return self.pause()

        def leave(self) -> None:
            sleep(0.05)

    turn = Slow()
    work = Clock(turn)
    work.begin_slice(-inf)
    with working(work), limited(0.1, EvaluationTooLong):
        for _ in range(10):
            clock.tick()
        assert turn.pauses == 3
        with work.resting():
            pass
        work.claim(1)
        clock.tick()


EMPTY = "y = x\nfor i in range(10000000):\n  y = y\ny"
LOOP = "y = x\nfor i in range(10000000):\n  y = sin(y)\ny"
SOLVER = "root(lambda t: t - x - sum(sin(arange(1000000)*t)), x)"


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        (EMPTY, "in pass 1 of 10000000 of the loop"),
        (LOOP, "in pass 1 of 10000000 of the loop"),
        ("y = x\nwhile y > 0:\n  y = y + 1\ny", "in pass 1 of the loop"),
        (
            "y = x\nfor i in range(9):\n for j in range(20000):\n  y = sin(y)\ny",
            "of 20000 of the loop; in pass 1 of 9",
        ),
        (SOLVER, "takes longer"),
        ("def f(t): return f(t - 1) + f(t - 2) if t > 2 else t\nf(x + 40)", "takes longer"),
        ("y = odeint(lambda y, t: -y*t, x, linspace(0, 1, 100000))\ny[-1]", "takes longer"),
    ],
)
def test_every_kind_of_long_work_ticks(text: str, progress: str) -> None:
    """Under a limit that has passed, so that the first tick raises: the loop above it says how far it came."""
    inputs = {"x": np.asarray(1.0)}
    for query in (Query(), Query("gradient", mode="forward"), Query("gradient", mode="reverse")):
        compiled, _ = Compiler(Limits(evaluation_seconds=1e-9)).compile(text, inputs, query)
        with pytest.raises(EvaluationTooLong, match=progress):
            compiled.evaluate(inputs)


@pytest.mark.parametrize(
    ("text", "stage"),
    [("+".join(["x"] * 1000), "parsing"), ("y = x\n" + "y = sin(y)\n" * 100 + "y", "parsing")],
)
def test_compiling_says_which_part_the_time_was_over_in(text: str, stage: str) -> None:
    compiler = Compiler(Limits(compilation_seconds=1e-9))
    with pytest.raises(CompilationTooLong, match="compiling the program takes longer than 1e-09 s"):
        compiler.compile(text, {"x": np.asarray(1.0)}, Query("gradient"))
    with pytest.raises(CompilationTooLong):
        compiler.graph(text, {"x": ()})


MINORS = """
def det(A):
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0
    for j in range(n):
        total += (-1)**j * A[0, j] * det(concatenate([A[1:, :j], A[1:, j+1:]], axis=1))
    return total
det(A)
"""


def test_a_limit_that_unrolling_meets_is_told_as_itself() -> None:
    """A loop that cannot be one op is unrolled; that the program is too large then is no matter of its bounds."""
    compiler = Compiler(Limits(graph_nodes=1_000))
    with pytest.raises(GraphTooLarge):
        compiler.compile(MINORS, {"A": np.eye(8)}, Query("gradient"))
    answer = compiler.compile(MINORS, {"A": np.eye(3) + 1}, Query("gradient"))[0].evaluate({"A": np.eye(3) + 1})
    assert answer.values["result"] == pytest.approx(4)
