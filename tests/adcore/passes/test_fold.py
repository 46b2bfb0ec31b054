"""Constant folding: what depends on no input is computed once, and what fails fails only if it is evaluated."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.errors import NotWholeNumber, Span
from adcore.graph import OPS, SCALAR, Graph, Node, constant, literal
from adcore.graph.traversal import check, graph_of, rewrite
from adcore.ops.control.stacks import zeros_of
from adcore.passes import optimise
from adcore.passes.fold import LARGEST, folded
from tests.adcore.graphs import Build, bits, build, if_else, run

SIN = OPS["sin"]


def fold(graph: Graph) -> Graph:
    """The graph with what depends on no input computed."""
    return check(rewrite(graph, folded))


def steps(graph: Graph) -> list[str]:
    return [n.op.name for n in graph.nodes if n.op.name != "constant"]


def test_what_takes_long_is_left_to_the_evaluation() -> None:
    few, many = (OPS["diff"](constant(np.arange(4096.0)), n=n) for n in (1, 4_000))
    assert folded(few).op.name == "constant"
    assert folded(many) is many


def test_bounds_far_apart_with_no_number_between_them_fold() -> None:
    """NumPy refuses them, ``Maximum allowed size exceeded``."""
    assert folded(OPS["arange"](start=1e308, stop=0.0)).op.name == "constant"


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x: x * SIN(constant(1.0)), ["multiply"]),
        (lambda x: x * SIN(constant(1.0) + constant(2.0) * constant(3.0)), ["multiply"]),
        (lambda x: constant(1.0) / constant(0.0) + x, ["add"]),  # an infinity is a value
        (lambda x: constant(0.0) / constant(0.0) + x, ["add"]),  # so is NaN
        (lambda x: OPS["where"](OPS["less"](constant(1.0), 2.0), x, 0.0), ["where"]),
        (lambda x: OPS["sum"](constant(np.arange(4.0))) * x, ["multiply"]),
        (lambda x: SIN(x) + 1.0, ["sin", "add"]),
        (lambda x: OPS["zeros"](shape=(2, 2)) + x, ["add"]),
        (lambda x: -constant(0.0) + x, ["add"]),  # the sign of zero is kept
    ],
)
def test_constants_are_computed_when_the_program_is_compiled(function: Build, left: list[str]) -> None:
    graph = build(function, SCALAR)
    result = fold(graph)
    assert steps(result) == left
    for x in (0.5, -0.0, np.inf):
        assert bits(run(result, x)) == bits(run(graph, x))


def test_a_folded_constant_keeps_its_place_in_the_text() -> None:
    span = Span(1, 1, 1, 7)
    graph = build(lambda x: x * SIN(constant(1.0), span=span), SCALAR)
    assert next(n for n in fold(graph).nodes if n.op.name == "constant").span == span


def test_an_op_that_fails_stays_and_fails_when_it_is_evaluated() -> None:
    def failing(a: Node) -> Node:
        return OPS["as_float"](OPS["as_int"](constant(1.5))) * a

    result = fold(build(failing, SCALAR))
    assert "as_int" in steps(result)
    with pytest.raises(NotWholeNumber):
        run(result, 1.0)
    guarded = check(optimise(build(lambda x: if_else(OPS["greater"](x, 0.0), failing, lambda a: a, x))))
    assert run(guarded, -1.0) == [-1.0]
    with pytest.raises(NotWholeNumber):
        run(guarded, 1.0)


@pytest.mark.parametrize(("size", "is_folded"), [(LARGEST, True), (LARGEST + 1, False)])
def test_large_constants_are_computed_anew(size: int, is_folded: bool) -> None:
    graph = build(lambda x: OPS["ones"](shape=(size,)) * x, SCALAR)
    assert ("ones" not in steps(fold(graph))) is is_folded
    assert bits(run(fold(graph), 2.0)) == bits(run(graph, 2.0))


def test_folding_warns_of_nothing() -> None:
    graph = build(lambda x: x + OPS["log"](constant(-1.0)) + OPS["exp"](constant(1e9)), SCALAR)
    assert steps(fold(graph)) == ["add", "add"]


def test_constants_of_all_kinds_are_folded_to_their_own_kind() -> None:
    graph = build(lambda: [OPS["as_int"](constant(2.0)), OPS["less"](constant(1.0), 2.0), SIN(constant(1.0))])
    result = fold(graph)  # the check in it compares the kinds
    assert [literal(y).dtype.name for y in result.outputs] == ["int64", "bool", "float64"]  # type: ignore[union-attr]


def test_a_stack_of_zeros_is_no_constant() -> None:
    graph = graph_of((), (zeros_of(SCALAR._replace(depth=1)),))
    assert steps(check(optimise(graph))) == ["zero_stack"]
