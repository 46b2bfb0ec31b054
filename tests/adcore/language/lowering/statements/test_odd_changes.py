"""Changes of what cannot be changed, in loops that run and in loops that do not: answered or refused, no failures."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError

DEFINITIONS = [
    "def f(t): return t",
    "f = lambda t: t",
    "f = sin",
    "import numpy as f",
    "f = 'abc'",
    "f = None",
    "f = range(3)",
    "f = []",
    "f = (1, x)",
]
LOOPS = [
    "for i in range(0):\n  {}\n",
    "for i in range(n):\n  {}\n",
    "while x > 100:\n  {}\n",
    "for i in range(n):\n  for j in range(0):\n    {}\n",
    "def g(a):\n  for i in range(0):\n    {}\n  return a\ng(x)\n",
]
STATEMENTS = [
    "f[0] = 1",
    "f[0] += x",
    "f[0], y = 1, 2",
    "for f[0] in range(2): pass",
    "del f[0]",
    "f.append(*x)",
    "f.append(*[x])",
    "f.append(*f)",
    "f.append(**x)",
    "f.extend(*[x])",
    "f = f[0] = x",
]


def outcome(text: str, kind: str) -> str:
    """The code of the program's error, or "answered"."""
    inputs = {"x": np.array(1.0), "n": np.array(2.0)}
    try:
        compiled, _ = Compiler().compile(text, inputs, Query(kind=kind))
        compiled.evaluate(inputs)
    except AdcoreError as error:
        return error.code
    return "answered"


@pytest.mark.untraced
@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_change_is_answered_or_refused(definition: str) -> None:
    for number, (loop, statement) in enumerate(product(LOOPS, STATEMENTS)):
        text = f"{definition}\n{loop.format(statement)}{('x', 'f', 'sum(f)')[number % 3]}"
        assert outcome(text, ("none", "gradient")[number % 2]), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("out = []\nfor i in range(n):\n  out.append(*x)\nsum(out)", "type_mismatch"),
        ("out = []\nfor i in range(3):\n  out.append(*[x])\nsum(out)", "answered"),
        ("out = range(3)\nout.extend(x)\nsum(out)", "type_mismatch"),
        ("def f(t): return t\nfor i in range(0):\n  f[0] = 1\nx", "answered"),
        ("def f(t): return t\nfor i in range(1):\n  f[0] = 1\nx", "type_mismatch"),
    ],
)
@pytest.mark.parametrize("kind", ["none", "gradient"])
def test_the_outcome_is_that_of_python(text: str, kind: str, expected: str) -> None:
    assert outcome(text, kind) == expected
