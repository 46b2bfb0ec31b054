"""Derivatives of matrix functions, held to SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from adcore.derivatives import forward
from adcore.graph import OPS
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import TURN, WEIGHTS


@pytest.mark.parametrize("size", [1e-8, 1.0, 30.0])
def test_the_derivative_of_expm_is_scipys(size: float) -> None:
    a = size * WEIGHTS
    pushed = forward.jvp_graph(build(OPS["expm"].__call__, (3, 3)), [0])
    for scale in (1e-150, 1.0, 1e150):
        found = run(pushed, a, scale * TURN)[1]
        np.testing.assert_allclose(found, scale * scipy.linalg.expm_frechet(a, TURN)[1], rtol=1e-11)
