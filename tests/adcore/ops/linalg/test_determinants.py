"""Determinants: derivatives at singular matrices, and logarithms beyond the range of float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, items
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import gradient


@pytest.mark.parametrize(
    ("a", "slope"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        (
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
            [[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]],
        ),
        ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 5.0]], np.zeros((3, 3))),
    ],
)
def test_the_slope_of_a_determinant_at_singular_matrices(a: Any, slope: Any) -> None:
    """The cofactors, by hand."""
    np.testing.assert_allclose(gradient(OPS["det"].__call__, np.array(a)), slope, atol=1e-13)


def test_the_curvature_of_a_determinant_at_a_singular_matrix() -> None:
    """det [[a, b], [c, d]] = a d - b c, so its Hessian is the same everywhere."""
    twice = forward.jvp_graph(reverse.gradient_graph(build(OPS["det"].__call__, (2, 2)), [0]), [0])
    for a in (np.ones((2, 2)), np.zeros((2, 2))):
        pushed = run(twice, a, [[1.0, 2.0], [3.0, 4.0]])[3]
        np.testing.assert_allclose(pushed, [[4.0, -3.0], [-2.0, 1.0]], rtol=1e-13)


def test_logdet_and_slogdet_do_not_overflow() -> None:
    a = 1e10 * np.eye(50)
    value, sign, other = run(build(lambda a: [OPS["logdet"](a), *items(OPS["slogdet"](a))], a.shape), a)
    assert value == other == pytest.approx(50 * math.log(1e10), rel=1e-15)
    assert sign == 1.0
    assert np.isnan(run(build(OPS["logdet"].__call__, (1, 1)), [[-1.0]])[0])
