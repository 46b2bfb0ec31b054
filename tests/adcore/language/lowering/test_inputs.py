"""How inputs enter the graph, which of their values must be known, and what can be asked for as an output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import MissingInput, NotConstant, Span, UnknownOutput
from adcore.graph import DType, Type
from adcore.language import lower, parse
from tests.adcore.language.evaluating import LIMITS, lowered, result, run


def test_the_graph_takes_the_inputs_in_their_order_used_or_not() -> None:
    graph = lowered("b * a\nc + b", {"a": 1, "b": [1.0, 2.0], "c": True}).graph
    assert graph.input_names == ("b", "a", "c")
    assert [x.type for x in graph.inputs] == [Type(DType.FLOAT, (2,)), Type(DType.FLOAT, ()), Type(DType.BOOL, ())]


def test_a_missing_input_is_shown_where_it_appears_first() -> None:
    with pytest.raises(MissingInput) as caught:
        lowered("y = 2\ny * volume", {})
    assert caught.value.span == Span(2, 5, 2, 11)


@pytest.mark.parametrize(
    ("text", "static"),
    [
        pytest.param("zeros(n)", "n", id="a shape"),
        pytest.param("x[:n]", "n", id="a bound of a slice"),
        pytest.param("arange(n) + 0 * k", "n", id="a range"),
        pytest.param("reshape(x, (n, -1))", "n", id="a part of a shape"),
        pytest.param("sum(x, axis=k)", "k", id="an axis"),
        pytest.param("zeros(2 * n + k)", "n k", id="both of what it is computed from"),
        pytest.param("m = int(n / 2) + len(x)\nzeros(m)", "n", id="through names and functions"),
        pytest.param("def f(m): return zeros(m)\nf(n)", "n", id="through a call"),
        pytest.param("zeros(n if n > k else k)", "n k", id="through a branch"),
        pytest.param("x[k]", "", id="an index of an element is computed, not compiled"),
        pytest.param("x * n", "", id="a factor"),
        pytest.param("zeros(len(x)) + x.shape[0]", "", id="a shape is known from the type"),
        pytest.param("x if n > 1 else 2 * x", "", id="a condition"),
        pytest.param("round(x, n)", "n", id="a number of decimals"),
    ],
)
def test_the_inputs_that_decide_shapes_are_told(text: str, static: str) -> None:
    inputs = {"n": 2, "k": 0, "x": [1.0, 2.0, 3.0, 4.0]}
    used = {entry.name: inputs[entry.name] for entry in parse(text, LIMITS).inputs}
    assert lowered(text, used).static == frozenset(static.split())


def test_a_shape_cannot_come_from_an_input_of_which_only_the_type_is_known() -> None:
    with pytest.raises(NotConstant) as caught:
        lowered("y = 1\nzeros(3 * n)", {"n": 2}, shapes_only=True)
    assert (caught.value.span, caught.value.help) == (Span(2, 7, 2, 12), "give the value of n, not only its shape")


def test_computing_a_shape_has_a_limit() -> None:
    with pytest.raises(NotConstant, match="takes too long"):
        lowered("zeros(int(sum(ones((3000, 3000)) * n)))", {"n": 0})


def test_known_and_typed_inputs_can_be_mixed() -> None:
    syntax = parse("sum(x[:n])", LIMITS)
    graph = lower(syntax, {"x": Type(DType.FLOAT, (4,)), "n": np.array(2.0)}, None, LIMITS).graph
    assert [node.op.name for node in graph.nodes] == ["index", "sum"]


def test_a_whole_number_kind_is_used_as_it_is() -> None:
    inputs: dict[str, Any] = {"v": [1.0, 2.0], "i": np.array(1), "b": np.array(True)}
    assert [n.op.name for n in lowered("v[i]", {k: inputs[k] for k in "vi"}).graph.nodes] == ["take"]
    assert result("v[i] * i if b else 0", **inputs) == 2.0


# --- outputs

PROGRAM = "Z = A*B + C\nW = Z + 4\nY = Z**2 - (3*Z + B)"
GIVEN = {"A": 2, "B": 3, "C": 1}


def test_any_name_of_the_program_can_be_asked_for() -> None:
    assert run(PROGRAM, GIVEN, ["W", "Z"]) == {"W": 11.0, "Z": 7.0}
    assert run("a, b = x, 2 * x\na * b", {"x": 3}, ["b", "result"]) == {"b": 6.0, "result": 18.0}
    assert run("y = x, 2 * x", {"x": 3}, ["y_2"]) == {"y_2": 6.0}
    assert run("if x > 1:\n  return x\nt = 2 * x\nt", {"x": 0.5}, ["result"]) == {"result": 1.0}


def test_what_is_not_asked_for_is_not_in_the_graph() -> None:
    assert [n.op.name for n in lowered(PROGRAM, GIVEN, ["W"]).graph.nodes] == ["multiply", "add", "constant", "add"]


def test_an_unknown_output_names_the_nearest() -> None:
    with pytest.raises(UnknownOutput) as caught:
        lowered("price = x\nvolume = 2\nvolume * price", {"x": 1}, ["volumes"])
    assert caught.value.help == "did you mean volume?"
    with pytest.raises(UnknownOutput) as caught:
        lowered("price = x\nprice", {"x": 1}, ["Q"])
    assert caught.value.help == "it has price"


def test_a_tuple_asked_for_by_its_name_comes_in_parts() -> None:
    assert run("def f(a): return a, 2 * a\nf(x)", {"x": 1.0}, ["result"]) == {"result_1": 1.0, "result_2": 2.0}
