"""Functions as values: lambdas, closures, functions as arguments and results, beside Python itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from adcore.language import parse
from adcore.limits import Limits
from tests.adcore.language.evaluating import lowered, result

TABLE: list[tuple[str, str]] = [
    ("a lambda with a name", "f = lambda t: t * k\nr = f(x)"),
    ("a lambda at once", "r = (lambda a, b=3: a * b)(x)"),
    ("a lambda without arguments", "f = lambda: x\nr = f() + f()"),
    ("arguments by name", "f = lambda a, b: a - b\nr = f(b=x, a=k)"),
    ("defaults are what they were", "k = 5\nf = lambda t, c=k: t * c\nk = 7\nr = f(x)"),
    ("names are what they are when it is called", "a = 5\nf = lambda t: t * a\na = 7\nr = f(x)"),
    ("a function as an argument", "def apply(f, t): return f(t)\nr = apply(lambda t: t * 2, x) + apply(sin, x)"),
    ("a function of a module", "def apply(f, t): return f(t)\nr = apply(np.cos, x)"),
    ("by name", "def apply(t, f=sin): return f(t)\nr = apply(x) + apply(x, f=exp)"),
    ("another name for a function", "f = sin\ng = f\nr = g(x)"),
    ("a function that makes functions",
     "def add(n):\n  def inner(t): return t + n\n  return inner\nr = add(x)(1) + add(2)(x)"),
    ("a lambda that makes lambdas", "add = lambda n: lambda t: t + n\nr = add(x)(k)"),
    ("composition", "def compose(f, g): return lambda t: f(g(t))\nr = compose(compose(sin, cos), lambda t: t + 1)(x)"),
    ("a function twice", "def twice(f, t): return f(f(t))\nr = twice(lambda t: t * t, x)"),
    ("twice of twice", "def twice(f): return lambda t: f(f(t))\nr = twice(twice(lambda t: t * k))(x)"),
    ("a value of each call's own",
     "def make(c):\n  d = c * 2\n  return lambda t: t + d\nf = make(1)\ng = make(x)\nr = f(g(k))"),
    ("in a loop", "r = 0\nfor i in range(4):\n  g = lambda t: t * i\n  r += g(x)"),
    ("Newton's method for any function",
     "def root(f, d, t):\n  for i in range(9): t -= f(t)/d(t)\n  return t\nr=root(lambda t: t*t-k, lambda t: 2*t, 1)"),
    ("any number of arguments", "def f(a, *rest): return a * sum(t * t for t in rest)\nr = f(x, k, 2) + f(k, x)"),
    ("no more arguments", "def f(a, *rest): return a + len(rest)\nr = f(x)"),
    ("arguments handed on", "def f(*t): return t[0] - t[-1]\ndef g(*t): return f(*t)\nr = g(x, 2, k)"),
    ("a list as arguments", "def f(a, b, c=1): return a - b * c\nr = f(*[x, k], c=5) + f(*np.array([x, k, 2]))"),
    ("a list as the arguments of a function of the language", "r = np.hypot(*[x, k]) + max(*(x, k, 2))"),
    ("a lambda of any number of arguments", "f = lambda *t: t[1] * x\nr = f(1, k)"),
    ("in a branch", "if x > 0:\n  f = lambda t: t * k\n  r = f(x)\nelse:\n  r = 0"),
]  # fmt: skip


@pytest.mark.parametrize("text", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_functions_are_values(text: str) -> None:
    space: dict[str, Any] = {"np": np, "sin": np.sin, "cos": np.cos, "exp": np.exp}
    inputs = {"x": 0.7, "k": 3.0}
    space |= inputs
    exec(text, space)
    program = text + "\nr * 1"
    given = {i.name: inputs[i.name] for i in parse(program, Limits()).inputs if i.name in inputs}
    np.testing.assert_allclose(result(program, **given), space["r"], rtol=1e-14)


def test_what_a_lambda_reads_is_an_input() -> None:
    assert [i.name for i in parse("f = lambda t: t * k\nf(x)", Limits()).inputs] == ["k", "x"]


# Why, the program, the code.
WRONG = [
    ("a function that may be one or the other", "f = sin if x > 0 else cos\nf(x)", "branch_mismatch"),
    ("a lambda that calls itself", "f = lambda t: f(t - 1)\nf(x)", "recursion_too_deep"),
    ("a name that is one function after another branch",
     "f = sin\nif x > 0:\n  f = cos\nf(x)", "branch_mismatch"),
    ("a function that changes in a long loop",
     "f = sin\nfor i in range(2000):\n  y = f(x)\n  f = cos\ny", "loop_mismatch"),
    ("a number that is called", "def f(g): return g(x)\nf(2)", "type_mismatch"),
    ("a lambda in a sum", "x + (lambda t: t)", "type_mismatch"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_function_in_the_wrong_place(text: str, code: str) -> None:
    with pytest.raises(AdcoreError) as caught:
        lowered(text, {"x": 1.0} if "x" in text else {})
    assert caught.value.code == code
