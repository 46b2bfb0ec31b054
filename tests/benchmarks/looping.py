"""What the gradient of a loop costs beside its value: ``python -m tests.benchmarks.looping``.

Loops of 10 to 100,000 passes: the ratio of the times, and the peak memory of value and gradient.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc

import numpy as np

from adcore.derivatives.reverse import gradient
from adcore.engines.interpreter import Plan, execute, plan
from adcore.graph import OPS, SCALAR, Node, constant, input_node, items
from adcore.ops.loops import INDEX, loop
from adcore.passes import optimise
from adcore.traversal import graph_of

PASSES = (10, 100, 1_000, 10_000, 100_000)


def pendulum() -> tuple[Plan, Plan]:
    """A damped pendulum by Euler steps: plans of its last angle, and of that and its gradient."""
    angle, speed, damping, count = (input_node(name, SCALAR) for name in ("angle", "speed", "damping", "count"))
    i, a, s, d = (input_node(name, type) for name, type in (("i", INDEX), ("a", SCALAR), ("s", SCALAR), ("d", SCALAR)))
    step = 0.01
    faster: Node = s - step * (OPS["sin"](a) + d * s)
    body = graph_of([i, a, s, d], [a + constant(step) * faster, faster])
    ran = loop(OPS["as_int"](count), angle, speed, damping, body=body, carried=2)
    graph = graph_of([angle, speed, damping, count], [items(ran)[0]])
    return plan(optimise(graph)), plan(optimise(gradient(graph, [0, 1, 2])))


def timed(planned: Plan, passes: int) -> float:
    values = [np.float64(x) for x in (1.0, 0.5, 0.1, passes)]
    times = []
    for _ in range(max(3, 3_000 // passes)):
        start = time.process_time()
        execute(planned, values)
        times.append(time.process_time() - start)
    return statistics.median(times)


def peak(planned: Plan, passes: int) -> int:
    values = [np.float64(x) for x in (1.0, 0.5, 0.1, passes)]
    tracemalloc.start()
    execute(planned, values)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main() -> None:
    value, slope = pendulum()
    print("passes   value ms   gradient ms   ratio   value KiB   gradient KiB")
    for passes in PASSES:
        a, b = timed(value, passes), timed(slope, passes)
        held = [peak(planned, passes) / 1024 for planned in (value, slope)]
        print(f"{passes:6d}{a * 1e3:11.2f}{b * 1e3:14.2f}{b / a:8.2f}{held[0]:12.0f}{held[1]:15.0f}")


if __name__ == "__main__":
    main()
