"""What the generated tests do not draw: missing and infinite elements, ends and knots, private ops, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.special

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.graph import OPS, input_node, type_of
from adcore.graph.traversal import graph_of
from adcore.ops.composed.arrays.quantiles import CONTINUOUS, STEPS
from tests.adcore.graphs import run
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import result

pytestmark = pytest.mark.untraced

NAN, INF = math.nan, math.inf


def applied(name: str, *operands: Any, **params: Any) -> Any:
    """The value of an op at these operands."""
    arrays = [np.asarray(x, bool if np.asarray(x).dtype == bool else float)[()] for x in operands]
    inputs = [input_node(f"x{i}", type_of(x)) for i, x in enumerate(arrays)]
    return run(graph_of(inputs, [OPS[name](*inputs, **params)]), *arrays)[0]


GAPS = np.array([[1.0, NAN, 3.0, -2.0], [NAN, NAN, NAN, NAN], [4.0, 0.5, NAN, 2.0]])


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"])
def test_missing_elements(name: str, axis: Any) -> None:
    """Also of rows where all are missing."""
    np.testing.assert_allclose(applied(name, GAPS, axis=axis), getattr(np, name)(GAPS, axis=axis), rtol=1e-14)


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "operands", "params"),
    [
        pytest.param("nanquantile", (GAPS, [0.1, 0.5, 1.0]), {"axis": 1}, id="levels of what is there"),
        pytest.param("nanpercentile", (GAPS, 30.0), {}, id="percent of what is there"),
        pytest.param("quantile", (GAPS, 0.5), {"axis": 1}, id="a missing element makes it missing"),
        pytest.param("quantile", ([3.0, 1.0, 2.0], [0.0, 0.5, 1.0]), {}, id="ends and a knot"),
        pytest.param("percentile", ([3.0, 1.0], [0.0, 100.0]), {}, id="ends in percent"),
        pytest.param("nancumsum", (GAPS,), {"axis": 0}, id="sums over gaps"),
        pytest.param("nan_to_num", ([NAN, INF, -INF, 2.0],), {}, id="the largest numbers"),
        pytest.param("logspace", (2.0, 5.0), {"num": 4, "endpoint": False}, id="without the end"),
        pytest.param("geomspace", (1e-200, 1e200), {"num": 5}, id="ends whose ratio overflows"),
        pytest.param("geomspace", (-1.0, -1000.0), {"num": 4}, id="negative numbers"),
        pytest.param("array_equal", ([1.0, NAN], [1.0, NAN]), {}, id="NaN is no equal"),
        pytest.param("array_equal", ([1.0, NAN], [1.0, NAN]), {"equal_nan": True}, id="NaN as an equal"),
        pytest.param("polyfit", ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 2.0, 5.0]), {"deg": 3}, id="through all points"),
    ],
)
def test_value_is_numpys(name: str, operands: tuple[Any, ...], params: dict[str, Any]) -> None:
    if name == "polyfit":
        expected = np.polyfit(*operands, **params)
    else:
        expected = getattr(np, name)(*operands, **params)
    np.testing.assert_allclose(applied(name, *operands, **params), expected, rtol=1e-12, atol=1e-14)


def test_diagonals_are_filled() -> None:
    cases: tuple[tuple[Any, ...], ...] = (((3, 3), 7.0, False), ((2, 3), [1.0, 2.0], False), ((7, 2), 5.0, True))
    for shape, value, wrap in cases:
        expected = np.arange(float(np.prod(shape))).reshape(shape)
        filled = applied("fill_diagonal", expected, value, wrap=wrap)
        np.fill_diagonal(expected, value, wrap)
        np.testing.assert_array_equal(filled, expected)


def test_weighted_covariance() -> None:
    m, f, a = np.arange(8.0).reshape(2, 4) ** 1.5, np.array([1, 2, 1, 3]), np.array([0.5, 1.0, 2.0, 0.1])
    for params in ({}, {"bias": True}, {"ddof": 0}):
        expected = np.cov(m, fweights=f, aweights=a, **params)
        np.testing.assert_allclose(applied("weighted_cov", m, f, a, **params), expected, rtol=1e-13)
    np.testing.assert_allclose(
        applied("weighted_cov", m.T, f, rowvar=False), np.cov(m.T, rowvar=False, fweights=f), rtol=1e-13
    )


def test_weighted_logsumexp() -> None:
    """A weight of 0 hides an exponent that would overflow."""
    a, b = [800.0, 1.0, 2.0], [0.0, 2.0, 0.5]
    assert applied("weighted_logsumexp", a, b) == pytest.approx(scipy.special.logsumexp(a, b=b), rel=1e-15)


def test_chosen_elements() -> None:
    x = np.array([[1.0, NAN, 3.0], [5.0, 2.0, 8.0]])
    mask = ~np.isnan(x)
    for name in ("mean", "var", "std"):
        expected = getattr(np, name)(x, axis=1, where=mask)
        np.testing.assert_allclose(applied(f"masked_{name}", x, mask, axis=1), expected, rtol=1e-14)


def test_known_levels() -> None:
    """Their places are known when the graph is built, for every method."""
    x = np.array([[3.0, 1.0, 2.5, 7.0, 4.0], [0.5, 9.0, 2.0, 1.0, 6.0]])
    for method in (*CONTINUOUS, *STEPS):
        expected = np.quantile(x, [0.0, 0.1, 0.5, 0.83, 1.0], axis=1, method=method)  # type: ignore[call-overload]
        value = result(f"quantile(x, [0, 0.1, 0.5, 0.83, 1], axis=1, method='{method}')", x=x)
        np.testing.assert_allclose(value, expected, rtol=1e-14, err_msg=method)


def test_derivatives_by_the_level_at_ends_and_knots() -> None:
    """Inside a gap the width of the gap, at an element the mean of both, at an end that of the inner one."""
    x = [1.0, 2.0, 5.0, 9.0]
    for q, slope in ((0.0, 3.0), (1 / 3, 3 * 2.0), (0.5, 9.0), (1.0, 12.0)):
        inputs: dict[str, Any] = {"x": np.array(x), "q": np.float64(q)}
        compiled, _ = Compiler().compile("quantile(x, q)", inputs, Query("gradient", wrt=("q",)))
        assert compiled.evaluate(inputs).gradients["q"] == pytest.approx(slope)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nanvar(x) + nanstd(x)*nanmean(x) + nanmax(x)", id="summaries"),
        pytest.param("percentile(x, 40) + quantile(x, 0.6)**2", id="quantiles"),
        pytest.param("sum(polyfit(x, x**3, 2)**2)", id="a fit"),
        pytest.param(
            "sum(pad(x, 2, 'reflect')**3) + sum(pad(x**2, (1, 2), 'linear_ramp', end_values=x[0]))", id="pads"
        ),
        pytest.param("sum(gradient(x**2, x)**2)", id="slopes at coordinates"),
        pytest.param("sum(geomspace(x[0]**2 + 1, 5, 4)*logspace(x[1], 2, 4))", id="spacings"),
    ],
)
def test_both_modes_and_differences(text: str) -> None:
    agree(text, {"x": np.array([0.3, 1.1, -0.4, 2.0, 0.9])})


@pytest.mark.parametrize(
    ("name", "operands", "params"),
    [
        pytest.param("quantile", ([1.0, 2.0], 0.5), {"method": "best"}, id="an unknown method"),
        pytest.param("pad", ([1.0, 2.0],), {"pad_width": 1, "mode": "round"}, id="an unknown mode"),
        pytest.param("pad", ([1.0, 2.0],), {"pad_width": -1}, id="a negative width"),
        pytest.param("pad", ([1.0, 2.0],), {"pad_width": ((1, 1), (2, 2))}, id="more pairs than axes"),
        pytest.param("gradient", ([1.0],), {}, id="one element has no neighbour"),
        pytest.param("gradient", ([1.0, 2.0],), {"edge_order": 3}, id="an unknown order"),
        pytest.param("polyfit", ([1.0], [1.0]), {"deg": -1}, id="a negative degree"),
        pytest.param("polyfit", ([1.0], [1.0]), {"deg": 1, "full": True}, id="more than coefficients"),
        pytest.param("multi_dot", ([1.0],), {}, id="one array is no product"),
        pytest.param("fliplr", ([1.0],), {}, id="a vector has no columns"),
        pytest.param("rot90", ([[1.0]],), {"axes": (0,)}, id="a plane has two axes"),
        pytest.param("dist", ([1.0], [1.0, 2.0]), {}, id="points of other spaces"),
    ],
)
def test_refusals(name: str, operands: tuple[Any, ...], params: dict[str, Any]) -> None:
    with pytest.raises(AdcoreError) as caught:
        applied(name, *operands, **params)
    assert caught.value.code in ("bad_arguments", "shape_mismatch")
