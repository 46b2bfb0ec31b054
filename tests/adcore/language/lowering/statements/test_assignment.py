"""Assigning to parts of arrays: as in NumPy, but names stand for values, so that no other name changes with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language import lower, parse
from adcore.limits import Limits
from tests.adcore.language.evaluating import lowered, result, run, values

U = [1.0, 2.0, -1.0, 5.0]
A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

# Why, the program, whose result is in the name it changes. NumPy runs the same text on copies.
TABLE: list[tuple[str, str]] = [
    ("an element", "u[1] = 7"),
    ("the last one", "u[-1] = x"),
    ("a slice, by one number", "u[1:3] = 0"),
    ("a slice, by an array", "u[1:3] = u[:2] * 2"),
    ("every other one", "u[::2] = [x, 8]"),
    ("backwards", "u[::-1] = u * 1"),
    ("all of it", "u[:] = x"),
    ("the dots", "u[...] = 3"),
    ("a row", "A[0] = [7, 8, 9]"),
    ("a row by slices", "A[1, :] = A[0, :] * 2"),
    ("a column", "A[:, 1] = [x, 8]"),
    ("a column of one", "A[:, 1:2] = [[x], [8]]"),
    ("an element of a matrix", "A[1, 2] = x"),
    ("one index after the other", "A[1][2] = x"),
    ("a part of a row", "A[1][1:] = x"),
    ("broadcast along the rows", "A[:, :] = [x, 1, 2]"),
    ("axes of one more than the part has", "u[0:2] = array([[x, 1]])"),
    ("plus", "u[0] += x"),
    ("times a column", "A[:, 1] *= 2"),
    ("minus a part", "u[1:] -= u[:-1]"),
    ("a power", "A[0, 0] **= 2"),
    ("a computed place", "u[int(n)] = x"),
    ("a computed place, added to", "u[int(n) - 1] += x * 2"),
    ("a computed row", "A[int(n) - 1, :] = x"),
    ("a computed row, added to", "A[int(n) - 1] += [1, 2, 3]"),
    ("a computed column", "A[:, int(n)] *= 2"),
    ("two computed places", "A[int(n) - 1, int(n)] = x"),
    ("a computed place after the dots", "A[..., int(n)] = [x, 1]"),
    ("a swap", "u[0], u[2] = u[2], u[0]"),
    ("a chain", "u[0] = u[1] = x"),
    ("into a list", "u = [1, x, 3]\nu[1] = 5"),
    ("in a branch", "if x > 0:\n  u[0] = x\nelse:\n  u[1] = x"),
    ("by the loop's variable", "for i in range(4):\n  u[i] = i * x"),
    ("a recurrence", "for i in range(1, 4):\n  u[i] += u[i - 1] * x"),
    ("over two axes", "for i in range(2):\n  for j in range(3):\n    A[i, j] += A[i - 1, j] * (i + j)"),
    ("rows by the loop's variable", "for i in range(1, 2):\n  A[i, :] += A[i - 1, :]"),
    ("in a while", "k = 0\nwhile u[k] > 0:\n  u[k] = -x\n  k += 1"),
    ("until a break", "for i in range(4):\n  if u[i] < 0: break\n  u[i] = 0"),
    ("what a row loop takes is no part of the array", "for row in A:\n  y = row * 1\n  y[0] = 9"),
]


def python(text: str, changed: str, inputs: dict[str, Any]) -> Any:
    space: dict[str, Any] = {name: np.array(x) if isinstance(x, list) else x for name, x in inputs.items()}
    space |= {"zeros": np.zeros, "array": np.array}
    exec(text.replace("[1, x, 3]", "array([1, x, 3])"), space)
    return space[changed]


@pytest.mark.parametrize("text", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_part_is_replaced_as_in_numpy(text: str) -> None:
    changed = "A" if "A" in text else "u"
    known: dict[str, Any] = {"u": U, "A": A, "x": 3.0, "n": 2.0}
    program = f"{text}\n{changed} * 1"
    inputs = {name: value for name, value in known.items() if any(i.name == name for i in syntax_inputs(program))}
    np.testing.assert_array_equal(result(program, **inputs), python(text, changed, known))


def syntax_inputs(text: str) -> Any:
    return parse(text, Limits()).inputs


def test_names_stand_for_values() -> None:
    """Python would change both names, since both stand for one array."""
    given = run("a = u * 1\nb = a\nb[0] = 9\na, b", {"u": U})
    np.testing.assert_array_equal(given["a"], U)
    np.testing.assert_array_equal(given["b"], [9.0, *U[1:]])


def test_a_function_that_changes_its_argument_returns_what_it_made() -> None:
    """In Python the caller's array would change, too."""
    assert result("def f(a):\n  a[0] = 9\n  return a\nsum(f(u)) - sum(u)", u=U) == 8.0


def test_what_was_read_before_stays() -> None:
    assert result("y = u[0]\nr = u[:2]\nu[0] = 9\ny + sum(r)", u=U) == 4.0


def test_the_result_is_the_array_that_was_changed_last() -> None:
    assert lowered("u[0] = 1", {"u": U}).graph.output_names == ("u",)


# Why, the expression, what JAX gives.
AT = [
    ("set", "u.at[1].set(x)", [1, 3, -1, 5]),
    ("a slice", "u.at[1:3].set(0)", [1, 0, 0, 5]),
    ("a computed place", "u.at[int(n)].set(x)", [1, 2, 3, 5]),
    ("add", "u.at[0].add(x)", [4, 2, -1, 5]),
    ("multiply", "u.at[::2].multiply(x)", [3, 2, -3, 5]),
    ("in a chain", "u.at[0].set(8).at[1].add(x)", [8, 5, -1, 5]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in AT], ids=[row[0] for row in AT])
