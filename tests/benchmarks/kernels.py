"""How true the predicted times and memory of ops are: ``python -m tests.benchmarks.kernels [op ...]``.

Each op is applied to its samples, their axes longer and longer until an array has millions of elements or an
application takes a while. The processor time is compared with the prediction of ``engines.cost``, the memory that the
process has at its peak, beyond the operands and the result, with ``engines.memory.scratch_of``. Without names of ops
only those are shown whose prediction is wrong by more than a factor of ``NEAR``, or whose memory is not predicted.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.cost import seconds_of
from adcore.engines.memory import scratch_of
from adcore.errors import AdcoreError
from adcore.graph import OPS, Kind, Node
from adcore.ops.base import Sample
from tests.adcore.ops.cases import GENERATED, Case, cases_of

SIZES = (1_000, 30_000, 1_000_000, 10_000_000)
"""The elements of the largest array of an application, roughly."""
ENOUGH = 0.1
"""Seconds beyond which no larger application is measured."""
TOO_LONG = 5.0
"""Predicted seconds from which an application is not measured at all."""
NEAR = 4.0
LEAST_BYTES = 2**21
"""Memory below which the peak of a process says nothing of a kernel."""


class Measured(NamedTuple):
    """One application: seconds, and bytes beyond operands and result."""

    case: Case
    elements: int
    seconds: float
    predicted: float
    nbytes: int
    predicted_bytes: int


def larger(case: Case, factor: int) -> Case:
    """The case with its axes ``factor`` times as long, those of length 1 apart."""
    shapes = {p.name for p in case.op.signature.parameters if p.kind is Kind.SHAPE}
    params = {name: _scaled(x, factor) if name in shapes else x for name, x in case.sample.params.items()}
    return Case(case.op, Sample(tuple(_scaled(shape, factor) for shape in case.sample.shapes), params))


def _scaled(shape: Any, factor: int) -> Any:
    return tuple(n * factor if n > 1 else n for n in shape) if isinstance(shape, tuple) else shape


def application(case: Case) -> Node:
    """The node of a case's op."""
    (node,) = {y.inputs[0] if y.op.name == "item" else y for y in case.graph().outputs}
    return node


def elements_of(node: Node) -> int:
    """The elements of the largest array that a node reads or writes."""
    return max([t.size for t in node.types] + [x.type.size for x in node.inputs])


def resident(line: str) -> int:
    """The bytes that the process has (``VmRSS``), or had at its peak (``VmHWM``)."""
    (kilobytes,) = [x.split()[1] for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(line)]
    return 1024 * int(kilobytes)


def measure(case: Case) -> Measured:
    """The seconds (the least of three runs where it is short) and the bytes of an application."""
    node, operands = application(case), case.operands()
    predicted = seconds_of(node)
    seconds = float("inf")
    with np.errstate(all="ignore"):
        Path("/proc/self/clear_refs").write_text("5")  # The peak is counted from here on.
        before = resident("VmRSS")
        result = apply(node, operands)
        peak = resident("VmHWM")
        for _ in range(3):
            start = time.thread_time()
            apply(node, operands)
            seconds = min(seconds, time.thread_time() - start)
            if seconds > 0.1:
                break
    results = result if node.op.facts.several else (result,)
    own = sum(np.asarray(y).nbytes for y in results if not any(np.shares_memory(y, x) for x in operands))
    return Measured(case, elements_of(node), seconds, predicted, max(0, peak - before - own), 8 * scratch_of(node))


def sized(case: Case, size: int) -> int | None:
    """The factor by which the case's axes grow to about so many elements; None where they do not."""
    factor = 1
    while True:
        try:
            elements = elements_of(application(larger(case, factor)))
        except (AdcoreError, AssertionError, ValueError, TypeError):
            return None
        if elements >= size / 2:
            return factor
        if factor > size:
            return None
        factor += max(1, factor // 2)


def measurements(case: Case, sizes: tuple[int, ...] = SIZES) -> Iterator[Measured]:
    """The case at growing sizes, as long as it takes less than a while."""
    last = 0
    for size in sizes:
        factor = sized(case, size)
        if factor is None:
            return
        node = application(larger(case, factor))
        if elements_of(node) > 3 * size or elements_of(node) <= last:
            continue
        last = elements_of(node)
        if seconds_of(node) > TOO_LONG:
            return
        try:
            measured = measure(larger(case, factor))
        except (AdcoreError, AssertionError, ValueError, TypeError, np.linalg.LinAlgError):
            return
        yield measured
        if measured.seconds > ENOUGH:
            return


def main() -> None:
    if os.environ.get("MALLOC_MMAP_THRESHOLD_") is None:
        # What is freed goes back to the system at once, so that the peak of a run is its own.
        os.environ["MALLOC_MMAP_THRESHOLD_"] = "65536"
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.kernels", *sys.argv[1:]])
    chosen = [OPS[name] for name in sys.argv[1:]] or GENERATED
    print(f"{'application':60}{'elements':>10}{'seconds':>10}{'ratio':>8}{'MB':>8}{'predicted':>10}")
    for op in chosen:
        if op.rules.compose is not None:
            continue
        for case in cases_of(op):
            for x in measurements(case):
                ratio = x.seconds / x.predicted
                hungry = x.nbytes > x.predicted_bytes + LEAST_BYTES
                if len(sys.argv) > 1 or hungry or not 1 / NEAR < ratio < NEAR:
                    print(
                        f"{str(x.case)[:59]:60}{x.elements:10}{x.seconds:10.6f}{ratio:8.2f}{x.nbytes / 1e6:8.1f}"
                        f"{x.predicted_bytes / 1e6:10.1f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
