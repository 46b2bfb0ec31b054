"""How precise every op is, by mpmath: ``python -m tests.benchmarks.precision`` writes ``adcore/PRECISION.md`` anew.

Takes some minutes, and prints where each row is worst. With names it only prints those rows, and writes nothing, so
that all numbers of the page are of one run: ``python -m tests.benchmarks.precision tanh``.
"""

from __future__ import annotations

import sys

from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.measure import measure
from tests.adcore.ops.precision.table import PAGE, page


def main() -> None:
    names, measurements = sys.argv[1:], {}
    for name in names or sorted(DEFINITIONS):
        measurements[name] = measure(name)
        for order, worst in enumerate(measurements[name].errors):
            print(f"{name:12} order {order}  {worst.error:.1e}  {worst.place}", flush=True)
    if not names:
        PAGE.write_text(page(measurements), encoding="utf-8")


if __name__ == "__main__":
    main()
