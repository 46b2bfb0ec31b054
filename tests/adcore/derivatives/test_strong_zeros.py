"""Strong zeros: what is exactly zero contributes zero, also where it meets an infinity or NaN, at every order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.graph import OPS, SCALAR
from adcore.graph.traversal import check
from adcore.passes import optimise
from tests.adcore.graphs import Build, build, derive, if_else, orders, run
from tests.tables import for_each

pytestmark = pytest.mark.untraced

LOG, SQRT, WHERE, GREATER = OPS["log"], OPS["sqrt"], OPS["where"], OPS["greater"]

# Functions that are infinite or NaN at 0, at -1, or at both, or whose derivatives are.
SINGULAR: dict[str, Build] = {
    "sqrt": SQRT,
    "log": LOG,
    "1/x": lambda x: 1.0 / x,
    "sin(x)/x": lambda x: OPS["sin"](x) / x,
    "reciprocal": OPS["reciprocal"],
    "x**0.5": lambda x: x**0.5,
    "x**-1.5": lambda x: x**-1.5,
    "x**x": lambda x: x**x,
    "arcsin": lambda x: OPS["arcsin"](x - 2.0),
    "arccosh": OPS["arccosh"],
    "arctanh": lambda x: OPS["arctanh"](x - 1.0),
    "cbrt": OPS["cbrt"],
    "hypot": lambda x: OPS["hypot"](x, x),
    "arctan2": lambda x: OPS["arctan2"](x, x),
    "log(x)**2": lambda x: LOG(x) ** 2.0,
    "log(x)*log(x)": lambda x: LOG(x) * LOG(x),
    "x*log(x)": lambda x: x * LOG(x),
    "exp(1/x)": lambda x: OPS["exp"](1.0 / x),
}


@pytest.mark.untraced
@for_each(SINGULAR.values())
def test_nothing_of_the_branch_not_taken_reaches_the_answer(function: Build) -> None:
    chosen = build(lambda x: WHERE(GREATER(x, 0.0), function(x), 0.0), SCALAR)
    for modes in orders(3):
        graph = derive(chosen, modes)
        for made in (graph, check(optimise(graph))):
            for x in (0.0, -1.0, -3.0):
                assert run(made, x) == [0.0], (x, modes)


@pytest.mark.parametrize("modes", orders(3))
def test_the_branch_that_is_taken_has_its_derivative(modes: str) -> None:
    expected = [0.25, -1 / 32, 3 / 256][len(modes) - 1]
    graph = derive(build(lambda x: WHERE(GREATER(x, 0.0), SQRT(x), 0.0), SCALAR), modes)
    assert run(graph, 4.0) == [expected]


# A function whose partial is infinite or NaN at the point, and the zero that it is multiplied by.
PARTIALS: dict[str, tuple[Build, tuple[float, ...]]] = {
    "inf partial": (SQRT, (0.0,)),
    "nan partial": (LOG, (math.nan,)),
    "nan partial of sqrt": (SQRT, (-1.0,)),
    "inf divisor": (lambda x: 1.0 / x, (0.0,)),
    "0/0": (lambda x, y: x / y, (0.0, 0.0)),
    "inf factor": (lambda x, y: x * y, (math.inf, math.inf)),
    "nan factor": (lambda x, y: x * y, (math.nan, math.nan)),
    "inf * 0": (lambda x, y: x * y, (math.inf, 0.0)),
    "0 ** -1": (lambda x, y: x**y, (0.0, -1.0)),
    "hypot at infinities": (OPS["hypot"], (math.inf, math.inf)),
    "in a sum of an array": (lambda x: OPS["sum"](SQRT(OPS["stack"](x, x, x))), (0.0,)),
    "in a product of an array": (lambda x: OPS["prod"](OPS["stack"](x, x)), (math.inf,)),
}


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(("function", "point"), PARTIALS.values(), ids=PARTIALS)
def test_a_zero_cotangent_or_tangent_stays_zero(function: Build, point: tuple[float, ...], zero: float) -> None:
    graph = build(function, *[SCALAR] * len(point))
    n = len(point)
    assert run(vjp_graph(graph, range(n)), *point, zero)[1:] == [0.0] * n
    assert run(jvp_graph(graph, range(n)), *point, *[zero] * n)[1:] == [0.0]


@for_each((*partial, modes) for partial in PARTIALS.values() for modes in orders(2))
def test_a_choice_silences_what_it_does_not_take(function: Build, point: tuple[float, ...], modes: str) -> None:
    never = build(lambda *xs: WHERE(GREATER(xs[0], math.inf), function(*xs), 0.0), *[SCALAR] * len(point))
    assert run(derive(never, modes), *point) == [0.0]


def test_one_zero_among_others_does_not_silence_them() -> None:
    graph = build(lambda x: OPS["sum"](SQRT(OPS["stack"](x, 4.0 * x))), SCALAR)
    assert run(gradient_graph(graph, [0]), 0.0)[1] == math.inf
    assert np.isnan(run(gradient_graph(graph, [0]), -1.0)[1])


@pytest.mark.untraced
@for_each(SINGULAR.values())
def test_a_branch_of_a_cond_that_is_not_taken_never_matters(function: Build) -> None:
    chosen = build(lambda x: if_else(GREATER(x, 0.0), function, lambda a: a * 3.0, x), SCALAR)
    for modes in orders(3):
        for x in (0.0, -1.0):
            assert run(derive(chosen, modes), x) == [3.0 if len(modes) == 1 else 0.0], (x, modes)
