"""Which names are inputs, which values of theirs must be known, and what can be asked for as an output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import MissingInput, NotConstant, Span, UnknownOutput
from adcore.graph import DType, Type
from adcore.language import did_you_mean, ends, lower, normal, parse
from adcore.limits import Limits
from tests.adcore.language.evaluating import LIMITS, lowered, result, run


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("b + a", "b a", id="in the order of the text, not of the alphabet"),
        pytest.param("z = b\nz + a", "b a", id="what is assigned is none"),
        pytest.param("a if c else b", "a c b", id="the text's order, though the condition comes first"),
        pytest.param("pi + e + inf + nan + True", "", id="constants"),
        pytest.param("e = a\ne", "a", id="a constant that is assigned"),
        pytest.param("sin(a)", "a", id="functions"),
        pytest.param("np.sin(a) + np.pi + x.T", "a x", id="what stands before a dot, if it is no module"),
        pytest.param("def f(t): return t + k\nb + f(a)", "k b a", id="what a function reads, where it stands"),
        pytest.param("def f(t): return t + k\nb + a", "b a", id="not what a function reads that nothing calls"),
        pytest.param("def f(t, d=q): return t * d\nf(a)", "q a", id="what a default reads"),
        pytest.param("def f(t):\n  u = t\n  def g(s): return u + s + w\n  return g(1)\nf(a)", "w a", id="closures"),
        pytest.param("def f(t): return g(t)\ndef g(t): return t + k\nf(a)", "k a", id="through another function"),
        pytest.param("y = x\ndef f(a, b=1): return a + c", "x", id="an assignment besides: no entry function"),
        pytest.param("G = 9.81\ndef f(a): return a * G", "a", id="a constant besides"),
        pytest.param("def f(a, b=k): return a + b", "a b k", id="what a default reads"),
        pytest.param("def f(a): return a\nprint(f(2))", "a", id="a print after the function that is the program"),
        pytest.param(
            "def f(a): return a\nif __name__ == '__main__':\n  print(f(q))", "a", id="what a file does when it is run"
        ),
        pytest.param("def f(a, b=1): return a + b + c", "a b c", id="the parameters of the entry, then free names"),
        pytest.param("def g(q): return q\ndef f(a): return g(a) + h", "a h", id="the last function is the entry"),
        pytest.param("x[i] + A[:, j]", "x i A j", id="indices"),
        pytest.param("a += 1", "", id="what is only read by its own assignment is still none"),
        pytest.param("sum(x, axis=k, keepdims=True)", "x k", id="arguments, not their names"),
        pytest.param("zeros(n, dtype=object)", "n", id="what dtype says is no value"),
        pytest.param("y: float = x", "x", id="annotations are not read"),
    ],
)
def test_free_names_are_inputs(text: str, names: str) -> None:
    assert [entry.name for entry in parse(text, LIMITS).inputs] == names.split()


def test_an_input_knows_where_it_appears_first_and_whether_it_may_be_left_out() -> None:
    entries = parse("def f(alpha, b=1):\n    return alpha * b + c ^ c", LIMITS).inputs
    assert [(x.name, x.span, x.optional) for x in entries] == [
        ("alpha", Span(1, 7, 1, 12), False),
        ("b", Span(1, 14, 1, 15), True),
        ("c", Span(2, 24, 2, 25), False),
    ]


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


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(PROGRAM, ("W", "Y"), id="Figure 1"),
        pytest.param("a = x\nb = 2\nc = a", ("b", "c"), id="what is read is no end"),
        pytest.param("a = x\nx + 1", ("a", "result"), id="an expression is one"),
        pytest.param("def f(p):\n  q = p\n  r = 1\n  return q", ("r", "q"), id="of an entry function"),
        pytest.param("a, b = x, 1", ("a", "b"), id="a tuple"),
    ],
)
def test_the_ends_of_a_program(text: str, names: tuple[str, ...]) -> None:
    assert ends(parse(text, LIMITS)) == names
    given = {entry.name: GIVEN.get(entry.name, 1.0) for entry in parse(text, LIMITS).inputs}
    assert lowered(text, given, ends(parse(text, LIMITS))).graph.output_names == names


def test_a_tuple_asked_for_by_its_name_comes_in_parts() -> None:
    assert run("def f(a): return a, 2 * a\nf(x)", {"x": 1.0}, ["result"]) == {"result_1": 1.0, "result_2": 2.0}


# --- names that are meant


@pytest.mark.parametrize(
    ("word", "known", "help"),
    [
        ("sni", ["sin", "cos"], "did you mean sin?"),
        ("Volume", ["volume"], "did you mean volume?"),
        ("q", ["x", "y"], None),
        ("x1", ["x2", "x10"], "did you mean x10?"),
        ("a" * 100_000, ["sin"], None),
    ],
)
def test_did_you_mean(word: str, known: list[str], help: str | None) -> None:
    assert did_you_mean(word, known) == help


def test_names_are_compared_in_their_normal_form() -> None:
    assert [entry.name for entry in parse("µ * 2", Limits()).inputs] == [normal("µ")]
