"""Special functions and their derivatives where naive formulas lose digits: numbers of 60-digit arithmetic (mpmath)."""

from __future__ import annotations

import math

import pytest

from adcore.derivatives import forward
from adcore.graph import OPS
from tests.adcore.graphs import build, run


def derivatives(name: str, x: float, order: int) -> list[float]:
    """The function's value and its derivatives up to an order, by forward mode of forward mode."""
    graph = build(OPS[name].__call__, ())
    out = [float(run(graph, x)[0])]
    for seeds in range(1, order + 1):
        graph = forward.jvp_graph(graph, [0])
        out.append(float(run(graph, x, *[1.0] * seeds)[-1]))
    return out


SINC = [
    # 0 and close to it, where sin(pi x) / (pi x) and its derivatives are differences of large numbers
    (0.0, (1.0, 0.0, -3.289868133696453, 0.0)),
    (1e-310, (1.0, -3.289868133696e-310, -3.289868133696453, 0.0)),  # below the smallest normal number
    (1e-09, (1.0, -3.289868133696453e-09, -3.289868133696453, 1.9481818206800487e-08)),
    (-0.0001, (0.9999999835506594, 0.0003289868101226756, -3.2898680362873622, -0.00194818179778983)),
    # elsewhere, on both sides
    (0.3, (0.8583936913341398, -0.9020281301388888, -2.4584852862661744, 5.24749315292437)),
    (-2.5, (0.12732395447351627, 0.05092958178940651, -1.215893396004392, -1.4590720752052706)),
    (30.2, (0.006195293270123419, 0.02658350003658362, -0.06290559041601386, -0.2581444012248688)),
]


@pytest.mark.parametrize(("x", "expected"), SINC)
def test_sinc(x: float, expected: tuple[float, ...]) -> None:
    assert derivatives("sinc", x, 3) == pytest.approx(expected, rel=2e-13, abs=1e-22)


POLYGAMMA = [
    (1, 0.001, 1000001.6425331958),
    (1, 0.3, 12.245364546107732),
    (1, 250.0, 0.004008010666632534),
    (1, -3.25, 19.474085068082154),
    (2, 5.5, -0.03960894752130204),
    (2, -0.5, -0.82879664423432),
    (2, -10000.5, -9.998000274970002e-09),  # half way between two poles: what is left of the reflection
    (3, 0.3, 743.1417646550498),
    (3, -3.25, 1558.508802818279),
    (3, -10000.5, 194.81818206800287),
]


@pytest.mark.parametrize(("n", "x", "expected"), POLYGAMMA)
def test_polygamma(n: int, x: float, expected: float) -> None:
    (value,) = run(build(lambda x: OPS["polygamma"](x, n=n)), x)
    assert value == pytest.approx(expected, rel=5e-15)
    assert derivatives("digamma", x, n)[n] == pytest.approx(expected, rel=5e-15)


def test_polygamma_far_to_the_left() -> None:
    """The series of zeta has as many terms there as the argument is large: to sum them would take hours."""
    (value,) = run(build(lambda x: OPS["polygamma"](x, n=1)), -1e12 + 0.5)
    assert value == pytest.approx(math.pi**2, rel=1e-9)


# op, x, the derivative there: both tails keep their digits
TAILS = [
    ("sigmoid", 40.0, 4.248354255291589e-18),
    ("sigmoid", -800.0, 0.0),
    ("sigmoid", -40.0, 4.248354255291589e-18),
    ("softplus", 800.0, 1.0),
    ("softplus", -40.0, 4.248354255291589e-18),
    ("erfc", 6.0, -2.6173012475820096e-16),
    ("tanh", 30.0, 3.5026056146679895e-26),
    ("expm1", -50.0, 1.9287498479639178e-22),
]


@pytest.mark.parametrize(("name", "x", "expected"), TAILS)
def test_tails(name: str, x: float, expected: float) -> None:
    assert derivatives(name, x, 1)[1] == pytest.approx(expected, rel=1e-13)
