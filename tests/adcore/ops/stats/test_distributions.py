"""The distributions against SciPy (values) and mpmath (derivatives): in the middle, at the ends, outside, far out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats

from adcore.compiler import Compiler, Query
from adcore.derivatives import forward, reverse
from adcore.errors import AdcoreError
from adcore.graph import OPS
from tests.adcore.graphs import build, run
from tests.adcore.language.evaluating import result
from tests.adcore.ops.precision.measure import MODES, derived
from tests.adcore.ops.special_functions.by_mpmath import worst_error

pytestmark = pytest.mark.untraced

KINDS = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf")
# The distributions and shapes to try.
SHAPES: dict[str, list[tuple[float, ...]]] = {
    "norm": [()],
    "uniform": [()],
    "expon": [()],
    "gamma": [(0.5,), (1.0,), (2.5,), (40.0,)],
    "beta": [(0.5, 0.5), (1.0, 1.0), (2.0, 5.0)],
    "t": [(0.7,), (4.0,)],
    "chi2": [(1.0,), (2.0,), (7.0,)],
    "lognorm": [(0.6,)],
    "laplace": [()],
    "cauchy": [()],
    "weibull_min": [(0.7,), (1.0,), (2.5,)],
    "logistic": [()],
}
NUMBERS = [-30.0, -1.0, -1e-3, 0.0, 1e-9, 0.1, 0.5, 0.99, 1.0, 1.7, 30.0, math.nan]
PROBABILITIES = [-0.1, 0.0, 1e-9, 0.2, 0.5, 0.9, 1.0, 1.1, math.nan]


@pytest.mark.parametrize("name", SHAPES)
def test_values_are_scipys(name: str) -> None:
    for kind, shapes in itertools.product(KINDS, SHAPES[name]):
        numbers = np.array(PROBABILITIES if kind == "ppf" else NUMBERS)
        function = getattr(getattr(scipy.stats, name), kind)
        for loc, scale in ((0.0, 1.0), (0.5, 2.0), (0.0, -1.0)):
            graph = build(OPS[f"{name}_{kind}"].__call__, (len(numbers),), *[()] * (len(shapes) + 2))
            (value,) = run(graph, numbers, *shapes, loc, scale)
            with np.errstate(all="ignore"):
                expected = function(numbers, *shapes, loc, scale)
            np.testing.assert_allclose(
                value, expected, 2e-12, 1e-15 if "log" in kind else 1e-300, err_msg=f"{kind} {shapes} {loc} {scale}"
            )


@pytest.mark.parametrize("name", SHAPES)
def test_gradients_are_finite_numbers(name: str) -> None:
    """Inside the support, outside of it and far out, in both modes; a branch not taken gives no NaN."""
    numbers = np.array([-1e200, -1e4, -2.0, -0.3, 1e-4, 0.4, 0.9, 3.0, 1e4, 1e200])
    for kind, shapes in itertools.product(KINDS[:-1], SHAPES[name]):
        count, size = len(shapes) + 3, len(numbers)
        graph = build(OPS[f"{name}_{kind}"].__call__, *[(size,)] * count)
        operands = [numbers, *[np.full(size, x) for x in (*shapes, 0.2, 1.5)]]
        (value,) = run(graph, *operands)
        wrt = list(range(count))
        pulled = run(reverse.vjp_graph(graph, wrt), *operands, np.ones(size))[1:]
        for i, by_reverse in zip(wrt, pulled, strict=True):
            by_forward = run(forward.jvp_graph(graph, [i]), *operands, np.ones(size))[1]
            usual = np.isfinite(value)
            assert not np.any(np.isnan(by_reverse[usual])), (kind, shapes, i, numbers[np.isnan(by_reverse)])
            np.testing.assert_allclose(by_forward[usual], by_reverse[usual], 1e-10, 1e-280, err_msg=f"{kind} {i}")


def _gamma(x: Any, a: Any, loc: Any, scale: Any) -> Any:
    z = (x - loc) / scale
    return z ** (a - 1) * mpmath.exp(-z) * mpmath.rgamma(a) / scale


def _beta(x: Any, a: Any, b: Any) -> Any:
    return x ** (a - 1) * (1 - x) ** (b - 1) / mpmath.beta(a, b)


def _t(x: Any, df: Any) -> Any:
    return mpmath.rf(df / 2, 0.5) / mpmath.sqrt(mpmath.pi * df) * (1 + x * x / df) ** (-(df + 1) / 2)


def _norm(x: Any, loc: Any, scale: Any) -> Any:
    return mpmath.npdf(x, loc, scale)


def _weibull(x: Any, c: Any) -> Any:
    return c * x ** (c - 1) * mpmath.exp(-(x**c))


def _logistic(x: Any, loc: Any, scale: Any) -> Any:
    return mpmath.sech((x - loc) / scale / 2) ** 2 / scale / 4


def _log(density: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *operands: mpmath.log(density(*operands))


# op, mpmath's function, the points
DERIVATIVES: list[tuple[str, Callable[..., Any], list[tuple[float, ...]]]] = [
    ("norm_pdf", _norm, [(0.3, 0.1, 2.0), (-9.0, 0.5, 0.7), (20.0, 0.0, 3.0)]),
    ("norm_logpdf", _log(_norm), [(0.3, 0.1, 2.0), (-1e3, 0.5, 0.7)]),
    ("norm_cdf", mpmath.ncdf, [(0.3, 0.1, 2.0), (-9.0, 0.5, 0.7)]),
    ("gamma_pdf", _gamma, [(0.3, 2.5, 0.1, 2.0), (30.0, 0.5, 0.0, 1.5)]),
    ("gamma_logpdf", _log(_gamma), [(0.3, 2.5, 0.1, 2.0), (1e-4, 0.5, 0.0, 1.5), (900.0, 3.0, 0.0, 1.0)]),
    ("beta_logpdf", _log(_beta), [(0.3, 2.5, 0.1), (1e-6, 0.5, 20.0)]),
    ("t_pdf", _t, [(0.3, 2.5), (-40.0, 0.5), (1.0, 30.0)]),
    ("t_logpdf", _log(_t), [(0.0, 2.5), (-1e6, 0.5), (3.0, 200.0)]),
    ("weibull_min_pdf", _weibull, [(0.3, 2.5), (4.0, 0.5)]),
    ("logistic_pdf", _logistic, [(0.1, 0.1, 2.0), (-50.0, 0.5, 0.7), (3.0, 0.0, 3.0)]),
]


@pytest.mark.parametrize(("name", "reference", "points"), DERIVATIVES, ids=[row[0] for row in DERIVATIVES])
def test_derivatives(name: str, reference: Callable[..., Any], points: list[tuple[float, ...]]) -> None:
    error, where = worst_error(OPS[name].__call__, reference, points)
    assert error < 1e-10, where


# The call, x, the slope there: at an end of the support it is the one from inside.
ENDS = [
    ("expon.pdf(x)", 0.0, -1.0),
    ("gamma.pdf(x, 2)", 0.0, 1.0),
    ("gamma.pdf(x, 1)", 0.0, -1.0),
    ("beta.pdf(x, 1, 1)", 0.0, 0.0),
    ("beta.pdf(x, 2, 1)", 1.0, 2.0),
    ("uniform.logpdf(x)", 1.0, 0.0),
    ("laplace.pdf(x)", 0.0, 0.0),
    ("norm.logpdf(x)", 1e4, -1e4),
    ("expon.logpdf(x)", -1.0, 0.0),
    ("lognorm.pdf(x, 1)", 0.0, 0.0),
    ("cauchy.logpdf(x)", 1e200, -2e-200),
    ("binom.pmf(0, 3, x)", 0.0, -3.0),
    ("binom.pmf(1, 3, x)", 0.0, 3.0),
    ("binom.logpmf(2, 3, x)", 0.25, 2 / 0.25 - 1 / 0.75),
    ("poisson.pmf(0, x)", 0.0, -1.0),
    ("poisson.logpmf(3, x)", 2.0, 0.5),
    ("poisson.pmf(2.5, x)", 2.0, 0.0),
]


@pytest.mark.parametrize(("call", "x", "slope"), ENDS)
def test_slopes_at_the_ends(call: str, x: float, slope: float) -> None:
    text = f"from scipy.stats import *\nfrom scipy import stats\nstats.{call}"
    for mode in ("forward", "reverse"):
        compiled, _ = Compiler().compile(text, {"x": np.array(x)}, Query("gradient", wrt=("x",), mode=mode))
        np.testing.assert_allclose(compiled.evaluate({"x": np.array(x)}).gradients["x"], slope, rtol=1e-12, atol=1e-15)


_MVN = "from scipy.stats import multivariate_normal as mvn\nmvn."
POINT = [0.4, 3.0]
mvn = scipy.stats.multivariate_normal

CALLS = [
    ("import scipy.stats as st\nst.norm.pdf(x, 1, scale=2)", scipy.stats.norm.pdf(0.4, 1, 2)),
    ("from scipy.stats import norm\nnorm.logpdf(x, loc=1, scale=s)", scipy.stats.norm.logpdf(0.4, 1, 3.0)),
    ("from scipy import stats\nstats.t.ppf(x, df=3)", scipy.stats.t.ppf(0.4, 3)),
    ("import scipy.stats\nscipy.stats.poisson.pmf([0, 1, 2], s)", scipy.stats.poisson.pmf([0, 1, 2], 3.0)),
    ("from scipy.stats import binom\nbinom.logpmf(2, n=5, p=x)", scipy.stats.binom.logpmf(2, 5, 0.4)),
    (f"{_MVN}pdf([x, s], mean=[0, 1], cov=[[2, 1], [1, 3]])", mvn.pdf(POINT, [0, 1], [[2, 1], [1, 3]])),
    (f"{_MVN}logpdf([x, s], cov=2.0)", mvn.logpdf(POINT, cov=2.0)),
    (
        f"{_MVN}logpdf([[x, s], [s, x]], [1, 2], [1, 4])",
        mvn.logpdf(np.array([POINT, POINT[::-1]]), np.array([1.0, 2.0]), np.array([1.0, 4.0])),
    ),
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_calls_as_they_are_written(text: str, expected: Any) -> None:
    np.testing.assert_allclose(result(text, x=0.4, s=3.0), expected, rtol=1e-12)


def test_whole_numbers_have_no_derivative() -> None:
    for text in ("scipy.stats.poisson.pmf(k, 2.0)", "scipy.stats.binom.logpmf(k, 5, 0.5)"):
        with pytest.raises(AdcoreError, match="is a whole number, by which there is no derivative") as caught:
            Compiler().compile(f"import scipy.stats\n{text}", {"k": np.array(2.0)}, Query("gradient", wrt=("k",)))
        assert caught.value.code == "not_differentiable"


@pytest.mark.parametrize("kind", KINDS)
def test_students_with_infinite_degrees_of_freedom_is_the_normal(kind: str) -> None:
    """So are its derivatives to second order; those by the degrees of freedom are 0."""
    numbers = np.array([1e-15, 0.07, 0.5, 0.6, 0.99] if kind == "ppf" else [-8.0, -1.5, 0.0, 0.3, 4.0])
    infinite, ones = np.full(5, math.inf), np.ones(5)
    student = build(lambda x, df: OPS[f"t_{kind}"](x, df, 0.0, 1.0), (5,), (5,))
    normal = build(lambda x: OPS[f"norm_{kind}"](x, 0.0, 1.0), (5,))
    for modes in MODES:
        order = len(modes)
        for wrt in itertools.combinations_with_replacement(range(2), order):
            (value,) = run(derived(student, modes, wrt), numbers, infinite, *[ones] * order)
            expected = 0.0 * ones if 1 in wrt else run(derived(normal, modes, wrt), numbers, *[ones] * order)[0]
            np.testing.assert_allclose(value, expected, 1e-12, err_msg=f"{modes} {wrt}")
