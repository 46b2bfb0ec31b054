"""Runs that meet equal eigenvalues: the limit of their results, extrapolated from runs that split them.

Where a result does not depend on the choice of eigenvectors, it is a smooth function of the splitting, and even at none
it has a value, although the rules of derivatives divide by zero there. Where it depends on the choice, it has a pole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcore.engines.notices import with_notices
from adcore.errors import AdcoreError, TooLong
from adcore.graph import Array
from adcore.ops.linalg.spectral.splitting import splitting

Run = Callable[[], list[Any]]

STEPS = (2.0**-10, 2.0**-17, 2.0**-7, 2.0**-5, 2.0**-13)
"""Sizes of the splitting: large ones are better for derivatives of high orders, small ones for steep functions."""
ENOUGH = 1e-11
"""Estimated relative error at which no further size is tried."""
NONE = 0.1
"""Estimated relative error that says, at the first two sizes, that no size will do."""
MOST = 1e-6
"""Estimated relative error, or pole, at which there is no limit."""


def at_equal_eigenvalues(run: Run) -> list[Any]:
    """The results of ``run``; those that depend on equal eigenvalues are limits, where there are any."""
    with splitting() as current:
        results = run()
    if not current.near:
        return results
    near = current.near
    try:
        # The first run's notices are all that matter.
        return with_notices(lambda: _with_limits(run, results, near))[0]
    except TooLong:
        raise
    except AdcoreError:  # A solver, say, that finds nothing where values are not finite.
        return results


def _with_limits(run: Run, results: list[Any], near: float) -> list[Any]:
    with splitting(strict=True):
        marked = [~np.isfinite(x) for x in run()]
    places = [i for i, depends in enumerate(marked) if depends.any()]
    best = {i: (results[i], np.full(np.shape(results[i]), MOST)) for i in places}
    tries = dict.fromkeys(places, 0)
    for step in STEPS:
        if all((best[i][1] <= ENOUGH).all() or tries[i] > 1 for i in places):
            break
        runs = {k: _run_split(run, k * step, near) for k in (1, 2, 3, -1, -2, -3)}
        for i in places:
            limit, error = _limit(*[[np.asarray(runs[sign * k][i]) for k in (1, 2, 3)] for sign in (1, -1)])
            tries[i] += bool((error > NONE)[marked[i]].all())
            better = marked[i] & (error < best[i][1])
            best[i] = (np.where(better, limit, best[i][0]), np.where(better | ~marked[i], error, best[i][1]))
    return [best[i][0][()] if i in best else result for i, result in enumerate(results)]


def _run_split(run: Run, by: float, near: float) -> list[Any]:
    with splitting(by, near):
        return run()


def _limit(after: Sequence[Array], before: Sequence[Array]) -> tuple[Array, Array]:
    """The limit of a function at 0 from its values at h, 2 h and 3 h, and at -h, -2 h, -3 h; its relative error.

    By the polynomial through all six; the error is estimated by the difference to that through four, and by the
    extrapolated coefficients of poles of the orders 1 and 2, which a function with a limit has not.
    """
    even = [(a + b) / 2 for a, b in zip(after, before, strict=True)]
    odd = [(a - b) / 2 for a, b in zip(after, before, strict=True)]
    limit = _at_zero(*even)
    pole = np.abs(_at_zero(odd[0], 2 * odd[1], 3 * odd[2])) + np.abs(_at_zero(even[0], 4 * even[1], 9 * even[2]))
    scale = max(float(np.max(np.abs(x), initial=0.0)) for x in (*after, *before))
    error = (np.abs(limit - (4 * even[0] - even[1]) / 3) + pole) / (scale or 1.0)
    return limit, np.where(np.isfinite(error), error, np.inf)


def _at_zero(first: Array, second: Array, third: Array) -> Array:
    """The value at 0 of the even polynomial of degree 4 through the values at 1, 2 and 3."""
    return 1.5 * first - 0.6 * second + 0.1 * third
