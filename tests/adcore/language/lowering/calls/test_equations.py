"""Differential equations in programs: against closed forms and SciPy, with the derivatives of the computed steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from adcore.limits import Limits
from adcore.ops.functionals.odes import DOPRI5, RK4, Tableau
from tests.adcore.language.differentiating import Values, agree, graph_and_values, run
from tests.adcore.language.evaluating import lowered

E = math.exp(-1.4)
MIXED = (math.exp(0.5) - math.exp(-0.3)) / 0.8

# Why each is here, the program, its inputs, the value, gradients by closed forms.
CLOSED: list[tuple[str, str, Values, float, dict[str, Any]]] = [
    ("decay", "odeint(lambda y, t: -k*y, a, [0, 2])[-1]", {"k": 0.7, "a": 3.0}, 3 * E, {"k": -6 * E, "a": E}),
    (
        "an oscillator, and the time it is looked at",
        "odeint(lambda y, t: [y[1], -w**2*y[0]], [1.0, 0.0], linspace(0, T, 4))[-1, 0]",
        {"w": 2.0, "T": 1.0},
        math.cos(2),
        {"w": -math.sin(2), "T": -2 * math.sin(2)},
    ),
    (
        "backwards in time",
        "odeint(lambda y, t: -k*y, 1.0, [2, 1, 0])[-1]",
        {"k": 0.7},
        1 / E,
        {"k": 2 / E},
    ),
    (
        "from a time that is an input",
        "odeint(lambda y, t: cos(t), 0.0, [s, 2.0])[-1]",
        {"s": 0.5},
        math.sin(2) - math.sin(0.5),
        {"s": -math.cos(0.5)},
    ),
    (
        "a slope that depends on the time, with arguments handed on",
        "odeint(lambda y, t, a, b: a*t + b, 0.0, [0, 2], args=(p, q))[-1]",
        {"p": 3.0, "q": 0.5},
        7.0,
        {"p": 2.0, "q": 2.0},
    ),
    ("a state that does not change", "odeint(lambda y, t: 0*y, a, [0, 1])[-1]", {"a": 3.0}, 3.0, {"a": 1.0}),
    ("one time only", "odeint(lambda y, t: y, a, [0])[-1]", {"a": 3.0}, 3.0, {"a": 1.0}),
    (
        "a matrix of states",
        "sum(odeint(lambda Y, t: A @ Y, eye(2), [0, 1])[-1])",
        {"A": [[0.5, 0.0], [0.0, -0.3]]},
        math.exp(0.5) + math.exp(-0.3),
        {"A": [[math.exp(0.5), MIXED], [MIXED, math.exp(-0.3)]]},
    ),
]


@pytest.mark.parametrize(
    ("text", "inputs", "value", "gradients"), [row[1:] for row in CLOSED], ids=[r[0] for r in CLOSED]
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_closed_forms(text: str, inputs: Values, value: float, gradients: dict[str, Any], mode: Any) -> None:
    arrays = {name: np.array(x) for name, x in inputs.items()}
    compiled, _ = Compiler().compile(text, arrays, Query("gradient", mode=mode))
    answer = compiled.evaluate(arrays)
    assert answer.values["result"] == pytest.approx(value, rel=1e-7)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(answer.gradients[name], gradient, rtol=1e-6, atol=1e-8)


@pytest.mark.untraced
@pytest.mark.parametrize(("text", "inputs"), [row[1:3] for row in CLOSED], ids=[row[0] for row in CLOSED])
def test_steps_of_equal_size_are_differentiated_as_they_are(text: str, inputs: Values) -> None:
    fixed = text.replace("])", "], steps=7)", 1) if "args" not in text else text.replace("args", "steps=7, args")
    fixed = text.replace(", 4))", ", 4), steps=3)") if "linspace" in text else fixed
    assert "steps" in fixed
    agree(fixed, inputs)


def test_the_adaptive_method_agrees_with_scipys() -> None:
    field = "lambda y, t: [y[1], mu*(1 - y[0]**2)*y[1] - y[0]]"
    text = f"odeint({field}, [2.0, 0.0], linspace(0, 8, 9), rtol=1e-10, atol=1e-10)"
    graph, values = graph_and_values(text, {"mu": 3.0})
    (found,) = run(graph, values)
    times = np.linspace(0, 8, 9)
    by_scipy = integrate.solve_ivp(
        lambda t, y: [y[1], 3 * (1 - y[0] ** 2) * y[1] - y[0]], (0, 8), [2, 0], "DOP853", times, rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(found, by_scipy.y.T, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("tableau", "order"), [(RK4, 4), (DOPRI5, 5)], ids=["RK4", "DOPRI5"])
def test_the_methods_have_their_order(tableau: Tableau, order: int) -> None:
    """The error of the last step shrinks with the power of its size that the order says, plus one."""

    def step(h: float) -> float:
        slopes: list[float] = []
        for c, row in zip(tableau.nodes, tableau.stages, strict=True):
            y = 1 + h * sum(w * k for w, k in zip(row, slopes, strict=True))
            slopes.append(y * math.cos(c * h))
        return 1 + h * sum(w * k for w, k in zip(tableau.weights, slopes, strict=True))

    errors = [abs(step(h) - math.exp(math.sin(h))) for h in (0.2, 0.1)]
    assert math.log2(errors[0] / errors[1]) > order + 0.8


def test_the_graph_does_not_grow_with_the_times_or_the_steps() -> None:
    counts = {
        lowered(f"odeint(lambda y, t: -k*y, 1.0, linspace(0, 1, {n}), steps={n})[-1]", {"k": 0.7}).graph.count()
        for n in (5, 500)
    }
    assert len(counts) == 1


def test_it_reads_back_from_its_text() -> None:
    text = "odeint(lambda y, t: -k*y*t, a, [0, 1, 2], steps=4)[-1]"
    graph, values = graph_and_values(text, {"k": 0.7, "a": 3.0})
    again, _ = graph_and_values(to_source(graph), {"k": 0.7, "a": 3.0})
    np.testing.assert_array_equal(run(again, values), run(graph, values))


# Why each is here, the program, the error's code, what its message says.
WRONG: list[tuple[str, str, str, str]] = [
    ("a solution that ends before the time", "odeint(lambda y, t: y**2, x, [0, 2])[-1]", "not_converged", "t = 2"),
    ("a slope that is not a number", "odeint(lambda y, t: log(-y), x, [0, 1])[-1]", "not_converged", "t = 0"),
    ("too few steps", "odeint(lambda y, t: -y, x, [0, 100], max_steps=10)[-1]", "not_converged", "10 steps"),
    ("a slope of another shape", "odeint(lambda y, t: [y, y], x, [0, 1])[-1]", "shape_mismatch", "shape (2,)"),
    ("a time that is no array", "odeint(lambda y, t: y, x, 1)[-1]", "shape_mismatch", "times"),
    ("no steps", "odeint(lambda y, t: y, x, [0, 1], steps=0)[-1]", "bad_arguments", "steps"),
    ("no times", "odeint(lambda y, t: y, x)", "bad_arguments", "odeint needs t"),
]


@pytest.mark.untraced
@pytest.mark.parametrize(("text", "code", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_has_its_place(text: str, code: str, says: str) -> None:
    inputs = {"x": np.array(1.0)}
    with pytest.raises(AdcoreError) as caught:
        Compiler(Limits()).compile(text, inputs, Query("gradient"))[0].evaluate(inputs)
    assert caught.value.code == code
    assert says in caught.value.message
    assert caught.value.span is not None
