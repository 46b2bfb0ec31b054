"""Limits extrapolated from both sides: of what has one, and what has none."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from adcore.engines.apply import apply
from adcore.engines.equal_eigenvalues import MOST, at_equal_eigenvalues
from adcore.ops.linalg.spectral.splitting import of_pairs, split_apart

pytestmark = pytest.mark.untraced


@pytest.mark.parametrize(
    ("function", "limit"),
    [
        (lambda t: math.expm1(t) / t, 1.0),
        (lambda t: (math.cosh(t) - 1) / t**2, 0.5),
        (lambda t: (math.exp(300 * t) - 1) / t, 300.0),
        # Poles: of the first order, of the second, and a slight one.
        (lambda t: 1 / t, None),
        (lambda t: 1 / t**2, None),
        (lambda t: 1.0 + 1e-5 / t, None),
        (abs, None),
    ],
)
def test_the_limit_of_a_function_of_the_gap(function: Callable[[float], float], limit: float | None) -> None:
    """The gap of eigenvalues 1 and 1 is half of their splitting."""
    node = of_pairs(np.ones((2, 2)), np.ones(2))

    def run() -> list[object]:
        w = split_apart(np.ones(2))
        gap = w[1] - w[0]
        quotient = function(gap) if gap else math.inf
        return [apply(node, [np.full((2, 2), quotient), w]), np.float64(7.0), np.float64(gap)]

    pairs, apart, gap = at_equal_eigenvalues(run)
    assert apart == 7.0
    assert gap == 0.0
    if limit is None:
        assert np.isinf(pairs).all()
    else:
        np.testing.assert_allclose(pairs[0, 1], limit, rtol=MOST / 1e3)
