"""How the tests of the language mark places: « » around the piece of a program that an error points at."""

from __future__ import annotations

import pytest

from adcore.errors import AdcoreError, Span
from adcore.language import parse
from adcore.limits import Limits


def unmarked(marked: str) -> tuple[str, Span]:
    """The program without the marks, and the place between them; nothing between them is one column."""
    start, stop = marked.index("«"), marked.index("»") - 1
    text = marked.replace("«", "").replace("»", "")
    ends = []
    for at in (start, max(stop, start)):
        before = text[:at].split("\n")
        ends += [len(before), len(before[-1]) + 1]
    line, column, end_line, end_column = ends
    return text, Span(line, column, end_line, end_column + (stop == start))


def syntax_error(text: str) -> AdcoreError:
    """The error of a text that does not parse, or is not supported."""
    with pytest.raises(AdcoreError) as caught:
        parse(text, Limits())
    return caught.value
