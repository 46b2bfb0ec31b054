"""The cost of a run, foreseen: by elements, by what ops declare, and by how often a graph inside is run."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.engines.cost import seconds_of, work, work_of
from adcore.graph import OPS, SCALAR, UNKNOWN, DType, Graph, Type, constant, input_node
from adcore.language import lower, parse
from adcore.limits import Limits
from tests.adcore.graphs import build, if_else

SIN, SUM = OPS["sin"], OPS["sum"]
VECTOR = Type(DType.FLOAT, (10,))


def compiled(text: str) -> Graph:
    limits = Limits()
    return lower(parse(text, limits), {"x": np.array(0.5)}, None, limits).graph


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (build(SIN, SCALAR), 1),
        (build(SIN, VECTOR), 10),
        (build(SUM, VECTOR), 10),  # the array that it reads is the larger one
        (build(lambda x: x + constant(np.ones((3, 10))), VECTOR), 30 + 30),  # the constant, and the sum
        (build(OPS["matmul"], (4, 5), (5, 6)), 2 * 4 * 5 * 6),  # what the op declares
        # The condition, then the dearer branch, then the ``item`` that takes its result out.
        (build(lambda x: if_else(OPS["less"](x, 0.0), SIN, lambda a: SIN(SIN(SIN(a))), x), SCALAR), 1 + 1 + 3 + 1),
    ],
)
def test_a_run_costs_what_its_nodes_do(graph: Graph, expected: int) -> None:
    assert work(graph) == expected


def test_a_loop_costs_all_its_passes() -> None:
    once, often = (work(compiled(f"y = x\nfor i in range({n}):\n  y = sin(y)\ny")) for n in (10, 1000))
    assert 990 <= (often - once) <= 990 * 5
    assert work(compiled("y = x\nwhile y < 5:\n  y = y + 1\ny")) >= UNKNOWN


def test_the_graphs_inside_a_node_are_not_part_of_its_own_work() -> None:
    (loop,) = [
        node for node in compiled("y = x\nfor i in range(1000):\n  y = sin(y)\ny").nodes if node.op.name == "loop"
    ]
    assert work_of(loop) == 1


@pytest.mark.parametrize(("name", "least", "most"), [("matmul", 0.3, 30), ("svd", 5, 200), ("sort", 0.1, 10)])
def test_seconds_of_large_applications_are_of_the_right_size(name: str, least: float, most: float) -> None:
    """Of 3,000 by 3,000 numbers, on any machine that is a few times faster or slower than the one measured on."""
    operands = [input_node("x", Type(DType.FLOAT, (3_000, 3_000)))] * len(OPS[name].signature.operands)
    assert least < seconds_of(OPS[name](*operands)) < most
