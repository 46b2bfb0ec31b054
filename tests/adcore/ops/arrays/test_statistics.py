"""Smooth maxima at extreme values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcore.graph import OPS, Node
from tests.adcore.graphs import build, run

# what is added up, its logsumexp, and its softmax
EXTREMES = [
    ([1000.0, 1000.0], 1000.0 + math.log(2), [0.5, 0.5]),
    ([-1000.0, 0.0], 0.0, [0.0, 1.0]),
    ([-math.inf, 0.0], 0.0, [0.0, 1.0]),
    ([0.0, -50.0], 1.9287498479639178e-22, [1.0, 1.9287498479639178e-22]),
    ([-math.inf, -math.inf], -math.inf, None),
    ([math.inf, 0.0], math.inf, None),
]


@pytest.mark.parametrize(("x", "total", "shares"), EXTREMES)
def test_logsumexp(x: list[float], total: float, shares: list[float] | None) -> None:
    def both(x: Node) -> list[Node]:
        return [OPS["logsumexp"](x), OPS["softmax"](x)]

    value, softmax = run(build(both, (len(x),)), x)
    assert value == pytest.approx(total, rel=1e-14)
    if shares is not None:
        np.testing.assert_allclose(softmax, shares, rtol=1e-13)
