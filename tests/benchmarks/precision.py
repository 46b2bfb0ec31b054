"""How precise every op is, by mpmath: ``python -m tests.benchmarks.precision`` writes ``adcore/PRECISION.md`` anew.

Takes some minutes. With names of ops it prints where each is worst: ``python -m tests.benchmarks.precision tanh``.
"""

from __future__ import annotations

import sys

from tests.adcore.ops.precision.measure import FULL, measure
from tests.adcore.ops.precision.table import PAGE, page


def main() -> None:
    names = sys.argv[1:]
    for name in names:
        for order, worst in enumerate(measure(name, FULL)):
            print(f"{name:12} order {order}  {worst.error:.1e}  {worst.place}")
    if not names:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
