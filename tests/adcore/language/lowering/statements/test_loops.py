"""Loops: what they compute, beside Python itself, and the graphs they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.graph import Node
from adcore.language.printing.program import to_source
from adcore.limits import Limits
from tests.adcore.language.evaluating import function, lowered, python, result, run, values

U = [1.0, 2.0, -1.0, 5.0]
M = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

# Why, the function's body, and the inputs. Python and NumPy run the same text.
TABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("a count from an input", "s = 0\nfor i in range(n):\n  s += i * x\nreturn s", {"n": 5, "x": 2.0}),
    ("no pass at all", "s = x\nfor i in range(n):\n  s += 1\nreturn s", {"n": 0, "x": 2.0}),
    ("no pass for a negative count", "s = x\nfor i in range(n):\n  s += 1\nreturn s", {"n": -3, "x": 2.0}),
    ("a known count", "s = 0\nfor i in range(4):\n  s += x ** i\nreturn s", {"x": 2.0}),
    ("known to have no pass", "s = x\nfor i in range(0):\n  s = nothing(s)\nreturn s", {"x": 2.0}),
    ("a start", "s = 0\nfor i in range(2, n):\n  s += i\nreturn s", {"n": 6}),
    ("a step", "s = 0\nfor i in range(1, n, 3):\n  s = s * 10 + i\nreturn s", {"n": 11}),
    ("a negative step", "s = 0\nfor i in range(n, -1, -2):\n  s = s * 10 + i\nreturn s", {"n": 5}),
    ("down by one", "s = 0\nfor i in range(n, k, -1):\n  s = s * 10 + i\nreturn s", {"n": 5, "k": 1}),
    ("a step from an input", "s = 0\nfor i in range(n, 0, k):\n  s = s * 10 + i\nreturn s", {"n": 7, "k": -3}),
    ("a step that does not fit", "s = 0\nfor i in range(0, n, k):\n  s = s * 10 + i\nreturn s", {"n": 7, "k": 3}),
    ("reversed", "s = 0\nfor i in reversed(range(1, n)):\n  s = s * 10 + i\nreturn s", {"n": 5}),
    ("the variable afterwards", "for i in range(5):\n  y = i * x\nreturn y + i", {"x": 2.0}),
    ("a name that was there before", "y = 0\nfor i in range(n):\n  y = i * x\nreturn y", {"n": 3, "x": 2.0}),
    ("several names", "a, b = 0, 1\nfor _ in range(n):\n  a, b = b, a + b\nreturn a", {"n": 10}),
    ("nested",
     "s = 0\nfor i in range(n):\n  for j in range(i):\n    s += x * j\n  s *= 1.5\nreturn s",
     {"n": 5, "x": 2.0}),
    ("inner names of each pass",
     "s = 0\nfor i in range(n):\n  t = 1\n  for j in range(i):\n    t *= x\n  s += t\nreturn s",
     {"n": 5, "x": 2.0}),
    ("one loop after the other",
     "s = 0\nfor i in range(3):\n  s += x\nfor i in range(n):\n  s *= x\nreturn s + i",
     {"n": 2, "x": 3.0}),
    ("a while", "a = 1\nwhile abs(a * a - x) > 1e-9:\n  a = (a + x / a) / 2\nreturn a", {"x": 2.0}),
    ("a while with no pass", "while x > 5:\n  x = x / 2\nreturn x", {"x": 2.0}),
    ("a while in a for",
     "s = 0\nfor i in range(n):\n  t = i\n  while t > 1:\n    t = t / 2\n  s += t\nreturn s",
     {"n": 9}),
    ("the test sees what the pass did",
     "k = 0\nwhile k < n and x > 1:\n  x /= 2\n  k += 1\nreturn k + x",
     {"n": 9, "x": 40.0}),
    ("and decides before what would fail", "i = 0\nwhile i < len(u) and u[int(i)] < 9:\n  i += 1\nreturn i", {"u": U}),
    ("or decides before what would fail",
     "i = 0\nwhile not (i >= len(u) or u[int(i)] > 9):\n  i += 1\nreturn i",
     {"u": U}),
    ("a condition that changes", "b = False\nfor i in range(n):\n  b = i > 2 or b\nreturn b", {"n": 5}),
    ("a condition that becomes a number", "b = False\nfor i in range(n):\n  b = b + 2\nreturn b", {"n": 5}),
    ("an array", "y = zeros(3)\nfor i in range(n):\n  y = y * 2 + v\nreturn y", {"n": 4, "v": [1.0, 2.0, 3.0]}),
    ("a tuple", "p = (0, x)\nfor i in range(n):\n  p = (p[1], p[0] + 1)\nreturn p[0] * 10 + p[1]", {"n": 3, "x": 5.0}),
    ("a branch inside", "s = 0\nfor v in u:\n  if v > 0:\n    s += v\n  else:\n    s -= 2 * v\nreturn s", {"u": U}),
    ("an elif inside",
     "s = 0\nfor v in u:\n  if v > 4:\n    s += 1\n  elif v > 0:\n    s += v\nreturn s",
     {"u": U}),
    ("a loop in a branch",
     "s = x\nif x > 0:\n  for i in range(n):\n    s *= 2\nelse:\n  s = 0\nreturn s",
     {"n": 3, "x": 2.0}),
    ("a branch's name, read in the next pass",
     "t = 0\ns = 0\nfor v in u:\n  s += t\n  if v > 0:\n    t = v\nreturn s",
     {"u": U}),
    ("a function inside",
     "def f(a):\n  s = 0\n  for i in range(n):\n    s += a\n  return s\nreturn f(x) + f(1)",
     {"n": 3, "x": 2.0}),
    ("a function that is called inside",
     "def f(a): return a * x\ns = 1\nfor i in range(n):\n  s = f(s)\nreturn s",
     {"n": 3, "x": 2.0}),
    ("a function that sees what changes",
     "def f(): return s * 2\ns = x\nfor i in range(n):\n  s = f()\nreturn s",
     {"n": 3, "x": 2.0}),
    ("a function defined inside",
     "s = x\nfor i in range(n):\n  def f(a): return a + i\n  s = f(s)\nreturn s",
     {"n": 3, "x": 2.0}),
    ("break", "s = 0\nfor v in u:\n  if v < 0: break\n  s += v\nreturn s", {"u": U}),
    ("break in else",
     "s = 0\nfor v in u:\n  if v > 0:\n    s += v\n  else:\n    s = -s\n    break\n  s *= 2\nreturn s",
     {"u": U}),
    ("break in every pass", "s = 0\nfor v in u:\n  s += v\n  break\nreturn s", {"u": U}),
    ("break out of the inner loop",
     "s = 0\nfor i in range(n):\n  for j in range(n):\n    if j > i: break\n    s += x ** j\nreturn s",
     {"n": 4, "x": 2.0}),
    ("break keeps what the pass did", "s = 0\nfor v in u:\n  s += v\n  if v < 0: break\n  s *= 2\nreturn s", {"u": U}),
    ("continue", "s = 0\nfor v in u:\n  if v < 0: continue\n  s += v\nreturn s", {"u": U}),
    ("continue and break",
     "s = 0\nfor i in range(n):\n  if i % 2 == 0: continue\n  if i > 6: break\n  s += i\nreturn s",
     {"n": 20}),
    ("while True", "k = 0\nwhile True:\n  x = x / 2\n  k += 1\n  if x < 1: break\nreturn k + x", {"x": 11.0}),
    ("a name of while True", "while True:\n  x = x / 2\n  y = x * x\n  if x < 1: break\nreturn y", {"x": 11.0}),
    ("return", "for i, v in enumerate(u):\n  if v < 0: return i\nreturn -1", {"u": U}),
    ("return never", "for i, v in enumerate(u):\n  if v < -5: return i\nreturn -1", {"u": U}),
    ("return of an array", "for v in A:\n  if v[0] > 3: return v * 2\nreturn zeros(3)", {"A": M}),
    ("return out of two loops",
     "s = 0\nfor i in range(n):\n  for j in range(n):\n    if i * j == 6: return s\n    s += x * j\nreturn s + 100",
     {"n": 5, "x": 2.0}),
    ("return from while True", "while True:\n  x = x / 2\n  if x < 1: return x", {"x": 11.0}),
    ("else of a loop that ends", "s = 0\nfor v in u:\n  s += v\nelse:\n  s = -s\nreturn s", {"u": U}),
    ("else with break", "s = 0\nfor v in u:\n  if v < 0: break\n  s += v\nelse:\n  s = -s\nreturn s", {"u": U}),
    ("else with a break not taken",
     "s = 0\nfor v in u:\n  if v < -9: break\n  s += v\nelse:\n  s = -s\nreturn s",
     {"u": U}),
    ("return in else", "for v in u:\n  if v < -9: break\nelse:\n  return 7\nreturn v", {"u": U}),
    ("else of a while", "while x > 1:\n  x = x / 2\n  if x == 3: break\nelse:\n  x = x + 10\nreturn x", {"x": 12.0}),
    ("an else that continues the outer loop",
     "s = 0\nfor i in range(n):\n  for j in range(i):\n    if j > 3: break\n  else:\n    continue\n  s += i\nreturn s",
     {"n": 6}),
    ("over an array", "s = 0\nfor v in u:\n  s = s * 2 + v\nreturn s", {"u": U}),
    ("over the rows of a matrix", "s = zeros(3)\nfor row in A:\n  s = s * 2 + row\nreturn s", {"A": M}),
    ("a number that rows are added to", "s = 0\nfor row in A:\n  s += row * 2\nreturn s", {"A": M}),
    ("in the middle of a sum", "s = 0\nfor row in A:\n  s = 2 * s + row - 1\nreturn s", {"A": M}),
    ("a number that rows are multiplied with", "p = x\nfor row in A:\n  p *= row\nreturn p", {"A": M, "x": 2.0}),
    ("a number that rows are added to, in a loop in a loop",
     "s = 0\nfor i in range(2):\n  for j in range(2):\n    s = s + A[i] * A[j]\nreturn s",
     {"A": M}),
    ("over a list", "s = 0\nfor v in [1, x, 3]:\n  s = s * 2 + v\nreturn s", {"x": 5.0}),
    ("over pairs", "s = 0\nfor a, b in [(1, x), (2, 3)]:\n  s += a * b\nreturn s", {"x": 5.0}),
    ("over nothing", "s = x\nfor v in []:\n  s += v\nreturn s", {"x": 5.0}),
    ("enumerate from one", "s = 0\nfor i, v in enumerate(u, 1):\n  s += i * v\nreturn s", {"u": U}),
    ("enumerate by name", "s = 0\nfor i, v in enumerate(u, start=2):\n  s += i * v\nreturn s", {"u": U}),
    ("zip", "s = 0\nfor a, b in zip(u, w):\n  s += a * b\nreturn s", {"u": U, "w": [1.0, 2.0, 3.0]}),
    ("zip with a range", "s = 0\nfor a, i in zip(u, range(n)):\n  s += a * i\nreturn s", {"u": U, "n": 3}),
    ("enumerate of zip", "s = 0\nfor i, (a, b) in enumerate(zip(u, u)):\n  s += a * b * i\nreturn s", {"u": U}),
    ("reversed array", "s = 0\nfor v in reversed(u):\n  s = s * 2 + v\nreturn s", {"u": U}),
    ("an index of the loop", "s = 0\nfor i in range(len(u)):\n  s = s * 2 + u[i]\nreturn s", {"u": U}),
    ("indices beside it", "s = 0\nfor i in range(1, len(u)):\n  s += u[i] * u[i - 1] + u[-i]\nreturn s", {"u": U}),
    ("rows and columns",
     "s = 0\nfor i in range(2):\n  for j in range(3):\n    s += A[i, j] * A[i, :].sum() + A[:, j].sum()\nreturn s",
     {"A": M}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_loop_gives_what_python_gives(body: str, inputs: dict[str, Any]) -> None:
    text = function(body, inputs)
    np.testing.assert_allclose(result(text, **inputs), python(text, inputs), rtol=1e-14)


@pytest.mark.parametrize(("body", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_loop_printed_and_read_back_gives_the_same(body: str, inputs: dict[str, Any]) -> None:
    graph = lowered(function(body, inputs), inputs).graph
    again = lowered(to_source(graph), inputs).graph
    np.testing.assert_equal(list(values(again, inputs).values()), list(values(graph, inputs).values()))


def test_a_loop_is_printed_as_people_write_it() -> None:
    text = "s = 0\nfor i in range(n):\n  s += x\n  if s > 9: break\ns"
    assert to_source(lowered(text, {"n": 1.0, "x": 1.0}).graph).splitlines()[1:3] == [
        "    s, t1 = 0, True",
        "    for t3 in range(int(maximum(float(int(n)), 0))):",
    ]


def loop_of(text: str, **inputs: Any) -> Node:
    (node,) = (n for n in lowered(text, inputs, shapes_only=True).graph.nodes if n.op.name == "loop")
    return node


def test_one_graph_serves_every_count() -> None:
    text = "s = 0\nfor i in range(n):\n  if i > 2: break\n  s += x * i\ns"
    graph = lowered(text, {"n": 1.0, "x": 1.0}, shapes_only=True).graph
    assert [values(graph, {"n": n, "x": 2.0})["s"] for n in (0, 1, 2, 3, 4, 9)] == [0, 0, 2, 6, 6, 6]


def test_the_graph_s_size_does_not_depend_on_the_count() -> None:
    sizes = {
        lowered(f"s = x\nfor i in range({count}):\n  s = sin(s) + i\ns", {"x": 1.0}).graph.count()
        for count in (1, 10, 1_000_000)
    }
    assert len(sizes) == 1


def test_what_a_pass_reads_from_outside_is_a_constant_of_the_loop() -> None:
    node = loop_of("k = a * 2\ns = 0\nfor i in range(n):\n  s = s * k + b * 3\ns", a=1.0, b=1.0, n=1.0)
    assert node.param("carried") == 1
    assert node.param("body").input_names == ("i", "s", "u2", "b")


def test_names_that_no_later_pass_reads_are_not_carried() -> None:
    node = loop_of("s = t = 0\nfor i in range(n):\n  t = x * i\n  s += t\ns", x=1.0, n=1.0)
    assert node.param("carried") == 1
    assert node.param("test") is None


def test_a_name_read_in_the_loop_is_the_last_pass_s() -> None:
    assert run("s = t = x\nfor i in range(3):\n  s += t\n  t = t * 2\ns", {"x": 1.0}, ["s", "t"]) == {"s": 8, "t": 8}


# Why, the program with the place marked, the code and the message.
WRONG = [
    ("a shape changes", "y = zeros(3)\nfor i in range(n):\n  «y» = y[0] + x\ny",
     "loop_mismatch", "y changes in the loop from an array of shape (3,) to a number"),
    ("a number becomes an array that is read otherwise", "s = 0\nfor i in range(n):\n  «s» = v + sum(s)\ns",
     "loop_mismatch", "s changes in the loop from a number to an array of shape (2,)"),
    ("a number becomes an array that a function reads",
     "s = 0\ndef f(): return sum(s)\nfor i in range(n):\n  «s» += v * f()\ns",
     "loop_mismatch", "s changes in the loop from a number to an array of shape (2,)"),
    ("a length changes", "y = x * ones(2)\nwhile sum(y) < 9:\n  «y» = concatenate([y, y])\nsum(y)",
     "loop_mismatch", "y changes in the loop from an array of shape (2,) to an array of shape (4,)"),
    ("a tuple grows", "p = (x, 1)\nfor i in range(n):\n  «p» = (p[0], 1, 2)\np[0]",
     "loop_mismatch",
     "p changes in the loop from a tuple (a number, a number) to a tuple (a number, a number, a number)"),
    ("None becomes a number", "b = None\nfor i in range(n):\n  if b is None:\n    «b» = x\nb",
     "loop_mismatch", "b changes in the loop from None to a number"),
    ("a name of the loop only", "for i in range(n):\n  t = i\n«t»",
     "bound_in_one_branch", "t is assigned in the loop only, which may end before it is"),
    ("the variable of the loop", "for i in range(n):\n  t = i\n«i»",
     "bound_in_one_branch", "i is assigned in the loop only, which may end before it is"),
    ("a name of one branch in the loop", "for i in range(3):\n  if i > x:\n    t = i\n«t»",
     "bound_in_one_branch", "t is assigned in one branch only"),
    ("read before it is assigned", "for i in range(n):\n  s = «t»\n  t = i\nx",
     "used_before_assignment", "t is used before it is assigned"),
    ("nothing to go over", "for v in «x»:\n  y = v\nx", "type_mismatch", "a number has no parts to go over"),
    ("a number that could be a count",
     "for v in «10»:\n  y = v\nx",
     "type_mismatch", "a number has no parts to go over"),
    ("a step of zero",
     "s = 0\nfor i in range(0, n, «0»):\n  s += 1\ns",
     "bad_arguments", "the step of range must not be 0"),
    ("range of three and a half", "s = 0\nfor i in range(«3.5»):\n  s += 1\ns",
     "not_a_whole_number", "a bound of range is a whole number, and this is 3.5"),
    ("range of an array", "s = 0\nfor i in range(«v»):\n  s += 1\ns",
     "type_mismatch", "a bound of range is one number, and this is an array of shape (2,)"),
    ("range of nothing",
     "s = 0\nfor i in «range()»:\n  s += 1\ns",
     "bad_arguments", "range takes 1 to 3 arguments, and here are 0"),
    ("range by name", "s = 0\nfor i in range(stop=«3»):\n  s += 1\ns", "bad_arguments", "range takes no argument stop"),
    ("a shape by the loop's variable", "s = 0\nfor i in range(n):\n  s += sum(ones(«i»))\ns",
     "not_constant", "shape of ones must be known when the program is compiled, and i changes in the loop"),
    ("a shape by a carried name", "k = 1\nfor i in range(n):\n  k = k + sum(ones(«k»))\nk",
     "not_constant", "shape of ones must be known when the program is compiled, and k changes in the loop"),
    ("two names for one", "for a, b in «v»:\n  y = a\nx", "type_mismatch", None),
    ("break outside", "if x > 0:\n  «break»\nx", "syntax_error", None),
    ("continue outside", "def f(a):\n  «continue»\nf(x)", "syntax_error", None),
    ("a condition of many",
     "while «v»:\n  x = 1\nx",
     "type_mismatch", "a condition is one value, and this is an array of shape (2,)"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "code", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_loop_is_told_what_is_wrong_and_where(marked: str, code: str, message: str | None) -> None:
    text = marked.replace("«", "").replace("»", "")
    given = {"x": 2.0, "n": 3.0, "v": [1.0, 2.0]}
    head = text.splitlines()
    inputs = {name: value for name, value in given.items() if f"{name}" in "".join(head)}
    with pytest.raises(AdcoreError) as caught:
        lowered(text, inputs, shapes_only=True)
    before, inside = marked.partition("«")[0], marked.partition("«")[2].partition("»")[0]
    span = caught.value.span
    assert (caught.value.code, message or caught.value.message) == (code, caught.value.message)
    assert span is not None
    assert (span.line, span.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert span.end_column == span.column + len(inside)


def test_the_error_of_a_shape_that_changes_shows_both_places() -> None:
    with pytest.raises(AdcoreError) as caught:
        lowered("y = zeros(3)\nfor i in range(n):\n  y = y[0]\ny", {"n": 1.0})
    told = [(span.line, text) for span, text in caught.value.related]
    assert told == [(1, "an array of shape (3,)"), (3, "a number")]


def test_a_bound_that_is_not_whole_is_an_error_when_the_loop_runs() -> None:
    with pytest.raises(AdcoreError) as caught:
        result("s = 0\nfor i in range(n):\n  s += 1\ns", n=2.5)
    assert caught.value.code == "not_a_whole_number"


def test_a_loop_without_end_is_stopped() -> None:
    text = "y = x\nwhile y > 0:\n  y = y * 1\ny"
    with pytest.raises(AdcoreError) as caught:
        values(lowered(text, {"x": 1.0}, limits=Limits(loop_steps=100)).graph, {"x": 1.0})
    assert caught.value.code == "loop_too_long"


def test_a_loop_may_run_as_often_as_the_limit_says() -> None:
    graph = lowered("s = 0\nfor i in range(n):\n  s += 1\ns", {"n": 1.0}, limits=Limits(loop_steps=100)).graph
    assert values(graph, {"n": 100.0}) == {"s": 100.0}
    with pytest.raises(AdcoreError) as caught:
        values(graph, {"n": 101.0})
    assert caught.value.code == "loop_too_long"


def test_a_shape_can_be_counted_by_a_loop() -> None:
    text = "k = 1\nwhile k * k < n:\n  k += 1\nsum(ones(k)) * x"
    assert result(text, n=17.0, x=2.0) == 10.0
    assert lowered(text, {"n": 17.0, "x": 2.0}).static == {"n"}


def test_a_shape_is_not_counted_for_ever() -> None:
    with pytest.raises(AdcoreError) as caught:
        lowered("k = n\nwhile k > 0:\n  k = k / 1\nsum(ones(k))", {"n": 17.0})
    assert caught.value.code == "not_constant"
