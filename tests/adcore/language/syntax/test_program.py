"""Checked programs: their entry, their ends, and the statements that contain early exits."""

from __future__ import annotations

import ast

import pytest

from adcore.language import ends, parse
from adcore.limits import Limits
from tests.adcore.language.evaluating import LIMITS, lowered

PROGRAM = "Z = A*B + C\nW = Z + 4\nY = Z**2 - (3*Z + B)"
GIVEN = {"A": 2, "B": 3, "C": 1}


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


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        pytest.param("def f(a): return a", "f", id="a function alone"),
        pytest.param("def g(a): return a\ndef f(a): return g(a)", "f", id="the last of several"),
        pytest.param("import math\nK = 2\ndef f(a): return a * K", "f", id="beside imports and constants"),
        pytest.param("def f(a): return a\nf(x)", None, id="not one that is called"),
        pytest.param("y = x\ndef f(a): return a + y", None, id="not one beside what reads inputs"),
    ],
)
def test_the_entry_function(text: str, entry: str | None) -> None:
    found = parse(text, Limits()).entry
    assert (None if found is None else found.name) == entry


@pytest.mark.parametrize(
    ("text", "lines", "breaking"),
    [
        pytest.param("for i in range(3):\n  if x > i:\n    break\nx", [2], [1], id="a break leaves its branch"),
        pytest.param("for i in range(3):\n  if x > i:\n    continue\n  x = i\nx", [2], [], id="a continue too"),
        pytest.param("for i in range(3):\n  if x > i:\n    return i\nx", [1, 2], [], id="a return leaves the loop too"),
        pytest.param("if x > 0:\n  x = 1\nx", [], [], id="none"),
    ],
)
def test_statements_with_early_exits(text: str, lines: list[int], breaking: list[int]) -> None:
    syntax = parse(text, Limits())
    assert sorted(statement.lineno for statement in syntax.early_exits) == lines
    assert [statement.lineno for statement in syntax.breaking] == breaking


def test_the_else_of_a_loop_is_a_branch() -> None:
    (otherwise,) = parse("for i in range(3):\n  x = i\nelse:\n  x = 2\nx", Limits()).otherwise.values()
    assert isinstance(otherwise.body[0], ast.Assign)
    assert otherwise.lineno == 4
