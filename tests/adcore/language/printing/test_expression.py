"""Nodes as expressions: brackets where precedence needs them, operands by their names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from adcore.graph import OPS, SCALAR, DType, Node, Type, constant, input_node
from adcore.language.printing.expression import expression_text

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


@pytest.mark.untraced
def test_a_long_chain_is_printed_without_descending_into_it() -> None:
    node = a
    for _ in range(20_000):
        node = node + b
    assert expression_text(node, lambda _: None) == "a" + " + b" * 20_000
