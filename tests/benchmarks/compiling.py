"""How parsing and compiling grow with a program's length: ``python -m tests.benchmarks.compiling``.

Programs of 10 to 10,000 statements of two operations each, in microseconds a statement, stage by stage.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import execute, plan
from adcore.language import lower, parse
from adcore.limits import Limits
from adcore.passes import optimise

LENGTHS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
T = TypeVar("T")


def program(statements: int) -> str:
    """A chain in which every statement reads the one before and an input."""
    functions = ("sin", "cos", "tanh", "arctan")
    lines = ["v0 = x"]
    lines += [f"v{i} = {functions[i % 4]}(v{i - 1}) + x*{1 + i % 7}" for i in range(1, statements)]
    return "\n".join(lines)


def timed(make: Callable[[], T], repeats: int) -> tuple[float, T]:
    """The median processor seconds of ``repeats`` calls, and what the last one gave."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = make()
        times.append(time.process_time() - start)
    return statistics.median(times), result


def main() -> None:
    # As the service sets it when it starts: see app.main.
    gc.freeze()
    gc.set_threshold(10_000, 10, 1_000)
    limits = Limits(source_bytes=10**6, graph_nodes=10**6)
    inputs = {"x": np.array(0.5)}
    print("statements     parse     lower  optimise  gradient  optimise      plan   execute   us a statement")
    for length in LENGTHS:
        text = program(length)
        repeats = max(3, 300 // length)
        parsing, syntax = timed(partial(parse, text, limits), repeats)
        lowering, lowered = timed(partial(lower, syntax, inputs, None, limits), repeats)
        first, graph = timed(partial(optimise, lowered.graph), repeats)
        reverse, adjoint = timed(partial(gradient_graph, graph, [0]), repeats)
        second, adjoint = timed(partial(optimise, adjoint), repeats)
        planning, planned = timed(partial(plan, adjoint), repeats)
        running, _ = timed(partial(execute, planned, [np.float64(0.5)]), repeats)
        stages = (parsing, lowering, first, reverse, second, planning, running)
        row = "".join(f"{seconds / length * 1e6:10.1f}" for seconds in stages)
        print(f"{length:10d}{row}{sum(stages[:-1]) / length * 1e6:12.1f}")


if __name__ == "__main__":
    main()
