"""Factorisations: of indefinite matrices, and gradients by the symmetric part."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.graph import OPS
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import WEIGHTS, gradient


def test_what_is_not_positive_definite_has_no_factor() -> None:
    (factor,) = run(build(OPS["cholesky"].__call__, (2, 2)), [[1.0, 2.0], [2.0, 1.0]])
    np.testing.assert_array_equal(np.isnan(factor), [[True, False], [True, True]])


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh"])
def test_gradients_are_symmetric(name: str) -> None:
    a = 4 * np.eye(3) + WEIGHTS
    slope = gradient(lambda a: OPS["sum"](OPS["sin"](OPS[name](a))), a)
    np.testing.assert_array_equal(slope, slope.T)
