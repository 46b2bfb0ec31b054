"""A gradient that is no number in one mode, and is in the other: infinite terms cancel one another in the one alone.

Reverse mode adds inf and -inf where a root of a difference goes back to what is subtracted; forward mode subtracts
first. So both modes are asked there, and both have one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adcore.engines.notices import Notice

Results = Mapping[str, dict[str, Any]]


def is_undefined(results: Results) -> bool:
    """Whether a gradient is NaN somewhere, where the value is a number."""
    gradients = [g for g in results["gradients"].values() if (g != g if np.ndim(g) == 0 else np.isnan(g).any())]
    return bool(gradients) and not all(np.isnan(y).all() for y in results["values"].values())


def completed(results: Results, others: Results) -> tuple[dict[str, dict[str, Any]], tuple[Notice, ...]]:
    """The results with gradients of the other mode where they are NaN, and what is to be noticed."""
    gradients: dict[str, Any] = {}
    notices: list[Notice] = []
    for name, gradient in results["gradients"].items():
        undefined = np.isnan(gradient)
        other = others["gradients"][name]
        gradients[name] = np.asarray(np.where(undefined, other, gradient))[()]
        if (undefined & ~np.isnan(other)).any():
            message = f"infinite terms of the gradient by {name} cancel one another; it is that of the other mode"
            notices.append(Notice("infinity_minus_infinity", message, None, 1))
        if (undefined & np.isnan(other)).any():
            message = f"the gradient by {name} is undefined here: it is not a number, in either mode"
            notices.append(Notice("undefined_gradient", message, None, 1))
    return {**results, "gradients": gradients}, tuple(notices)
