"""How large a program, its inputs and its evaluation may be: one frozen record, handed down to whoever must ask."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one service. Each has an error code of its own, named beside it."""

    source_bytes: int = 65_536
    """Length of a program's text in UTF-8 (``source_too_long``)."""
    source_parts: int = 10_000
    """Lines, elements and arguments of a program's text: its line breaks, commas and semicolons, and ten for each field
    of an f-string (``too_many_parts``)."""
    nesting_depth: int = 100
    """Depth of brackets, operators, calls and branches inside one another (``nesting_too_deep``)."""
    graph_nodes: int = 100_000
    """Nodes of a program's graph, before it is differentiated (``graph_too_large``)."""
    array_elements: int = 10_000_000
    """Elements of any one array, inputs and intermediate values included (``array_too_large``)."""
    live_elements: int = 50_000_000
    """Elements of all arrays that one evaluation holds at one time, temporaries included, 8 bytes each
    (``memory_too_large``)."""
    stack_elements: int = 20_000_000
    """Elements that an evaluation's loops keep for their adjoints; what goes beyond is computed again when read."""
    trace_rows: int = 10_000
    """Rows of each part of a trace; a longer one is cut and says so."""
    trace_elements: int = 5_000_000
    """Elements of all arrays that one trace holds (``trace_too_large``)."""
    batch_points: int = 1_000_000
    """Points of one batch (``batch_too_large``)."""
    loop_steps: int = 10_000_000
    """Passes of any one loop (``loop_too_long``)."""
    recursion_depth: int = 1_000
    """Calls of a program's functions inside one another (``recursion_too_deep``)."""
    compilation_seconds: float = 10.0
    """Time that compiling one program may take (``compilation_too_long``)."""
    evaluation_seconds: float = 30.0
    """Time one evaluation may take (``evaluation_too_long``)."""
