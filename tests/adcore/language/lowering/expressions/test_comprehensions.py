"""Comprehensions and generators: what they compute, beside Python itself, the graphs they become, their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import function, lowered, python, result, values

U = [1.0, 2.0, -1.0, 5.0]
W = [0.5, -2.0, 3.0, 1.5]
M = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

# Why, what the function returns, and the inputs. Python and NumPy run the same text.
TABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("a list over an array", "np.array([v**2 for v in u])", {"u": U}),
    ("a list over a range", "np.array([u[i] - u[i - 1] for i in range(1, len(u))])", {"u": U}),
    ("a count from an input", "np.array([x**i for i in range(n)])", {"n": 4, "x": 3.0}),
    ("no element at all", "sum([x for i in range(n)])", {"n": 0, "x": 3.0}),
    ("zip", "np.array([a * b for a, b in zip(u, w)])", {"u": U, "w": W}),
    ("enumerate", "np.array([i * a for i, a in enumerate(u)])", {"u": U}),
    ("reversed", "np.array([a for a in reversed(u)])", {"u": U}),
    ("rows of a matrix", "np.array([row * 2 for row in A])", {"A": M}),
    ("a matrix from two lists", "np.array([[a * b for a in u] for b in w])", {"u": U, "w": W}),
    ("two for in one list", "np.array([a * b for a in u for b in w])", {"u": U, "w": W}),
    ("rows, then what is in them", "np.array([a for row in A for a in row])", {"A": M}),
    ("conditions", "np.where(np.array([a > 1 for a in u]), 1.0, x)", {"u": U, "x": 3.0}),
    ("a condition on the index", "np.array([u[i] for i in range(4) if i % 2 == 0])", {"u": U}),
    ("a condition on what is known of a list", "np.array([k * x for k in (1, 2, 3) if k != 2])", {"x": 3.0}),
    ("a list of functions", "np.array([f(x) for f in (sin, cos, lambda t: t * t)])", {"x": 3.0}),
    ("functions and weights", "sum(c * f(x) for c, f in zip(w, [sin, cos]))", {"x": 3.0, "w": W}),
    ("a list of tuples", "sum(c * x**k for c, k in [(2.0, 1), (3.0, 2)])", {"x": 3.0}),
    ("arrays of different length", "sum([a.sum() for a in (u, np.array([x]))])", {"x": 3.0, "u": U}),
    ("names of its own", "[i * x for i in range(3)][1] + i", {"x": 3.0, "i": 10.0}),
    ("what it goes over is read outside", "sum(u * 2 for u in u)", {"u": U}),
    ("a list in a function", "(lambda s: sum(s * t for t in u))(2.0)", {"u": U}),
    ("a sum", "sum(a * b for a, b in zip(u, w))", {"u": U, "w": W}),
    ("a sum of a count that is an input", "sum(x**k / (k + 1) for k in range(n))", {"n": 6, "x": 0.5}),
    ("a sum over nothing", "sum(x for k in range(n)) + x", {"n": 0, "x": 0.5}),
    ("a sum with a start", "sum((a for a in u), x)", {"u": U, "x": 0.5}),
    ("a sum with a start by name", "sum((a for a in u), start=x)", {"u": U, "x": 0.5}),
    ("a sum of arrays", "sum(w[0] * row for row in A)", {"A": M, "w": W}),
    ("a sum of a list of arrays", "sum([row * 2 for row in A])", {"A": M}),
    ("a sum of arrays that are named", "sum([A[0], A[1], 2 * A[0]])", {"A": M}),
    ("NumPy's sum of a list of arrays", "np.sum([row * 2 for row in A])", {"A": M}),
    ("a sum over some", "sum(a for a in u if a > 0)", {"u": U}),
    ("a sum over some of an input's count", "sum(x * i for i in range(n) if i % 3 == 1)", {"n": 9, "x": 0.5}),
    ("a sum of arrays over some", "sum(row for row in A if row[0] > 2)", {"A": M}),
    ("two conditions", "sum(a for a in u if a > 0 if a < 4)", {"u": U}),
    ("a condition that saves from an error", "sum(u[i + 1] for i in range(n) if i < 3)", {"u": U, "n": 4}),
    ("two for", "sum(a * b for a in u for b in w)", {"u": U, "w": W}),
    ("the inner for counts to the outer", "sum(x**j for i in range(n) for j in range(i))", {"n": 5, "x": 0.5}),
    ("a condition between two for", "sum(i * j for i in range(5) if i > x for j in range(i))", {"x": 1.5}),
    ("a product", "prod(1 + a for a in u)", {"u": U}),
    ("Lagrange's basis", "prod((x - u[j]) / (u[1] - u[j]) for j in range(len(u)) if j != 1)", {"u": U, "x": 0.5}),
    ("Lagrange's polynomial",
     "sum(w[i] * prod((x - u[j]) / (u[i] - u[j]) for j in range(len(u)) if j != i) for i in range(len(u)))",
     {"u": U, "w": W, "x": 0.5}),
    ("the greatest", "max(abs(a) for a in u)", {"u": U}),
    ("the least of some", "min(a for a in u if a > 0)", {"u": U}),
    ("the greatest of an input's count", "max(sin(k * x) for k in range(n))", {"n": 7, "x": 0.5}),
    ("a default that is not needed", "max((a for a in u if a > 0), default=x)", {"u": U, "x": 0.5}),
    ("a default that is needed", "max((a for a in u if a > 9), default=x)", {"u": U, "x": 0.5}),
    ("a default of nothing", "min((a for a in []), default=x)", {"x": 0.5}),
    ("any", "1.0 if any(a > 4 for a in u) else x", {"u": U, "x": 0.5}),
    ("any of none", "1.0 if any(a > 9 for a in u) else x", {"u": U, "x": 0.5}),
    ("all", "1.0 if all(a < 9 for a in u) else x", {"u": U, "x": 0.5}),
    ("all of nothing", "1.0 if all(a > 9 for a in []) else x", {"x": 0.5}),
    ("any stops at the first", "1.0 if any(u[i] > 1 for i in range(n)) else x", {"u": U, "n": 100, "x": 0.5}),
    ("any in turn stops at what is known", "1.0 if any(k > 1 or x / 0 > k for k in (2, 1)) else x", {"x": 0.5}),
    ("an array of booleans", "sum(np.array([a > 0 for a in u]))", {"u": U}),
    ("a count", "sum(1 for a in u if a > 0)", {"u": U}),
    ("a count of conditions", "sum(a > 0 for a in u)", {"u": U}),
    ("map", "np.array(list(map(lambda a: a * x, u)))", {"u": U, "x": 0.5}),
    ("map of a function of the language", "sum(map(sin, u))", {"u": U}),
    ("map of two", "sum(map(lambda a, b: a * b, u, w))", {"u": U, "w": W}),
    ("a range as numbers", "np.array(range(2, 9, 3)) * x", {"x": 0.5}),
    ("a sum of a range", "sum(range(n)) * x", {"n": 5, "x": 0.5}),
    ("a list of a range", "np.array(list(range(4))) * x", {"x": 0.5}),
    ("a tuple's items", "tuple([x, 2.0, 3.0])[0]", {"x": 0.5}),
    ("sorted", "np.array(sorted(u))[0]", {"u": U}),
    ("divmod", "sum(divmod(x, 3.0))", {"x": 7.5}),
    ("a mean of a generator's list", "np.mean([a * a for a in u])", {"u": U}),
    ("a list as rows", "np.concatenate([A[i] * x for i in range(2)])", {"A": M, "x": 0.5}),
    ("the length of a list", "len([a for a in u]) * x", {"u": U, "x": 0.5}),
    ("a default read when it is made", "[f(x) for f in [lambda t, k=k: t * k for k in (1, 2, 3)]][2]", {"x": 0.5}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_comprehension_gives_what_python_gives(value: str, inputs: dict[str, Any]) -> None:
    text = function(f"return {value}", inputs)
    np.testing.assert_allclose(result(text, **inputs), python(text, inputs), rtol=1e-14)


@pytest.mark.parametrize(("value", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_comprehension_printed_and_read_back_gives_the_same(value: str, inputs: dict[str, Any]) -> None:
    graph = lowered(function(f"return {value}", inputs), inputs).graph
    again = lowered(to_source(graph), inputs).graph
    np.testing.assert_equal(list(values(again, inputs).values()), list(values(graph, inputs).values()))


# Why, the value, the inputs and those to differentiate by.
DERIVATIVES: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("a list", "sum(np.array([sin(a) * x for a in u])**2)", {"u": U, "x": 0.7}, ("u", "x")),
    ("a list of rows", "(np.array([row * x**i for i, row in enumerate(A)])**2).sum()", {"A": M, "x": 0.7}, ("A", "x")),
    ("a list of a list", "(np.array([[a * b**2 for a in u] for b in w])**2).sum()", {"u": U, "w": W}, ("u", "w")),
    ("two for in a list", "(np.array([a * b**2 for a in u for b in w])**2).sum()", {"u": U, "w": W}, ("u", "w")),
    ("a sum", "sum(a**2 * sin(b) for a, b in zip(u, w))", {"u": U, "w": W}, ("u", "w")),
    ("a sum over some", "sum(a**3 for a in u if a > 0)", {"u": U}, ("u",)),
    ("a sum of rows over some", "sum(row**2 * x for row in A if row[0] > 2)[1]", {"A": M, "x": 0.7}, ("A", "x")),
    ("a sum of a computed count", "sum(x**k / (k + 1) for k in range(n))", {"n": 6, "x": 0.5}, ("x",)),
    ("a product", "prod(sin(a) for a in u)", {"u": U}, ("u",)),
    ("Lagrange's polynomial",
     "sum(w[i] * prod((x - u[j]) / (u[i] - u[j]) for j in range(len(u)) if j != i) for i in range(len(u)))",
     {"u": U, "w": W, "x": 0.5}, ("u", "w", "x")),
    ("the greatest", "max(a**2 for a in u) * x", {"u": U, "x": 0.7}, ("u", "x")),
    ("the least of some", "min(a**2 for a in u if a > 0)", {"u": U}, ("u",)),
    ("a default", "max((a * x for a in u if a > 9), default=x**3)", {"u": U, "x": 0.7}, ("u", "x")),
    ("functions of a list", "sum(c * f(x) for c, f in zip(w, [sin, cos, exp]))", {"x": 0.7, "w": W}, ("x", "w")),
    ("map", "sum(map(lambda a, b: a**2 * b**2, u, w))", {"u": U, "w": W}, ("u", "w")),
]  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("value", "inputs", "wrt"), [row[1:] for row in DERIVATIVES], ids=[row[0] for row in DERIVATIVES]
)
def test_comprehensions_differentiate(value: str, inputs: dict[str, Any], wrt: tuple[str, ...]) -> None:
    agree(value, inputs, wrt)


def test_the_graph_s_size_does_not_depend_on_the_length() -> None:
    for text in ("[sin(x) * i for i in range({})]", "sum(sin(x) * i for i in range({}) if i > x)"):
        sizes = {lowered(text.format(count), {"x": 1.0}).graph.count() for count in (1, 10, 100_000)}
        assert len(sizes) == 1


def test_one_graph_of_a_sum_serves_every_count() -> None:
    one = lowered("sum(x * i for i in range(n))", {"n": 3.0, "x": 1.0})
    assert one.static == frozenset()
    assert [values(one.graph, {"n": n, "x": 2.0})["result"] for n in (0, 1, 2, 5)] == [0, 0, 2, 20]


def test_the_count_of_a_list_decides_its_shape() -> None:
    assert lowered("[x * i for i in range(n)]", {"n": 3.0, "x": 1.0}).static == {"n"}


def test_the_greatest_of_nothing_is_an_error_when_it_is_asked() -> None:
    graph = lowered("max(a for a in u if a > x)", {"u": U, "x": 0.0}).graph
    assert values(graph, {"u": U, "x": 1.0}) == {"result": 5.0}
    with pytest.raises(AdcoreError) as caught:
        values(graph, {"u": U, "x": 9.0})
    assert (caught.value.code, caught.value.message) == ("assertion_failed", "max of no elements")


def test_an_error_says_in_which_pass_it_was() -> None:
    with pytest.raises(AdcoreError) as caught:
        result("sum(u[i] for i in range(n))", u=U, n=7)
    assert caught.value.message.endswith("; in iteration 4 of the loop, counted from 0")


# Why, the program with the place marked, the code and the message.
WRONG = [
    ("a length that changes in a loop", "s = 0\nfor i in range(n):\n  s += sum(array([x for j in «range(i)»]))\ns",
     "not_constant", "the length of a list must be known when the program is compiled, and i changes in the loop"),
    ("a length that depends on an input's values", "[a for a in v if «a > x»]",
     "not_constant", "how many elements the list has depends on x"),
    ("nothing to go over", "[a for a in «x»]", "type_mismatch", "a number has no parts to go over"),
    ("two names for one", "[a for «a, b» in [(1, 2, 3)]]", "shape_mismatch", "2 names for 3 values"),
    ("the greatest of arrays", "max(«row» for row in [v, v])", "type_mismatch", None),
    ("the greatest of nothing", "«max(a for a in [])»", "bad_arguments", "max of no elements"),
    ("elements of different shape", "«[a for a in [v, x]]» + 1", "shape_mismatch", None),
    ("a condition of many", "sum(1 for a in v if «v»)", "type_mismatch", None),
    ("a sum of conditions of many", "any(«v» for a in v)", "type_mismatch", None),
    ("a name of a comprehension outside of it", "y = [a for a in v]\n«a»", "missing_input", None),
    ("a part as a target", "[x for «v[0]» in v]", "unsupported_syntax", "the targets of a comprehension are names"),
    ("a key", "max((a for a in v), key=«sin»)", "bad_arguments", "max of elements takes no such argument"),
    ("map of no function", "sum(map(«x», v))", "type_mismatch", "map applies a function, and this is a number"),
    ("an async for", "[a async for «a» in v]", "unsupported_syntax", None),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "code", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_comprehension_is_told_what_is_wrong_and_where(marked: str, code: str, message: str | None) -> None:
    text = marked.replace("«", "").replace("»", "")
    given = {"x": 2.0, "n": 3.0, "v": [1.0, 2.0]}
    with pytest.raises(AdcoreError) as caught:
        lowered(text, given, shapes_only=True)
    before, inside = marked.partition("«")[0], marked.partition("«")[2].partition("»")[0]
    span = caught.value.span
    assert (caught.value.code, message or caught.value.message) == (code, caught.value.message)
    assert span is not None
    assert (span.line, span.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert span.end_column == span.column + len(inside)
