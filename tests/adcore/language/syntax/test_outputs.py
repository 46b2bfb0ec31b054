"""What a program's result is, and what its outputs are called, as far as the text determines it."""

from __future__ import annotations

import pytest

from adcore.language import parse
from adcore.limits import Limits
from tests.adcore.language.marking import syntax_error, unmarked


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("y = x", ("y",), id="an assignment has the name"),
        pytest.param("x + 1", ("result",), id="an expression has none"),
        pytest.param("return x + 1; y = 2", ("result",), id="nothing after a return counts"),
        pytest.param("y = x\ny", ("y",), id="a plain name has its own"),
        pytest.param("y = x\ny, x + 1, y * 2", ("y", "result_2", "result_3"), id="a tuple keeps plain names"),
        pytest.param("a, b = x, 2", ("a", "b"), id="unpacking gives several"),
        pytest.param("a = b = x", ("a",), id="the first of several targets"),
        pytest.param("y = x\nreturn y, 2", ("y", "result_2"), id="return at the top"),
        pytest.param("y = x\ny += 1", ("y",), id="augmented"),
        pytest.param("y = 1\nif x > 0:\n  y = x", ("y",), id="an if at the end assigns"),
        pytest.param("if x > 0:\n  y = x\nelse:\n  y = 2", ("y",), id="both branches assign"),
        pytest.param("if x > 0:\n  x\nelse:\n  2 * x", ("result",), id="both branches end in an expression"),
        pytest.param("if x > 0: return x\n2", ("result",), id="returns of different names have none"),
        pytest.param("y = x\nif x > 0: return y\ny = 2\nreturn y", ("y",), id="returns of one name keep it"),
        pytest.param("y = x\ndef f(a): return a", ("y",), id="a definition at the end is no result"),
        pytest.param("for i in range(3):\n  y = i * x", ("y",), id="a loop at the end assigns"),
        pytest.param("while True:\n  x = x + 1\n  if x > 3: return x", ("x",), id="an endless loop returns"),
        pytest.param("ys = []\nfor i in range(3):\n  ys.append(i * x)", ("ys",), id="a loop that collects"),
    ],
)
def test_outputs_have_names(text: str, names: tuple[str, ...]) -> None:
    assert parse(text, Limits()).plan.output_names() == names


# The program, its message.
RESULTLESS = [
    ("«raise ValueError»", "no_result", None, "end it with an expression or an assignment"),
    ("«if» v > 0: y", "no_result", "the program ends without a result", "end it with an expression or an assignment"),
    ("«'abc'»", "no_result", "the program ends without a result", "end it with an expression or an assignment"),
    ("«pass»", "no_result", "the program ends without a result", "end it with an expression or an assignment"),
    (
        "def f(x): «pass»",
        "no_result",
        "the program ends without a result",
        "end it with an expression or an assignment",
    ),
    ("«return»", "no_result", "the program ends without a result", "end it with an expression or an assignment"),
]


@pytest.mark.parametrize(("marked", "code", "message", "help"), RESULTLESS, ids=[row[0] for row in RESULTLESS])
def test_a_program_without_a_result(marked: str, code: str, message: str | None, help: str) -> None:
    text, span = unmarked(marked)
    error = syntax_error(text)
    assert (error.code, error.span, error.help) == (code, span, help)
    assert message is None or error.message == message
