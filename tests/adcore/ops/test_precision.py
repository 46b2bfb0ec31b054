"""How precise the ops and their derivatives are, by mpmath: within the table of ``adcore/PRECISION.md``.

HYPOTHESIS_PROFILE=thorough measures the table's whole grid, in minutes; else a sample of it.
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
from tests.adcore.ops.precision.definitions.definition import ALL
from tests.adcore.ops.precision.definitions.exceptions import EXCEPTIONS
from tests.adcore.ops.precision.jets import Jet
from tests.adcore.ops.precision.measure import application, derived, measure
from tests.adcore.ops.precision.table import RIGHT, bounds, reason_of

# Thousands of numbers of many digits.
pytestmark = pytest.mark.untraced

SLACK, LEAST = 4.0, 1e-14
"""Machines differ in the last bits, and kernels go by other formulas where all elements are of ordinary size."""
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
FEW = 3
"""How many points of a grid are measured, where the definition takes no longer than some hundredths of a second."""
TABLE = bounds()
ROWS = sorted(DEFINITIONS)


@pytest.mark.parametrize("names", [ROWS[i::8] for i in range(8)], ids=lambda names: f"from {names[0]}")
def test_errors_are_within_the_table(names: list[str]) -> None:
    wrong = []
    for name in names:
        if not IS_THOROUGH and DEFINITIONS[name].most < ALL:
            continue
        sample = None if IS_THOROUGH else FEW
        for order, (worst, bound) in enumerate(zip(measure(name, sample).errors, TABLE[name][0], strict=True)):
            if not worst.error <= max(SLACK * bound, LEAST):
                wrong.append(f"{name}, order {order}: {worst.error} in {worst.place}")
    assert wrong == []


def test_a_row_of_the_table_has_a_reason_where_it_is_above_1e_10() -> None:
    assert sorted(TABLE) == ROWS
    for name, (most, reason) in TABLE.items():
        assert reason == (reason_of(name) if max(most) > RIGHT else ""), name
        assert bool(reason) == (max(most) > RIGHT), name


def test_each_function_of_real_numbers_has_a_definition() -> None:
    """A new op has a row in the table, or a reason why it needs none; what is not public serves those that are."""
    called = {name for name, op in OPS.items() if op.signature.public or any("." in a for a in op.signature.aliases)}
    defined = {definition.op for definition in DEFINITIONS.values()}
    assert called - defined - set(EXCEPTIONS) == set()
    assert defined & set(EXCEPTIONS) == set()
    assert defined | set(EXCEPTIONS) <= set(OPS)


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
        (value,) = run(derived(application(name, 1), "".join(modes), (0, 0, 0)), np.array([x]), *[np.ones(1)] * 3)
        assert value[0] == pytest.approx(expected, rel=1e-11), "".join(modes)