def test_a_new_array_is_made_as_jax_does_it(text: str, expected: list[float]) -> None:
    program = f"y = {text}\nzeros(4) + y if sum(u) == 7 else u * inf"
    inputs = {k: v for k, v in {"u": U, "x": 3.0, "n": 2.0}.items() if k in {i.name for i in syntax_inputs(program)}}
    np.testing.assert_array_equal(result(program, **inputs), expected)


def test_one_graph_serves_every_place() -> None:
    graph = lowered("u[i] = 9\nu", {"u": U, "i": 0.0}, shapes_only=True).graph
    for i in (0, 3, -1):
        expected = np.array(U)
        expected[i] = 9
        np.testing.assert_array_equal(values(graph, {"u": U, "i": i})["u"], expected)


def lowered_with_usual_inputs(text: str) -> Any:
    syntax = parse(text, Limits())
    return lower(syntax, {x.name: np.array(1.0 if x.name == "x" else U) for x in syntax.inputs}, None, Limits())


# Why, the program with the place marked, the code and the message.
WRONG = [
    ("too large a value", "u[0] = «u»\nu",
     "shape_mismatch", "an array of shape (4,) does not fit into one element"),
    ("a value of another length", "u[1:] = «[1, 2]»\nu",
     "shape_mismatch", "an array of shape (2,) does not fit into a part of shape (3,)"),
    ("a place outside", "u[«4»] = 1\nu", "index_out_of_bounds", "index 4 is out of bounds: this has 4 elements"),
    ("an axis too many", "«u[0, 0]» = 1\nu", "shape_mismatch", None),
    ("a number", "«x[0]» = 1\nx", "type_mismatch", "a number has no parts that could be assigned to"),
    ("a tuple", "t = (1, 2)\n«t[0]» = 1\nt[0]", "type_mismatch", "a tuple has no parts that could be assigned to"),
    ("what a call gives",
     "«sin(u)[0]» = 1\nu",
     "unsupported_syntax", "only elements of variables can be assigned to"),
    ("an attribute", "«u.T[0]» = 1\nu", "unsupported_syntax", "only elements of variables can be assigned to"),
    ("as many conditions as elements", "u[«u[:2] > 0»] = 1\nu",
     "shape_mismatch", "a condition of shape (2,) does not choose from an array of shape (4,)"),
    ("as many values as a condition chooses", "u[u > 0] = «u»\nu", "shape_mismatch",
     "how many elements a condition chooses is not known, and here an array of shape (4,) is given for them"),
    ("what a condition chooses", "v = u * 2\nv[u > 0] = u[«u > 0»]\nv", "type_mismatch",
     "how many elements a condition chooses is not known when the program is compiled"),
    ("a condition beside an index", "A = [u, u]\nA[«u > 0», 0] = 1\nA", "type_mismatch", "a condition is not an index"),
    ("too many values for places", "u[[0, 1]] = «u»\nu", "shape_mismatch",
     "an array of shape (4,) does not fit into a part of shape (2,)"),
    ("places that do not go together", "A = [u, u]\nA[«[0, 1], [1, 0, 1]»] = 1\nA", "shape_mismatch",
     "indices of shapes (2,) and (3,) do not broadcast"),
    ("a product at places that may be one", "u.at[[0, 0]].«multiply»(2)", "not_yet_supported", None),
    ("a slice whose length changes", "s = 0\nfor i in range(2000):\n  s += sum(u[:«i»])\ns", "not_constant",
     "a bound of a slice must be known when the program is compiled, and i changes in the loop"),
    ("a slice that is too long", "i = u[0]\nu[«i:i + 5»] = 1\nu", "index_out_of_bounds",
     "5 places with step 1 do not fit axis 0 with size 4"),
    ("a slice that goes nowhere", "i = u[0]\nu[«i:i + 2:0»]", "bad_arguments", "the step of a slice must not be 0"),
    ("another's array", "def f(x):\n  «u[0]» = x\n  return u\nf(1)",
     "unsupported_syntax", "a function cannot change u, which is not its own"),
    ("text", "u[«'a'»] = 1\nu", "type_mismatch", "a string is not an index"),
    ("nothing of the name yet", "«y»[0] = 1\ny = 2", "used_before_assignment", "y is used before it is assigned"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "code", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_assignment_is_told_what_is_wrong_and_where(marked: str, code: str, message: str | None) -> None:
    text = marked.replace("«", "").replace("»", "")
    with pytest.raises(AdcoreError) as caught:
        lowered_with_usual_inputs(text)
    assert (caught.value.code, message or caught.value.message) == (code, caught.value.message)
    if "«" in marked:
        before, inside = marked.partition("«")[0], marked.partition("«")[2].partition("»")[0]
        span = caught.value.span
        assert span is not None
        column = len(before.rpartition("\n")[2]) + 1
        assert (span.line, span.column, span.end_column) == (before.count("\n") + 1, column, column + len(inside))


@pytest.mark.parametrize("text", ["u[i] = 1\nu", "u[i] += 1\nu", "A[i, :]", "A[0, i]", "A[:, i] = 2\nA"])
def test_a_computed_place_outside_is_an_error_when_it_is_reached(text: str) -> None:
    inputs = {"A" if "A" in text else "u": A if "A" in text else U, "i": 7.0}
    with pytest.raises(AdcoreError) as caught:
        result(text, **inputs)
    assert caught.value.code == "index_out_of_bounds"
    assert "index 7 is out of bounds" in caught.value.message
