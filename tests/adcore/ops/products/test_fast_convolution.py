"""Convolutions of long vectors: as the direct ones of NumPy, within the accuracy that is stated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.derivatives.jacobian import Mode
from adcore.engines.cost import work
from adcore.graph import OPS, DType, Graph, Type, input_node
from adcore.graph.traversal import graph_of
from adcore.ops.products.fast_convolution import BLOCK, DIRECT, convolved, is_direct

NUMPY: dict[str, Any] = {"convolve": np.convolve, "correlate": np.correlate}
LENGTHS = [(9_000, 4_000), (4_000, 9_000), (3 * BLOCK + 5, 180)]
"""Lengths just past those of direct convolutions; the last of several blocks."""


def vectors(n: int, m: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    return rng.normal(size=n), rng.normal(size=m)


def value(name: str) -> Any:
    return OPS[name].rules.value


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_long_vectors(name: str, mode: str) -> None:
    for lengths in LENGTHS:
        assert not is_direct(*lengths)
        a, v = vectors(*lengths)
        expected = NUMPY[name](a, v, mode)
        most = 5 * np.finfo(float).eps * np.linalg.norm(a) * np.linalg.norm(v)
        np.testing.assert_allclose(value(name)(a, v, mode=mode), expected, rtol=0, atol=most)


def test_vectors_up_to_the_limit_are_convolved_to_the_bit_as_numpy_does() -> None:
    a, v = vectors(DIRECT // 50, 50)
    assert value("convolve")(a, v).tobytes() == np.convolve(a, v).tobytes()
    assert value("convolve")(a, np.append(v, 0.0)).tobytes() != np.convolve(a, np.append(v, 0.0)).tobytes()


@pytest.mark.parametrize("strong", [0, 1, 2, 3])
def test_infinite_elements_reach_as_far_as_in_a_direct_convolution(strong: int) -> None:
    a, v = vectors(9_000, 4_000)
    a[[5, 8_000]], v[[20, 400]], v[21:300] = (np.inf, -np.inf), (np.inf, np.nan), 0.0
    a[:4] = 0.0
    with np.errstate(all="ignore"):
        fast = value("convolve")(a, v, strong=strong)
        # Blocks of the longer vector so short that each is convolved directly.
        direct = np.zeros((3, 12_999))
        for row in range(3):
            direct[row, 3_000 * row : 3_000 * row + 6_999] = value("convolve")(
                a[3_000 * row : 3_000 * (row + 1)], v, strong=strong
            )
        expected = direct.sum(axis=0)
    np.testing.assert_allclose(fast, expected, rtol=0, atol=1e-11)


def test_numbers_at_the_ends_of_the_range_neither_overflow_nor_vanish() -> None:
    result = convolved(np.full(9_000, 1e200), np.full(4_000, 1e-250))
    np.testing.assert_allclose(result[4_000:9_000], 4e-47)
    assert not convolved(np.zeros(9_000), np.ones(4_000)).any()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_derivatives(mode: Mode) -> None:
    """Of a weighted sum of a convolution by two numbers inside the vectors."""
    a, v = vectors(9_000, 4_000)
    inputs = {"a": a, "v": v, "w": np.random.default_rng(1).normal(size=12_999), "s": np.asarray(0.3)}
    text = "sum(w*convolve(a*s, v + s))"
    query = Query("gradient", mode=mode, wrt=("s",))
    answer = Compiler().compile(text, inputs, query)[0].evaluate(inputs)
    expected = inputs["w"] @ (np.convolve(a, v + 0.3) + np.convolve(a * 0.3, np.ones(4_000)))
    assert answer.gradients["s"] == pytest.approx(expected, rel=1e-9)


def test_its_work_grows_as_the_lengths_do() -> None:
    def of(n: int) -> int:
        inputs = [input_node(name, Type(DType.FLOAT, (n,))) for name in "av"]
        graph: Graph = graph_of(inputs, [OPS["convolve"](*inputs)])
        return work(graph)

    assert of(4_000) == 2 * 4_000**2
    assert of(400_000) < 12 * of(40_000)
