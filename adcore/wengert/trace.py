"""The Wengert list of a run: every value in the order of its dataflow level, then the adjoints or the tangents.

The rows of derivatives are the terms of the chain rule, as forward and reverse mode build them for a program without
control flow; a program with control flow is run first, and the straight line of that run is what has rows. Names and
expressions are laid out before the values: for a program without control flow that is done once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from adcore.errors import CallSite, Span
from adcore.graph import Array


class Row(NamedTuple):
    """One line of a trace: a name, how its value follows from other names, and the value."""

    name: str
    expression: str
    value: Array
    op: str | None = None
    args: tuple[str, ...] = ()
    span: Span | None = None
    input: str | None = None
    """The program's name of an input."""
    origin: str | None = None
    """In rows of derivatives: the name of the value that the term comes from."""
    iteration: tuple[int, ...] = ()
    """The pass of each loop around it, the outermost first, counted from 0."""
    calls: tuple[CallSite, ...] = ()
    """The calls of the program's functions around it, the outermost first."""


@dataclass(frozen=True, slots=True)
class SeedRows:
    """The tangents of one pass of forward mode. ``seed`` is the input, or element of one, whose tangent is 1."""

    seed: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The primal rows, and the adjoint ones or the tangents; ``truncated`` where the limit of rows cuts any part."""

    primal: tuple[Row, ...]
    adjoint: tuple[Row, ...] | None = None
    tangents: tuple[SeedRows, ...] | None = None
    truncated: bool = False
