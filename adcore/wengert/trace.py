"""The Wengert list of a run: every value in the order of its dataflow level, then the adjoints or the tangents.

The rows of derivatives are the terms of the chain rule, as forward and reverse mode build them for a program without
control flow; where there is some, the run is followed first, and what it did laid out in a line. What the rows say is
laid out before they have values: for a program without control flow that is done once.
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
    """In adjoint rows: the name of the value that the term flows back from."""
    iteration: tuple[int, ...] = ()
    """In which pass of each loop around it, the outermost first, counted from 0."""
    calls: tuple[CallSite, ...] = ()
    """In which calls of the program's functions, the outermost first."""


@dataclass(frozen=True, slots=True)
class SeedRows:
    """The tangents of one pass of forward mode. ``seed`` is the input, or element of one, whose tangent is 1."""

    seed: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The primal rows, and the adjoint ones or the tangents; ``truncated`` where the limit of rows cut a part."""

    primal: tuple[Row, ...]
    adjoint: tuple[Row, ...] | None = None
    tangents: tuple[SeedRows, ...] | None = None
    truncated: bool = False


# --- a run with control flow, laid out in a line


# --- what the rows say


# --- the values of the rows
