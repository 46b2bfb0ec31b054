"""How true the predicted times of ops are: ``python -m tests.benchmarks.kernels [op ...]``.

Each op is applied to its samples, their axes longer and longer until an application takes a while, and the time is
compared with that which its ``work`` and ``nanoseconds`` predict. Ops whose ratio is near 1 are left out.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from adcore.engines.apply import apply
from adcore.engines.cost import seconds_of
from adcore.errors import AdcoreError
from adcore.graph import OPS
from adcore.ops.base import Sample
from tests.adcore.ops.cases import GENERATED, Case, cases_of

ENOUGH = 0.03
MOST_ELEMENTS = 4_000_000
NEAR = 3.0


def measured(case: Case) -> tuple[float, float, Case] | None:
    """The seconds of a large application, and those predicted; None where the sample does not grow."""
    result = None
    factor = 1
    while True:
        factor *= 2
        sample = Sample(
            tuple(tuple(n * factor if n > 1 else n for n in s) for s in case.sample.shapes), case.sample.params
        )
        if max((int(np.prod(s)) for s in sample.shapes), default=0) > MOST_ELEMENTS:
            return result
        larger = Case(case.op, sample)
        try:
            (node,) = {y.inputs[0] if y.op.name == "item" else y for y in larger.graph().outputs}
            operands = larger.operands()
            with np.errstate(all="ignore"):
                start = time.perf_counter()
                apply(node, operands)
                result = time.perf_counter() - start, seconds_of(node), larger
        except (AdcoreError, AssertionError, ValueError, TypeError, np.linalg.LinAlgError):
            return result
        if result[0] > ENOUGH or factor > 2**22:
            return result


def main() -> None:
    chosen = [OPS[name] for name in sys.argv[1:]] or GENERATED
    print(f"{'application':60} seconds predicted  ratio")
    for op in chosen:
        if op.rules.compose is not None:
            continue
        results = [r for r in map(measured, cases_of(op)) if r is not None and r[0] > ENOUGH / 10]
        if not results:
            continue
        took, predicted, case = max(results, key=lambda r: r[0] / r[1])
        if len(sys.argv) > 1 or not 1 / NEAR < took / predicted < NEAR:
            print(f"{str(case)[:58]:60}{took:8.4f}{predicted:10.5f}{took / predicted:8.2f}", flush=True)


if __name__ == "__main__":
    main()
