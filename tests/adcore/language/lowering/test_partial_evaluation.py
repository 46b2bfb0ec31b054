"""Partial evaluation: values that are known at compile time, the inputs they depend on, and what is too expensive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import IndexOutOfBounds, Span
from adcore.graph import OPS, SCALAR, DType, Node, Type, constant, input_node
from adcore.language.lowering.partial_evaluation import TooDear, Unknown, evaluate
from tests.adcore.graphs import if_else

X, N = input_node("x", SCALAR), input_node("n", SCALAR)


def test_a_value_is_computed_from_the_inputs_that_it_needs() -> None:
    used: set[str] = set()
    values: dict[Node, Any] = {}
    twice = N * 2.0
    assert evaluate(twice + 1.0, {N: np.array(3.0)[()]}, values, used) == 7
    assert used == {"n"}
    assert values[twice] == 6


def test_values_of_earlier_calls_are_used_again() -> None:
    twice = N * 2.0
    assert evaluate(twice + 1.0, {}, {twice: 10.0}, set()) == 11


def test_an_input_without_value_is_named() -> None:
    with pytest.raises(Unknown) as caught:
        evaluate(N * X, {N: np.array(3.0)[()]}, {}, set())
    assert (caught.value.name, caught.value.node) == ("x", X)


def test_only_the_branch_that_is_taken_is_evaluated() -> None:
    (y,) = if_else(OPS["less"](N, 1.0), lambda a: OPS["as_float"](OPS["as_int"](a)), lambda a: a, N)
    assert evaluate(y, {N: np.array(1.5)[()]}, {}, set()) == 1.5


def test_an_error_has_the_place_of_the_node_that_raises_it() -> None:
    place = Span(3, 1, 3, 9)
    element = OPS["take"](constant([1.0, 2.0]), OPS["as_int"](N), axis=0, span=place)
    with pytest.raises(IndexOutOfBounds) as caught:
        evaluate(element + 1.0, {N: np.array(5.0)[()]}, {}, set())
    assert caught.value.span == place


def test_what_takes_too_many_operations_is_too_expensive() -> None:
    large = input_node("a", Type(DType.FLOAT, (10**6,)))
    y: Node = large
    for _ in range(20):
        y = y + 1.0
    with pytest.raises(TooDear):
        evaluate(OPS["sum"](y), {large: np.zeros(10**6)}, {}, set())
