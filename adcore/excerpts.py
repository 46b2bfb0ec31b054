"""Places in a program's text, and how much of the text errors show."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a program's text: lines and columns count from 1, in characters; the end is one past the last."""

    line: int
    column: int
    end_line: int
    end_column: int
    calls: tuple[CallSite, ...] = field(default=(), compare=False)
    """The calls of the program's functions within which this is met, the outermost first."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of one of the program's functions, and where it stands."""

    function: str
    span: Span


def _display_width(text: str) -> int:
    """The number of terminal cells ``text`` takes: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def excerpt(source: str, span: Span, around: int = 60) -> str:
    """The line of ``source`` where ``span`` starts, with carets under the span.

    A line too long to read is cut to ``around`` characters on either side of the span's start.
    """
    # As Python's grammar and editors end lines; str.splitlines would end them at form feeds, too.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    start = min(span.column - 1, len(line))
    stop = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    first = 0 if start <= around else start - around
    shown = line[first : max(first + 2 * around, min(stop, start + around))]
    head, marked = shown[: start - first], shown[start - first : stop - first]
    lead = "".join("\t" if char == "\t" else " " * _display_width(char) for char in head)
    return f"{shown}\n{lead}{'^' * max(1, _display_width(marked))}"


MOST_SHOWN = 200
"""Characters that a message of an error may have."""
_MOST_OF_A_WORD = 40
_LONG_WORD = re.compile(rf"(\S{{{_MOST_OF_A_WORD}}})\S{{2,}}")


def shortened(text: str) -> str:
    """A message of an error whose names and values are cut to a length that people read, and so the whole."""
    if len(text) <= _MOST_OF_A_WORD:
        return text
    text = _LONG_WORD.sub(r"\1…", text)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
