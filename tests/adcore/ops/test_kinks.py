"""First derivatives at kinks, ties, zeros and edges, each by both modes: the mean of the one-sided derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, Array, Node, Op
from tests.adcore.graphs import build, run

pytestmark = pytest.mark.untraced

Build = Callable[[Node], Node]


def op(name: str) -> Op:
    return OPS[name]


def gradient(function: Build, x: Any) -> Array:
    """The gradient of a function to one number, by reverse mode, once forward mode has given the same."""
    point = np.asarray(x, float)[()]
    graph = build(function, point.shape)
    (slope,) = run(reverse.gradient_graph(graph, [0]), point)[1:]
    for place in np.ndindex(point.shape):
        direction = np.zeros(point.shape)
        direction[place] = 1.0
        pushed = run(forward.jvp_graph(graph, [0]), point, direction[()])[1]
        np.testing.assert_allclose(pushed, np.asarray(slope)[place], rtol=1e-14, atol=1e-300)
    return slope


def stack(*parts: Node | float) -> Node:
    return op("stack")(*parts)


def _last_cumprod(x: Node) -> Node:
    return op("index")(op("cumprod")(stack(2, x, 3)), key=(2,))


INF, NAN = math.inf, math.nan

# A function of one number, where, its value, and its derivative there.
NUMBERS: list[tuple[str, Build, float, float, float]] = [
    ("where: sqrt not taken", lambda x: op("where")(op("greater")(x, 0), op("sqrt")(x), 0.0), -1, 0, 0),
    ("where: sqrt at its edge, not taken", lambda x: op("where")(op("greater")(x, 0), op("sqrt")(x), 0.0), 0, 0, 0),
    ("where: log squared not taken", lambda x: op("where")(op("greater")(x, 0), op("log")(x) ** 2, x), -1, -1, 1),
    ("where: equality", lambda x: op("where")(op("equal")(x, 1), 1.0, x**2), 1, 1, 0),
    ("abs", op("abs"), 0, 0, 0),
    ("maximum", lambda x: op("maximum")(x, 0), 0, 0, 0.5),
    ("minimum", lambda x: op("minimum")(x, 0), 0, 0, 0.5),
    ("relu", op("relu"), 0, 0, 0.5),
    ("relu twice is the identity", lambda x: op("relu")(x) - op("relu")(-x), 0, 0, 1),
    ("clip at its lower bound", lambda x: op("clip")(x, 1, 2), 1, 1, 0.5),
    ("clip between equal bounds is constant", lambda x: op("clip")(x, 1, 1), 1, 1, 0),
    ("clip, its equal bounds moved", lambda x: op("clip")(1.0, x, x), 1, 1, 1),
    ("clip with itself as the upper bound is the identity", lambda x: op("clip")(x, 0, x), 0, 0, 1),
    ("clip with itself as the lower bound is a minimum", lambda x: op("clip")(x, x, 0), 0, 0, 0.5),
    ("clip between bounds the wrong way round", lambda x: op("clip")(x, 2, 1), 2, 1, 0),
    ("logaddexp of equal infinities", lambda x: op("logaddexp")(x, x), INF, INF, 1),
    ("logaddexp with an infinity", lambda x: op("logaddexp")(x, 1.0), INF, INF, 1),
    ("norm at the origin", lambda x: op("norm")(stack(x, 0 * x)), 0, 0, 0),
    ("hypot at the origin", lambda x: op("hypot")(x, 2 * x), 0, 0, 0),
    ("std of equal numbers", lambda x: op("std")(stack(x, x, x)), 1, 0, 0),
    ("std of equal numbers whose mean rounds", lambda x: op("std")(stack(x, x, 0.1)), 0.1, 0, 0),
    ("x ** 2.0", lambda x: x**2.0, 0, 0, 0),
    ("x ** 1.0", lambda x: x**1.0, 0, 0, 1),
    ("x ** 0.0", lambda x: x**0.0, 0, 1, 0),
    ("prod with a zero", lambda x: op("prod")(stack(x, 2, 3)), 0, 0, 6),
    ("prod with two zeros", lambda x: op("prod")(stack(x, x, 3)), 0, 0, 0),
    ("cumprod through a zero", _last_cumprod, 0, 0, 6),
    ("sqrt at its edge", op("sqrt"), 0, 0, INF),
    ("log at its edge", op("log"), 0, -INF, INF),
    ("sinc", op("sinc"), 0, 1, 0),
    ("norm of tiny numbers", lambda x: op("norm")(stack(x, 0)), 1e-200, 1e-200, 1),
    ("std of tiny numbers", lambda x: op("std")(stack(x, -x)), 1e-200, 1e-200, 1),
    ("norm of huge numbers", lambda x: op("norm")(stack(x, x)), 1e200, math.sqrt(2) * 1e200, math.sqrt(2)),
]


@pytest.mark.parametrize(("function", "x", "value", "slope"), [row[1:] for row in NUMBERS], ids=[r[0] for r in NUMBERS])
def test_numbers(function: Build, x: float, value: float, slope: float) -> None:
    assert run(build(function, ()), x)[0] == pytest.approx(value, rel=1e-15)
    assert gradient(function, x) == pytest.approx(slope, rel=1e-15)


KNOTS, HEIGHTS = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 3.0, 0.0])

# A function of an array, where, and its gradient there.
ARRAYS: list[tuple[str, Build, Any, Any]] = [
    ("max: a tie shares", op("max"), [3, 1, 3], [0.5, 0, 0.5]),
    ("max: each row has its own", lambda x: op("sum")(op("max")(x, axis=1)), [[1, 1], [1, 2]], [[0.5, 0.5], [0, 1]]),
    ("min: a tie of three", op("min"), [2, 2, 2], [1 / 3] * 3),
    ("max of -inf", op("max"), [-INF, -INF], [0.5, 0.5]),
    ("max of NaN", op("max"), [1, NAN, 3], [0, 1, 0]),
    ("min of two NaN", op("min"), [1, NAN, NAN], [0, 0.5, 0.5]),
    ("max along an axis with a NaN", lambda x: op("sum")(op("max")(x, axis=1)), [[1, NAN], [1, 2]], [[0, 1], [0, 1]]),
    ("maximum with a NaN", lambda x: op("sum")(op("maximum")(x, 2.0)), [NAN, 3], [1, 1]),
    ("minimum with a NaN", lambda x: op("sum")(op("minimum")(x, 2.0)), [NAN, 3], [1, 0]),
    ("maximum of NaN by the number", lambda x: op("sum")(op("maximum")(NAN, x)), [2, 3], [0, 0]),
    ("fmax with a NaN", lambda x: op("sum")(op("fmax")(x, 2.0)), [NAN, 3], [0, 1]),
    ("relu of NaN", lambda x: op("sum")(op("relu")(x)), [NAN], [1]),
    ("clip of NaN", lambda x: op("sum")(op("clip")(x, 0.0, 1.0)), [NAN, 2, 0.5], [1, 0, 1]),
    ("logsumexp with an infinity", op("logsumexp"), [INF, 1, 2], [1, 0, 0]),
    ("logsumexp with two infinities", op("logsumexp"), [INF, 1, INF], [0.5, 0, 0.5]),
    ("logsumexp with -inf", op("logsumexp"), [-INF, 1], [0, 1]),
    ("logsumexp of -inf", op("logsumexp"), [-INF, -INF], [0.5, 0.5]),
    ("ptp of equal numbers", op("ptp"), [1, 1], [0, 0]),
    ("norm 1 has a kink at 0", lambda x: op("norm")(x, ord=1), [0, -2], [0, -1]),
    ("norm inf shares", lambda x: op("norm")(x, ord=INF), [-2, 2, 1], [-0.5, 0.5, 0]),
    ("norm -inf at 0", lambda x: op("norm")(x, ord=-INF), [0, 2], [0, 0]),
    ("prod with one zero", op("prod"), [0, 2, 3], [6, 0, 0]),
    ("prod of all zeros", op("prod"), [0, 0, 0], [0, 0, 0]),
    ("prod along an axis", lambda x: op("sum")(op("prod")(x, axis=0)), [[0, 2], [5, 0]], [[5, 0], [0, 2]]),
    ("cumprod with a zero", lambda x: op("sum")(op("cumprod")(x)), [2, 0, 3], [1, 2 + 6, 0]),
    ("cummax: a tie shares", lambda x: op("index")(op("cummax")(x), key=(3,)), [1, 5, 2, 5], [0, 0.5, 0, 0.5]),
    ("cummax: before the tie", lambda x: op("index")(op("cummax")(x), key=(2,)), [1, 5, 2, 5], [0, 1, 0, 0]),
    ("cummin: beaten after a tie", lambda x: op("index")(op("cummin")(x), key=(3,)), [3, 3, 3, 1], [0, 0, 0, 1]),
    ("cummin: a tie of three", lambda x: op("index")(op("cummin")(x), key=(2,)), [3, 3, 3, 1], [1 / 3] * 3 + [0]),
    ("sort: the smallest of a tie", lambda x: op("index")(op("sort")(x), key=(0,)), [1, 1, 5], [0.5, 0.5, 0]),
    ("sort: beyond the tie", lambda x: op("index")(op("sort")(x), key=(2,)), [1, 1, 5], [0, 0, 1]),
    ("median: the middle one", op("median"), [5, 1, 3], [0, 0, 1]),
    ("median: the middle two", op("median"), [5, 1, 3, 2], [0, 0, 0.5, 0.5]),
    ("median in a tie", op("median"), [2, 7, 2, 1], [0.5, 0, 0.5, 0]),
    ("var of equal numbers that round", op("var"), [0.1, 0.1, 0.1], [0, 0, 0]),
    ("std of equal numbers that round", op("std"), [0.1, 0.1, 0.1], [0, 0, 0]),
    ("interp at a point: the mean slope", lambda x: op("sum")(op("interp")(x, KNOTS, HEIGHTS)), [1, 2.5], [1.5, -3]),
    (
        "interp at the ends and beyond",
        lambda x: op("sum")(op("interp")(x, KNOTS, HEIGHTS)),
        [0, 3, -1, 9],
        [0.5, -1.5, 0, 0],
    ),
    (
        "interp by its heights",
        lambda f: op("sum")(op("interp")(np.array([0.5, 1, 9]), KNOTS, f)),
        HEIGHTS,
        [0.5, 1.5, 0, 1],
    ),
    (
        "interp by its points",
        lambda p: op("sum")(op("interp")(np.array([0.5, 2.5]), p, HEIGHTS)),
        KNOTS,
        [-0.5, -0.5, 1.5, 1.5],
    ),
    ("interp by heights it does not use", lambda f: op("interp")(-1.0, KNOTS, f, left=5.0), HEIGHTS, [0, 0, 0, 0]),
    ("trapezoid", lambda x: op("trapezoid")(x, 1.0, 0.5), [1, 5, 2], [0.25, 0.5, 0.25]),
    (
        "trapezoid by its points",
        lambda x: op("trapezoid")(np.array([1.0, 5.0, 2.0]), x, 1.0),
        [0, 1, 3],
        [-3, -0.5, 3.5],
    ),
    (
        "taken from the end, in rows",
        lambda x: op("sum")(op("take")(x, np.array([[0, -1], [1, -3]])) ** 2),
        [1, 2, 3],
        [4, 4, 6],
    ),
    ("an element taken twice", lambda x: op("sum")(op("take")(x, np.array([0, 0, -1]))), [1, 2, 3], [2, 0, 1]),
]


@pytest.mark.parametrize(("function", "x", "expected"), [row[1:] for row in ARRAYS], ids=[r[0] for r in ARRAYS])
def test_arrays(function: Build, x: Any, expected: Any) -> None:
    np.testing.assert_allclose(gradient(function, x), expected, rtol=1e-15)


# A function, where, and the second derivative of it there.
CURVED: list[tuple[str, Build, float, float]] = [
    ("prod with two zeros", lambda x: op("prod")(stack(x, x, 3)), 0, 6),
    ("prod with three zeros", lambda x: op("prod")(stack(x, x, x)), 0, 0),
    ("x ** 2.0", lambda x: x**2.0, 0, 2),
    ("softplus far out", op("softplus"), 800, 0),
    ("sinc", op("sinc"), 0, -(math.pi**2) / 3),
    ("norm of one number is straight", lambda x: op("norm")(stack(x)), 2, 0),
]


@pytest.mark.parametrize(("function", "x", "curvature"), [row[1:] for row in CURVED], ids=[r[0] for r in CURVED])
def test_second_derivatives(function: Build, x: float, curvature: float) -> None:
    twice = forward.jvp_graph(reverse.gradient_graph(build(function, ()), [0]), [0])
    assert run(twice, x, 1.0)[3] == pytest.approx(curvature, rel=1e-14, abs=1e-14)
