"""Lists that grow by ``append``: as in Python where their length is known, and one graph whatever it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import function, lowered, python, result, values

U = [1.0, 2.0, -1.0, 5.0]

# Why, the function's body, and the inputs. Python runs the same text.
TABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("in a loop", "out = []\nfor v in u:\n  out.append(v**2 * x)\nreturn out", {"u": U, "x": 2.0}),
    ("beside what is carried",
     "y, out = x, []\nfor i in range(4):\n  y = y * u[i]\n  out.append(y)\nreturn out",
     {"u": U, "x": 2.0}),
    ("to a list that is not empty", "out = [x, 1.0]\nfor v in u:\n  out.append(v * x)\nreturn out",
     {"u": U, "x": 2.0}),
    ("slices up to the position, which unroll the loop",
     "out = []\nfor i in range(3):\n  out.append(np.sum(u[:i + 1]) * x)\nreturn out",
     {"u": U, "x": 2.0}),
    ("in a function called twice, once with a list and once with an array",
     "def f(out):\n  for v in u:\n    out.append(v * x)\n  return np.sum(np.array(out))\nreturn f([]) * f([1.0, x])",
     {"u": U, "x": 2.0}),
    ("rows", "out = []\nfor i in range(3):\n  out.append([x * i, u[i]])\nreturn out", {"u": U, "x": 2.0}),
    ("tuples", "out = []\nfor i in range(3):\n  out.append((x * i, u[i]))\nreturn out", {"u": U, "x": 2.0}),
    ("arrays", "out = [u * x]\nfor i in range(3):\n  out.append(u * i)\nreturn out", {"u": U, "x": 2.0}),
    ("two lists",
     "a, b = [], []\nfor v in u:\n  a.append(v * x)\n  b.append(v + x)\nreturn np.array(a) * np.array(b)",
     {"u": U, "x": 2.0}),
    ("a list in a list",
     "rows = []\nfor a in u:\n  row = []\n  for b in u:\n    row.append(a * b * x)\n  rows.append(row)\nreturn rows",
     {"u": U, "x": 2.0}),
    ("under a condition around the loop",
     "out = []\nif x > 0:\n  for v in u:\n    out.append(v * x)\nelse:\n  for v in u:\n    out.append(-v)\nreturn out",
     {"u": U, "x": 2.0}),
    ("a loop after the other",
     "out = []\nfor v in u:\n  out.append(v * x)\nfor v in u:\n  out.append(v - x)\nreturn out",
     {"u": U, "x": 2.0}),
    ("one after the other", "out = []\nout.append(x)\nout.append(u[1] * x)\nreturn out", {"u": U, "x": 2.0}),
    ("to what a loop has made", "out = []\nfor v in u:\n  out.append(v * x)\nout.append(x)\nreturn out",
     {"u": U, "x": 2.0}),
    ("of each pass's own",
     "s = 0\nfor v in u:\n  t = [v]\n  t.append(x)\n  s += t[0] * t[1]\nreturn s",
     {"u": U, "x": 2.0}),
    ("with a loop inside that breaks",
     "out = []\nfor v in u:\n  for k in range(9):\n    if v > 3: break\n    v = v + x\n  out.append(v)\nreturn out",
     {"u": U, "x": 2.25}),
    ("the last element is read",
     "y = [x]\nfor v in u:\n  y.append(y[-1] * 0.5 + v)\nreturn y",
     {"u": U, "x": 2.0}),
    ("the last element is read after it is appended",
     "y = [x]\ns = 0\nfor v in u:\n  s += y[-1]\n  y.append(y[-1] * 0.5 + v)\n  s -= y[-1]\nreturn s + y[1]",
     {"u": U, "x": 2.0}),
    ("of two lists",
     "a, b = [x], [1]\nfor i in range(n):\n  t = a[-1]\n  a.append(t - b[-1] / n)\n  b.append(b[-1] + t / n)\nreturn b",
     {"x": 2.0, "n": 300}),
    ("the last row",
     "y = [u * x]\nfor i in range(n):\n  y.append(y[-1][::-1] * 0.5)\nreturn y",
     {"u": U, "x": 2.0, "n": 5}),
    ("the last pair",
     "y = [(x, 1.0)]\nfor i in range(n):\n  a, b = y[-1]\n  y.append((b, a * 0.5))\nreturn y",
     {"x": 2.0, "n": 5}),
    ("a function reads the list", "y = [x]\ndef f(): return y[-1] * 0.5\nfor v in u:\n  y.append(f() + v)\nreturn y",
     {"u": U, "x": 2.0}),
    ("in a function",
     "def f(t, n):\n  out = []\n  for k in range(n):\n    out.append(t**k)\n  return out\nreturn sum(f(x, 5))",
     {"x": 2.0}),
    ("a count from an input", "out = []\nfor k in range(n):\n  out.append(x**k)\nreturn out", {"n": 4, "x": 2.0}),
    ("no pass at all", "out = [x]\nfor k in range(n):\n  out.append(x**k)\nreturn out", {"n": 0, "x": 2.0}),
]  # fmt: skip

rows = pytest.mark.parametrize(("body", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])


@rows
def test_a_list_grows_as_in_python(body: str, inputs: dict[str, Any]) -> None:
    text = function(body, inputs)
    expected = python(text, inputs)
    np.testing.assert_allclose(result(text, **inputs), expected, rtol=1e-14)
    graph = lowered(text, inputs).graph
    np.testing.assert_array_equal(result(to_source(graph), **inputs), next(iter(values(graph, inputs).values())))


@pytest.mark.untraced
@rows
def test_lists_that_grow_differentiate(body: str, inputs: dict[str, Any]) -> None:
    names = ", ".join(inputs)
    program = f"{function(body, inputs)}\ndef whole({names}):\n  return np.sum(np.sin(program({names})))"
    agree(program, inputs, [name for name in inputs if name in "ux"])


def test_the_list_is_the_result_where_it_is_changed_last() -> None:
    assert lowered("out = []\nfor v in u:\n  out.append(v * 2)", {"u": U}).graph.output_names == ("out",)


def test_the_graph_s_size_does_not_depend_on_the_length() -> None:
    text = "out = []\nfor i in range({}):\n  out.append(x * i)\nout"
    assert len({lowered(text.format(n), {"x": 1.0}).graph.count() for n in (1, 10, 100_000)}) == 1


# Why, the program with the place marked, the code and the message.
WRONG = [
    ("under a condition", "out = []\nfor v in u:\n  if v > 0:\n    «out.append(v)»\nsum(out)", "branch_mismatch", None),
    ("a loop that may end early", "out = []\nfor v in u:\n  if v < 0: break\n  «out.append(v)»\nsum(out)",
     "branch_mismatch", None),
    ("a while", "out, y = [], x\nwhile y > 1:\n  y = y / 2\n  «out.append(y)»\nsum(out)",
     "loop_mismatch", "out changes in the loop from a list of 0 to a list of 1"),
    ("a number", "y = x\n«y.append(1)»\ny", "type_mismatch", "a number cannot be appended to"),
    ("rows of different length", "out = [[1, 2]]\nfor v in u:\n  «out.append(v)»\nout", "shape_mismatch", None),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "code", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_list_is_told_what_is_wrong_and_where(marked: str, code: str, message: str | None) -> None:
    text = marked.replace("«", "").replace("»", "")
    with pytest.raises(AdcoreError) as caught:
        lowered(text, {name: value for name, value in {"x": 2.0, "u": U}.items() if f"{name}" in text})
    before, inside = marked.partition("«")[0], marked.partition("«")[2].partition("»")[0]
    span = caught.value.span
    assert (caught.value.code, message or caught.value.message) == (code, caught.value.message)
    assert span is not None
    assert (span.line, span.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert span.end_column == span.column + len(inside)
    assert code not in ("loop_mismatch", "branch_mismatch") or str(caught.value.help).startswith("a list grows by one")
