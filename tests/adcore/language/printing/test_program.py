"""Graphs as programs: every op, and every kind of statement, is read back as what it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from adcore.errors import NotExpressible
from adcore.graph import OPS, DType, Graph, Op, Type, input_node, items
from adcore.graph.traversal import check, graph_of
from adcore.language.printing.program import to_source
from adcore.language.printing.statements import STATEMENTS
from tests.adcore.language.evaluating import lowered, values
from tests.tables import for_each


def round_trip(graph: Graph, *inputs: Any, rtol: float = 0.0) -> None:
    """The graph, printed and read back, computes the same bits, or the same to ``rtol``."""
    given = dict(zip(graph.input_names, inputs, strict=True))
    again = lowered(to_source(graph), given).graph
    assert again.input_names == graph.input_names
    expected, found = values(graph, given), values(again, given)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=rtol, atol=rtol)
        assert np.shape(found[name]) == np.shape(expected[name])


def applications(one: Op) -> list[Any]:
    """What the op is tried on: its own samples, or numbers and vectors."""
    count = len(one.signature.operands)
    return list(one.sampling.samples) or [(((),) * count, {}), (((3,),) * count, {})]


def graphs_of_samples(one: Op) -> Iterator[tuple[Graph, list[Any]]]:
    """The applications of an op as graphs, each with values of its inputs."""
    random = np.random.default_rng(1)
    hidden = {p.name for p in one.signature.parameters if p.kind.name == "HIDDEN"}
    for shapes, params in applications(one):
        if one.signature.public and hidden & set(params):
            continue
        inputs, arrays = [], []
        for i, shape in enumerate(shapes):
            dtype = one.signature.dtypes[min(i, len(one.signature.dtypes) - 1)] or DType.FLOAT
            low, high, *_ = one.sampling.domain[min(i, len(one.sampling.domain) - 1)]
            array = random.uniform(low, high, shape)
            arrays.append(np.floor(array) if dtype is DType.INT else array)
            inputs.append(input_node(f"x{i}", Type(DType.FLOAT, shape)))
        node = one(*inputs, **params)
        outputs = [node] if not one.facts.several else list(items(node))
        names = tuple(f"y{i}" for i in range(len(outputs)))
        yield check(graph_of(inputs, outputs, names)), arrays


PRINTED = [one for one in OPS.values() if one.signature.public and one.rules.value is not None]


@pytest.mark.untraced
@for_each(PRINTED)
def test_every_op_is_read_back_as_it_is_printed(one: Op) -> None:
    for graph, arrays in graphs_of_samples(one):
        round_trip(graph, *arrays)


# A composed op is no node of any graph.
HIDDEN = [
    one
    for one in OPS.values()
    if not one.signature.public and one.sampling.samples and one not in STATEMENTS and one.rules.compose is None
]


@for_each(HIDDEN)
def test_every_hidden_op_is_read_back_or_refused(one: Op) -> None:
    """What is written as a formula computes the same to rounding: the op is there to round less."""
    for graph, arrays in graphs_of_samples(one):
        if one.notation.text is not None and one.notation.readable:
            round_trip(graph, *arrays, rtol=1e-13)
        else:
            with pytest.raises(NotExpressible, match=f"the op {one.name}"):
                to_source(graph)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        pytest.param("y = x\nreturn y, x, 2, y", {"x": 3.0}, id="outputs that are inputs, constants, or the same"),
        pytest.param("s = sin(x)\nr = s * s + s\nr", {"x": 3.0}, id="shared values get a name"),
        pytest.param("+".join(["sin(x)"] * 200), {"x": 3.0}, id="long expressions are parted"),
        pytest.param("t1 + t2 * result", {"t1": 1.0, "t2": 2.0, "result": 3.0}, id="names that are taken"),
        pytest.param("def f(sin, e): return sin * e + exp(e)", {"sin": 1.0, "e": 2.0}, id="names of functions"),
        pytest.param("if x > 0:\n  y, z = x, 2\nelse:\n  y, z = -x, x\ny * z, z", {"x": 3.0}, id="a branch"),
        pytest.param(
            "k * (sin(x) if x > 1 else x if x > 0 else 2) if x > -1 else k", {"x": 3.0, "k": 2.0}, id="branches"
        ),
        pytest.param("(v + 1)[i] + ([x, 2 * x] if x > 0 else v)[1]", {"v": [1.0, 2.0], "i": 1, "x": 3}, id="indices"),
        pytest.param("where(v > 1, v, [0, -1])", {"v": [1.0, 2.0]}, id="conditions"),
        pytest.param("x > 1, not x > 1, (x > 1) + 1, [True, False]", {"x": 2}, id="conditions as outputs"),
        pytest.param("2.5, [[1, -2], [0.1, inf]], []", {}, id="constants"),
        pytest.param("x = x*beta\nbeta(x, 2) + e", {"x": 2.0, "beta": 3.0, "e": 1.0}, id="inputs named as functions"),
    ],
)
def test_a_program_printed_and_read_back_is_the_same(text: str, inputs: dict[str, Any]) -> None:
    graph = lowered(text, inputs).graph
    round_trip(graph, *(inputs[name] for name in graph.input_names))


def test_a_program_reads_as_people_write_it() -> None:
    graph = lowered("Z = A*B + C\nW = Z + 4\nY = Z^2 - (3*Z + B)\nW, Y", {"A": 2, "B": 3, "C": 1}).graph
    assert to_source(graph) == (
        "def program(A, B, C):\n    t1 = A * B + C\n    W = t1 + 4\n    Y = t1 ** 2 - (3 * t1 + B)\n    return W, Y\n"
    )
