"""Notices that follow from a program alone: where the way of a derivative ends, and which inputs have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.compiler.compiled import Compiled

LOOP = "s = 0\nt = 0.0\nfor i in range(3):\n  s = s + floor(t)\n  t = t + x\n"
CALLS = "def f(a):\n  return a if a < 1 else f(a-1) + round(x)\nreturn f(z)*1.0"

# The program, its inputs, and the notices: the op and the inputs that they name, and the place.
FLAT: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = [
    ("round(sin(x), 2) + y", {"x": 1, "y": 2}, [("round", "by x is", "round(sin(x), 2)")]),
    ("floor(x)*3", {"x": 1.5}, [("floor", "by x is", "floor(x)")]),
    ("floor(x)*3 + x", {"x": 1.5}, []),
    ("floor(x*y)", {"x": 1.5, "y": 2}, [("floor", "by x and y is", "floor(x*y)")]),
    ("ceil(x) + trunc(x)", {"x": 1.5}, [("trunc", "by x", "trunc(x)"), ("ceil", "by x", "ceil(x)")]),
    ("w[argmax(x)]", {"x": [1, 2], "w": [3, 4]}, [("argmax", "by x", "argmax(x)")]),
    ("x[argmax(x)]", {"x": [1, 2]}, []),
    ("where(x > 0, 1.0, 2.0)", {"x": 1}, [("greater (>)", "by x", "x > 0")]),
    ("where(x > 0, x, 2.0)", {"x": -1}, []),
    ("(x > 1)*1.0", {"x": 2}, [("greater (>)", "by x", "x > 1")]),
    ("heaviside(x, 0.5)", {"x": 2}, [("heaviside", "by x", "heaviside(x, 0.5)")]),
    ("x // 1", {"x": 2.5}, [("floor_divide (//)", "by x", "x // 1")]),
    ("y = 1\nif x > 0:\n  y = 2\ny*z", {"x": 1, "z": 2}, [("greater (>)", "by x", "x > 0")]),
    ("s = 0\nwhile s < x:\n  s = s + 1\ns", {"x": 3.5}, [("less (<)", "by x", "s < x")]),
    (LOOP + "s", {"x": 0.5}, [("floor", "by x", "floor(t)")]),
    (LOOP + "s + t", {"x": 0.5}, []),
    (CALLS, {"x": 1.5, "z": 2.5}, [("round", "by x", "round(x)")]),
    ("grad(lambda t: t**2*floor(x))(y)", {"x": 1.5, "y": 1.0}, [("floor", "by x", "floor(x)")]),
    ("assert x > 0\ny", {"x": 1, "y": 2}, []),
    ("0*x", {"x": 1}, []),
]


def compiled(text: str, inputs: dict[str, Any], query: Query) -> Compiled:
    return Compiler().compile(text, {name: np.asarray(x, float) for name, x in inputs.items()}, query)[0]


def places(text: str, made: Compiled) -> list[tuple[str, str]]:
    """What each notice says, and its place in the text."""
    listed = []
    for notice in made.notices:
        assert notice.span is not None
        line = text.splitlines()[notice.span.line - 1]
        listed.append((notice.message, line[notice.span.column - 1 : notice.span.end_column - 1]))
    return listed


@pytest.mark.parametrize(("text", "inputs", "expected"), FLAT, ids=[row[0] for row in FLAT])
def test_a_gradient_that_is_zero_everywhere_says_why(
    text: str, inputs: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    for query in (
        Query("gradient", mode="reverse"),
        Query("gradient", mode="forward"),
        Query("hessian"),
        Query("jacobian"),
        Query("vjp"),
    ):
        made = compiled(text, inputs, query)
        listed = places(text, made)
        assert [place for _, place in listed] == [place for _, _, place in expected]
        for (message, _), (op, names, _) in zip(listed, expected, strict=True):
            assert op in message
            assert names in message
        assert {notice.code for notice in made.notices} <= {"flat"}
    assert compiled(text, inputs, Query()).notices == ()


def test_each_point_of_a_batch_has_them_in_common() -> None:
    inputs = {"x": np.array([1.0, 2.5])}
    answer = Compiler().compile("round(x)*2", inputs, Query("gradient", batch=True))[0].evaluate(inputs)
    assert [(notice.code, notice.times) for notice in answer.notices] == [("flat", 1)]


@pytest.mark.parametrize(
    ("text", "inputs", "named"),
    [
        ("sum(ones(n))*x", {"n": 3, "x": 2}, ["n"]),
        ("s = 0\nfor i in range(n):\n  s = s + x\ns", {"n": 3, "x": 2}, ["n"]),
        ("v[k]*sum(zeros(n) + 1)", {"v": [1, 2], "k": 1, "n": 2}, ["k", "n"]),
        ("x*y", {"x": 1, "y": 2}, []),
    ],
)
def test_an_input_left_out_of_the_gradients_is_named(text: str, inputs: dict[str, Any], named: list[str]) -> None:
    made = compiled(text, inputs, Query("gradient"))
    assert [place for _, place in places(text, made)] == named
    assert all(notice.code == "not_differentiated" for notice in made.notices)
    assert not set(named) & set(made.wrt)
    wanted = compiled(text, inputs, Query("gradient", wrt=made.wrt))
    assert wanted.notices == (), "a query that names its inputs expects no others"
