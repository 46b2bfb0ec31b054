"""Matrix norms at their kinks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adcore.graph import OPS, Array
from tests.adcore.ops.linalg.matrices import gradient


@pytest.mark.parametrize(
    ("ord", "a", "slope"),
    [
        ("nuc", np.eye(2), np.eye(2)),
        ("nuc", np.zeros((2, 2)), np.zeros((2, 2))),
        ("nuc", np.diag([2.0, 0.0]), np.diag([1.0, 0.0])),
        (2, np.eye(2), np.eye(2) / 2),
        (2, np.diag([2.0, 1.0]), np.diag([1.0, 0.0])),
        (-2, np.diag([2.0, 0.0]), np.zeros((2, 2))),
        (1, np.array([[1.0, -1.0], [2.0, -2.0]]), np.array([[0.5, -0.5], [0.5, -0.5]])),
        (math.inf, np.array([[1.0, -1.0], [2.0, -2.0]]), np.array([[0.0, 0.0], [1.0, -1.0]])),
    ],
)
def test_kinks_of_norms(ord: Any, a: Array, slope: Array) -> None:
    """Equal singular values and equal lines share; a singular value of 0 is where an absolute value turns."""
    np.testing.assert_allclose(gradient(lambda a: OPS["norm"](a, ord=ord), a), slope, atol=1e-15)
