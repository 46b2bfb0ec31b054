"""Branches on conditions that depend on the inputs: what they give, and the graphs they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.graph import DType, Node, Type
from tests.adcore.language.evaluating import lowered, result, run

TABLE: list[tuple[str, str, dict[str, Any], dict[float, Any]]] = [
    ("a conditional expression", "x**2 if x > 0 else -x", {}, {3: 9, -2: 2}),
    ("in a chain", "1 if x < 0 else x if x < 2 else x**2 if x < 3 else 0", {}, {-1: 1, 1: 1, 2.5: 6.25, 4: 0}),
    ("a number as a condition", "k if x else 0", {"k": 4}, {0: 0, 2: 4, -1: 4}),
    ("if and else", "if x > 0:\n  y = x * k\nelse:\n  y = k\ny + 1", {"k": 2}, {3: 7, -1: 3}),
    ("elif", "if x > 1:\n  y = 1\nelif x > 0:\n  y = x\nelse:\n  y = -x\ny * 2", {}, {3: 2, 0.5: 1, -3: 6}),
    ("without else, the value before stays", "y = k\nif x > 0:\n  y = x\ny", {"k": 7}, {3: 3, -3: 7}),
    ("an input before, in one branch", "y = x\nif x < 0:\n  y *= -1\ny", {}, {3: 3, -3: 3}),
    ("several names", "a = b = x\nif x > 0:\n  a, b = 2, x\nelse:\n  b = a\na + 10 * b", {}, {3: 32, -1: -11}),
    ("names of a branch's own",
     "if x > 0:\n  t = [x, x]\n  y = sum(t)\nelse:\n  t = x\n  y = t\ny",
     {}, {3: 6, -1: -1}),
    ("nested", "if x > 0:\n  if x > 2:\n    y = 2\n  else:\n    y = x\nelse:\n  y = 0\ny", {}, {3: 2, 1: 1, -1: 0}),
    ("statements inside statements",
     "y = 1\nif x > 0:\n  y = x\n  if x > 2:\n    y += 1\n  y *= 2\ny",
     {}, {3: 8, 1: 2, -1: 1}),
    ("returns", "def f(x):\n  if x > 0:\n    return x\n  return -x\nf(x)", {}, {3: 3, -2: 2}),
    ("a return deep inside",
     "def f(x):\n  if x > 0:\n    if x > 2:\n      return 2\n    x = x / 2\n  return x\nf(x)",
     {}, {3: 2, 1: 0.5, -1: -1}),
    ("what follows sees the branch",
     "def f(x):\n  y = 1\n  if x > 0:\n    y = 5\n    if x > 9: return 0\n  return y + x\nf(x)",
     {}, {10: 0, 1: 6, -1: 0}),
    ("returns in both branches", "def f(x):\n  if x > 0: return 1\n  else: return x\nf(x)", {}, {3: 1, -2: -2}),
    ("guards one after the other",
     "def f(x):\n  if x < 0: return 0\n  if x > 1: return 1\n  return x\nf(x)",
     {}, {-1: 0, 0.5: 0.5, 3: 1}),
    ("return at the top", "if x > 0:\n  return x\ny = -x\ny * 2", {}, {3: 3, -1: 2}),
    ("tuples", "a, b = (x, k) if x > 0 else (k, x)\na - b", {"k": 1}, {3: 2, -1: 2}),
    ("lists", "([x, 1] if x > 0 else [2, k])[0]", {"k": 1}, {3: 3, -1: 2}),
    ("lists of other lengths in the end", "sum([x, 1] if x > 0 else [2, k])", {"k": 1}, {3: 4, -1: 3}),
    ("an array and a list", "v if x > 0 else [x, 1]", {"v": [5.0, 6.0]}, {3: [5, 6], -1: [-1, 1]}),
    ("a number and a condition", "(x > 2 if x > 0 else 0.5) + 0", {}, {3: 1, 1: 0, -1: 0.5}),
    ("conditions", "not (x > 2 if x > 0 else x < -2)", {}, {3: False, 1: True, -1: True, -3: False}),
    ("indices", "v[argmax(v) if x > 0 else argmin(v)]", {"v": [5.0, 9.0, 2.0]}, {1: 9, -1: 2}),
    ("an index or a number", "v[argmax(v) if x > 0 else 0]", {"v": [5.0, 9.0]}, {1: 9, -1: 5}),
    ("the same in both branches is no branch", "y = 3 if x > 0 else 3\nzeros(y).size + x * 0", {}, {1: 3, -1: 3}),
    ("functions in branches", "def f(a): return a * k\nf(x) if x > 0 else f(-x)", {"k": 2}, {3: 6, -3: 6}),
    ("functions with branches, called twice", "def f(a):\n  return a if a > 0 else 0\nf(x) + f(-x)", {}, {3: 3, -2: 2}),
    ("an expression at the end of both", "if x > 0:\n  y = 1\n  x + y\nelse:\n  2 * x", {}, {3: 4, -1: -2}),
    ("a known condition takes its branch",
     "if len(v) > 1:\n  y = v[1]\nelse:\n  y = nothing_here(v)\ny + x",
     {"v": [1, 2]}, {3: 5}),
    ("a condition of literals is known", "n = 2 if abs(-3) > 2 else 5\nzeros(n).size + x", {}, {1: 3}),
    ("a branch for None", "def f(a, k=None):\n  if k is None:\n    k = 2\n  return a * k\nf(x) + f(x, 5)", {}, {3: 21}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inputs", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_branch_that_is_taken_gives_the_value(
    text: str, inputs: dict[str, Any], expected: dict[float, Any]
) -> None:
    for x, value in expected.items():
        np.testing.assert_array_equal(result(text, x=x, **inputs), value)


def cond_of(text: str, **inputs: Any) -> Node:
    (node,) = (n for n in lowered(text, inputs).graph.nodes if n.op.name == "cond")
    return node


def test_a_branch_takes_what_it_reads_and_copies_constants() -> None:
    node = cond_of("c = np.array([1, 2])\nd = a + b\nd * c if a > 0 else c * b", a=1.0, b=2.0)
    assert [x.op.name for x in node.inputs] == ["greater", "add", "input"]
    for name in ("then", "otherwise"):
        graph = node.param(name)
        assert graph.input_names == ("u0", "b")
        assert [n.op.name for n in graph.nodes] == ["constant", "multiply"]
        assert [x.type for x in graph.outputs] == [Type(DType.FLOAT, (2,))]


def test_nodes_of_a_branch_are_in_the_text_s_order_and_know_their_place() -> None:
    node = cond_of("if x > 0:\n  a = sin(x)\n  y = a + cos(x)\nelse:\n  y = x\ny", x=1.0)
    inside = node.param("then").nodes
    assert [n.op.name for n in inside] == ["sin", "cos", "add"]
    assert [(n.span.line, n.span.column) for n in inside if n.span] == [(2, 7), (3, 11), (3, 7)]
    assert node.span is not None
    assert (node.span.line, node.span.column, node.span.end_column) == (1, 1, 3)


def test_names_that_nothing_reads_later_are_no_results() -> None:
    text = "if x > 0:\n  t = sin(x)\n  y = t * 2\nelse:\n  t = cos(x)\n  y = t\ny"
    assert len(cond_of(text, x=1.0).types) == 1
    assert run(text, {"x": 1.0}, ["t", "y"]) == {"t": np.sin(1.0), "y": 2 * np.sin(1.0)}


def test_a_name_of_one_branch_only_may_be_asked_for_inside_it() -> None:
    assert result("if x > 0:\n  t = 2\n  y = t * x\nelse:\n  y = 0\ny", x=2.0) == 4.0


def test_the_other_branch_is_not_evaluated() -> None:
    assert result("v[i] if i < 2 else 0", v=[1.0, 2.0], i=7) == 0.0


def test_a_branch_in_a_branch_is_a_graph_in_a_graph() -> None:
    node = cond_of("k * (sin(x) if x > 1 else x) if x > 0 else k", x=1.0, k=2.0)
    inner = [n for n in node.param("then").nodes if n.op.name == "cond"]
    assert [n.op.name for n in inner[0].param("then").nodes] == ["sin"]
    assert node.param("then").count() == 6


@pytest.mark.parametrize(
    ("then", "otherwise", "dtype"),
    [
        ("x > 1", "x < 1", DType.BOOL),
        ("x > 1", "True", DType.BOOL),
        ("x > 1", "1", DType.FLOAT),
        ("argmax(v)", "argmin(v)", DType.INT),
        ("argmax(v)", "1", DType.INT),
        ("argmax(v)", "1.0", DType.FLOAT),
        ("argmax(v)", "x", DType.FLOAT),
        ("True", "False", DType.BOOL),
        ("1", "2", DType.FLOAT),
    ],
)
def test_the_kind_of_what_both_branches_give(then: str, otherwise: str, dtype: DType) -> None:
    graph = lowered(
        f"{then} if x > 0 else {otherwise}\n", {"x": 1.0} | ({"v": [1.0, 2.0]} if "v" in then else {})
    ).graph
    assert graph.outputs[0].type == Type(dtype, ())
