"""Large applications watch the clock: in pieces, to the bit of the whole, or by a prediction before they start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adcore.clock import limited
from adcore.engines.apply import kernel_of
from adcore.engines.watched import PIECE, watched
from adcore.errors import EvaluationTooLong
from adcore.graph import OPS, DType, Node, Type, input_node

ROW = PIECE // 4


def node_of(name: str, *shapes: tuple[int, ...], **params: Any) -> Node:
    return OPS[name](*[input_node(f"x{i}", Type(DType.FLOAT, shape)) for i, shape in enumerate(shapes)], **params)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("sin", [(3 * PIECE + 1,)]),
        ("exp", [(9, ROW)]),
        ("exp", [(2, PIECE + 5)]),
        ("exp", [(2, 1, 3, ROW + 1)]),
        ("arctan2", [(3, 1, ROW), (4, 1)]),
        ("power", [(2 * PIECE,), ()]),
        ("add", [(1, 2 * PIECE), (3, 1)]),
        ("multiply", [(2 * PIECE, 1), (2,)]),
        ("less", [(5, ROW), (ROW,)]),
    ],
)
def test_pieces_have_the_bits_of_the_whole(name: str, shapes: list[tuple[int, ...]]) -> None:
    node = node_of(name, *shapes)
    rng = np.random.default_rng(1)
    operands = [rng.normal(size=shape)[()] for shape in shapes]
    operands[0].flat[3] = np.nan
    kernel = kernel_of(node)
    calls = []

    def counted(*parts: Any) -> Any:
        calls.append(parts)
        return kernel(*parts)

    with np.errstate(all="ignore"):
        whole = watched(counted, node)(*operands)
    assert len(calls) == 1  # There is no clock to watch.
    with limited(60, EvaluationTooLong), np.errstate(all="ignore"):
        parts = watched(counted, node)(*operands)
    assert (parts.shape, parts.dtype, parts.tobytes()) == (whole.shape, whole.dtype, whole.tobytes())
    assert len(calls) > 2
    assert all(np.broadcast_shapes(*[np.shape(x) for x in each]) != whole.shape for each in calls[1:])


def test_pieces_tick() -> None:
    node = node_of("sin", (2 * PIECE,))
    with pytest.raises(EvaluationTooLong), limited(-1, EvaluationTooLong):
        watched(kernel_of(node), node)(np.zeros(2 * PIECE))


@pytest.mark.parametrize(
    ("name", "shapes", "params"),
    [
        ("svd", [(3_000, 3_000)], {}),
        ("expm", [(3_000, 3_000)], {}),
        ("polyval", [(10**6,), (10**6,)], {}),
        ("eigh", [(3_000, 3_000)], {}),
        ("lstsq", [(3_000, 3_000), (3_000,)], {}),
        ("matrix_power", [(3_000, 3_000)], {"n": 1_000_000}),
        ("diff", [(100_000,)], {"n": 100_000}),
        ("solve", [(500, 500), (300, 500, 1)], {}),  # a factorisation for each of the stack
        ("einsum", [(900, 900), (900, 900), (900, 900)], {"subscripts": "ij,ij,kl->ik"}),  # no product of matrices
        ("sort", [(10_000_000,)], {}),
        ("norm", [(3_000, 3_000)], {"ord": "nuc"}),
        ("frechet", [(900, 900), (900, 900)], {"power": "expm"}),
    ],
)
def test_what_cannot_end_in_time_is_refused_before_it_starts(
    name: str, shapes: list[tuple[int, ...]], params: dict[str, Any]
) -> None:
    node = node_of(name, *shapes, **params)

    def kernel(*_: Any) -> Any:
        raise AssertionError("it has started")

    run = watched(kernel, node)
    with pytest.raises(EvaluationTooLong, match="this operation alone would take about"), limited(1, EvaluationTooLong):
        run(*[None] * len(shapes))
    with pytest.raises(AssertionError, match="started"), limited(1e6, EvaluationTooLong):
        run(*[None] * len(shapes))


def test_a_matrix_of_a_large_norm_asks_for_the_time_of_its_squarings() -> None:
    kernel = kernel_of(node_of("expm", (200, 200)))
    with np.errstate(all="ignore"), limited(0.1, EvaluationTooLong):
        kernel(np.full((200, 200), 1e-3))
        with pytest.raises(EvaluationTooLong, match="this operation alone"):
            kernel(np.full((200, 200), 1e300))


def test_small_applications_are_left_as_they_are() -> None:
    for node in (node_of("sin", (PIECE,)), node_of("svd", (9, 9)), node_of("matmul", (99, 99), (99, 99))):
        kernel = kernel_of(node)
        assert watched(kernel, node) is kernel


def test_one_number_is_never_parted() -> None:
    """A single number that is predicted to take long runs as it is: there is nothing to cut."""
    sin = OPS["sin"]
    slow = replace(sin, rules=replace(sin.rules, nanoseconds=1e9))
    node = slow(input_node("x", Type(DType.FLOAT, ())))
    with limited(5, EvaluationTooLong):
        value = watched(kernel_of(node), node)(np.float64(1.5))
    assert np.shape(value) == ()
    assert value == np.sin(1.5)
