"""A gradient that is no number in one mode, and is in the other: infinite terms cancel one another in the one alone.

Reverse mode adds inf and -inf where a root of a difference goes back to what is subtracted; forward mode subtracts
first. So both modes are asked there, and both have one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adcore.engines.notices import Notice
from adcore.graph import Array

FEW = 100
Results = Mapping[str, dict[str, Any]]


def is_undefined(results: Results) -> bool:
    """Whether a gradient is NaN somewhere, where the value is a number."""
    for gradient in results["gradients"].values():
        if gradient != gradient if gradient.ndim == 0 else _has_nan(gradient):
            return not all(np.isnan(y).all() for y in results["values"].values())
    return False


def _has_nan(array: Array) -> bool:
    """Whether any element is NaN; this is on the way of every evaluation, and of few elements Python's sum tells."""
    if array.size < FEW:
        total = sum(array.ravel().tolist())
        if total == total:
            return False
    return bool(np.isnan(array).any())


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
