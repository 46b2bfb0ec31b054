"""The special functions against mpmath: values, first and second derivatives, in the middle and far out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.errors import NotDifferentiable
from adcore.graph import OPS, Graph, items
from adcore.graph.traversal import graph_of
from tests.adcore.graphs import build, run
from tests.adcore.ops.special_functions.by_mpmath import worst_error

pytestmark = pytest.mark.untraced


def along(*values: float) -> list[tuple[float, ...]]:
    return [(x,) for x in values]


def _lower(a: Any, x: Any) -> Any:
    return mpmath.gammainc(a, 0, x, regularized=True)


def _density_of_gamma(a: Any, x: Any) -> Any:
    return x ** (a - 1) * mpmath.exp(-x) * mpmath.rgamma(a)


def _student(df: Any, t: Any) -> Any:
    tail = mpmath.betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def _voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    z = (x + 1j * gamma) / (sigma * mpmath.sqrt(2))
    return mpmath.re(mpmath.exp(-z * z) * mpmath.erfc(-1j * z)) / (sigma * mpmath.sqrt(2 * mpmath.pi))


POSITIVE = along(1e-8, 1e-3, 0.3, 2.0, 17.0, 200.0)

# op, parameters, mpmath's function, the points, the tolerance, and the operands to differentiate by
TABLE: list[tuple[str, dict[str, Any], Callable[..., Any], Sequence[tuple[float, ...]], float, list[int] | None]] = [
    ("y0", {}, lambda x: mpmath.bessely(0, x), POSITIVE[:5], 1e-12, None),
    ("y1", {}, lambda x: mpmath.bessely(1, x), along(17.0), 1e-12, None),
    ("yn", {"n": 3}, lambda x: mpmath.bessely(3, x), POSITIVE[1:5], 1e-11, None),
    ("yv", {"v": 0.3}, lambda x: mpmath.bessely(0.3, x), POSITIVE[1:5], 1e-11, None),
    ("kn", {"n": 2}, lambda x: mpmath.besselk(2, x), along(1e-3, 5.0), 1e-12, None),
    ("kv", {"v": 0.3}, lambda x: mpmath.besselk(0.3, x), POSITIVE, 1e-12, None),
    ("k0", {}, lambda x: mpmath.besselk(0, x), along(17.0), 1e-12, None),
    ("k1", {}, lambda x: mpmath.besselk(1, x), along(1e-8, 2.0), 1e-12, None),
    ("ive", {"v": 2.0}, lambda x: mpmath.besseli(2, x) * mpmath.exp(-x), [*POSITIVE, (1e6,)], 1e-10, None),
    ("kve", {"v": 0.3}, lambda x: mpmath.besselk(0.3, x) * mpmath.exp(x), [*POSITIVE[:5], (1e6,)], 1e-10, None),
    ("i0e", {}, lambda x: mpmath.besseli(0, x) * mpmath.exp(-x), [*POSITIVE[:5], (1e6,)], 1e-10, None),
    ("ellipk", {}, mpmath.ellipk, along(-1e12, -30.0, -0.5, 0.0, 1e-9, 0.4, 0.999), 1e-12, None),
    ("ellipe", {}, mpmath.ellipe, along(-1e12, -30.0, -0.5, 0.0, 1e-9, 0.4, 0.999), 1e-12, None),
    ("expi", {}, mpmath.ei, along(-20.0, -0.1, 1e-6, 1.5, 40.0), 1e-11, None),
    ("exp1", {}, mpmath.e1, along(1e-8, 0.1, 1.5, 40.0), 1e-12, None),
    (
        "dawsn",
        {},
        lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x),
        along(-2.0, 1e-7, 0.5, 6.5, 7.5, 20.0),
        1e-11,
        None,
    ),
    (
        "voigt_profile",
        {},
        _voigt,
        [(0.0, 1.0, 1.0), (2.0, 0.5, 1e-3), (3.0, 1.0, 2.0), (50.0, 1.0, 1.0), (4.0, 0.05, 0.5)],
        1e-10,
        None,
    ),
    ("lambertw", {"k": 0}, mpmath.lambertw, along(-0.36, -1e-9, 0.0, 1e-5, 1.0, 1e9), 1e-11, None),
    ("lambertw", {"k": -1}, lambda z: mpmath.lambertw(z, -1), along(-0.36, -0.1, -1e-7), 1e-11, None),
    ("rgamma", {}, mpmath.rgamma, along(-20.0, -3.0, -1.5, 0.0, 1e-9, 0.7, 30.0), 1e-11, None),
    (
        "binom",
        {},
        mpmath.binomial,
        [(5.0, 2.0), (5.5, 2.5), (5.0, 0.0), (5.0, -1.0), (4.0, 6.0), (0.5, 3.0)],
        1e-11,
        None,
    ),
    ("hurwitz_zeta", {}, mpmath.zeta, [(1.01, 0.5), (2.0, 1.0), (5.0, 40.0), (30.0, 0.1), (3.0, 1e-3)], 1e-11, None),
    ("riemann_zeta", {}, mpmath.zeta, along(-3.5, -0.7, 0.0, 0.5, 1.1, 6.0, 40.0), 1e-10, None),
    (
        "gamma_density",
        {},
        lambda a, x: x ** (a - 1) * mpmath.exp(-x) / mpmath.gamma(a),
        [(2.5, 1e-4), (0.3, 4.0), (1e5, 1e5 + 900.0)],
        1e-10,
        None,
    ),
    (
        "gammainc",
        {},
        _lower,
        [(1e-2, 1e-3), (0.5, 1e-8), (0.5, 3.0), (2.5, 0.1), (3.0, 2.7), (40.0, 30.0), (40.0, 60.0), (1e3, 990.0)],
        1e-10,
        None,
    ),
    (
        "gammaincc",
        {},
        lambda a, x: mpmath.gammainc(a, x, mpmath.inf, regularized=True),
        [(1e-2, 1e-3), (0.5, 3.0), (3.0, 30.0), (40.0, 100.0)],
        1e-10,
        None,
    ),
    (
        "betainc",
        {},
        lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
        [(0.5, 0.5, 1e-6), (2.0, 5.0, 0.3), (30.0, 4.0, 0.7), (1e-2, 3.0, 0.1), (100.0, 120.0, 0.45)],
        1e-10,
        None,
    ),
    ("stdtr", {}, _student, [(3.5, -1.0), (0.4, 5.0), (30.0, 1e-6), (3.0, -40.0), (200.0, -8.0)], 1e-8, None),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}{list(row[1].values()) or ''}")
def test_by_mpmath(row: tuple[Any, ...]) -> None:
    name, params, reference, points, tolerance, wrt = row
    error, where = worst_error(lambda *xs: OPS[name](*xs, **params), reference, points, wrt)
    assert error < tolerance, where


# The function, its operands, what it is differentiated by, and how often: one more than there is a method for.
REFUSED = [("gammainc", (2.0, 1.5), 0, 5), ("betainc", (2.0, 3.0, 0.4), 1, 5), ("stdtr", (3.0, 1.0), 0, 3)]


@pytest.mark.parametrize(("name", "operands", "wrt", "order"), REFUSED)
def test_derivatives_without_a_method_are_refused(name: str, operands: tuple[float, ...], wrt: int, order: int) -> None:
    graph = build(OPS[name].__call__, *[()] * len(operands))
    for _ in range(order - 1):
        graph = derivative(graph, wrt)
    assert math.isfinite(run(graph, *operands)[0])
    assert math.isfinite(run(derivative(graph, len(operands) - 1), *operands)[0])
    with pytest.raises(NotDifferentiable, match=f"{name} by .* up to order {order - 1}"):
        derivative(graph, wrt)


def derivative(graph: Graph, wrt: int) -> Graph:
    gradient = reverse.gradient_graph(graph, [wrt])
    return graph_of(gradient.inputs, gradient.outputs[1:])


def test_both_integrals_of_fresnel() -> None:
    """Each has its derivative, alone and with the other."""
    graph = build(lambda z: items(OPS["fresnel"](z)), ())
    angle = math.pi / 2 * 1.3**2
    slopes = run(forward.jvp_graph(graph, [0]), 1.3, 1.0)[2:]
    np.testing.assert_allclose(slopes, [math.sin(angle), math.cos(angle)], rtol=1e-14)
    for i, slope in enumerate(slopes):
        only = graph_of(graph.inputs, graph.outputs[i : i + 1])
        np.testing.assert_allclose(run(reverse.gradient_graph(only, [0]), 1.3)[1], slope, rtol=1e-14)


def test_slopes_far_out_are_numbers() -> None:
    """Parameters from 1e-300 to 1e300: the derivatives by them are finite, and of the sign they have."""
    grid = np.array([1e-300, 1e-100, 1e-5, 1.0, 1e5, 1e100, 1e300])
    a, x = (each.ravel() for each in np.meshgrid(grid, grid))
    by_a = run(build(lambda a, x: OPS["gammainc_by_a"](a, x, n=1), (49,), (49,)), a, x)[0]
    assert np.all(np.isfinite(by_a))
    assert np.all(by_a <= 0)
