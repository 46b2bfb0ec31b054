"""The straight line of a run: a graph without control flow that computes what the run did, to the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.clock import limited
from adcore.derivatives.expansion import expand
from adcore.engines.interpreter import prepare
from adcore.errors import EvaluationTooLong
from adcore.graph import Graph
from adcore.graph.traversal import check
from adcore.limits import Limits
from adcore.wengert.unfolding import is_straight, straighten
from tests.adcore.graphs import bits
from tests.adcore.language.evaluating import lowered

LIMITS = Limits()
FACTORIAL = "def f(n, a): return a if n < 2 else n*f(n-1, a)\n"


def program(text: str) -> Graph:
    return expand(lowered(text, {"x": 0.5}, shapes_only=True).graph, LIMITS.graph_nodes)


def names(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes if node.op.name != "constant"]


# Why each is here, the program, the ops of its run at x = 0.5, the conditions that decided among them.
TABLE: list[tuple[str, str, list[str]]] = [
    ("a branch", "y = 2*x if x > 0 else sin(x)\ny", ["greater", "multiply"]),
    ("a while loop", "y = x\nwhile y < 1.5:\n  y = y + x\ny", ["less", "add", "less", "add", "less"]),
    ("recursion", FACTORIAL + "f(2, x)", ["less", "subtract", "less", "multiply"]),
    ("an opaque node is one step", "y = root(lambda t: t*t - x, 1.0)\ny*y", ["solution", "item", "multiply"]),
]


@pytest.mark.parametrize(("text", "ops"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_run_is_laid_out_step_by_step(text: str, ops: list[str]) -> None:
    assert names(straighten(program(text), [np.float64(0.5)], LIMITS).graph) == ops


@pytest.mark.parametrize(
    "text",
    [
        *(row[1] for row in TABLE),
        # Derivatives inside the program stack values and pack them on tapes, and add such stacks and tapes up.
        "def f(a):\n  y = a\n  for i in range(4):\n    y = sin(y)*a\n  return y\ngrad(f)(x)",
        "def f(a):\n u = zeros(3) + a\n for i in range(4): u[i % 3] = sin(u[i-1])*a\n return sum(u)\ngrad(grad(f))(x)",
        FACTORIAL + "grad(lambda a: f(4, a*a))(x)",
        "def f(n, a): return a if n < 2 else f(n-1, a*a)*f(n-2, a) + a\nhessian(lambda a: f(4, a))(x)",
    ],
)
def test_the_straight_line_computes_the_same(text: str) -> None:
    graph, values = program(text), [np.float64(0.5)]
    straight = straighten(graph, values, LIMITS)
    assert not straight.cut
    assert not is_straight(graph)
    assert all(node.op.rules.structure is None or node.op.rules.structure.opaque for node in straight.graph.nodes)
    assert straight.graph.output_names == graph.output_names
    assert bits(prepare(check(straight.graph)).run(values)) == bits(prepare(graph).run(values))


def test_places_count_iterations_and_name_calls() -> None:
    text = "def f(a): return f(a/2) if a > 1 else sin(a)\ny = x\nfor i in range(2):\n  y = f(y)\ny"
    straight = straighten(program(text), [np.float64(1.5)], LIMITS)
    places = [straight.places[node] for node in straight.graph.nodes if node.op.name == "sin"]
    assert [place.iteration for place in places] == [(0,), (1,)]
    assert [[site.function for site in place.calls] for place in places] == [["f", "f"], ["f"]]


@pytest.mark.parametrize("limits", [Limits(graph_nodes=30), Limits(trace_elements=30)])
def test_a_run_that_is_too_long_is_cut(limits: Limits) -> None:
    graph = program("y = x\nfor i in range(100):\n  y = sin(y)\ny")
    straight = straighten(graph, [np.float64(0.5)], limits)
    assert straight.cut
    assert 0 < len(straight.graph.nodes) <= 30
    assert set(names(straight.graph)) == {"sin"}


def test_a_run_stops_at_its_deadline() -> None:
    text = "y = x\nfor i in range(1000000):\n  y = sin(y)\ny"
    with pytest.raises(EvaluationTooLong) as caught, limited(0.05, EvaluationTooLong):
        straighten(program(text), [np.float64(0.5)], LIMITS)
    assert caught.value.span is not None
