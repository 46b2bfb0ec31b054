"""Answers on their way out: what the core computed, as the JSON values that the response models of ``schemas`` tell.

A small answer is one text. A large one is sent in pieces, each written when the client has read most of those before,
so that its text is never there as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from fastapi import Response
from starlette.types import Receive, Scope, Send

from adcore.engines.notices import Notice
from adcore.errors import CallSite
from adcore.wengert.trace import Row, Trace
from app.errors import write_span
from app.memory import ensure
from app.wire.array_text import LARGE, NUMBER, LargeArray, write_array
from app.wire.arrays import Array, Encoding
from app.work.turns import Held

GROWTH = 4
"""Times the length of a text that writing it may take."""
PIECE = 64 * 2**10
"""Bytes that small parts are gathered to before they are sent."""
ROWS = 64
"""The parts of a list that are written on one assurance that there is memory."""


def to_json(value: Any, length: int = 0) -> bytes:
    """The JSON text of an answer or of a part of one, whose arrays may be NumPy's where their numbers are finite.

    Raises MemoryError where there is no memory for a text of so many bytes.
    """
    if length:
        ensure(GROWTH * length)
    return orjson.dumps(value, _whole, orjson.OPT_SERIALIZE_NUMPY)


def _whole(value: Any) -> Any:
    if isinstance(value, LargeArray):
        return value.whole()
    raise TypeError


def json_pieces(value: Any) -> Iterator[bytes]:
    """The JSON text of a value in pieces."""
    gathered, length = [], 0
    for part in _parts(value):
        gathered.append(part)
        length += len(part)
        if length >= PIECE:
            yield b"".join(gathered)
            gathered, length = [], 0
    yield b"".join(gathered)


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, LargeArray):
        yield from value.pieces()
    elif isinstance(value, dict):
        before = b"{"
        for key, each in value.items():
            yield before + orjson.dumps(key) + b":"
            yield from _parts(each)
            before = b","
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        before = b"["
        for i, each in enumerate(value):  # The rows of a trace: most are small, and there are thousands.
            yield before
            if i % ROWS == 0:
                ensure(GROWTH * NUMBER * LARGE)
            try:
                yield orjson.dumps(each, option=orjson.OPT_SERIALIZE_NUMPY)
            except TypeError:
                yield from _parts(each)
            before = b","
        yield b"]" if value else b"[]"
    else:
        yield to_json(value)


class JsonResponse(Response):
    """A large answer, sent in pieces. The memory that it takes is ``held`` until it is sent or nobody reads it."""

    def __init__(self, answer: Mapping[str, Any], held: Held) -> None:
        super().__init__()
        self._answer, self._held = answer, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, one piece after the other; the server waits where the client does."""
        gone = asyncio.create_task(disconnected(receive))
        headers = [(b"content-type", b"application/json")]
        try:
            if scope["http_version"] == "1.0":  # It has no way to send what has no known length.
                length = 0
                for piece in json_pieces(self._answer):
                    length += len(piece)
                    await asyncio.sleep(0)
                headers.append((b"content-length", str(length).encode()))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for piece in json_pieces(self._answer):
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                # Where the client reads as fast as this writes, nothing else would run in between.
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._answer = {}
            self._held.release()


async def disconnected(receive: Receive) -> None:
    """Return once the client is gone; the request's body has been read, so nothing else comes."""
    while (await receive())["type"] != "http.disconnect":
        pass


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
