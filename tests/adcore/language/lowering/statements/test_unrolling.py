"""Short loops whose passes are of different shapes: as in Python, pass after pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language.lowering.loop_or_unroll import MAX_UNROLLED_PASSES
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import function, lowered, python, result

U = [1.0, 2.0, -1.0, 5.0]
A = [[4.0, 1.0, 2.0], [1.0, 3.0, 0.5], [2.0, 0.25, 5.0]]

# Why, the function's body, and the inputs. Python runs the same text.
TABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("a slice up to the position",
     "s = 0\nfor i in range(len(u)):\n  s += u[i] * np.sum(u[:i])\nreturn s * x",
     {"u": U, "x": 2.0}),
    ("a slice from the position on",
     "s = x\nfor i in range(len(u)):\n  s = s * 0.5 + u[i:] @ u[i:]\nreturn s",
     {"u": U, "x": 2.0}),
    ("elimination",
     ("U = A * 1\nfor k in range(2):\n  for i in range(k + 1, 3):\n"
     "    U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]\nreturn np.prod(np.diag(U))"),
     {"A": A}),
    ("Gauss and Seidel",
     ("y = np.zeros(3)\nfor t in range(3):\n  for i in range(3):\n"
     "    s = A[i, :i] @ y[:i] + A[i, i + 1:] @ y[i + 1:]\n    y[i] = (x - s) / A[i, i]\nreturn y"),
     {"A": A, "x": 2.0}),
    ("a name that is counted up",
     "k = 0\ns = x\nfor v in u:\n  s += v * np.sum(u[:k])\n  k += 1\nreturn s",
     {"u": U, "x": 2.0}),
    ("an array whose shape is the position",
     "s = x\nfor i in range(3):\n  s = s * np.sum(np.ones(i + 1))\nreturn s",
     {"x": 2.0}),
    ("what the last pass made", "for i in range(len(u)):\n  t = np.sum(u[:i]) * x\nreturn t + i", {"u": U, "x": 2.0}),
    ("continue",
     "s = x\nfor i in range(len(u)):\n  if i == 2: continue\n  s += np.sum(u[:i])\nreturn s",
     {"u": U, "x": 2.0}),
    ("break",
     "s = x\nfor i in range(len(u)):\n  if i == 2: break\n  s += np.sum(u[:i])\nelse:\n  s = 0\nreturn s",
     {"u": U, "x": 2.0}),
    ("no break",
     "s = x\nfor i in range(len(u)):\n  if i == 9: break\n  s += np.sum(u[:i])\nelse:\n  s = -s\nreturn s",
     {"u": U, "x": 2.0}),
    ("return",
     "s = x\nfor i in range(len(u)):\n  s += np.sum(u[:i])\n  if i == 2: return s\nreturn 0",
     {"u": U, "x": 2.0}),
    ("a branch inside",
     "s = x\nfor i in range(len(u)):\n  if u[i] > 0:\n    s += np.sum(u[:i])\nreturn s",
     {"u": U, "x": 2.0}),
    ("the positions of two loops",
     "s = x\nfor i in range(2):\n  for j in range(3):\n    s = s * 0.5 + np.sum(u[i:i * j + 1])\nreturn s",
     {"u": U, "x": 2.0}),
    ("in a branch",
     "s = x\nif x > 0:\n  for i in range(len(u)):\n    s += np.sum(u[:i])\nelse:\n  s = 0\nreturn s",
     {"u": U, "x": 2.0}),
    ("a loop of any count inside",
     "s = x\nfor i in range(len(u)):\n  for k in range(n):\n    s = s * 0.5 + np.sum(u[:i])\nreturn s",
     {"u": U, "x": 2.0, "n": 3}),
    ("a loop of any count around",
     "s = x\nfor k in range(n):\n  for i in range(len(u)):\n    s = s * 0.5 + np.sum(u[:i])\nreturn s",
     {"u": U, "x": 2.0, "n": 3}),
    ("a function that is given the position",
     "def f(i): return np.sum(u[:i]) * x\ns = 0\nfor i in range(4):\n  s += f(i)\nreturn s",
     {"u": U, "x": 2.0}),
    ("a list that is read while it grows",
     "y = [x]\nfor v in u:\n  y.append(y[-1] * v + y[0])\nreturn np.array(y)", {"u": U, "x": 2.0}),
    ("two lists that are",
     ("a, b = [x], [1.0]\nfor v in u:\n  t = a[-1]\n  a.append(0.3 * t + 0.1 * v * b[-1])\n"
     "  b.append(b[-1] - 0.1 * v * t)\nreturn a[-1] * b[-2]"),
     {"u": U, "x": 2.0}),
    ("a list that grows in some passes",
     "y = []\nfor i in range(4):\n  if i % 2:\n    y.append(u[i] * x)\nreturn np.array(y)",
     {"u": U, "x": 2.0}),
    ("a list of sums", "return np.array([np.sum(u[:i]) * x for i in range(4)])", {"u": U, "x": 2.0}),
    ("a sum of products", "return sum(np.prod(u[i:]) * x for i in range(4))", {"u": U, "x": 2.0}),
    ("a sum with a condition", "return sum(np.prod(u[i:]) * x for i in range(4) if u[i] > 0)", {"u": U, "x": 2.0}),
    ("a list of lists of different length",
     "return sum([sum([u[j] * x for j in range(i)]) for i in range(4)])",
     {"u": U, "x": 2.0}),
]  # fmt: skip

rows = pytest.mark.parametrize(("body", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])


@rows
def test_passes_of_different_shapes_are_as_in_python(body: str, inputs: dict[str, Any]) -> None:
    text = function(body, inputs)
    np.testing.assert_allclose(result(text, **inputs), python(text, inputs), rtol=1e-14)


@pytest.mark.untraced
@rows
def test_passes_of_different_shapes_differentiate(body: str, inputs: dict[str, Any]) -> None:
    names = ", ".join(inputs)
    program = f"{function(body, inputs)}\ndef whole({names}):\n  return np.sum(np.sin(program({names})))"
    agree(program, inputs, [name for name in inputs if name in "uxA"])


def test_only_short_loops_are_written_out() -> None:
    text = "s = 0\nfor i in range(1, {}):\n  s += u[:i][0] * i\ns"
    u = np.ones(MAX_UNROLLED_PASSES + 2)
    assert result(text.format(MAX_UNROLLED_PASSES + 1), u=u) == MAX_UNROLLED_PASSES * (MAX_UNROLLED_PASSES + 1) / 2
    with pytest.raises(AdcoreError) as caught:
        lowered(text.format(MAX_UNROLLED_PASSES + 2), {"u": u})
    assert caught.value.code == "not_constant"
    assert caught.value.message.endswith("and i changes in the loop")


def test_a_loop_that_need_not_be_is_not_written_out() -> None:
    graph = lowered("s = 0\nfor i in range(9):\n  s += u[i:i + 2] @ u[i:i + 2]\ns", {"u": np.ones(10)}).graph
    assert sum(node.op.name == "loop" for node in graph.nodes) == 1


@pytest.mark.parametrize(
    "text",
    [
        "s = 0\nfor i in range(4):\n  if x > i: break\n  s += sum(u[:i])\ns",
        "def f(u, x):\n  for i in range(4):\n    if sum(u[:i]) > x: return i\n  return 7",
        "s = 0\nfor i in range(n):\n  s += sum(u[:i])\ns",
    ],
    ids=["a break that the inputs decide", "a return that the inputs decide", "a count that is an input"],
)
def test_what_cannot_be_written_out_is_told(text: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        lowered(text, {name: value for name, value in {"u": U, "x": 2.0, "n": 3.0}.items() if name in text})
    assert caught.value.code == "not_constant"
    assert caught.value.message.endswith("and i changes in the loop")


def test_an_array_that_changes_its_length() -> None:
    cases = (
        ("out = array([])\nfor i in range(3):\n  out = append(out, x[i]**2)\nout", [9.0, 1.0, 4.0]),
        ("for i in range(2):\n  x = insert(x, 0, x[-1])\nx", [2.0, 2.0, 3.0, 1.0, 2.0]),
        ("for i in range(2):\n  x = x[1:]\nx", [2.0]),
    )
    for text, value in cases:
        np.testing.assert_array_equal(result(text, x=np.array([3.0, 1.0, 2.0])), value)
