"""Least squares of matrices that are rank deficient."""

from __future__ import annotations

import numpy as np

from adcore.graph import OPS, items
from tests.adcore.graphs import build, run


def test_lstsq_is_numpys() -> None:
    """The residuals are there for a matrix of less than full rank too, where NumPy leaves them out."""
    a, b = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), np.array([1.0, 1.0, 2.0])
    x, residuals, rank, s = run(build(lambda a, b: items(OPS["lstsq"](a, b)), (3, 2), (3,)), a, b)
    expected = np.linalg.lstsq(a, b)
    np.testing.assert_allclose(x, expected[0], rtol=1e-14)
    np.testing.assert_allclose(residuals, [np.sum((a @ x - b) ** 2)], rtol=1e-14)
    assert rank == expected[2] == 1
    np.testing.assert_allclose(s, expected[3], rtol=1e-14, atol=1e-15)
