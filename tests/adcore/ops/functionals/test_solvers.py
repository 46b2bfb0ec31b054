"""The solvers on systems whose solutions are known: what they find, how exactly, and what they admit not to find."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcore.graph import Array
from adcore.ops.functionals.solvers import System, iterate, minimise, newton, solve_system

TOL, LIMIT = 1e-10, 100


def circle_and_line(x: Array) -> tuple[Array, Array]:
    """The unit circle and the diagonal, which meet at (1, 1) / sqrt(2)."""
    a, b = x
    return np.array([a * a + b * b - 1, a - b]), np.array([[2 * a, 2 * b], [1.0, -1.0]])


def cubic(x: Array) -> tuple[Array, Array]:
    """x**3 - 2 x + 2, of which Newton's steps from 0 go round in a circle."""
    return x**3 - 2 * x + 2, np.diag(3 * x**2 - 2)


def without_root(x: Array) -> tuple[Array, Array]:
    return x * x + 1, np.diag(2 * x)


def square(x: Array) -> tuple[Array, Array]:
    """A double root: the Jacobian is singular at the solution."""
    return x * x, np.diag(2 * x)


@pytest.mark.parametrize(
    ("system", "start", "root"),
    [
        (circle_and_line, [2.0, 0.5], [math.sqrt(0.5)] * 2),
        (circle_and_line, [-2.0, 0.5], [-math.sqrt(0.5)] * 2),
        (cubic, [-1.0], [-1.7692923542386314]),
    ],
)
def test_a_root_is_exact_to_rounding(system: System, start: list[float], root: list[float]) -> None:
    result = solve_system(system, np.array(start), TOL, LIMIT)
    assert result.solved
    np.testing.assert_allclose(result.x, root, rtol=4e-16, atol=0)
    assert result.residual <= 1e-15


@pytest.mark.parametrize(
    ("system", "start", "least"),
    [
        (without_root, 3.0, 1.0),
        # The residual has a minimum of its own at sqrt(2/3), on the other side from the root.
        (cubic, 0.0, 2 - 4 / 3 * math.sqrt(2 / 3)),
    ],
)
def test_where_no_root_is_found_none_is_claimed(system: System, start: float, least: float) -> None:
    result = solve_system(system, np.array([start]), TOL, LIMIT)
    assert not result.solved
    assert result.residual == pytest.approx(least, rel=1e-6)


def test_newton_stops_at_its_limit_of_steps() -> None:
    assert not newton(circle_and_line, np.array([100.0, 0.5]), TOL, 2).solved
    assert newton(circle_and_line, np.array([100.0, 0.5]), TOL, LIMIT).steps > 2


def test_a_double_root_is_approached_from_one_side() -> None:
    """The steps of Newton's method halve the distance, so the solution is as near as the tolerance says."""
    result = newton(square, np.array([1.0]), 1e-6, LIMIT)
    assert result.solved
    assert 0 < result.x[0] < 1e-5


@pytest.mark.parametrize("start", [math.nan, math.inf])
def test_a_start_that_is_not_finite_is_no_solution(start: float) -> None:
    assert not solve_system(without_root, np.array([start]), TOL, LIMIT).solved


def test_a_fixed_point_is_the_one_that_the_iteration_leads_to() -> None:
    result = iterate(np.cos, lambda x: (np.cos(x) - x, np.diag(-np.sin(x) - 1)), np.array([1.0]), TOL, LIMIT)
    assert result.solved
    np.testing.assert_allclose(result.x, [0.7390851332151607], rtol=2e-16)


def test_a_fixed_point_that_repels_is_found_by_newtons_method() -> None:
    result = iterate(lambda x: 3 * x - 2, lambda x: (2 * x - 2, 2 * np.eye(1)), np.array([1.5]), TOL, LIMIT)
    assert result.solved
    assert result.x == [1.0]


def rosenbrock(x: Array) -> float:
    return float((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2)


def rosenbrock_system(x: Array) -> tuple[Array, Array]:
    a, b = x
    slope = np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])
    return slope, np.array([[2 - 400 * (b - 3 * a * a), -400 * a], [-400 * a, 200.0]])


def test_a_minimum_is_found_along_a_bent_valley() -> None:
    result = minimise(rosenbrock, rosenbrock_system, np.array([-1.2, 1.0]), TOL, LIMIT)
    assert result.solved
    np.testing.assert_allclose(result.x, [1, 1], rtol=1e-15)


def test_a_saddle_is_no_minimum() -> None:
    """The gradient of x**2 - y**2 vanishes at 0, where the Hessian is indefinite."""
    hessian = np.diag([2.0, -2.0])
    result = minimise(lambda x: float(x @ hessian @ x) / 2, lambda x: (hessian @ x, hessian), np.zeros(2), TOL, 5)
    assert not result.solved
