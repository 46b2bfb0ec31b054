"""Graphs as text: brackets where they are needed, and every op of the table read back as what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adcore.graph import OPS, SCALAR, DType, Graph, Node, Op, Type, constant, input_node, items
from adcore.graph.traversal import check, graph_of
from adcore.language.printing.expression import expression_text
from adcore.language.printing.program import to_source
from tests.adcore.language.evaluating import lowered, values

a, b, c = (input_node(name, SCALAR) for name in "abc")
v = input_node("v", Type(DType.FLOAT, (3,)))


def op(name: str) -> Callable[..., Node]:
    return OPS[name]


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (a + b + c, "a + b + c"),
        (a + (b + c), "a + (b + c)"),
        (a - (b - c), "a - (b - c)"),
        (a * b - c, "a * b - c"),
        (a * (b - c), "a * (b - c)"),
        (a / b / c, "a / b / c"),
        (a / (b / c), "a / (b / c)"),
        (a / (b * c), "a / (b * c)"),
        (a**b**c, "a ** b ** c"),
        ((a**b) ** c, "(a ** b) ** c"),
        ((-a) ** b, "(-a) ** b"),
        (-(a**b), "-a ** b"),
        (-(a * b), "-(a * b)"),
        (-a * b, "-a * b"),
        (a - -b, "a - -b"),
        (op("negative")(-a), "-(-a)"),
        (a * -1.0, "a * (-1)"),
        (a + -2.5, "a + (-2.5)"),
        (constant(-1.0) ** a, "(-1) ** a"),
        (op("log")(constant(-1.0)), "log(-1)"),
        (op("maximum")(a + b, -1.0), "maximum(a + b, -1)"),
        (a * 1.0, "a * 1"),
        (a * 0.1, "a * 0.1"),
        (a * 1e300, "a * 1e+300"),
        (a * float("inf"), "a * inf"),
        (a * float("nan"), "a * nan"),
        (a * -0.0, "a * (-0.0)"),
        (v * np.array([1.0, -2.5]).repeat([1, 2]), "v * [1, -2.5, -2.5]"),
        (op("less")(a, b + c), "a < b + c"),
        (op("equal")(op("less")(a, b), c), "float(a < b) == c"),
        (
            op("logical_or")(op("logical_and")(op("less")(a, b), op("less")(b, c)), op("less")(a, c)),
            "a < b and b < c or a < c",
        ),
        (op("logical_not")(op("less")(a, b)), "not a < b"),
        (op("logical_and")(op("logical_not")(op("less")(a, b)), op("less")(b, c)), "not a < b and b < c"),
        (op("index")(v + a, key=(0,)), "(v + a)[0]"),
        (op("index")(op("stack")(a, b, axis=0), key=(1,)), "[a, b][1]"),
        (op("index")(v, key=(("slice", 1, None, 2),)), "v[1::2]"),
        (op("sum")(v * v), "sum(v * v)"),
        (op("sum")(v, axis=0, keepdims=True), "sum(v, axis=0, keepdims=True)"),
        (op("reshape")(v, shape=(3, 1)), "reshape(v, (3, 1))"),
        (op("full")(a, shape=(2,)), "full((2,), a)"),
        (op("stack")(a, b, axis=0), "[a, b]"),
        (op("concatenate")(v, v), "concatenate([v, v])"),
        (op("transpose")(op("reshape")(v, shape=(3, 1))), "reshape(v, (3, 1)).T"),
        (op("zeros")(shape=(2,)), "zeros((2,))"),
        (op("clip")(a, -1.0, b), "clip(a, -1, b)"),
    ],
)
def test_an_expression_has_the_brackets_it_needs(node: Node, text: str) -> None:
    assert expression_text(node, lambda _: None) == text


def test_operands_that_have_names_are_called_by_them() -> None:
    names = {a: "v-1", b: "v0", a * 1.0: "?"}
    adjoint, tangent = input_node("g", SCALAR), op("sin")(b)
    names |= {adjoint: "v3'", tangent: "v2"}
    assert expression_text(adjoint * op("cos")(b), names.get) == "v3' * cos(v0)"
    assert expression_text(a * b, names.get) == "v-1 * v0"
    assert expression_text(adjoint + adjoint / a, names.get) == "v3' + v3' / v-1"
    assert expression_text(tangent, names.get) == "sin(v0)"
    assert expression_text(adjoint * -1.0, names.get) == "v3' * (-1)"


def test_a_long_chain_is_printed_without_descending_into_it() -> None:
    node = a
    for _ in range(20_000):
        node = node + b
    assert expression_text(node, lambda _: None) == "a" + " + b" * 20_000


def round_trip(graph: Graph, *inputs: Any) -> None:
    """The graph, printed and read back, computes the same bits."""
    given = dict(zip(graph.input_names, inputs, strict=True))
    again = lowered(to_source(graph), given).graph
    assert again.input_names == graph.input_names
    expected, found = values(graph, given), values(again, given)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], strict=False)
        assert np.shape(found[name]) == np.shape(expected[name])


def applications(one: Op) -> list[Any]:
    """What the op is tried on: its own samples, or numbers and vectors."""
    count = len(one.signature.operands)
    return list(one.sampling.samples) or [(((),) * count, {}), (((3,),) * count, {})]


PRINTED = [one for one in OPS.values() if one.signature.public and one.rules.value is not None]


@pytest.mark.parametrize("one", PRINTED, ids=[one.name for one in PRINTED])
def test_every_op_is_read_back_as_it_is_printed(one: Op) -> None:
    random = np.random.default_rng(1)
    hidden = {p.name for p in one.signature.parameters if p.kind.name == "HIDDEN"}
    for shapes, params in applications(one):
        if hidden & set(params):
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
        round_trip(check(graph_of(inputs, outputs, names)), *arrays)


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
    ],
)
def test_a_program_printed_and_read_back_is_the_same(text: str, inputs: dict[str, Any]) -> None:
    graph = lowered(text, inputs).graph
    if set(graph.input_names) & {"sin", "e"}:
        source = to_source(graph)
        assert "def program(sin_, e_):" in source
        assert values(lowered(source, {"sin_": 1.0, "e_": 2.0}).graph, {"sin_": 1.0, "e_": 2.0}) == values(
            graph, inputs
        )
    else:
        round_trip(graph, *(inputs[name] for name in graph.input_names))


def test_a_program_reads_as_people_write_it() -> None:
    graph = lowered("Z = A*B + C\nW = Z + 4\nY = Z^2 - (3*Z + B)\nW, Y", {"A": 2, "B": 3, "C": 1}).graph
    assert to_source(graph) == (
        "def program(A, B, C):\n    t1 = A * B + C\n    W = t1 + 4\n    Y = t1 ** 2 - (3 * t1 + B)\n    return W, Y\n"
    )


def test_a_branch_is_printed_as_an_if_statement() -> None:
    graph = lowered("y = x\nif x > k:\n  y = sin(x) * k\ny", {"x": 1.0, "k": 2.0}).graph
    assert to_source(graph) == (
        "def program(x, k):\n    if x > k:\n        y = sin(x) * k\n    else:\n        y = x\n    return y\n"
    )
