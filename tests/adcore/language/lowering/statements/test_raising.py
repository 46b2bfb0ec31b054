"""``raise``: a program has no value on a way that ends with it, and says why; on others it is not to be noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.language.printing.program import to_source
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import lowered, python, values

# Why, the program, inputs for which it has a value, and inputs for which it has none, with what is said.
TABLE: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("a guard", "if x < 0:\n  raise ValueError('negative')\nreturn np.sqrt(x)", {"x": 2.0}, {"x": -2.0},
     "negative: x is -2.0"),
    ("a text that is filled in", "if x < 0:\n  raise ValueError(f'got {x:.2f}')\nreturn x", {"x": 2.0}, {"x": -2.0},
     "got {x}: x is -2.0"),
    ("without a text", "if x < 0:\n  raise ValueError\nreturn x", {"x": 2.0}, {"x": -2.0},
     "ValueError is raised: x is -2.0"),
    ("else", "if x > 0:\n  y = 2 * x\nelse:\n  raise ValueError('no')\nreturn y * x", {"x": 2.0}, {"x": -2.0},
     "no: x is -2.0"),
    ("elif and else", "if x > 2:\n  y = 2 * x\nelif x > 1:\n  y = x**3\nelse:\n  raise ValueError('no')\nreturn y",
     {"x": 1.5}, {"x": 0.5}, "no: x is 0.5"),
    ("after a branch that returns", "if x > 0:\n  return x**2\nraise ValueError('no')", {"x": 2.0}, {"x": -2.0}, "no"),
    ("after branches that return", "if x > 0:\n  return x**2\nelif x < -5:\n  return 3 * x\nraise ValueError('no')",
     {"x": -6.0}, {"x": -2.0}, "no"),
    ("after a loop that returns",
     "for i in range(int(n)):\n  x = x / 2\n  if x < 1:\n    return x\nraise RuntimeError('no end')",
     {"x": 5.0, "n": 9.0}, {"x": 5.0, "n": 2.0}, "no end"),
    ("the else of a loop",
     "for i in range(int(n)):\n  x = x / 2\n  if x < 1:\n    break\nelse:\n  raise RuntimeError('no end')\nreturn x",
     {"x": 5.0, "n": 9.0}, {"x": 5.0, "n": 2.0}, "no end"),
    ("in a loop", "for i in range(9):\n  if x > 100:\n    raise ValueError('far')\n  x = x * 2\nreturn x",
     {"x": 0.1}, {"x": 2.0}, "far: x is 128.0; in iteration 6 of the loop, counted from 0"),
    ("before an element is appended",
     "h = [x]\nif x < 0:\n  for i in range(3):\n    raise ValueError('no')\n    h.append(x * h[-1])\nreturn sum(h)",
     {"x": 2.0}, {"x": -2.0}, "no; in iteration 0 of the loop, counted from 0"),
    ("in a function",
     "def root(t):\n  if t < 0: raise ValueError('negative')\n  return t**0.5\nreturn root(x) + root(x + 5)",
     {"x": 2.0}, {"x": -2.0}, "negative: t is -2.0"),
    ("a result of several ways", "if x > 3:\n  return x\nif x > 1:\n  return 1.0\nraise ValueError('no')",
     {"x": 4.0}, {"x": 0.0}, "no"),
]  # fmt: skip

rows = pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])


def program(body: str, inputs: dict[str, Any]) -> str:
    return "\n".join([f"def program({', '.join(inputs)}):", *(f"  {line}" for line in body.splitlines())])


@rows
def test_a_way_that_raises_has_no_value(row: tuple[Any, ...]) -> None:
    _, body, good, bad, said = row
    text = program(body, good)
    graph = lowered(text, good).graph
    again = lowered(to_source(graph), good).graph
    for one in (graph, again):
        assert next(iter(values(one, good).values())) == pytest.approx(python(text, good), rel=1e-15)
        with pytest.raises(AdcoreError) as caught:
            values(one, bad)
        assert caught.value.code == "assertion_failed"
        assert caught.value.message.partition(":")[0] == said.partition(":")[0]


@pytest.mark.untraced
@rows
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_nor_has_it_a_derivative(row: tuple[Any, ...], mode: Any) -> None:
    _, body, good, bad, said = row
    text = program(body, good)
    agree(text, good, ["x"])
    compiled, _ = Compiler().compile(text, {k: np.array(v) for k, v in good.items()}, Query("gradient", mode=mode))
    with pytest.raises(AdcoreError) as caught:
        compiled.evaluate({name: np.array(x) for name, x in bad.items()})
    assert caught.value.message == said
    assert caught.value.span is not None
    assert text.splitlines()[caught.value.span.line - 1].partition("raise")[1]


def test_what_is_raised_whatever_the_inputs_are_is_told_at_once() -> None:
    text = "def f(v):\n  if len(v) != 3:\n    raise ValueError('three, please')\n  return sum(v)"
    assert values(lowered(text, {"v": [1.0, 2.0, 3.0]}).graph, {"v": [1.0, 2.0, 3.0]}) == {"result": 6.0}
    with pytest.raises(AdcoreError) as caught:
        lowered(text, {"v": [1.0, 2.0]})
    assert (caught.value.code, caught.value.message) == ("assertion_failed", "three, please")
    assert caught.value.span is not None
    assert caught.value.span.line == 3


def test_an_assertion_s_text_may_be_filled_in() -> None:
    with pytest.raises(AdcoreError) as caught:
        values(lowered("assert x > 0, f'{x} is not positive'\nx", {"x": 1.0}).graph, {"x": -1.0})
    assert caught.value.message == "{x} is not positive: x is -1.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print('x is', x)\nx * 2\nprint(f'{x}')", 4.0),
        ("best = float('-inf')\nmax(best, x)", 2.0),
        ("low = float('inf')\nmin(low, x)", 2.0),
        ("k = float('nan')\nx if isnan(k) else 0", 2.0),
        (
            "def f(t, mode='double'):\n  if mode == 'double': return 2 * t\n  return t\nf(x) + f(x, mode='as it is')",
            6.0,
        ),
        ("def f(t, mode='b'):\n  return t if mode in ('a', 'b') else 0\nf(x) + f(x, mode='c')", 2.0),
        ("1.0 if x in (1, 2, 3) else 0.0", 1.0),
        ("1.0 if x not in [1, x * 2] else 0.0", 1.0),
        ("a, *b, c = [x, 1, 2, 3]\na * len(b) + c", 7.0),
        ("*b, c = array([x, 1, 2])\nsum(b) * c", 6.0),
        ("for a, *b in [(1, x, 3), (2, x, 1)]: y = a * sum(b)\ny", 6.0),
        ("y = np.empty(2)\ny[:] = x\nsum(y)", 4.0),
    ],
)
def test_what_people_write_around_the_numbers(text: str, expected: float) -> None:
    assert next(iter(values(lowered(text, {"x": 2.0}).graph, {"x": 2.0}).values())) == expected
