"""What the gradient of a loop costs beside its value: ``python -m tests.benchmarks.looping``.

Loops of 10 to 1,000,000 passes: the ratio of the times, and the peak memory of value and gradient, where the gradient
may keep all it needs of the passes, and where it has to compute most of that again.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence

import numpy as np

from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import Plan, execute, plan
from adcore.graph import OPS, SCALAR, DType, Node, Type, constant, input_node, items
from adcore.graph.traversal import graph_of
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import INDEX
from adcore.passes import optimise

PASSES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
SMALL = 100_000
"""Elements that a loop may keep."""
SIZE = 50_000
"""Elements of the array that a loop of arrays works on."""


def pendulum(memory: int | None) -> tuple[Plan, Plan]:
    """A damped pendulum by Euler steps: plans of its last angle, and of that and its gradient."""
    angle, speed, damping, count = (input_node(name, SCALAR) for name in ("angle", "speed", "damping", "count"))
    i, a, s, d = (input_node(name, type) for name, type in (("i", INDEX), ("a", SCALAR), ("s", SCALAR), ("d", SCALAR)))
    step = 0.01
    faster: Node = s - step * (OPS["sin"](a) + d * s)
    body = graph_of([i, a, s, d], [a + constant(step) * faster, faster])
    ran = loop(OPS["as_int"](count), angle, speed, damping, body=body, carried=2, memory=memory)
    graph = graph_of([angle, speed, damping, count], [items(ran)[0]])
    return plan(optimise(graph)), plan(optimise(gradient_graph(graph, [0, 1, 2])))


def rotation(memory: int | None) -> tuple[Plan, Plan]:
    """The map x -> a sin(x) of an array, again and again: plans of its sum, and of that and its gradient."""
    x, a, count = (input_node(name, SCALAR) for name in ("x", "a", "count"))
    array = Type(DType.FLOAT, (SIZE,))
    i, u, b = (input_node(name, type) for name, type in (("i", INDEX), ("u", array), ("b", SCALAR)))
    body = graph_of([i, u, b], [OPS["sin"](u) * b])
    start = OPS["broadcast_to"](x, shape=array.shape)
    ran = loop(OPS["as_int"](count), start, a, body=body, carried=1, memory=memory)
    graph = graph_of([x, a, count], [OPS["sum"](items(ran)[0])])
    return plan(optimise(graph)), plan(optimise(gradient_graph(graph, [0, 1])))


def timed(planned: Plan, given: Sequence[float], passes: int) -> float:
    values = [np.float64(x) for x in (*given, passes)]
    times = []
    for _ in range(3 if passes < 1_000_000 else 1):
        start = time.process_time()
        execute(planned, values)
        times.append(time.process_time() - start)
    return statistics.median(times)


def peak(planned: Plan, given: Sequence[float], passes: int) -> int:
    values = [np.float64(x) for x in (*given, passes)]
    tracemalloc.start()
    execute(planned, values)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def table(
    made: Callable[[int | None], tuple[Plan, Plan]], given: Sequence[float], passes: Sequence[int], memory: int
) -> None:
    value, all_kept = made(None)
    _, bounded = made(memory)
    print(
        f"{'passes':>9s}{'value ms':>11s}",
        *[f"{kind + ' ms':>14s}{'ratio':>7s}{'KiB':>9s}" for kind in ("all", "bounded")],
    )
    for n in passes:
        once = timed(value, given, n)
        print(f"{n:9d}{once * 1e3:11.2f}", end="")
        for planned in (all_kept, bounded):
            # Tracing allocations takes several times as long as the run; memory grows no more where it is bounded.
            held = f"{peak(planned, given, n) / 1024:9.0f}" if n < 1_000_000 else f"{'':9s}"
            seconds = timed(planned, given, n)
            print(f"{seconds * 1e3:15.2f}{seconds / once:7.2f}{held}", end="")
        print(flush=True)


def main() -> None:
    print(f"A pendulum; bounded is to {SMALL} elements ({8 * SMALL // 1024} KiB)")
    table(pendulum, (1.0, 0.5, 0.1), PASSES, SMALL)
    for arrays in (30, 10, 5):
        print(f"An array of {SIZE} elements; bounded is to {arrays} arrays ({8 * arrays * SIZE // 1024} KiB)")
        table(rotation, (0.5, 1.1), (10, 30, 100, 300), arrays * SIZE)


if __name__ == "__main__":
    main()
