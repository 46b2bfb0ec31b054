"""Slices from computed places on, arrays of indices and conditions: read and assigned to as NumPy and JAX do it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import function, lowered, python, result, values

U = [1.0, 2.0, -1.0, 5.0, 0.5]
A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
B = [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0], [9.0, 1.0], [2.0, 3.0]]]

# Why, the function's body, and the inputs. NumPy runs the same text.
TABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("a slice from an index on", "return u[i:i + 3]", {"u": U, "i": 1}),
    ("a slice around an index", "return u[i - 1:i + 2]", {"u": U, "i": 2}),
    ("a slice to the end", "return u[i:i + 3]", {"u": U, "i": 2}),
    ("a slice of a block", "return u[2 * k:2 * (k + 1)]", {"u": U, "k": 1}),
    ("a slice of another form", "return u[k - -1:k * 1 + 3 - 0]", {"u": U, "k": 1}),
    ("a slice from a half", "return u[k // 2:k // 2 + 2]", {"u": U, "k": 3}),
    ("a slice with a step", "return u[i:i + 4:2]", {"u": U, "i": 0}),
    ("a slice with a step that does not end on it", "return u[i:i + 5:2]", {"u": U, "i": 0}),
    ("a slice backwards", "return u[i:i - 3:-1]", {"u": U, "i": 3}),
    ("an empty slice", "return sum(u[i:i]) + u[0]", {"u": U, "i": 1}),
    ("a slice and an index", "return A[k:k + 2, j]", {"A": A, "k": 0, "j": 2}),
    ("a slice and all", "return A[:, k:k + 2]", {"A": A, "k": 1}),
    ("two slices", "return A[j:j + 1, k:k + 2]", {"A": A, "k": 1, "j": 0}),
    ("a slice after ...", "return B[..., k:k + 1]", {"B": B, "k": 1}),
    ("slices in a loop",
     "s = 0\nfor i in range(1, len(u) - 1):\n  s += u[i - 1:i + 2] @ u[i - 1:i + 2]\nreturn s",
     {"u": U}),
    ("a moving sum", "return np.array([sum(u[i:i + 2]) for i in range(len(u) - 1)])", {"u": U}),
    ("a slice is assigned", "v = u * 1\nfor i in range(3):\n  v[i:i + 2] = v[i] * x\nreturn v", {"u": U, "x": 2.0}),
    ("a slice is added to", "v = u * 1\nfor i in range(3):\n  v[i:i + 2] += u[i + 1:i + 3] * x\nreturn v",
     {"u": U, "x": 2.0}),
    ("a block of a matrix",
     "M = np.zeros((4, 4))\nfor k in range(2):\n  M[2 * k:2 * k + 2, 2 * k:2 * k + 2] = A[:, k:k + 2]\nreturn M",
     {"A": A}),
    ("places", "return u[[3, 0, 0, -1]]", {"u": U}),
    ("places of two axes", "return A[[0, 1, 1], [2, 0, 2]]", {"A": A}),
    ("places that are broadcast", "return A[np.array([[0], [1]]), [2, 0]]", {"A": A}),
    ("a diagonal", "return A[np.arange(2), np.arange(2)]", {"A": A}),
    ("places apart", "return B[[0, 1], :, [1, 0]]", {"B": B}),
    ("an index apart from places", "return B[0, :, [1, 0, 1]]", {"B": B}),
    ("an index beside places", "return B[:, 1, [1, 0, 1]]", {"B": B}),
    ("a computed index beside places", "return B[[0, 1, 0], j]", {"B": B, "j": 2}),
    ("places after ...", "return B[..., [1, 0, 1]]", {"B": B}),
    ("places and a slice", "return A[[0, 1, 0], k:k + 2]", {"A": A, "k": 1}),
    ("places and a new axis", "return A[None, [1, 0]]", {"A": A}),
    ("places are assigned", "v = u * 1\nv[[0, 3]] = x\nreturn v", {"u": U, "x": 2.0}),
    ("places are assigned an array", "v = u * 1\nv[[0, 3]] = [x, 7]\nreturn v", {"u": U, "x": 2.0}),
    ("of one place the last stays", "v = u * 1\nv[[0, 3, 0]] = [x, 7.0, 8.0]\nreturn v", {"u": U, "x": 2.0}),
    ("one place is added to once", "v = u * 1\nv[[0, 3, 0]] += [x, 7.0, 8.0]\nreturn v", {"u": U, "x": 2.0}),
    ("places of two axes are assigned", "M = A * 1\nM[[0, 1], [2, 0]] = [x, 9.0]\nreturn M", {"A": A, "x": 2.0}),
    ("rows are assigned", "M = np.zeros((3, 3))\nM[[2, 0]] = A\nreturn M", {"A": A}),
    ("places apart are assigned", "M = B * 1\nM[[0, 1], :, [1, 0]] *= x\nreturn M", {"B": B, "x": 2.0}),
    ("a condition", "v = u * 1\nv[v < 1.1] = 0\nreturn v", {"u": U}),
    ("a condition of another", "v = u * 1\nv[u < 1.1] = x\nreturn v", {"u": U, "x": 2.0}),
    ("a condition and what was there", "v = u * 1\nv[v < 1.1] *= x\nreturn v", {"u": U, "x": 2.0}),
    ("a condition of rows", "M = A * 1\nM[A[:, 0] > 2] = A[0] * 2\nreturn M", {"A": A}),
    ("a condition of a matrix", "M = A * 1\nM[(A > 2.5) & (A < 5.5)] -= x\nreturn M", {"A": A, "x": 2.0}),
    ("a condition in a loop", "v = u * 1\nfor k in range(3):\n  v[v > k] -= x\nreturn v", {"u": U, "x": 0.5}),
]  # fmt: skip

rows = pytest.mark.parametrize(("body", "inputs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])


@rows
def test_a_part_is_what_numpy_says(body: str, inputs: dict[str, Any]) -> None:
    text = function(body, inputs)
    np.testing.assert_allclose(result(text, **inputs), python(text, inputs), rtol=1e-14, strict=False)


@rows
def test_a_part_printed_and_read_back_is_the_same(body: str, inputs: dict[str, Any]) -> None:
    graph = lowered(function(body, inputs), inputs).graph
    again = lowered(to_source(graph), inputs).graph
    np.testing.assert_equal(list(values(again, inputs).values()), list(values(graph, inputs).values()))


@pytest.mark.untraced
@rows
def test_parts_differentiate(body: str, inputs: dict[str, Any]) -> None:
    wrt = [name for name in inputs if name in ("u", "A", "B", "x")]
    *before, last = body.splitlines()
    program = function("\n".join([*before, last.replace("return ", "y = np.sin("), "return np.sum(y * y)"]), inputs)
    agree(program.replace("y = np.sin(" + last[7:], f"y = np.sin({last[7:]})"), inputs, wrt)


# Why, the expression, what JAX gives.
AT = [
    ("places are set", "u.at[[0, 3]].set(x)", [3, 2, -1, 3, 0.5]),
    ("what is added at one place counts twice", "u.at[[0, 0, 3]].add([x, 1, 2])", [5, 2, -1, 7, 0.5]),
    ("what is taken away at one place, too", "u.at[[0, 0]].subtract(x)", [-5, 2, -1, 5, 0.5]),
    ("what a condition chooses is set", "u.at[u > 1.1].set(x)", [1, 3, -1, 3, 0.5]),
    ("or changed", "u.at[u > 1.1].multiply(x)", [1, 6, -1, 15, 0.5]),
    ("a slice from a computed place on", "u.at[i:i + 2].add(x)", [1, 5, 2, 5, 0.5]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in AT], ids=[row[0] for row in AT])
def test_a_new_array_is_made_as_jax_does_it(text: str, expected: list[float]) -> None:
    inputs = {"u": U, "x": 3.0} | ({"i": 1} if "i:" in text else {})
    graph = lowered(text, inputs).graph
    np.testing.assert_array_equal(values(graph, inputs)["result"], expected)
    np.testing.assert_array_equal(values(lowered(to_source(graph), inputs).graph, inputs)["result"], expected)
    if "x" in text:
        agree(f"sum(sin({text}))", inputs, ["u", "x"])


def test_one_graph_serves_every_place_of_a_slice() -> None:
    graph = lowered("u[i:i + 2]", {"u": U, "i": 0.0}, shapes_only=True).graph
    for i in range(4):
        np.testing.assert_array_equal(values(graph, {"u": U, "i": i})["result"], U[i : i + 2])


# Python would cut these slices off, and give arrays of other shapes.
@pytest.mark.parametrize(
    ("text", "i", "message"),
    [
        ("u[i:i + 3]", 3, "the slice from 3 to 6 is out of bounds for axis 0 with size 5"),
        ("u[i - 1:i + 2]", 0, "the slice from -1 to 2 is out of bounds for axis 0 with size 5"),
        ("u[i - 3:i]", 0, "the slice from -3 to 0 is out of bounds for axis 0 with size 5"),
        ("u[i:i - 3:-1]", 1, "the slice from 1 to -2 is out of bounds for axis 0 with size 5"),
        ("s = 0\nfor k in range(i):\n  s += sum(u[k:k + 3])\ns", 9,
         "the slice from 3 to 6 is out of bounds for axis 0 with size 5; in iteration 3 of the loop, counted from 0"),
        ("u[i:i + 2] = 0\nu", 4, "the slice from 4 to 6 is out of bounds for axis 0 with size 5"),
        ("u[array([0, i])]", 5, "index 5 is out of bounds for axis 0 with size 5"),
        ("u[array([0, i])] = 1\nu", -6, "index -6 is out of bounds for axis 0 with size 5"),
    ],
)  # fmt: skip
def test_a_part_outside_is_an_error_when_it_is_reached(text: str, i: int, message: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        result(text, u=U, i=i)
    assert (caught.value.code, caught.value.message) == ("index_out_of_bounds", message)
