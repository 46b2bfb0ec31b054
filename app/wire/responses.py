"""Answers on their way out: what the core computed, as the JSON values that the response models of ``schemas`` tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from adcore.engines.notices import Notice
from adcore.errors import CallSite
from adcore.wengert.trace import Row, Trace
from app.errors import write_span
from app.wire.arrays import Array, Encoding, write_array


def to_json(answer: Mapping[str, Any]) -> bytes:
    """The JSON text of an answer, whose arrays may be NumPy's as long as their numbers are finite."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def write_arrays(arrays: Mapping[str, Array], encoding: Encoding = "list") -> dict[str, Any]:
    return {name: write_array(array, encoding) for name, array in arrays.items()}


def write_trace(trace: Trace, encoding: Encoding = "list") -> dict[str, Any]:
    written: dict[str, Any] = {"primal": _rows(trace.primal, encoding)}
    if trace.adjoint is not None:
        written["adjoint"] = _rows(trace.adjoint, encoding)
    if trace.tangents is not None:
        written["tangents"] = [{"seed": each.seed, "rows": _rows(each.rows, encoding)} for each in trace.tangents]
    written["truncated"] = trace.truncated
    return written


def write_notice(notice: Notice) -> dict[str, Any]:
    written: dict[str, Any] = {"code": notice.code, "message": notice.message, "times": notice.times}
    if notice.span is not None:
        written["span"] = write_span(notice.span)
    return written


def _rows(rows: Iterable[Row], encoding: Encoding) -> list[dict[str, Any]]:
    return [_row(row, encoding) for row in rows]


def _row(row: Row, encoding: Encoding) -> dict[str, Any]:
    written: dict[str, Any] = {"name": row.name}
    if row.input is not None:
        written["input"] = row.input
    if row.op is not None:
        written["op"] = row.op
        written["args"] = row.args
    written["expression"] = row.expression
    several = isinstance(row.value, (list, tuple))
    written["value"] = [write_array(x, encoding) for x in row.value] if several else write_array(row.value, encoding)
    if row.origin is not None:
        written["from"] = row.origin
    if row.span is not None:
        written["source"] = write_span(row.span)
    if row.iteration:
        written["iteration"] = row.iteration
    if row.calls:
        written["calls"] = [_call(call) for call in row.calls]
    return written


def _call(call: CallSite) -> dict[str, Any]:
    return {"function": call.function, "line": call.span.line, "column": call.span.column}
