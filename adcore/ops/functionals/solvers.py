"""Numerical solution of equations: Newton's method, safeguarded, with SciPy's least squares and minimiser behind it.

Everything is flat here: an unknown of n numbers, a residual of n, a Jacobian of n by n. A solution is one only if
Newton's step from it is negligible, so that it is as exact as rounding allows and its derivative is that of a solution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize

from adcore.graph import Array

System = Callable[[Array], tuple[Array, Array]]
"""The unknown to the residual and its Jacobian."""

ITERATIONS = 200
"""How often a fixed point is iterated before Newton's method takes over."""
NEGLIGIBLE = 1e-6
"""What may be left of the residual where the Jacobian is singular, relative to the first."""
POLISH = 3
"""Steps after convergence, as long as they make the residual smaller."""


class Found(NamedTuple):
    """Where a solver stopped: the unknown, whether that is a solution, the residual there, and the steps it took."""

    x: Array
    solved: bool
    residual: float
    steps: int
    bends_down: bool = False
    """Of a minimum: whether the gradient vanishes where it is none."""


def _norm(x: Array) -> float:
    return float(np.linalg.norm(x))


def newton(system: System, start: Array, tol: float, limit: int) -> Found:
    """Newton's method, its steps halved until the residual shrinks.

    It has converged when a step is less than ``tol``, relative to the unknown, or to where it started.
    """
    x = start
    r, jacobian = system(x)
    first, scale = _norm(r), _norm(start) or 1.0
    for steps in range(limit + 1):
        if not np.isfinite(r).all():
            break
        if not r.any():
            return Found(x, True, 0.0, steps)
        step, singular = _step(jacobian, r)
        if step is None:
            break
        if _norm(step) <= tol * max(_norm(x), scale):
            solved = not singular or _norm(r) <= NEGLIGIBLE * first
            return _polished(system, Found(x, solved, _norm(r), steps), r, jacobian)
        factor, size = 1.0, _norm(r)
        while factor > tol:
            moved = x + factor * step
            moved_r, moved_jacobian = system(moved)
            if np.isfinite(moved_r).all() and _norm(moved_r) <= (1 - 1e-4 * factor) * size:
                break
            factor /= 2
        else:
            return Found(x, False, size, steps)
        x, r, jacobian = moved, moved_r, moved_jacobian
    return Found(x, False, _norm(r), limit)


def _step(jacobian: Array, r: Array) -> tuple[Array | None, bool]:
    """Newton's step, the shortest of them where the Jacobian is singular; None where it is not finite."""
    if not np.isfinite(jacobian).all():
        return None, True
    try:
        step = np.linalg.solve(jacobian, -r)
        return (step, False) if np.isfinite(step).all() else (None, True)
    except np.linalg.LinAlgError:
        pass  # It is singular.
    try:
        return np.linalg.lstsq(jacobian, -r)[0], True
    except np.linalg.LinAlgError:
        return None, True


def _polished(system: System, found: Found, r: Array, jacobian: Array) -> Found:
    """The last digits."""
    x, best = found.x, found.residual
    for _ in range(POLISH):
        step, _ = _step(jacobian, r)
        if step is None:
            break
        moved = x + step
        r, jacobian = system(moved)
        if not _norm(r) < best:
            break
        x, best = moved, _norm(r)
    return found._replace(x=x, residual=best)


def solve_system(system: System, start: Array, tol: float, limit: int) -> Found:
    """A root: by Newton's method from ``start``; where that gets stuck, from where the residual's norm is least."""
    found = newton(system, start, tol, limit)
    if found.solved or not np.isfinite(system(start)[0]).all():
        return found
    try:
        search: Any = optimize.least_squares
        least = search(
            lambda x: system(x)[0], start, lambda x: system(x)[1], xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=limit
        )
    except ValueError:  # Somewhere on its way the residual is not finite.
        return found
    again = newton(system, least.x, tol, limit)
    return again._replace(steps=found.steps + int(least.nfev) + again.steps)


def iterate(apply: Callable[[Array], Array], system: System, start: Array, tol: float, limit: int) -> Found:
    """A fixed point of ``apply``: where its iteration leads, else what Newton's method finds.

    ``system`` is what is zero there.
    """
    x = start
    for steps in range(1, ITERATIONS + 1):
        after = apply(x)
        if not np.isfinite(after).all():
            break
        change, x = _norm(after - x), after
        if change <= NEGLIGIBLE * max(_norm(x), _norm(start)):
            found = solve_system(system, x, tol, limit)
            return found._replace(steps=found.steps + steps)
    found = solve_system(system, start, tol, limit)
    return found._replace(steps=found.steps + ITERATIONS)


def minimise(value: Callable[[Array], float], system: System, start: Array, tol: float, limit: int) -> Found:
    """A local minimum: by a trust region with the exact Hessian, then Newton's method on the gradient.

    ``system`` gives the gradient and the Hessian.
    """
    search: Any = optimize.minimize
    slope, bends = system(start)
    if not (np.isfinite(slope).all() and np.isfinite(bends).all()):
        return Found(start, False, float("nan"), 0)
    try:
        way = search(
            value,
            start,
            jac=lambda x: system(x)[0],
            hess=lambda x: system(x)[1],
            method="trust-exact",
            options={"gtol": 1e-8 * max(1.0, _norm(slope)), "maxiter": 10 * limit},
        )
    except ValueError:  # Somewhere on its way something is not finite.
        return Found(start, False, float("nan"), 0)
    x = np.asarray(way.x, float)
    found = newton(system, x, tol, limit)._replace(steps=int(way.nit))
    if not found.solved:
        return found
    bends = np.linalg.eigvalsh(system(found.x)[1])
    convex = bends.min() >= -NEGLIGIBLE * max(abs(bends.max()), abs(bends.min()))
    lower = value(found.x) <= value(x) + NEGLIGIBLE * (1.0 + abs(value(x)))
    return found._replace(solved=bool(convex and lower and way.success), bends_down=not convex)
