"""How long an answer will be, foreseen from shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adcore.compiler import Compiled
from adcore.wengert.trace import Row, Trace
from app.errors import AnswerTooLarge
from app.wire.array_text import text_bytes
from app.wire.arrays import Encoding

FIELD = 300
"""Characters of the parts of an answer that are no arrays, and of the fixed parts of a row of a trace."""


def answer_length(compiled: Compiled, points: int, encoding: Encoding) -> int:
    """A bound on the length of the values and gradients of so many points, in bytes; the trace apart."""
    graph = compiled.graph
    inputs = [x for name, x in zip(graph.input_names, graph.inputs, strict=True) if name in compiled.wrt]
    points_axis = (points,) if compiled.is_batch else ()
    shapes = [(*points_axis, *x.shape) for x in (*graph.outputs, *inputs)]
    return FIELD + sum(text_bytes(shape, encoding) + FIELD for shape in shapes)


def trace_length(trace: Trace, encoding: Encoding) -> int:
    """A bound on the length of a trace, in bytes."""
    parts = [trace.primal, trace.adjoint or (), *(each.rows for each in trace.tangents or ())]
    return sum(_row_length(row, encoding) for rows in parts for row in rows)


def _row_length(row: Row, encoding: Encoding) -> int:
    value: Any = row.value
    values: Iterable[Any] = value if isinstance(value, (list, tuple)) else (value,)
    texts = 6 * len(row.expression) + 12 * len(row.args) + 100 * len(row.calls)
    return FIELD + texts + sum(text_bytes(each.shape, encoding) for each in values)


def check_length(length: int, most: int, points: int) -> None:
    """Raise AnswerTooLarge where an answer may be longer than ``most`` bytes."""
    if length > most:
        raise AnswerTooLarge(
            f"the answer may take {length} bytes, where {most} are allowed",
            help="send the batch in parts"
            if points > 1
            else 'ask for fewer or smaller arrays, or for them as "base64"',
        )
