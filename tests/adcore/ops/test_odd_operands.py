"""Odd operands: NaN where NumPy passes over it, indices far outside, and ranges that no machine holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adcore.derivatives.reverse import gradient_graph
from adcore.errors import ArrayTooLarge, BadCall, IndexOutOfBounds, ShapeMismatch
from adcore.graph import OPS, SCALAR, constant
from adcore.passes import optimise
from tests.adcore.graphs import build, run

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("a", "b", "largest", "smallest"),
    [
        (1.0, 2.0, (2, 0, 1), (1, 1, 0)),
        (2.0, 1.0, (2, 1, 0), (1, 0, 1)),
        (NAN, 2.0, (2, 0, 1), (2, 0, 1)),
        (2.0, NAN, (2, 1, 0), (2, 1, 0)),
        (-INF, NAN, (-INF, 1, 0), (-INF, 1, 0)),
        (3.0, 3.0, (3, 0.5, 0.5), (3, 0.5, 0.5)),
    ],
)
def test_fmax_and_fmin_pass_over_nan(
    a: float, b: float, largest: tuple[float, ...], smallest: tuple[float, ...]
) -> None:
    for name, expected in (("fmax", largest), ("fmin", smallest)):
        op = OPS[name]
        assert tuple(run(gradient_graph(build(op, SCALAR, SCALAR), [0, 1]), a, b)) == expected
        assert expected[0] == getattr(np, name)(a, b)
    assert np.isnan(run(build(OPS["maximum"], SCALAR, SCALAR), a, b)) == [np.isnan(np.maximum(a, b))]


@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("index", [3, -4, 10**12])
def test_an_adjoint_that_is_computed_before_its_value_finds_the_index_too(axis: int | None, index: int) -> None:
    at = constant(np.array(index))
    graph = gradient_graph(build(lambda x: OPS["sum"](OPS["take"](x, at, axis=axis)), (3,)), [0])
    for each in (graph, optimise(graph)):
        with pytest.raises(IndexOutOfBounds, match=str(index)):
            run(each, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("name", "params", "error"),
    [
        ("arange", {"start": 0, "stop": 1e308, "step": 3}, ArrayTooLarge),
        ("arange", {"start": 1e18}, ArrayTooLarge),
        ("arange", {"start": 0, "stop": 1e308, "step": 1e-300}, BadCall),
        ("arange", {"start": 0, "stop": 1, "step": 0}, BadCall),
        ("arange", {"start": math.nan}, BadCall),
        ("ones", {"shape": (10**9, 10**9)}, ArrayTooLarge),
        ("ones", {"shape": (-1, 2)}, ShapeMismatch),
        ("eye", {"N": 10**9}, ArrayTooLarge),
    ],
)
def test_what_no_machine_holds(name: str, params: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        OPS[name](**params)
    assert len(str(caught.value)) < 200
