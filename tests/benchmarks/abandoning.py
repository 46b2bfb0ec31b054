"""How soon work ends that nobody waits for: ``python -m tests.benchmarks.abandoning``.

Workers of one thread run one kind of work, which its client leaves after a second: the milliseconds from there until
the thread is free, the median and the longest of several times. Then the same for one of two that share the thread.
"""

from __future__ import annotations

import asyncio
import statistics
import time

import numpy as np
from fastapi import Request
from starlette.requests import ClientDisconnect

from adcore.compiler import Compiler, Query
from adcore.limits import Limits
from app.work.workers import Workers

TIMES = 3
LIMITS = Limits(evaluation_seconds=60, compilation_seconds=60, loop_steps=10**9)
WORK = {
    "a long loop": "y = x\nwhile y > 0:\n  y = y + sin(y)**2\ny",
    "a loop without body": "y = x\nfor i in range(10000000):\n  for j in range(10000000):\n    y = y\ny",
    "a long counted loop": "y = x\nfor i in range(100000000):\n  y = y + sin(y)*x\ny",
    "equations": "y = odeint(lambda y, t: -y*root(lambda s: s*s - 2, t + 1), x, linspace(0, 9, 99999))\ny[-1]",
    "elements in pieces": "sum(jv(0.5, arange(3000000)*x))",
    "a large product": "A = zeros((3000, 3000)) + x\nsum(A @ A @ A @ A @ A @ A)",
    "a long compilation": "+".join(["x"] * 32_000),
    "nested derivatives": "def f(t): return sin(t)*exp(t)/(1 + t**2)\n" + "grad(" * 9 + "f" + ")" * 9 + "(x)",
}


def request(gone: asyncio.Event) -> Request:
    """A request whose client stays until ``gone`` is set."""

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "client": ("client", 1), "headers": []}, receive)


def evaluate(text: str) -> None:
    inputs = {"x": np.asarray(1.0)}
    compiled, _ = Compiler(LIMITS).compile(text, inputs, Query())
    compiled.evaluate(inputs)


async def until_free(text: str, is_waiting: bool) -> float:
    """The seconds from the disconnect until the thread is free, or until the work that waits for it is gone."""
    workers = Workers(1, 2**32, 60)
    gone = [asyncio.Event() for _ in range(2)]
    running = [asyncio.create_task(workers.run(lambda: evaluate(text), request(each))) for each in gone]
    await asyncio.sleep(1)
    # The second waits while the first has its slices, and the other way round.
    gone[1].set()
    start = time.perf_counter()
    await asyncio.wait(running[1:])
    if not is_waiting:
        gone[0].set()
        start = time.perf_counter()
        await asyncio.wait(running)
    seconds = time.perf_counter() - start
    gone[0].set()
    await asyncio.wait(running)
    for each in running:
        assert isinstance(each.exception(), ClientDisconnect), each
    assert workers.turns.free == 1
    return seconds


def main() -> None:
    print(f"{'':28}{'running':>18}{'one of two':>18}   ms: median and longest")
    for name, text in WORK.items():
        cells = []
        for is_waiting in (False, True):
            took = [asyncio.run(until_free(text, is_waiting)) * 1e3 for _ in range(TIMES)]
            cells.append(f"{statistics.median(took):9.0f}{max(took):9.0f}")
        print(f"{name:28}{''.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
