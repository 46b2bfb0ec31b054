"""Assertions: a program gives what it gives only where they hold, in whatever mode it is run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AssertionFailed
from adcore.language.printing.program import to_source
from tests.adcore.language.evaluating import lowered, result, values

# Why, the program, inputs for which it holds with the value, and inputs for which it does not with what is said.
TABLE: list[tuple[str, str, dict[str, Any], float, dict[str, Any], str]] = [
    ("at the top", "assert x > 0, 'x is a length'\nx * 2", {"x": 2.0}, 4.0, {"x": -2.0}, "x is a length: x is -2.0"),
    ("without a message", "assert x > y\nx", {"x": 2.0, "y": 1.0}, 2.0, {"x": 0.0, "y": 1.0},
     "an assertion does not hold: x is 0.0, y is 1.0"),
    ("after what it guards", "y = x * 2\nassert y < 9, 'too large'\ny", {"x": 2.0}, 4.0, {"x": 5.0},
     "too large: y is 10.0"),
    ("in a function", "def f(t):\n  assert t > 1\n  return t * 2\nf(x) + 1", {"x": 2.0}, 5.0, {"x": 0.5},
     "an assertion does not hold: t is 0.5"),
    ("in a function that is the program", "def f(t):\n  assert t > 1, 'no'\n  return t", {"t": 2.0}, 2.0, {"t": 0.5},
     "no: t is 0.5"),
    ("only where it is reached", "y = 0\nif x > 0:\n  assert x > 1, 'no'\n  y = x\ny + 1", {"x": -5.0}, 1.0, {"x": 0.5},
     "no: x is 0.5"),
    ("before an early return", "def f(t):\n  assert t > 0, 'a'\n  if t > 3: return 1\n  assert t < 2, 'b'\n  return t",
     {"t": 4.0}, 1.0, {"t": 2.5}, "b: t is 2.5"),
    ("in a loop", "s = 0\nfor i in range(n):\n  s += x\n  assert s < 10, 'too much'\ns", {"x": 3.0, "n": 3.0}, 9.0,
     {"x": 3.0, "n": 30.0}, "too much: s is 12.0; in iteration 3 of the loop, counted from 0"),
    ("of an array", "assert sum(v) > 0\nv @ v", {"v": [1.0, 2.0]}, 5.0, {"v": [1.0, -2.0]},
     "an assertion does not hold"),
    ("what is known to hold is no op", "assert len(v) == 2\nsum(v)", {"v": [1.0, 2.0]}, 3.0, {"v": [1.0, 2.0, 3.0]},
     "an assertion does not hold"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_value_is_given_where_the_assertions_hold(row: tuple[Any, ...]) -> None:
    _, text, good, value, bad, said = row
    assert result(text, **good) == value
    with pytest.raises(AssertionFailed) as caught:
        result(text, **bad)
    assert caught.value.message == said


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("row", TABLE[:-1], ids=[row[0] for row in TABLE[:-1]])
def test_derivatives_are_given_where_the_assertions_hold(row: tuple[Any, ...], mode: Any) -> None:
    _, text, good, value, bad, said = row
    compiler = Compiler()
    inputs = {name: np.array(x) for name, x in good.items()}
    compiled, _ = compiler.compile(text, inputs, Query("gradient", mode=mode))
    assert next(iter(compiled.evaluate(inputs).values.values())) == value
    with pytest.raises(AssertionFailed) as caught:
        compiled.evaluate({name: np.array(x) for name, x in bad.items()})
    error = caught.value
    assert error.message == said
    assert error.span is not None
    assert text.splitlines()[error.span.line - 1].strip().startswith("assert")


def test_an_assertion_costs_a_gradient_nothing() -> None:
    compiler, inputs = Compiler(), {"x": np.array(3.0)}
    compiled, _ = compiler.compile("assert x > 0\nx**2", inputs, Query("gradient"))
    assert compiled.evaluate(inputs).gradients == {"x": 6.0}


def test_what_is_known_to_hold_leaves_no_trace() -> None:
    assert [n.op.name for n in lowered("assert len(v) == 2\nsum(v)", {"v": [1.0, 2.0]}).graph.nodes] == ["sum"]


def test_a_message_that_is_no_string_is_passed_over() -> None:
    assert result("assert x > 0, x\nx", x=1.0) == 1.0


@pytest.mark.parametrize("row", TABLE[:-1], ids=[row[0] for row in TABLE[:-1]])
def test_assertions_printed_and_read_back_still_hold_or_fail(row: tuple[Any, ...]) -> None:
    _, text, good, value, bad, said = row
    again = lowered(to_source(lowered(text, good).graph), good).graph
    (found,) = values(again, good).values()
    assert found == value
    with pytest.raises(AssertionFailed) as caught:
        values(again, bad)
    assert caught.value.message.partition(":")[0] == said.partition(":")[0]


def test_what_an_assertion_s_message_shows_keeps_its_name() -> None:
    text = to_source(lowered("y = x * 2\nassert y < 9, 'too large'\ny + 1", {"x": 2.0}).graph)
    assert text.splitlines()[1:] == ["    y = x * 2", "    assert y < 9, 'too large'", "    return y + 1"]
