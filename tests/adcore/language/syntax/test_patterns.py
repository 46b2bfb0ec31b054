"""Messages of assertions, as they are written."""

from __future__ import annotations

import ast

import pytest

from adcore.language.syntax.patterns import text_of


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        pytest.param("'too large'", "too large", id="a string"),
        pytest.param("f'x is {x + 1:.2f}'", "x is {x + 1}", id="an f-string keeps its fields"),
        pytest.param("'x is %g' % x", "x is %g", id="a % format"),
        pytest.param("'x is {}'.format(x)", "x is {}", id="a format method"),
        pytest.param("'x is ' + name", "x is ", id="a sum begins with its string"),
        pytest.param("x", None, id="a name is no string"),
        pytest.param("3", None, id="a number is no string"),
    ],
)
def test_the_text_of_a_message(expression: str, text: str | None) -> None:
    assert text_of(ast.parse(expression, mode="eval").body) == text


def test_no_message_has_no_text() -> None:
    assert text_of(None) is None
