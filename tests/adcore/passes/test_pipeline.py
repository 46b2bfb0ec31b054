"""The passes together: the same bits in fewer steps, in time that grows with the program's length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.graph import OPS, SCALAR, Graph, Node, input_node
from adcore.graph.traversal import check, graph_of, rewrite
from adcore.passes import optimise
from adcore.passes.cse import sharing
from adcore.passes.fold import folded
from adcore.passes.simplify import simplified
from tests.adcore.graphs import SPECIAL, bits, build, derive, graphs, grows_linearly, if_else, run

SIN, NEGATIVE = OPS["sin"], OPS["negative"]
numbers = st.floats() | st.sampled_from(SPECIAL)


def programs_and_derivatives(graph: Graph) -> list[tuple[Graph, tuple[float, ...]]]:
    """The graph, its gradient program and its tangent program, with the values of the inputs that these add."""
    n = len(graph.outputs)
    return [(graph, ()), (vjp_graph(graph, [0, 1]), (1.5,) * n), (jvp_graph(graph, [0, 1]), (1.5, -0.5))]


@given(graphs(depth=2), numbers, numbers)
def test_optimised_equals_unoptimised_to_the_bit(graph: Graph, a: float, b: float) -> None:
    for made, extra in programs_and_derivatives(graph):
        plain = bits(run(made, a, b, *extra))
        assert bits(run(check(optimise(made)), a, b, *extra)) == plain
        for rule in (simplified, folded, sharing()):
            assert bits(run(check(rewrite(made, rule)), a, b, *extra)) == plain, rule


@given(graphs(depth=2))
def test_optimising_again_finds_nothing(graph: Graph) -> None:
    for made, _ in programs_and_derivatives(graph):
        once = check(optimise(made))
        assert once.count() <= made.count()
        assert check(optimise(once)).count() == once.count()


@given(graphs(depth=2), st.floats(0.1, 3.0), st.floats(-3.0, -0.1))
def test_a_derivative_of_the_optimised_program_is_that_of_the_program(graph: Graph, a: float, b: float) -> None:
    n = len(graph.outputs)
    plain, optimised = vjp_graph(graph, [0, 1]), vjp_graph(optimise(graph), [0, 1])
    for x, y in zip(run(plain, a, b, *[1.0] * n), run(optimised, a, b, *[1.0] * n), strict=True):
        assert x == pytest.approx(y, rel=1e-6, nan_ok=True) or abs(x) > 1e100 or abs(x - y) < 1e-6


def test_inputs_of_one_name_stay_two() -> None:
    """The parts of a list that a loop carries are called like the list, and their tangents alike."""
    x, y = input_node("x", SCALAR), input_node("x", SCALAR)
    graph = graph_of([x, y], [x * 1.0 - y * 1.0])
    assert run(check(optimise(graph)), 5.0, 3.0) == [2.0]


def test_the_signature_stays() -> None:
    graph = build(lambda x, y: [x * 1.0, SIN(x)], SCALAR, SCALAR)
    made = check(optimise(Graph(graph.inputs, graph.nodes, graph.outputs, ("a", "b"))))
    assert made.inputs == graph.inputs
    assert made.output_names == ("a", "b")
    assert made.outputs[0] is graph.inputs[0]


def test_branches_are_optimised_at_all_depths() -> None:
    def wasteful(a: Node) -> Node:
        return SIN(1.0 * a) + SIN(a) + constant_part() - 0.0

    def constant_part() -> Node:
        return OPS["cos"](OPS["zeros"](shape=()))

    def outer(a: Node) -> tuple[Node, ...]:
        return if_else(OPS["less"](a, 1.0), wasteful, wasteful, a)

    graph = build(lambda x: if_else(OPS["greater"](x, 0.0), outer, wasteful, x), SCALAR)
    made = check(optimise(graph))
    (cond,) = (n for n in made.nodes if n.op.rules.structure)
    assert [n.op.name for n in cond.param("otherwise").nodes] == ["constant", "sin", "add", "add"]
    (inner,) = (n for n in cond.param("then").nodes if n.op.rules.structure)
    assert [n.op.name for n in inner.param("then").nodes] == ["constant", "sin", "add", "add"]
    for x in (0.5, 1.5, -0.5):
        assert bits(run(made, x)) == bits(run(graph, x))


def test_the_gradient_of_table_1_has_no_step_too_many() -> None:
    graph = build(lambda a, b: OPS["log"](a) + a * b - SIN(b), SCALAR, SCALAR)
    made = check(optimise(gradient_graph(graph, [0, 1])))
    # log, product, sine, sum, difference; b + 1/a; -cos(b) + a
    assert sum(n.op.name != "constant" for n in made.nodes) <= 10
    assert run(made, 2.0, 5.0) == [11.652071455223084, 5.5, 1.7163378145367738]


@pytest.mark.untraced
@pytest.mark.parametrize(
    "program",
    [
        lambda x, n: [x := SIN(x) * 1.0 + 0.5 for _ in range(n)][-1],  # a chain
        lambda x, n: sum((SIN(x * float(i)) for i in range(n)), x),  # a fan
        lambda x, n: [x := NEGATIVE(-x) + SIN(x) for _ in range(n)][-1],
    ],
)
def test_time_grows_with_the_length_of_the_program(program: Callable[[Node, int], Node]) -> None:
    def work(length: int) -> Graph:
        return optimise(gradient_graph(optimise(build(lambda x: program(x, length // 3), SCALAR)), [0]))

    assert grows_linearly(work, 300)


@pytest.mark.untraced
@pytest.mark.parametrize("modes", ["rr", "ff", "rf", "rrr"])
def test_higher_derivatives_are_optimised_to_the_same_bits(modes: str) -> None:
    graph = derive(build(lambda x: OPS["exp"](SIN(x) * x) / (1.0 + x * x), SCALAR), modes)
    made = check(optimise(graph))
    assert made.count() < graph.count()
    for x in (0.3, -2.0, 0.0):
        assert bits(run(made, x)) == bits(run(graph, x))
