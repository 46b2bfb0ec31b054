"""One application of a node: the same value by its kernel and applied at once, errors with their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from adcore.engines.apply import apply, kernel_of
from adcore.errors import NotWholeNumber, Span
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Type, constant, input_node
from tests.adcore.graphs import bits, build, if_else

X = input_node("x", Type(DType.FLOAT, (2, 3)))
VALUE = np.arange(6.0).reshape(2, 3)

NODES: dict[str, tuple[Node, Any]] = {
    "no parameters": (OPS["sin"](X), np.sin(VALUE)),
    "parameters that have their defaults": (OPS["sum"](X), np.float64(15)),
    "parameters that have not": (OPS["sum"](X, axis=1, keepdims=True), [[3.0], [12.0]]),
    "a parameter without default": (OPS["reshape"](X, shape=(3, 2)), VALUE.reshape(3, 2)),
}


@pytest.mark.parametrize(("node", "expected"), NODES.values(), ids=NODES)
def test_a_kernel_and_an_application_compute_the_same(node: Node, expected: Any) -> None:
    assert bits([apply(node, [VALUE])]) == bits([kernel_of(node)(VALUE)]) == bits([np.asarray(expected)[()]])


def test_parameters_that_have_their_defaults_are_not_bound() -> None:
    assert kernel_of(OPS["sum"](X)) is OPS["sum"].rules.value


def test_constants_and_items_are_applications_too() -> None:
    assert apply(constant(3.0), []) == 3
    (item,) = if_else(OPS["less"](constant(0.0), 1.0), lambda a: a, lambda a: -a, constant(2.0))
    assert apply(item, [[7.0]]) == kernel_of(item)([7.0]) == 7


def test_a_structured_node_runs_its_graphs_with_what_the_caller_offers() -> None:
    x = input_node("x", SCALAR)
    (item,) = if_else(OPS["less"](x, 1.0), lambda a: a, lambda a: -a, x)
    (cond,) = item.inputs
    asked: list[tuple[Graph, list[Any]]] = []

    def run(graph: Graph, operands: Sequence[Any]) -> list[Any]:
        asked.append((graph, list(operands)))
        return [42.0]

    assert apply(cond, [np.True_, 5.0], run) == kernel_of(cond)(run, np.True_, 5.0) == [42.0]
    assert asked == [(cond.param("then"), [5.0])] * 2


INNER, OUTER = Span(2, 3, 2, 9), Span(1, 1, 3, 1)


@pytest.mark.parametrize(("inner", "expected"), [(None, OUTER), (INNER, INNER)])
def test_an_error_has_the_place_of_the_innermost_node_that_has_one(inner: Span | None, expected: Span) -> None:
    x = input_node("x", SCALAR)
    then = build(lambda a: OPS["as_float"](OPS["as_int"](a, span=inner)), SCALAR)
    cond = OPS["cond"](OPS["less"](x, 1.0), x, then=then, otherwise=then, span=OUTER)
    with pytest.raises(NotWholeNumber) as caught:
        apply(cond, [np.True_, np.float64(0.5)], lambda graph, operands: [apply(graph.nodes[0], operands)])
    assert caught.value.span == expected
