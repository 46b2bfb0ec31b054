"""Activity masks: which of several values take part in a derivative, and values that stand only where they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def chosen(values: Iterable[_T], mask: Iterable[bool]) -> list[_T]:
    """The values where ``mask`` holds."""
    return [value for value, on in zip(values, mask, strict=True) if on]


def placed(values: Iterable[_T], mask: Iterable[bool]) -> list[_T | None]:
    """The inverse of ``chosen``: the values in the places where ``mask`` holds, None elsewhere."""
    rest = iter(values)
    return [next(rest) if on else None for on in mask]


def present(values: Sequence[_T | None]) -> list[_T]:
    """The values that are not None."""
    return [value for value in values if value is not None]
