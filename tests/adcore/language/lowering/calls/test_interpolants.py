"""Interpolation as SciPy's classes have it: values by theirs, gradients by differences, in both modes and twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.interpolate

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import result

X = np.array([0.0, 0.5, 1.5, 1.75, 3.0, 3.5])
Y = np.array([1.0, 3.0, -1.0, 2.0, 5.0, 0.5])
T = np.array([0.2, 0.5, 1.6, 2.9, 3.5])
INPUTS: dict[str, Any] = {"x": X, "y": Y, "t": T, "Y": np.stack([Y, Y**2], axis=1)}
IMPORTS = "from scipy.interpolate import CubicSpline, interp1d\n"

CALLS = [
    "CubicSpline(x, y)(t)",
    "CubicSpline(x, y)(t, 1)",
    "CubicSpline(x, y)(t, nu=2)",
    "CubicSpline(x, y)(t, 3)",
    "CubicSpline(x, y)(4.5 + t)",
    "CubicSpline(x, y, bc_type='natural')(t)",
    "CubicSpline(x, y, bc_type='clamped')(t)",
    "CubicSpline(x, y, bc_type=('natural', 'clamped'))(t)",
    "CubicSpline(x, y, bc_type=((1, 0.5), (2, -1.0)))(t)",
    "CubicSpline(x, Y)(t)",
    "CubicSpline(x[:3], y[:3])(t)",
    "CubicSpline(x[:2], y[:2])(t)",
    "CubicSpline(x[:2], y[:2], bc_type='natural')(t)",
    "CubicSpline(x, y)(1.0)",
    "interp1d(x, y)(t)",
    "interp1d(x[::-1], y)(t)",
    "interp1d(x, y, fill_value='extrapolate')(t - 1)",
    "interp1d(x, y, bounds_error=False, fill_value=(0.0, 9.0))(3*t - 1)",
    "interp1d(x, y, kind='cubic', fill_value='extrapolate')(t)",
]


@pytest.mark.parametrize("call", CALLS)
def test_values_are_scipys(call: str) -> None:
    expected = eval(call, vars(scipy.interpolate) | INPUTS)
    np.testing.assert_allclose(result(IMPORTS + call, **INPUTS), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        "CubicSpline(x, y)(s)",
        "CubicSpline(x, y, bc_type='natural')(s, 1)",
        "CubicSpline(x, y, bc_type=((1, s), (2, 0.5)))(s)",
        "interp1d(x, y)(s)",
        "interp1d(x, y, fill_value='extrapolate')(s + 4)",
    ],
)
@pytest.mark.untraced
def test_gradients_by_points_values_and_knots(call: str) -> None:
    agree(IMPORTS + f"y = {call}\ny*y", {"x": X, "y": Y, "s": 0.9})


def test_a_spline_is_a_function_of_the_program() -> None:
    """Kept under a name, used in a loop, handed on, and integrated."""
    text = (
        "from scipy.integrate import quad\nf = CubicSpline(x, y)\ns = 0.0\nfor i in range(3):\n  s += f(a*i)\n"
        "s + quad(f, 0, 3)[0]"
    )
    inputs = {"x": X, "y": Y, "a": np.array(0.7)}
    spline = scipy.interpolate.CubicSpline(X, Y)
    expected = sum(spline(0.7 * i) for i in range(3)) + spline.integrate(0, 3)
    compiled, _ = Compiler().compile(text, inputs, Query("gradient"))
    answer = compiled.evaluate(inputs)
    assert answer.values["result"] == pytest.approx(float(expected), rel=1e-9)
    slope = sum(i * spline(0.7 * i, 1) for i in range(3))
    assert answer.gradients["a"] == pytest.approx(float(slope), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("CubicSpline(x, y, bc_type='periodic')(t)", "bc_type"),
        ("CubicSpline(x, y)(t, -1)", "at least 0"),
        ("interp1d(x, y, kind='nearest')(t)", "kind"),
        ("interp1d(x, y)(t, 1)", "takes at most 1"),
        ("CubicSpline(x, y[:3])(t)", "shapes"),
    ],
)
def test_what_is_wrong_has_its_place(call: str, says: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        result(IMPORTS + call, **INPUTS)
    assert says in caught.value.message
    assert caught.value.span is not None
