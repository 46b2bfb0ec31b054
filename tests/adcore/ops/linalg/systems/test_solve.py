"""Inverses and solutions at singular matrices, and at badly scaled ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adcore.graph import OPS, Node
from tests.adcore.graphs import build, run
from tests.adcore.ops.linalg.matrices import gradient

SINGULAR = [
    # exactly; to rounding; by a row of zeros
    [[1.0, 2.0], [2.0, 4.0]],
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    [[0.0, 0.0], [0.0, 1.0]],
]


@pytest.mark.parametrize("a", SINGULAR)
def test_a_singular_matrix_has_no_inverse_and_no_solutions(a: Any) -> None:
    a = np.array(a)
    n = len(a)
    inverse, solution = run(build(lambda a, b: [OPS["inv"](a), OPS["solve"](a, b)], (n, n), (n,)), a, np.ones(n))
    assert np.isnan(inverse).all()
    assert np.isnan(solution).all()


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_units_make_no_matrix_singular(scale: float) -> None:
    """A condition number that comes of rows and columns of different units says nothing of the solution."""
    a = np.array([[2.0, 1.0], [1.0, 3.0]]) * np.array([[1.0], [scale]])
    (x,) = run(build(OPS["solve"].__call__, (2, 2), (2,)), a, a @ [1.0, 2.0])
    np.testing.assert_allclose(x, [1.0, 2.0], rtol=1e-14)


def test_one_singular_matrix_leaves_the_others_of_a_stack_alone() -> None:
    stack = np.array([np.eye(2), np.ones((2, 2)), 2 * np.eye(2), np.full((2, 2), math.inf)])
    for name in ("inv", "cholesky", "eigvalsh", "expm"):
        (values,) = run(build(OPS[name].__call__, stack.shape), stack)
        (alone,) = run(build(OPS[name].__call__, (2, 2)), stack[2])
        np.testing.assert_array_equal(values[2], alone)
        assert np.isnan(values[3]).any()


def test_the_branch_not_taken_may_be_singular() -> None:
    def guarded(a: Node) -> Node:
        return OPS["where"](OPS["equal"](OPS["det"](a), 0.0), OPS["sum"](a), OPS["sum"](OPS["inv"](a)))

    np.testing.assert_array_equal(gradient(guarded, np.ones((2, 2))), np.ones((2, 2)))
