"""Zeros times infinities: both modes have one answer, and it says where a zero has won that is none by choice."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.compiler.compiled import Answer
from adcore.graph import OPS, SCALAR
from tests.adcore.graphs import build, by_forward, by_reverse, derive, orders, run

LOOP = "s = 0\nfor i in range(3):\n  s = s + x*log(x*0 + x**2)\ns"
CLIPPED = "s = 0\nfor i in range(4):\n  s = s + sqrt(clip(x[i], 0, 2))\ns"
CARRIED = "s = x\nwhile s < 0:\n  s = s + 1 + sqrt(maximum(s, 0)) + arccos(clip(s, -1, 1))\ns*0 + x"
CLIPPED_CALL = "def f(a, n):\n  return a if n < 1 else f(sqrt(clip(a, 0, 1)), n - 1)\nf(x, 3)"
RECURSION = "def f(a):\n  return sin(a)*cbrt(a) if a < 1 else f(a-1)\nf(x)"

# Why each is here, the program, where, its gradient, and whether a notice is due.
ROWS: list[tuple[str, str, dict[str, Any], Any, bool]] = [
    ("an infinite root of a zero cube", "sqrt(x**3 + x**4)", {"x": 0}, 0, True),
    ("a flat value of an overflow", "tanh(exp(x))", {"x": 800}, 0, True),
    ("a quotient by an overflow", "1/(1 + exp(-x))", {"x": -800}, 0, True),
    ("a zero factor", "sin(x)*sqrt(x)", {"x": 0}, 0, True),
    ("two roots, whose limit is another", "x**a * x**b", {"x": 0, "a": 0.75, "b": 0.25}, 0, True),
    ("the way through an overflow", "log(exp(x) + 1)", {"x": 800}, 0, True),
    ("powers of one value are one power", "x**0.75 * x**0.25", {"x": 0}, 1, False),
    ("a norm by hand", "sqrt(sum(x**2))", {"x": [0, 0]}, [0, 0], True),
    ("zeros in a matrix", "sum(A@sqrt(x))", {"x": [0, 1], "A": [[0, 1], [0, 0]]}, [0, 0.5], True),
    ("in a loop", LOOP, {"x": 0}, -math.inf, True),
    ("in a recursion", RECURSION, {"x": 1}, 0, True),
    ("in a branch", "y = x\nif x < 1:\n  y = sin(x)*sqrt(x)\ny", {"x": 0}, 0, True),
    ("where clip does not move", "arccos(clip(x, -1, 1))", {"x": 10}, 0, False),
    ("where a maximum is the other one", "sqrt(maximum(x, 0))", {"x": -1}, 0, False),
    ("elements that clip does not move, in a loop", CLIPPED, {"x": [-1, -2, 0.25, 3]}, [0, 0, 1, 0], False),
    ("bounds in a loop with a test", CARRIED, {"x": -3.5}, 1, False),
    ("bounds in a recursion", CLIPPED_CALL, {"x": -1}, 0, False),
    ("a factor that is zero all around", "maximum(x, 0)*sqrt(x + 1)", {"x": -1}, 0, False),
    ("a branch not taken", "where(x > 0, sin(x)*sqrt(x), 0)", {"x": 0}, 0, False),
    ("an undefined branch not taken", "where(x > 0, log(x), 0)", {"x": -1}, 0, False),
    ("a branch of an if not taken", "y = 0.0\nif x > 0:\n  y = sqrt(x)\ny", {"x": 0}, 0, False),
    ("a factor that is the constant 0", "0*sqrt(x)", {"x": 0}, 0, False),
    ("nothing infinite", "x*sin(x)", {"x": 0}, 0, False),
    ("an infinity that no zero meets", "2*sqrt(x)", {"x": 0}, math.inf, False),
]
rows = pytest.mark.parametrize(("text", "inputs", "slope", "due"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])


def answer(text: str, inputs: dict[str, Any], query: Query) -> Answer:
    arrays = {name: np.asarray(x, float) for name, x in inputs.items()}
    return Compiler().compile(text, arrays, query)[0].evaluate(arrays)


@rows
def test_both_modes_have_one_answer_and_say_where_a_zero_won(
    text: str, inputs: dict[str, Any], slope: Any, due: bool
) -> None:
    for mode in ("reverse", "forward", "auto"):
        result = answer(text, inputs, Query("gradient", wrt=("x",), mode=mode))
        np.testing.assert_array_equal(result.gradients["x"], slope)
        assert {notice.code for notice in result.notices} <= {"zero_times_infinity", "flat"}
        wins = [notice for notice in result.notices if notice.code == "zero_times_infinity"]
        assert bool(wins) == due
        assert all(notice.span is not None for notice in wins)


@rows
def test_the_points_of_a_batch_as_well(text: str, inputs: dict[str, Any], slope: Any, due: bool) -> None:
    points = {name: np.stack([np.asarray(x, float), np.full(np.shape(x), 0.7)]) for name, x in inputs.items()}
    for mode in ("reverse", "forward"):
        query = Query("gradient", wrt=("x",), mode=mode, batch=tuple(points))
        result = answer(text, points, query)
        np.testing.assert_array_equal(result.gradients["x"][0], slope)
        assert np.isfinite(result.gradients["x"][1]).all()
        assert any(notice.code == "zero_times_infinity" for notice in result.notices) == due


def test_the_place_is_the_product_that_is_a_limit() -> None:
    text = "y = x + 1\nz = sin(x)*sqrt(x)\ny + z"
    for mode, place in (("reverse", "sqrt(x)"), ("forward", "sin(x)*sqrt(x)")):
        (notice,) = answer(text, {"x": 0}, Query("gradient", mode=mode)).notices  # type: ignore[arg-type]
        assert notice.span is not None
        line = text.splitlines()[notice.span.line - 1]
        assert line[notice.span.column - 1 : notice.span.end_column - 1] == place
        assert "0 times an infinite derivative" in notice.message


@pytest.mark.parametrize("name", ["delta", "dose", "d", "a1", "g0", "s2"])
def test_an_input_may_have_a_name_like_a_tangents(name: str) -> None:
    for mode in ("reverse", "forward"):
        result = answer(f"sin({name})*sqrt({name})", {name: 0}, Query("gradient", mode=mode))
        assert [notice.code for notice in result.notices] == ["zero_times_infinity"]


def test_a_direction_that_is_not_asked_for_is_no_zero_that_won() -> None:
    result = answer("sqrt(x)*y", {"x": 0, "y": 1}, Query("gradient", mode="forward"))
    assert [float(result.gradients[name]) for name in "xy"] == [math.inf, 0]
    assert result.notices == ()


SINGULAR = (
    "sqrt cbrt log log1p exp expm1 reciprocal square arcsin arccos arccosh arctanh tanh sigmoid abs sinc erf ndtri"
).split()
POINTS = (0.0, 1.0, -1.0, 0.5, 10.0, 800.0, -800.0, math.inf, -math.inf, math.nan)


@pytest.mark.untraced
def test_chains_of_two_have_one_slope_in_both_modes() -> None:
    """At ends of domains, beyond them, and where values overflow."""
    wrong = []
    for outer, inner in itertools.product(map(OPS.__getitem__, SINGULAR), repeat=2):
        graph = build(lambda x, outer=outer, inner=inner: outer(inner(x)), SCALAR)
        forward, reverse = by_forward(graph), by_reverse(graph)
        for x in POINTS:
            (pushed,), (pulled,) = run(forward, x), run(reverse, x)
            if not np.allclose(pushed, pulled, rtol=1e-12, atol=0, equal_nan=True):
                wrong.append((outer.name, inner.name, x, float(pushed), float(pulled)))
    assert not wrong


# A function, a point, and the limits of its first and second derivative there, from the right: a zero meets infinities.
CURVATURES: list[tuple[str, float, float, float]] = [
    ("x**2*log(x)", 0, 0, -math.inf),
    ("x**3*log(x)", 0, 0, 0),
    ("x*sqrt(x)*sin(x)", 0, 0, 0),
    ("x*x*cbrt(x)", 0, 0, 0),
    ("sin(x)*sqrt(x)", 0, 0, math.inf),
    ("exp(-1/x)", 0, 0, 0),
    ("tanh(exp(x))", 800, 0, 0),
    ("1/(1 + exp(-x))", -800, 0, 0),
    ("arccos(clip(x, -1, 1))", 10, 0, 0),
    ("where(x > 0, x**2*log(x), 0)", 0, 0, 0),
]
SURROUNDINGS = {
    "alone": "{0}",
    "a loop": "s = 0.0\nfor i in range(3):\n  s = s + {0}\ns",
    "a loop with a test": "s = 0.0\nwhile s < 1:\n  s = s + 1 + {0}\ns",
    "a branch": "y = x\nif x > -1e4:\n  y = {0}\ny",
    "a function": "def f(x):\n  return {0}\nf(x) + f(x)",
    "a recursion": "def f(x, n):\n  return {0} if n < 1 else f(x, n - 1)\nf(x, 2)",
}


@pytest.mark.untraced
@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_second_derivatives_of_all_four_mixtures(around: str) -> None:
    for text, x, slope, curvature in CURVATURES:
        program = around.format(text)
        # A counter is an end of the program, too.
        outputs = ("s",) if "s = " in program else None
        graph = Compiler().graph(program, {"x": np.array(1.0)}, Query(outputs=outputs))
        values = {modes: float(run(derive(graph, modes), x)[0]) for modes in orders(2)}
        assert all(abs(v) == abs(slope) for modes, v in values.items() if len(modes) == 1), (program, values)
        assert all(v == curvature for modes, v in values.items() if len(modes) == 2), (program, values)
    text, x, *_ = CURVATURES[0]
    points = {"x": np.array([x, 0.7])}
    for mode in ("forward", "reverse"):
        batch = answer(around.format(text), points, Query("hessian", mode=mode, batch=True))
        assert batch.hessian["x"]["x"][0] < -1e300, mode


# Infinite terms that cancel: why each is here, the program, where, and its gradient.
CANCELLING: list[tuple[str, str, dict[str, Any], Any]] = [
    ("a difference of equals", "sqrt(x - x)", {"x": 1}, 0),
    ("a difference that is no constant", "sqrt(2*x - x)", {"x": 0}, math.inf),
    ("a variance by hand", "sqrt(mean(x**2) - mean(x)**2)", {"x": [1, 1]}, [0, 0]),
    ("roots that cancel", "sqrt(x) - sqrt(x)", {"x": 0}, 0),
    ("roots that cancel later", "sqrt(x) + y - sqrt(x)", {"x": 0, "y": 1}, 0),
    ("in a loop", "s = x\nfor i in range(2):\n  s = s + sqrt(x**2 - x**2)\ns", {"x": 1}, 1),
    ("no number in either mode", "sqrt(x) - x**0.5", {"x": 0}, math.nan),
]


@pytest.mark.parametrize(("text", "inputs", "slope"), [r[1:] for r in CANCELLING], ids=[r[0] for r in CANCELLING])
def test_infinite_terms_that_cancel_have_one_answer(text: str, inputs: dict[str, Any], slope: Any) -> None:
    noticed: set[str] = set()
    for mode in ("reverse", "forward", "auto"):
        result = answer(text, inputs, Query("gradient", wrt=("x",), mode=mode))
        np.testing.assert_array_equal(result.gradients["x"], slope)
        noticed |= {notice.code for notice in result.notices}
        points = {name: np.stack([np.asarray(x, float)] * 2) for name, x in inputs.items()}
        batch = answer(text, points, Query("gradient", wrt=("x",), mode=mode, batch=tuple(points)))
        np.testing.assert_array_equal(batch.gradients["x"], [slope] * 2)
    assert noticed & {"infinity_minus_infinity", "undefined_gradient"}


def test_a_gradient_that_is_undefined_says_so_once_the_value_is_a_number() -> None:
    for text, codes in (("x**y", ["undefined_gradient"]), ("sqrt(x)*y", [])):
        result = answer(text, {"x": -1, "y": 2}, Query("gradient"))
        assert [notice.code for notice in result.notices] == codes
        assert np.isnan(result.gradients["y"])
