"""Matrices of a pattern and integrals of samples, held to SciPy's, by full name; physical constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.constants
import scipy.integrate
import scipy.linalg

from tests.adcore.language.evaluating import result

A, B = np.arange(6.0).reshape(2, 3), np.arange(4.0).reshape(2, 2)
Y, X = np.array([1.0, 3.0, -1.0, 2.0, 5.0, 0.5]), np.array([0.0, 0.5, 1.5, 1.75, 3.0, 3.5])
BOTH = {"scipy": scipy, "A": A, "B": B, "x": X, "y": Y}


@pytest.mark.parametrize(
    "call",
    [
        "scipy.linalg.block_diag(A, B)",
        "scipy.linalg.block_diag(A, y, B)",
        "scipy.linalg.toeplitz(y)",
        "scipy.linalg.toeplitz(y, x)",
        "scipy.linalg.toeplitz(x[:2], y)",
        "scipy.integrate.simpson(y)",
        "scipy.integrate.simpson(y[:5], dx=0.5)",
        "scipy.integrate.simpson(y, x=x)",
        "scipy.integrate.simpson(A, dx=2.0, axis=0)",
        "scipy.integrate.simpson(y[:4], x=x[:4])",
        "scipy.integrate.simpson(y[:3], x=x[:3])",
        "scipy.integrate.simpson(y[:2], x=x[:2])",
        "scipy.integrate.cumulative_trapezoid(y, x)",
        "scipy.integrate.cumulative_trapezoid(y, dx=0.25, initial=0)",
        "scipy.integrate.cumulative_trapezoid(A, axis=0)",
        "scipy.integrate.trapezoid(y, x)",
        "scipy.constants.c * scipy.constants.h / scipy.constants.k",
        "scipy.constants.g + scipy.constants.pi + scipy.constants.kilo",
    ],
)
def test_values_are_scipys(call: str) -> None:
    names: dict[str, Any] = {name: value for name, value in BOTH.items() if name in call and name != "scipy"}
    np.testing.assert_allclose(result(call, **names), eval(call, {}, BOTH), rtol=1e-13)
