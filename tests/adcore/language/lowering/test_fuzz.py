"""Texts put together at random: each gives a graph or an error of the language, with a place in the text."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from adcore.errors import AdcoreError
from adcore.graph import OPS, DType, Type
from adcore.graph.traversal import check
from adcore.language import lower, parse
from adcore.limits import Limits
from tests.adcore.strategies import programs

LIMITS = Limits(array_elements=10_000, graph_nodes=500)
INPUTS: dict[str, Any] = {
    "x": np.array(2.0),
    "y": Type(DType.FLOAT, ()),
    "v": np.array([1.0, 2.0, 3.0]),
    "A": Type(DType.FLOAT, (2, 3)),
    "b": np.array(True),
    "i": np.array(1),
    "θ": np.array([]),
}

PIECES = st.sampled_from(
    [
        *"+-*/%@<>=()[]{},:.;^~&|!?\\'\"#_\t\f\0\ud800é²×😀",
        *"** // == != <= >= += ^= := ... -> \n \n\t \r\n \r".split(" "),
        *"x y v A b i θ z f pi e inf nan np math True False None 0 1 2 -1 0.5 1e999 1_0 0x1 3j 10000000000 2.".split(),
        *" if else elif def return and or not is in for while lambda import from as pass class assert del".split(" "),
        "def f(a, b=1):\n  return a\n",
        "if x > 0:\n  z = 1\nelse:\n  z = v\n",
        "\n  ",
        "axis=",
        "keepdims=True",
        ".shape",
        ".T",
        ".sum()",
        "[:, None]",
        "[0]",
        "np.",
        "  ",
        *[f"{name}(" for name in OPS if OPS[name].signature.public],
        "max(",
        "len(",
        "int(",
        "array(",
    ]
)
ARGUMENT = st.sampled_from(
    [
        *"x y v A b i θ 0 1 -1 2 0.5 nan 1e300 9**99 2**40 None True 'fro'".split(),
        *"(2,3) (3,) () [] [1,2] [[x],[1]] [v,v] [1,[2]] v[0] A.T -v v>1 i+1 argmax(v) zeros((0,3))".split(),
    ]
)


def answer(text: str) -> AdcoreError | None:
    """The error a text gives; None where it gives a graph, which is checked."""
    try:
        check(lower(parse(text, LIMITS), INPUTS, None, LIMITS).graph)
    except AdcoreError as error:
        return error
    return None


def holds(text: str) -> None:
    error = answer(text)
    if error is None:
        return
    assert error.message
    if error.span is not None:
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        span = error.span
        assert 1 <= span.line <= span.end_line <= len(lines) + 1
        assert 1 <= span.column <= len(lines[min(span.line, len(lines)) - 1]) + 2
        assert (span.line, span.column) < (span.end_line, span.end_column)
    else:
        assert error.code in ("source_too_long", "unknown_output")
    assert error.span is None or error.excerpt


@given(st.lists(PIECES, max_size=14).map("".join))
@example("(0)(")
def test_any_text_is_answered(text: str) -> None:
    holds(text)


@given(st.text(max_size=20))
def test_any_characters_are_answered(text: str) -> None:
    holds(text)


@given(
    st.sampled_from(sorted(name for name in OPS if OPS[name].signature.public)),
    st.lists(ARGUMENT, max_size=4),
    st.dictionaries(
        st.sampled_from(["axis", "keepdims", "shape", "ord", "k", "dtype", "decimals"]), ARGUMENT, max_size=2
    ),
    st.booleans(),
)
def test_any_arguments_of_a_function_are_answered(
    name: str, arguments: list[str], keywords: dict[str, str], method: bool
) -> None:
    given = ", ".join([*arguments, *(f"{key}={value}" for key, value in keywords.items())])
    holds(f"A.{name}({given})" if method else f"{name}({given})")


@given(programs(), st.data())
def test_a_program_with_a_piece_out_of_place_is_answered(program: Any, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(program.text)))
    stop = data.draw(st.integers(start, min(len(program.text), start + 5)))
    holds(program.text[:start] + data.draw(PIECES) + program.text[stop:])
