"""The table of ``adcore/PRECISION.md``: the worst relative error of each op's value, first and second derivatives."""

from __future__ import annotations

import math
import re
from pathlib import Path

import adcore
from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.measure import FULL, measure

PAGE = Path(adcore.__file__).parent / "PRECISION.md"
RIGHT = 1e-10
"""A larger error is a bug, or has a reason."""

_BESSEL = "SciPy's value: from 1e3 on, it loses the digits that its argument has more than a period."
REASONS = {
    "power": "For x2 within 1e-300 of 0 the second derivative, x2 times x1 ** (x2 - 2), exceeds the range on the way.",
    "sinc": "NumPy's value: the sine of pi x, which is rounded, and large where x is.",
    "beta": "The mixed derivative is what is left of terms that are larger by 1 / x1 and 1 / x2.",
    "lambertw": "SciPy's value: close to the branch point, at -1 / e, half of the digits.",
    "j0": _BESSEL,
    "j1": _BESSEL,
    "jv": _BESSEL,
    "prod": "NumPy's value: the product of the first elements may exceed the range where that of all does not.",
    "softmax": "The second derivative is 0 where an element has the share of one half, and is small close to it.",
}


def rounded_up(error: float) -> float:
    """A power of ten with room for machines whose last bits differ; infinite where no digit is right."""
    return math.inf if error >= 0.1 else max(1e-15, 10.0 ** math.ceil(math.log10(2.0 * error)) if error else 0.0)


def page() -> str:
    """The whole page, measured anew."""
    rows = []
    for name in sorted(DEFINITIONS):
        bounds = [rounded_up(worst.error) for worst in measure(name, FULL)]
        cells = ["none" if bound == math.inf else f"{bound:.0e}" for bound in bounds]
        rows.append(f"| `{name}` | {' | '.join(cells)} | {REASONS.get(name, '')} |")
    text = PAGE.read_text(encoding="utf-8")
    head = text[: text.index("| op |")]
    return "\n".join(
        [head + "| op | value | first | second | above 1e-10 because |", "| --- | --- | --- | --- | --- |", *rows, ""]
    )


def bounds() -> dict[str, tuple[list[float], str]]:
    """The table's rows: by op the bounds of the three errors, and the reason."""
    rows = re.findall(
        r"^\| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \| (.*?) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {
        name: ([math.inf if cell == "none" else float(cell) for cell in cells], reason) for name, *cells, reason in rows
    }
