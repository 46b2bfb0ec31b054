"""What parsing a JSON text costs in memory, foreseen from its bytes: many short lists take fifty times their length."""

from __future__ import annotations

BYTE = 13
"""What each byte takes, in strings and in the tables by which a large text is parsed in slices."""
CONTAINER = 72
"""What each list and each object takes."""
KEY = 150
"""What each key of an object takes."""
ELEMENT = 44
"""What each value after a comma takes: a number, its place in a list, and in the array that is made of that."""


def parsed_bytes(text: bytes) -> int:
    """A bound on the memory that it takes to parse a text, or a part of one, and to read the arrays in it.

    Measured with tracemalloc; what it is times too large for most bodies, the tests say. Linear in the text's length.
    """
    containers = text.count(b"[") + text.count(b"{")
    return BYTE * len(text) + CONTAINER * containers + KEY * text.count(b":") + ELEMENT * text.count(b",")
