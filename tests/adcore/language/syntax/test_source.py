"""Texts: where things stand in them, whatever the line ends, the scripts and the ``^`` before them."""

from __future__ import annotations

import warnings

import pytest

from adcore.errors import AdcoreError, Span
from adcore.language import parse
from tests.adcore.language.evaluating import LIMITS, lowered


@pytest.mark.parametrize(
    ("text", "word", "span"),
    [
        pytest.param("a ^ b ^ log(x)", "log", Span(1, 9, 1, 15), id="after two ^"),
        pytest.param("'^' ; a ^ log(x)  # ^", "log", Span(1, 11, 1, 17), id="a ^ in a string does not count"),
        pytest.param("θ ^ σ * log(µ)", "log", Span(1, 9, 1, 15), id="after wide characters and a ^"),
        pytest.param("变量 + log(x)", "log", Span(1, 6, 1, 12), id="columns are characters, not bytes"),
        pytest.param("a = 1\r\nb = 2 ^ a\rlog(x)", "log", Span(3, 1, 3, 7), id="after three kinds of line ends"),
        pytest.param("  a = x ^ 2\n  log(x)", "log", Span(2, 3, 2, 9), id="indented as a whole"),
        pytest.param("if x > 0:\n\ty = log(x)\nelse:\n\ty = x\ny", "cond", Span(1, 1, 1, 3), id="an if"),
        pytest.param("\ufefflog(x)", "log", Span(1, 1, 1, 7), id="a byte order mark has no column"),
        pytest.param("\f\nx\f+ log(x)", "log", Span(2, 5, 2, 11), id="a form feed ends no line"),
        pytest.param("# \u2028 \x85\nlog(x)", "log", Span(2, 1, 2, 7), id="a line separator ends no line"),
        pytest.param("'''\n^\n''' ; 2 ^ log(x)", "log", Span(3, 11, 3, 17), id="a string of several lines"),
        pytest.param("a = (x +\n  log(x\n  ))", "log", Span(2, 3, 3, 4), id="a call of several lines"),
        pytest.param(r"'\d\q' ; log(x)", "log", Span(1, 10, 1, 16), id="escapes keep their width"),
        pytest.param("y = x\ny ^= log(x)", "power", Span(2, 1, 2, 12), id="^= is a whole statement"),
    ],
)
def test_a_node_knows_where_it_stands(text: str, word: str, span: Span) -> None:
    names = [entry.name for entry in parse(text, LIMITS).inputs]
    graph = lowered(text, dict.fromkeys(names, 2.0)).graph
    assert [n.span for n in graph.nodes if n.op.name == word] == [span]


@pytest.mark.parametrize(
    ("text", "message", "span"),
    [
        ("x\0 + 1", "a character of code 0 stands here", Span(1, 2, 1, 3)),
        ("x +\n \ud83d", "half of a surrogate pair stands here, which is no character", Span(2, 2, 2, 3)),
        ("θ ^ 2 ^", "the line ends too early", Span(1, 8, 1, 9)),
        ("θ ^ 2 × 3", "the character × means nothing here", Span(1, 7, 1, 8)),
        ("a ^ b ^ 3z", "an operator is missing here", Span(1, 9, 1, 11)),
        ("a\u200b = 1", "an invisible character, U+200B, means nothing here", Span(1, 2, 1, 3)),
        ("'''abc", "this string is never closed", Span(1, 1, 1, 2)),
        ("x = 'abc", "this string is never closed", Span(1, 5, 1, 6)),
        ("if x:\n\ty = 1\n        z = 2", "tabs and blanks are mixed in the indentation", None),
        ("x + 1if y else 2", "a blank is missing after this number", Span(1, 5, 1, 6)),
        ("  x = 1\ny", "this line is indented less than the first one", Span(2, 1, 2, 2)),
        ("  x = = 1", "this = is one too many", Span(1, 7, 1, 8)),
    ],
)
def test_what_is_no_text_of_a_program(text: str, message: str, span: Span | None) -> None:
    with pytest.raises(AdcoreError) as caught:
        parse(text, LIMITS)
    assert (caught.value.code, caught.value.message) == ("syntax_error", message)
    assert caught.value.excerpt is not None
    if span is not None:
        assert caught.value.span == span


def test_python_s_own_warnings_do_not_reach_the_service() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse("'\\d'\n'''\\w'''\nx is None\ny = x", LIMITS)


def test_a_text_that_begins_with_a_comment_may_be_indented() -> None:
    assert [entry.name for entry in parse("# what it is\n    x = a\n    x", LIMITS).inputs] == ["a"]
