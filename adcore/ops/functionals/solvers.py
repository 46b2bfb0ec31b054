"""Numerical solution of equations: Newton's method with a line search, backed by SciPy's least squares and minimiser.

Everything is flat here: an unknown of n numbers, a residual of n, a Jacobian of n by n. A solution is one only if
Newton's step from it is negligible, so that it is as exact as rounding allows and its derivative is that of a solution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize

from adcore.clock import expect
from adcore.graph import Array

System = Callable[[Array], tuple[Array, Array]]
"""The unknown to the residual and its Jacobian."""

ITERATIONS = 200
"""Iteration limit of a fixed point, after which Newton's method takes over."""
RESIDUAL_TOLERANCE = 1e-6
"""The largest residual of a solution with a singular Jacobian, relative to the residual at the start."""
POLISH = 3
"""The most Newton steps after convergence, which go on while the residual shrinks."""


class SolverResult(NamedTuple):
    """The point where a solver stopped, whether it is a solution, the norm of its residual, and the steps taken."""

    x: Array
    solved: bool
    residual: float
    steps: int
    indefinite: bool = False
    """Of a minimisation: True where the gradient vanishes, but the Hessian is indefinite."""


def _norm(x: Array) -> float:
    return float(np.linalg.norm(x))


def newton(system: System, start: Array, tol: float, limit: int) -> SolverResult:
    """Newton's method, its steps halved until the residual shrinks.

    It has converged when a step is less than ``tol``, relative to the unknown or to the start.
    """
    x = start
    r, jacobian = system(x)
    first, scale = _norm(r), _norm(start) or 1.0
    for steps in range(limit + 1):
        if not np.isfinite(r).all():
            break
        if not r.any():
            return SolverResult(x, True, 0.0, steps)
        step, singular = _step(jacobian, r)
        if step is None:
            break
        if _norm(step) <= tol * max(_norm(x), scale):
            solved = not singular or _norm(r) <= RESIDUAL_TOLERANCE * first
            return _polished(system, SolverResult(x, solved, _norm(r), steps), r, jacobian)
        factor, size = 1.0, _norm(r)
        while factor > tol:
            moved = x + factor * step
            moved_r, moved_jacobian = system(moved)
            if np.isfinite(moved_r).all() and _norm(moved_r) <= (1 - 1e-4 * factor) * size:
                break
            factor /= 2
        else:
            return SolverResult(x, False, size, steps)
        x, r, jacobian = moved, moved_r, moved_jacobian
    return SolverResult(x, False, _norm(r), limit)


def _step(jacobian: Array, r: Array) -> tuple[Array | None, bool]:
    """Newton's step, and whether the Jacobian is singular: then the shortest step; None where it is not finite."""
    if not np.isfinite(jacobian).all():
        return None, True
    expect(1e-10 * len(r) ** 3)
    try:
        step = np.linalg.solve(jacobian, -r)
        return (step, False) if np.isfinite(step).all() else (None, True)
    except np.linalg.LinAlgError:
        expect(1e-8 * len(r) ** 3)  # It is singular.
    try:
        return np.linalg.lstsq(jacobian, -r)[0], True
    except np.linalg.LinAlgError:
        return None, True


def _polished(system: System, result: SolverResult, r: Array, jacobian: Array) -> SolverResult:
    """The solution refined by further Newton steps."""
    x, best = result.x, result.residual
    for _ in range(POLISH):
        step, _ = _step(jacobian, r)
        if step is None:
            break
        moved = x + step
        r, jacobian = system(moved)
        if not _norm(r) < best:
            break
        x, best = moved, _norm(r)
    return result._replace(x=x, residual=best)


def solve_system(system: System, start: Array, tol: float, limit: int) -> SolverResult:
    """A root by Newton's method from ``start``; if that stalls, from the minimum of the residual's norm."""
    result = newton(system, start, tol, limit)
    if result.solved or not np.isfinite(system(start)[0]).all():
        return result
    try:
        search: Any = optimize.least_squares
        least = search(
            lambda x: system(x)[0], start, lambda x: system(x)[1], xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=limit
        )
    except ValueError:  # An iterate has a residual that is not finite.
        return result
    again = newton(system, least.x, tol, limit)
    return again._replace(steps=result.steps + int(least.nfev) + again.steps)


def iterate(apply: Callable[[Array], Array], system: System, start: Array, tol: float, limit: int) -> SolverResult:
    """A fixed point of ``apply``: by its iteration if that converges, refined by Newton's method on ``system``.

    ``system`` is zero at the fixed point.
    """
    x = start
    for steps in range(1, ITERATIONS + 1):
        after = apply(x)
        if not np.isfinite(after).all():
            break
        change, x = _norm(after - x), after
        if change <= RESIDUAL_TOLERANCE * max(_norm(x), _norm(start)):
            result = solve_system(system, x, tol, limit)
            return result._replace(steps=result.steps + steps)
    result = solve_system(system, start, tol, limit)
    return result._replace(steps=result.steps + ITERATIONS)


def minimise(value: Callable[[Array], float], system: System, start: Array, tol: float, limit: int) -> SolverResult:
    """A local minimum: by a trust region with the exact Hessian, then Newton's method on the gradient.

    ``system`` gives the gradient and the Hessian.
    """
    search: Any = optimize.minimize
    slope, hessian = system(start)
    if not (np.isfinite(slope).all() and np.isfinite(hessian).all()):
        return SolverResult(start, False, float("nan"), 0)
    try:
        search_result = search(
            value,
            start,
            jac=lambda x: system(x)[0],
            hess=lambda x: system(x)[1],
            method="trust-exact",
            options={"gtol": 1e-8 * max(1.0, _norm(slope)), "maxiter": 10 * limit},
        )
    except ValueError:  # An iterate is not finite.
        return SolverResult(start, False, float("nan"), 0)
    x = np.asarray(search_result.x, float)
    result = newton(system, x, tol, limit)._replace(steps=int(search_result.nit))
    if not result.solved:
        return result
    eigenvalues = np.linalg.eigvalsh(system(result.x)[1])
    convex = eigenvalues.min() >= -RESIDUAL_TOLERANCE * max(abs(eigenvalues.max()), abs(eigenvalues.min()))
    lower = value(result.x) <= value(x) + RESIDUAL_TOLERANCE * (1.0 + abs(value(x)))
    return result._replace(solved=bool(convex and lower and search_result.success), indefinite=not convex)
