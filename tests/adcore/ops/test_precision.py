"""How precise the ops and their derivatives are, by mpmath: within the table of ``adcore/PRECISION.md``.

HYPOTHESIS_PROFILE=thorough measures the table's whole grid, in minutes; else a coarse one.
"""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from mpmath import mp

from adcore.graph import OPS
from tests.adcore.graphs import run
from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.jets import Jet
from tests.adcore.ops.precision.measure import FULL, MODEST, application, derived, measure
from tests.adcore.ops.precision.table import RIGHT, bounds

# Thousands of numbers of many digits.
pytestmark = pytest.mark.untraced

SLACK = 4.0
"""Machines differ in the last bits, and grids in their points."""
DENSITY = FULL if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else MODEST
TABLE = bounds()


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_errors_are_within_the_table(name: str) -> None:
    """A row above 1e-10 has a reason; and only such a row."""
    most, reason = TABLE[name]
    for order, (worst, bound) in enumerate(zip(measure(name, DENSITY), most, strict=True)):
        assert worst.error <= SLACK * bound, f"{name}, order {order}: {worst.error} in {worst.place}"
    assert bool(reason) == (max(most) > RIGHT)


def test_the_table_has_a_row_for_each_definition_of_an_op() -> None:
    assert sorted(TABLE) == sorted(DEFINITIONS)
    assert set(DEFINITIONS) <= set(OPS)


# Where the third derivative is a difference of larger numbers, or leaves the range on the way.
THIRD = [
    ("log_ndtr", -1e3),
    ("log_ndtr", -1e8),
    ("log_ndtr", -12.5),
    ("log_ndtr", 3.0),
    ("arcsin", 1e-9),
    ("arccos", -1e-9),
    ("arctanh", 1e-9),
    ("arccosh", 1e50),
    ("arctan", 1e70),
    ("arcsinh", -1e80),
    ("sigmoid", 1e-9),
    ("softplus", 1e-9),
    ("softplus", 300.0),
    ("tanh", 200.0),
    ("logit", 0.5 + 1e-9),
]


@pytest.mark.parametrize(("name", "x"), THIRD)
def test_third_derivatives(name: str, x: float) -> None:
    """In all mixtures of the modes, against a difference of the definition's second derivatives."""
    with mp.workdps(120):
        step = mp.mpf(x) * mp.mpf(10) ** -30
        below, above = (
            DEFINITIONS[name].function(Jet(x + sign * step, (mp.mpf(1),), (mp.mpf(0),))).curvatures[0]
            for sign in (-1, 1)
        )
        expected = float((above - below) / (2 * step))
    for modes in itertools.product("fr", repeat=3):
        (value,) = run(derived(application(name, 1, 1), "".join(modes), (0, 0, 0)), np.array([x]), *[np.ones(1)] * 3)
        assert value[0] == pytest.approx(expected, rel=1e-11), "".join(modes)
