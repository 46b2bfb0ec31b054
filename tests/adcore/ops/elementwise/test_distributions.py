"""The functions of distributions and Bessel's, with two derivatives, by numbers of 60-digit arithmetic (mpmath)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcore.derivatives import reverse
from adcore.graph import OPS
from tests.adcore.graphs import build, run
from tests.adcore.ops.elementwise.test_special import derivatives

# op, x, the value and two derivatives there: in the middle, and where naive formulas lose digits
NUMBERS = [
    ("log_ndtr", -30.0, (-454.3212439563432, 30.033259667433676, -0.9988962284881099)),
    ("log_ndtr", -3.0, (-6.607726221510349, 3.2830986549304364, -0.9294408132147319)),
    ("log_ndtr", 0.5, (-0.3689464152886564, 0.5091604338370335, -0.5138245643036329)),
    ("log_ndtr", 8.0, (-6.220960574271786e-16, 5.052271083536895e-15, -4.0418168668295186e-14)),
    ("ndtr", -10.0, (7.619853024160525e-24, 7.694598626706419e-23, 7.694598626706419e-22)),
    ("ndtr", 1.0, (0.8413447460685429, 0.24197072451914334, -0.24197072451914334)),
    ("ndtri", 1e-10, (-6.361340902404057, 1535723698.1963859, -1.5002887130628458e19)),
    ("ndtri", 0.25, (-0.6744897501960817, 3.1468650805610925, -6.679310007532782)),
    ("erfinv", 0.9999, (2.75106390571208, 1715.6895961763137, 16196012.753463956)),
    ("erfinv", -0.3, (-0.2724627147267543, 0.9545203588405493, -0.496486526010743)),
    ("erfcinv", 1e-10, (4.572824967389486, -1068953473.5957729, 1.0450382335543628e19)),
    ("gamma", -2.5, (-0.9453087204829419, -1.0428235924606153, -10.167930811390322)),
    ("gamma", 0.5, (1.772453850905516, -3.480230906913262, 15.580177442406253)),
    ("gamma", 10.0, (362880.0, 817115.9795205317, 1878105.7823453173)),
    ("logit", 1e-12, (-27.63102111592755, 1000000000001.0, -1e24)),
    ("logit", 0.75, (1.0986122886681098, 5.333333333333333, 14.222222222222221)),
    ("log_expit", -50.0, (-50.0, 1.0, -1.9287498479639178e-22)),
    ("log_expit", 50.0, (-1.9287498479639178e-22, 1.9287498479639178e-22, -1.9287498479639178e-22)),
    ("j0", 0.0, (1.0, 0.0, -0.5)),
    ("j0", 1.5, (0.5118276717359181, -0.5579365079100996, -0.1398699997958517)),
    ("j0", 20.0, (0.16702466434058316, -0.06683312417585005, -0.16368300813179065)),
    ("j1", 1.5, (0.5579365079100996, 0.1398699997958517, -0.4032113931472898)),
    ("j1", 20.0, (0.06683312417585005, 0.16368300813179065, -0.07485019177199995)),
    ("i0", 0.0, (1.0, 0.0, 0.5)),
    ("i0", 1.5, (1.646723189772891, 0.9816664285779075, 0.9922789040542858)),
    ("i0", 10.0, (2815.7166284662544, 2670.9883037012546, 2548.617798096129)),
    ("i1", 1.5, (0.9816664285779075, 0.9922789040542858, 0.7564433496874537)),
    ("i1", 1e-310, (5e-311, 0.5, 0.0)),
    ("i1", 10.0, (2670.9883037012546, 2548.617798096129, 2442.8364069286545)),
    ("entr", 0.5, (0.34657359027997264, -0.3068528194400547, -2.0)),
]


@pytest.mark.parametrize(("name", "x", "expected"), NUMBERS)
def test_numbers(name: str, x: float, expected: tuple[float, ...]) -> None:
    assert derivatives(name, x, 2) == pytest.approx(expected, rel=5e-13, abs=1e-300)


# op, x, y, the value, and the slopes by both: a factor of 0 is 0 whatever stands beside it
EDGES = [
    ("xlogy", 0.0, 0.0, 0.0, (-math.inf, 0.0)),
    ("xlogy", 0.0, 2.0, 0.0, (math.log(2.0), 0.0)),
    ("xlog1py", 0.0, -1.0, 0.0, (-math.inf, 0.0)),
    ("rel_entr", 0.0, 2.0, 0.0, (-math.inf, 0.0)),
    ("rel_entr", 3.0, 3.0, 0.0, (1.0, -1.0)),
    ("kl_div", 3.0, 3.0, 0.0, (0.0, 0.0)),
    ("beta", 2.0, 3.0, 1 / 12, (-13 / 144, -7 / 144)),
    ("copysign", 0.0, -1.0, -0.0, (0.0, 0.0)),
    ("copysign", -2.0, 1.0, 2.0, (-1.0, 0.0)),
    ("heaviside", 0.0, 0.5, 0.5, (0.0, 1.0)),
    ("heaviside", 1.0, 0.5, 1.0, (0.0, 0.0)),
    ("fmod", -5.5, 2.0, -1.5, (1.0, 2.0)),
]


@pytest.mark.parametrize(("name", "x", "y", "value", "slopes"), EDGES)
def test_edges(name: str, x: float, y: float, value: float, slopes: tuple[float, float]) -> None:
    found, *gradient = run(reverse.gradient_graph(build(OPS[name].__call__, (), ()), [0, 1]), x, y)
    assert found == pytest.approx(value, rel=1e-14, abs=1e-16)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-13)
