"""The table of ``adcore/PRECISION.md``: the worst relative error of each op's value, first and second derivatives."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import adcore
from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.definitions.definition import EVERYWHERE, Definition
from tests.adcore.ops.precision.measure import Measurement

PAGE = Path(adcore.__file__).parent / "PRECISION.md"
RIGHT = 1e-10
"""A larger error is a bug, or has a reason."""

_PRODUCT = "NumPy's value: the product of the first elements may leave the range where that of all does not."
_HALF = "The second derivative is 0 where an element has the share of one half, and is small close to it."
_FAR_ROOT = "Where the result is below 1e-154, the slope of the density exceeds the range on the way."
_SHAPE = "By the shape, far left: what is left of the square of the logarithm of the number."
REASONS = {
    "power": "For x2 close to 0 the second derivative, x2 times x1 ** (x2 - 2), exceeds the range on the way.",
    "beta": "The mixed derivative is what is left of terms that are larger by 1 / x1 and 1 / x2.",
    "betaln": "By terms, the squares of 1 / a or 1 / b, that exceed the range where the smaller is below 1e-154.",
    "prod": _PRODUCT,
    "cumprod": _PRODUCT,
    "nanprod": _PRODUCT,
    "nancumprod": _PRODUCT,
    "softmax": _HALF,
    "jax.nn.softmax": _HALF,
    "norm(ord=3)": "By terms, which cancel where one element is far larger than the others.",
    "nanstd": "By terms, which cancel where one element is far larger than the others.",
    "voigt_profile": "Within 10 sigma of the centre, where it is wide, derivatives are what is left of larger terms.",
    "cauchy_logcdf": "Beyond 1e102 the second derivative of the small tail underflows.",
    "cauchy_logsf": "Beyond 1e102 the second derivative of the small tail underflows.",
    "weibull_min_logcdf": "Far left it is nearly linear in the shape: what is left of larger terms.",
    "gamma_logcdf": _SHAPE,
    "chi2_logcdf": _SHAPE,
    "beta_logcdf": "Far left mixed derivatives are what is left of terms that are larger by 1 / x.",
    "gamma_ppf": _FAR_ROOT,
    "betainccinv": _FAR_ROOT,
    "lognorm_ppf": "Where the result underflows its derivatives do, too, and need not.",
    "t_ppf": "For q close to 0 the square of the reciprocal of the density exceeds the range on the way.",
    "chi2_logsf": "Far right the density over the probability is nearly constant: what is left of larger terms.",
    "beta_pdf": "For x below 1e-150 the second derivative exceeds the range, and is NaN.",
    "beta_logsf": "For x below 1e-150 the second derivative exceeds the range, and is NaN.",
}
"""What was looked into: of a row, or of its op."""


def rounded_up(error: float) -> float:
    """A power of ten with room for machines whose last bits differ; infinite where no digit is right."""
    return math.inf if error >= 0.1 else max(1e-15, 10.0 ** math.ceil(math.log10(2.0 * error)) if error else 0.0)


def _end(x: float) -> str:
    return f"{x:.15g}"


def _domain(definition: Definition) -> str:
    """The open intervals of the operands; nothing where they are all numbers."""
    intervals = definition.intervals if set(definition.intervals) != {EVERYWHERE} else ()
    return " × ".join(f"({_end(low)}, {_end(high)})" for low, high in intervals)


def _row(name: str, measurement: Measurement) -> str:
    most = [rounded_up(worst.error) for worst in measurement.errors]
    cells = ["none" if error == math.inf else f"{error:.0e}" for error in most]
    reason = reason_of(name) if max(most) > RIGHT else ""
    return f"| `{name}` | {_domain(DEFINITIONS[name])} | {measurement.points} | {' | '.join(cells)} | {reason} |"


def reason_of(name: str) -> str:
    """Why a row is above 1e-10: the reason of the row, or of its op."""
    return REASONS.get(name, REASONS.get(DEFINITIONS[name].op, "Not looked into yet."))


def page(measurements: Mapping[str, Measurement]) -> str:
    """The whole page, by the measurements of all rows."""
    text = PAGE.read_text(encoding="utf-8")
    head = text[: text.index("| op |")]
    titles = "| op | domain | points | value | first | second | above 1e-10 because |"
    rows = [_row(name, measurements[name]) for name in sorted(DEFINITIONS)]
    return "\n".join([head + titles, "| --- " * 7 + "|", *rows, ""])


_ROW = re.compile(r"^\| `([^`]+)` \| .*? ?\| \d+ \| (\S+) \| (\S+) \| (\S+) \| (.*?) ?\|$", re.MULTILINE)


def bounds() -> dict[str, tuple[list[float], str]]:
    """The table's rows: by name the bounds of the three errors, and the reason."""
    return {
        name: ([math.inf if cell == "none" else float(cell) for cell in cells], reason)
        for name, *cells, reason in _ROW.findall(PAGE.read_text(encoding="utf-8"))
    }
