"""Parsing a large JSON text in slices, so that other threads run in between, the one that answers probes among them: a
parse is one call, and for the largest body that is accepted it would block them for half a second.

The text is cut at commas of its outer lists and objects, and each slice is parsed; where the slices do not fit
together, the text is not JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLICE = 128 * 2**10
"""Bytes that are parsed in one call."""
DEEPEST = 6
"""Levels of nesting that are cut; the arrays of a request are three levels down."""

NESTED = 201
"""Levels of nesting that the parser accepts."""

# One that is never closed goes on to the end of the text, so that the search is linear, whatever the text.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)

Parse = Callable[[bytes], Any]


class NotJson(Exception):
    """The text is not JSON: ``message`` is the parser's, about ``part``, which starts at byte ``start``."""

    def __init__(self, message: str, part: bytes, start: int) -> None:
        super().__init__(message)
        self.message, self.part, self.start = message, part, start


def _at(what: str, place: int) -> NotJson:
    """The error at byte ``place``."""
    return NotJson(f"{what} at line 1 column 0", b"", place)


def parse_in_slices(body: bytes, parse: Parse, size: int = SLICE) -> Any:
    """The value of the body, of which ``parse`` parses at most about ``size`` bytes at a time.

    Raises NotJson where ``parse`` raises ValueError, and where the parts do not fit together.
    """
    return _Text(body, parse, size).value(0, len(body), 0)


def _without_strings(body: bytes) -> NDArray[np.uint8]:
    """The bytes of a text, those of its strings 0.

    A backslash outside a string counts like one inside: such a text is not JSON, and the parse of the slice says so.
    """
    plain = np.frombuffer(body, np.uint8)
    backslash = plain == ord("\\")
    quote = plain == ord('"')
    # A quotation mark after an odd number of backslashes is part of its string.
    after = np.flatnonzero(quote[1:] & backslash[:-1]) + 1
    begins = np.flatnonzero(backslash & ~np.concatenate(([False], backslash[:-1])))
    quote[after[(after - begins[np.searchsorted(begins, after) - 1]) % 2 == 1]] = False
    return np.where(np.logical_xor.accumulate(quote) | quote, np.uint8(0), plain)


class _Text:
    """A JSON text, the depth of each of its bytes, and the places where it can be cut."""

    def __init__(self, body: bytes, parse: Parse, size: int) -> None:
        self.body, self.parse, self.size = body, parse, size
        plain = _without_strings(body)
        opens = (plain == ord("[")) | (plain == ord("{"))
        closes = (plain == ord("]")) | (plain == ord("}"))
        depth = np.cumsum(opens.view(np.int8) - closes.view(np.int8), dtype=np.int32)
        if len(depth) and depth.max() > NESTED:
            raise _at("recursion limit exceeded", int(np.argmax(depth > NESTED)) + 1)
        if len(depth) and depth.min() < 0:
            raise _at("a bracket is closed that is not open", int(np.argmax(depth < 0)) + 1)
        if len(depth) and depth[-1] > 0:
            raise _at("a bracket is not closed", len(body))
        commas = np.flatnonzero(plain == ord(","))
        self.cuts: list[NDArray[Any]] = [commas[depth[commas] == level] for level in range(1, DEEPEST + 1)]

    def part(self, start: int, stop: int, before: bytes = b"", after: bytes = b"") -> Any:
        """The value of the text between two places."""
        text = before + self.body[start:stop] + after
        try:
            return self.parse(text)
        except ValueError as error:
            raise NotJson(str(error), text, start - len(before)) from None

    def value(self, start: int, stop: int, level: int) -> Any:
        """The value of the text between two places, which is nested in ``level`` lists and objects."""
        text = self.body[start:stop]
        inner = text.strip(b" \t\r\n")
        if stop - start <= self.size or level == DEEPEST or not inner:
            return self.part(start, stop)
        start += len(text) - len(text.lstrip(b" \t\r\n"))
        stop = start + len(inner)
        if inner[:1] not in (b"[", b"{"):
            return self.part(start, stop)
        if inner[-1] != inner[0] + 2:  # the codes of the closing brackets
            raise _at("a bracket is closed by one of the other kind", stop)
        return self._list(start, stop, level) if inner[:1] == b"[" else self._object(start, stop, level)

    def _parts(self, start: int, stop: int, level: int) -> list[tuple[int, int, bool]]:
        """Stretches of whole elements, each no longer than a slice, or of one element; True says which of these."""
        cuts = self.cuts[level]
        inside = cuts[np.searchsorted(cuts, start) : np.searchsorted(cuts, stop)]
        parts = []
        begin, i = start + 1, 0
        while i <= len(inside):
            # The last comma that leaves a stretch short enough, or the next one.
            j = max(int(np.searchsorted(inside, begin + self.size)) - 1, i)
            end = int(inside[j]) if j < len(inside) else stop - 1
            if j == len(inside) - 1 and stop - 1 - begin <= self.size:
                j, end = len(inside), stop - 1
            parts.append((begin, end, j == i))
            begin, i = end + 1, j + 1
        return parts

    def _list(self, start: int, stop: int, level: int) -> list[Any]:
        elements: list[Any] = []
        parts = self._parts(start, stop, level)
        for begin, end, single in parts:
            if single and end - begin > self.size:
                elements.append(self.value(begin, end, level + 1))
            else:
                more = self.part(begin, end, b"[", b"]")
                if not more and len(parts) > 1:
                    raise _at("nothing stands before this comma", end + 1)
                elements += more
        return elements

    def _object(self, start: int, stop: int, level: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        parts = self._parts(start, stop, level)
        for begin, end, single in parts:
            more: dict[str, Any]
            name = _STRING.search(self.body, begin, end)
            if single and end - begin > self.size and name is not None:
                colon = self.body.find(b":", name.end(), end)
                # An object of this one key, its value left out, says whether it is one.
                more = self.part(begin, colon + 1, b"{", b"0}")
                more[next(iter(more))] = self.value(colon + 1, end, level + 1)
            else:
                more = self.part(begin, end, b"{", b"}")
            if not more and len(parts) > 1:
                raise _at("nothing stands before this comma", end + 1)
            for twice in members.keys() & more.keys():
                raise _at(f'Detected duplicate key "{twice}"', end)
            members |= more
        return members
