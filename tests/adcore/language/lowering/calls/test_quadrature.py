"""Integrals in programs: against closed forms and SciPy's, with derivatives by parameters and by ends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from tests.adcore.language.differentiating import Values, agree, graph_and_values, run

pytestmark = pytest.mark.untraced

# Why each is here, the program, its inputs, the value, gradients by closed forms.
CLOSED: list[tuple[str, str, Values, float, dict[str, Any]]] = [
    ("a parameter", "quad(lambda x: exp(-k*x), 0, 1)[0]", {"k": 0.7}, (1 - math.exp(-0.7)) / 0.7, {}),
    ("an infinite end", "quad(lambda x: exp(-k*x), 0, inf)[0]", {"k": 2.0}, 0.5, {"k": -0.25}),
    (
        "both ends infinite, as SciPy names it",
        "import numpy as np\nfrom scipy import integrate\nintegrate.quad(lambda x: exp(-k*x**2), -np.inf, np.inf)[0]",
        {"k": 2.0},
        math.sqrt(math.pi / 2),
        {"k": -math.sqrt(math.pi) / 2 / 2**1.5},
    ),
    (
        "the ends",
        "quad(sin, a, b)[0]",
        {"a": 0.5, "b": 2.0},
        math.cos(0.5) - math.cos(2),
        {"a": -math.sin(0.5), "b": math.sin(2)},
    ),
    ("ends the other way round", "quad(lambda x: k*x, b, 0)[0]", {"k": 3.0, "b": 2.0}, -6.0, {"k": -2.0, "b": -6.0}),
    (
        "a singular end, whose derivative has a logarithm",
        "quad(lambda x: x**(p - 1), 0, 1)[0]",
        {"p": 0.75},
        1 / 0.75,
        {"p": -1 / 0.75**2},
    ),
    (
        "arguments handed on, and an array",
        "def f(x, v, s):\n  return sum(v*x**arange(3))*s\nquad(f, 0, t, args=(v, 2.0))[0]",
        {"v": [1.0, 2.0, 3.0], "t": 2.0},
        2 * (2 + 4 + 8),
        {"v": [4.0, 4.0, 16 / 3], "t": 2 * (1 + 4 + 12)},
    ),
    (
        "an integral in an integral",
        "quad(lambda x: quad(lambda y: k*x*y, 0, x)[0], 0, 1)[0]",
        {"k": 4.0},
        0.5,
        {"k": 0.125},
    ),
    (
        "in a loop and a branch",
        "s = 0.0\nfor i in range(3):\n  if k > 1:\n    s += quad(lambda x: k*x**i, 0, 1)[0]\ns",
        {"k": 2.0},
        2 * (1 + 1 / 2 + 1 / 3),
        {"k": 1 + 1 / 2 + 1 / 3},
    ),
    (
        "its derivative in the program",
        "grad(lambda k: quad(lambda x: exp(-k*x), 0, inf)[0])(c)",
        {"c": 2.0},
        -0.25,
        {"c": 0.25},
    ),
    ("no width", "quad(lambda x: k*x, 1, 1)[0]", {"k": 2.0}, 0.0, {"k": 0.0}),
]


@pytest.mark.parametrize(
    ("text", "inputs", "value", "gradients"), [row[1:] for row in CLOSED], ids=[r[0] for r in CLOSED]
)
def test_closed_forms(text: str, inputs: Values, value: float, gradients: dict[str, Any]) -> None:
    """Value and gradients in both modes, and second derivatives by differences."""
    by_mode = agree(text, inputs)
    graph, values = graph_and_values(text, inputs)
    assert run(graph, values)[0] == pytest.approx(value, rel=1e-12, abs=1e-14)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(by_mode[name], gradient, rtol=1e-9)


def test_more_numbers_than_are_integrated_apart() -> None:
    inputs = {"v": np.ones(40), "t": np.array(0.5)}
    compiled, _ = Compiler().compile("quad(lambda x: sum(v*x**arange(40)), 0, t)[0]", inputs, Query("gradient"))
    powers = np.arange(1, 41)
    np.testing.assert_allclose(compiled.evaluate(inputs).gradients["v"], 0.5**powers / powers, rtol=1e-9)


def test_a_batch_of_parameters() -> None:
    inputs = {"k": np.array([1.0, 2.0, 4.0])}
    compiled, _ = Compiler().compile("quad(lambda x: exp(-k*x), 0, inf)[0]", inputs, Query("gradient", batch=("k",)))
    answer = compiled.evaluate(inputs)
    np.testing.assert_allclose(answer.values["result"], 1 / inputs["k"], rtol=1e-12)
    np.testing.assert_allclose(answer.gradients["k"], -1 / inputs["k"] ** 2, rtol=1e-10)


def test_the_error_is_estimated_and_a_large_one_noticed() -> None:
    compiled, _ = Compiler().compile("quad(lambda x: k/x, 0, 1)[0]", {"k": np.array(1.0)}, Query())
    (notice,) = compiled.evaluate({"k": np.array(1.0)}).notices
    assert notice.code == "inaccurate_integral"
    graph, values = graph_and_values("quad(lambda x: k*sqrt(x), 0, 1)[1]", {"k": 1.0})
    assert 0 < run(graph, values)[0] < integrate.quad(math.sqrt, 0, 1)[1] + 1e-9


def test_it_reads_back_from_its_text() -> None:
    graph, values = graph_and_values("quad(lambda x: exp(-k*x), 0, t)[0]", {"k": 0.7, "t": 3.0})
    again, _ = graph_and_values(to_source(graph), {"k": 0.7, "t": 3.0})
    np.testing.assert_array_equal(run(again, values), run(graph, values))


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("quad(lambda x: [x, k], 0, 1)[0]", "shape_mismatch", "returns a number"),
        ("quad(lambda x: k*x, 0, [1, 2])[0]", "shape_mismatch", "b of quad is a number"),
        ("quad(k, 0, 1)[0]", "type_mismatch", "takes a function"),
        ("quad(lambda x: k*x, 0)[0]", "bad_arguments", "quad needs b"),
        ("quad(lambda x: k*x, 0, 1, limit=0)[0]", "bad_arguments", "limit"),
    ],
)
def test_what_is_wrong_has_its_place(text: str, code: str, says: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        Compiler().compile(text, {"k": np.array(1.0)}, Query("gradient"))
    assert caught.value.code == code
    assert says in caught.value.message
    assert caught.value.span is not None
