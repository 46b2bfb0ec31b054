"""Where an error points: the line that an editor would show, with carets under the span."""

from __future__ import annotations

import pytest

from adcore.excerpts import Span, excerpt


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_where_editors_end_them(newline: str) -> None:
    assert excerpt(newline.join(["a", "b + c", "d"]), Span(2, 5, 2, 6)) == "b + c\n    ^"


@pytest.mark.parametrize("char", "\x0b\x0c\x1c\x85\u2028\u2029")
def test_other_separators_end_no_line(char: str) -> None:
    told = excerpt(f"a = 1  # {char} page\nb + c", Span(2, 5, 2, 6))
    assert told == "b + c\n    ^"


def test_a_span_past_the_end_is_shown_after_it() -> None:
    assert excerpt("x +", Span(1, 4, 1, 5)) == "x +\n   ^"
    assert excerpt("x", Span(3, 1, 3, 2)) == "\n^"
