"""Derivatives of matrix functions, held to SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

from adcore.compiler import Compiler, Query
from adcore.derivatives import forward
from adcore.graph import OPS
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import TURN, WEIGHTS

pytestmark = pytest.mark.untraced


@pytest.mark.parametrize("size", [1e-8, 1.0, 30.0])
def test_the_derivative_of_expm_is_scipys(size: float) -> None:
    a = size * WEIGHTS
    pushed = forward.jvp_graph(build(OPS["expm"].__call__, (3, 3)), [0])
    for scale in (1e-150, 1.0, 1e150):
        found = run(pushed, a, scale * TURN)[1]
        np.testing.assert_allclose(found, scale * scipy.linalg.expm_frechet(a, TURN)[1], rtol=1e-11)


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
def test_roots_and_logarithms_are_scipys(name: str) -> None:
    """Where there is no principal value that is real there is NaN, and a notice."""
    a = 3 * np.eye(3) + WEIGHTS
    (value,) = run(build(OPS[name].__call__, (3, 3)), a)
    np.testing.assert_allclose(value, getattr(scipy.linalg, name)(a), rtol=1e-12)
    for matrix in (np.diag([1.0, -1.0, 2.0]), np.diag([1.0, 0.0, -2.0])):
        compiled, _ = Compiler().compile(f"{name}(a)", {"a": matrix}, Query())
        answer = compiled.evaluate({"a": matrix})
        assert np.isnan(answer.values["result"]).all()
        assert [notice.code for notice in answer.notices] == ["no_principal_value"]


@pytest.mark.parametrize(("name", "inverse"), [("sqrtm", lambda y: y @ y), ("logm", scipy.linalg.expm)])
@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_the_derivatives_of_roots_and_logarithms_are_those_of_inverses(name: str, inverse: Any, size: float) -> None:
    """Of the inverse function by differences: f(y + h dy) = x + h dx."""
    a = size * (3 * np.eye(3) + WEIGHTS)
    pushed = forward.jvp_graph(build(OPS[name].__call__, (3, 3)), [0])
    y, dy = run(pushed, a, size * TURN)
    h = 1e-4 / np.abs(dy).max()
    difference = (inverse(y + h * dy) - inverse(y - h * dy)) / (2 * h)
    np.testing.assert_allclose(difference, size * TURN, rtol=0, atol=1e-7 * size)
