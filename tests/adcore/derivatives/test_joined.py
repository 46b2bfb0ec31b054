"""Powers of one value that undo one another: the derivatives of their limits, of any order, wherever they stand."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any, Literal

import mpmath
import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.derivatives.reverse import gradient_graph
from adcore.graph import OPS, SCALAR, Graph
from adcore.wengert import Row
from tests.adcore.graphs import build, derive, orders, run

pytestmark = pytest.mark.untraced

# A program, and what it is where it has a value: a function of mpmath, and whether negative numbers have one.
Function = Callable[[Any], Any]
HALF, WHOLE = False, True
JOINED: list[tuple[str, Function, bool]] = [
    ("sqrt(x)*sqrt(x)", lambda x: x, HALF),
    ("sqrt(x)**2", lambda x: x, HALF),
    ("(x**0.5)**2", lambda x: x, HALF),
    ("sqrt(x)*x**0.5", lambda x: x, HALF),
    ("square(sqrt(x))", lambda x: x, HALF),
    ("x**0.25*x**0.75", lambda x: x, HALF),
    ("x**0.7*x**0.2*x**0.1", lambda x: x, HALF),
    ("sqrt(sqrt(x))**4", lambda x: x, HALF),
    ("exp(log(x))", lambda x: x, HALF),
    ("exp(2*log(x))", lambda x: x**2, HALF),
    ("2*sqrt(x)*3*sqrt(x)", lambda x: 6 * x, HALF),
    ("-sqrt(x)*sqrt(x)", lambda x: -x, HALF),
    ("-(-sqrt(x))*sqrt(x)", lambda x: x, HALF),
    ("x*sqrt(x)", lambda x: x**1.5, HALF),
    ("sqrt(x)**3", lambda x: x**1.5, HALF),
    ("sqrt(x**3)", lambda x: x**1.5, HALF),
    ("x/x**-0.5", lambda x: x**1.5, HALF),
    ("(x**1.5)**2", lambda x: x**3, HALF),
    ("x**1.5*x**1.5", lambda x: x**3, HALF),
    ("x*x*sqrt(x)*sqrt(x)", lambda x: x**3, HALF),
    ("cbrt(x)**3", lambda x: x, WHOLE),
    ("cbrt(x)*cbrt(x)*cbrt(x)", lambda x: x, WHOLE),
    ("cbrt(x**3)", lambda x: x, WHOLE),
    ("1/(1/x)", lambda x: x, WHOLE),
    ("reciprocal(reciprocal(x))", lambda x: x, WHOLE),
    ("log(exp(x))", lambda x: x, WHOLE),
    ("log1p(expm1(x))", lambda x: x, WHOLE),
    ("arctanh(tanh(x))", lambda x: x, WHOLE),
    ("exp2(log2(x))", lambda x: x, HALF),
    ("sqrt(x**4)", lambda x: x**2, WHOLE),
    ("cbrt(x)**6", lambda x: x**2, WHOLE),
    ("minimum(maximum(x, 0), x)", lambda x: x, WHOLE),
]
KINKS: list[tuple[str, Function, float]] = [  # with the mean of the one-sided slopes at 0
    ("sqrt(x**2)", abs, 0.0),
    ("(x**2)**0.5", abs, 0.0),
    ("cbrt(x)**2", lambda x: abs(x) ** (mpmath.mpf(2) / 3), 0.0),
    ("x*cbrt(x)", lambda x: abs(x) ** (mpmath.mpf(4) / 3), 0.0),
    ("maximum(maximum(x, 0), 0)", lambda x: max(x, 0), 0.5),
    ("minimum(0, minimum(x, 0))", lambda x: min(x, 0), 0.5),
    ("relu(relu(x))", lambda x: max(x, 0), 0.5),
    ("clip(clip(x, 0, 1), 0, 1)", lambda x: min(max(x, 0), 1), 0.5),
]


def graph_of_text(text: str) -> Graph:
    return Compiler().graph(text, {"x": np.array(1.0)})


def limits(function: Function, order: int) -> float:
    """The derivative at 0, from the right: that of a power."""
    h = mpmath.mpf(10) ** -30
    return float(mpmath.diff(function, h, order, direction=1, h=h**2))


@pytest.mark.parametrize("modes", [*orders(2)])
def test_the_limit_at_the_end_and_the_derivative_beside_it(modes: str) -> None:
    with mpmath.workdps(120):
        for text, function, whole in JOINED:
            graph = derive(graph_of_text(text), modes)
            (slope,) = run(graph, 0.0)
            expected = limits(function, len(modes))
            expected = math.inf if expected > 1e9 else round(expected, 8)
            assert slope == pytest.approx(expected, abs=1e-12), text
            for x in (0.3, 4.0, -2.0) if whole else (0.3, 4.0):
                beside = float(mpmath.diff(function, mpmath.mpf(x), len(modes)))
                assert run(graph, x)[0] == pytest.approx(beside, rel=1e-13, abs=1e-13), (text, x)
            if not whole:
                assert math.isnan(run(graph, -1.0)[0]), text


@pytest.mark.parametrize("modes", [*orders(2)])
def test_even_powers_have_their_kinks(modes: str) -> None:
    for text, function, at_zero in KINKS:
        graph = derive(graph_of_text(text), modes)
        if len(modes) == 1:
            assert run(graph, 0.0) == [at_zero], text
        for x in (-2.0, 0.3):
            beside = float(mpmath.diff(function, mpmath.mpf(x), len(modes)))
            assert run(graph, x)[0] == pytest.approx(beside, rel=1e-13, abs=1e-13), (text, x)


PLACES = {
    "a loop": "s = 0.0\nfor i in range(2):\n  s = s + sqrt(x)*sqrt(x)*y\ns",
    "a loop that runs on": "s = x\nn = 0\nwhile n < 3:\n  s = sqrt(s)*sqrt(s)\n  n = n + 1\n2*s*y",
    "a branch": "s = 0.0\nif x < 1:\n  s = 2*y*sqrt(x)**2\ns",
    "a choice": "where(x < 1, 2*sqrt(x)*y*sqrt(x), 0)",
    "a function": "def f(a):\n  return a*sqrt(x)\nf(2*y)*f(1)",
    "a recursion": "def f(a, n):\n  return a if n < 1 else f(sqrt(a)*sqrt(a), n - 1)\n2*y*f(x, 3)",
    "an inner derivative": "def f(a):\n  return a*sqrt(a)*sqrt(a)\ngrad(f)(x)*y",
    "elements": "v = [x, 4*x]\nsum(sqrt(v)*sqrt(v))*0.4*y",
    "equal values": "sqrt(x + x)*sqrt(x + x)*y",
    "a norm": "v = [x, y]\nsqrt(dot(v, v))**2",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_wherever_they_stand(text: str) -> None:
    """Each is 2 x y, but for the norm; at (0, 3) and in a batch."""
    point = {"x": np.array(0.0), "y": np.array(3.0)}
    points = {"x": np.array([0.0, 0.5]), "y": np.array([3.0, 2.0])}
    expected = (6.0, 0.0, 2.0) if "dot" not in text else (0.0, 6.0, 0.0)
    modes: tuple[Literal["reverse", "forward"], ...] = ("reverse", "forward")
    for mode in modes:
        answer = Compiler().compile(text, point, Query("gradient", mode=mode))[0].evaluate(point)
        assert [float(answer.gradients[n]) for n in "xy"] == pytest.approx(expected[:2])
        assert answer.notices == ()
        batch = Compiler().compile(text, points, Query("gradient", mode=mode, batch=True))[0].evaluate(points)
        assert batch.gradients["x"][0] == pytest.approx(expected[0])
        second = Compiler().compile(text, point, Query("hessian", mode=mode))[0].evaluate(point).hessian
        assert second["x"]["y"] == second["y"]["x"] == pytest.approx(expected[2])


def test_values_and_what_needs_no_joining_stay_as_they_are() -> None:
    for text in ("x*x", "1/sqrt(x)", "1/x**2", "x/sqrt(x)", "sqrt(sqrt(x))", "exp(x)*log(x)", "(x + 1)/x"):
        derived = Compiler().graph(text, {"x": np.array(2.0)}, Query("gradient"))
        assert all(node.op is not OPS["signed_power"] for node in derived.nodes), text
    for text, _, _ in JOINED:
        for x in (0.1, 0.7, 5.3):
            values = {"x": np.array(x)}
            plain = Compiler().compile(text, values, Query())[0].evaluate(values).values
            beside = Compiler().compile(text, values, Query("gradient"))[0].evaluate(values).values
            assert plain == beside


def test_a_trace_has_the_answer_and_goes_to_the_base_at_once() -> None:
    point = {"x": np.array(0.0)}
    compiled = Compiler().compile("sqrt(x + 1 - 1)*sqrt(x + 1 - 1)", point, Query("gradient", mode="reverse"))[0]
    rows: tuple[Row, ...] = compiled.trace(point).adjoint or ()
    assert rows[1].expression == "v7' * where(v3 >= 0, 1, nan)"
    assert rows[-1].value == compiled.evaluate(point).gradients["x"] == 1.0


def test_long_products_grow_in_proportion_to_their_length() -> None:
    def count(length: int) -> int:
        graph = build(lambda *xs: functools.reduce(operator.mul, map(OPS["sqrt"], xs)), *[SCALAR] * length)
        return gradient_graph(graph, range(length)).count()

    assert count(200) < 2.1 * count(100)
