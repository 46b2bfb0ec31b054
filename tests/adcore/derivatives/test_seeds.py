"""The values of seeds: unit vectors for sweeps, and the directions of a caller."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.derivatives.query import derive
from adcore.derivatives.seeds import seed_values, sweep, unit_seeds
from adcore.errors import AdcoreError, BadInputValue, MissingInput, UnknownInput
from adcore.graph import OPS, DType, Type, input_node
from tests.adcore.graphs import build, run

ONE = build(lambda x, a: OPS["sum"](OPS["sin"](x) * a), (3,), ())
X, A = np.array([0.3, 0.8, -0.5]), np.array(2.0)


def test_each_element_of_the_seeds_is_1_in_turn() -> None:
    inputs = [input_node(name, Type(DType.FLOAT, shape)) for name, shape in (("u", (2,)), ("none", (0,)), ("v", ()))]
    units = list(unit_seeds(inputs))
    assert [(place, index) for place, index, _ in units] == [(0, (0,)), (0, (1,)), (2, ())]
    assert [np.concatenate([np.ravel(x) for x in values]).tolist() for _, _, values in units] == np.eye(3).tolist()


def test_a_sweep_has_the_gradients_of_reverse_mode() -> None:
    forward, reverse = (derive(ONE, "gradient", [0, 1], mode) for mode in ("forward", "reverse"))
    swept = sweep(forward, lambda seeds: run(forward.graph, X, A, *seeds))
    for result, expected in zip(swept, run(reverse.graph, X, A), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-15)


def test_a_sweep_over_no_elements_has_the_value_all_the_same() -> None:
    empty = derive(build(OPS["sum"], (0,)), "gradient", [0], "forward")
    value, gradient = sweep(empty, lambda seeds: run(empty.graph, np.zeros(0), *seeds))
    assert value == 0.0
    assert gradient.shape == (0,)


def test_a_direction_that_is_left_out_is_zero_and_one_of_a_batch_may_have_points() -> None:
    jvp = derive(ONE, "jvp", [0, 1])
    first, second = seed_values("jvp", jvp, {"tangents": {"x2": A}})
    assert first.tolist() == [0.0, 0.0, 0.0]
    assert second == 2.0
    many = seed_values("jvp", jvp, {"tangents": {"x1": np.ones((5, 3))}}, points=5)
    assert [np.shape(x) for x in many] == [(5, 3), ()]


@pytest.mark.parametrize(
    ("directions", "error", "message"),
    [
        ({}, MissingInput, "the tangents are missing"),
        ({"tangents": {}}, MissingInput, "the tangents are missing"),
        ({"cotangents": {"y0": A}}, UnknownInput, "jvp takes no cotangents"),
        ({"tangents": {"x3": A}}, UnknownInput, "there is no x3 that has tangents; these have: x1, x2"),
        ({"tangents": {"x1": A}}, BadInputValue, r"tangents.x1 has shape \(\) \(a number\), where x1 has shape \(3,\)"),
        ({"tangents": {"x1": np.ones((5, 3))}}, BadInputValue, "tangents.x1 has shape"),  # no batch
    ],
)
def test_wrong_directions_are_errors(directions: Any, error: type[AdcoreError], message: str) -> None:
    with pytest.raises(error, match=message):
        seed_values("jvp", derive(ONE, "jvp", [0, 1]), directions)
