"""Scopes: which names are inputs, and what loops do to names."""

from __future__ import annotations

import ast

import pytest

from adcore.errors import Span
from adcore.language import parse
from adcore.language.syntax.scopes import ALWAYS, CHECKED, accumulates, assignments
from adcore.limits import Limits

LIMITS = Limits()


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


def loop(body: str) -> ast.For:
    """A loop over ``i`` with this body."""
    (statement,) = ast.parse("for i in r:\n" + "".join(f"  {line}\n" for line in body.splitlines())).body
    assert isinstance(statement, ast.For)
    return statement


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param("a = b = 1", "i a b", id="assignments"),
        pytest.param("a += 1\nb: float = 2", "i a b", id="augmented and annotated ones"),
        pytest.param("(a, [b, *c]) = x", "i a b c", id="nested targets"),
        pytest.param("v[j] = 1", "i v", id="an element of an array"),
        pytest.param("if c:\n  a = 1\nelse:\n  b = 1", "i a b", id="branches"),
        pytest.param("for j in s:\n  a = j", "i j a", id="a loop inside"),
        pytest.param("ys.append(1)", "i ys", id="a list that grows"),
        pytest.param("def f(t): return t", "i f", id="a definition"),
        pytest.param("assert c", f"i {CHECKED}", id="an assertion"),
        pytest.param("a\nsin(b)", "i", id="what is only read"),
    ],
)
def test_the_names_that_a_pass_assigns(body: str, names: str) -> None:
    assert set(assignments(loop(body))) == set(names.split())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("s += x", True, id="augmented"),
        pytest.param("s = s + x * 2", True, id="written out"),
        pytest.param("s = x - s", True, id="as the second operand"),
        pytest.param("s @= x", False, id="a matrix product changes the shape"),
        pytest.param("s = s + sin(s)", False, id="read in a call"),
        pytest.param("s += x\nt = s", False, id="read by another statement"),
    ],
)
def test_a_name_that_a_loop_only_accumulates(body: str, expected: bool) -> None:
    assert accumulates(loop(body), "s") == expected


def test_where_names_are_read_last() -> None:
    names = parse("a = x\nb = a\ndef f(t): return t + b\nf(a)", LIMITS).names
    assert names.last_read["a"] == (4, 2)
    assert names.last_read["b"] == ALWAYS
    assert names.read_at["a"] == [(2, 4), (4, 2)]
