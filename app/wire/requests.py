"""How a request's body is read: with a cap, as JSON only, and strictly.

The framework would read a body of any length and accept the last of two equal keys; this route reads it itself. The
models that endpoints declare still validate it, and describe it in the OpenAPI schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sized
from functools import partial
from typing import Any, TypeVar, get_type_hints

import jiter
import numpy as np
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from adcore.clock import tick
from adcore.errors import NumberOutOfRange, Span
from adcore.excerpts import excerpt
from adcore.language import did_you_mean
from app.errors import (
    FAULTS_SHOWN,
    DuplicateKey,
    InvalidJson,
    JsonTooDeep,
    RequestTooLarge,
    TooManyNames,
    UnsupportedMediaType,
    invalid_request,
)
from app.memory import ensure
from app.service import service_of
from app.wire.json_cost import parsed_bytes
from app.wire.json_slices import NotJson, parse_in_slices
from app.work.workers import Workers

Model = TypeVar("Model", bound=BaseModel)

_JSON_TYPE = re.compile(r"application/([\w.+-]+\+)?json")
_DUPLICATE = "Detected duplicate key "
_NUMBER = b"-+.0123456789eE"
# A text that is longer, or has more lists and objects or more keys, is parsed in slices.
_LONG = 4 * 2**20
_MANY = 20_000
COUNTED = 64 * 2**10
"""Bytes of a body from which on the memory of it is counted while it is read."""
INLINE_PARSED = 24
"""Times the length of a body that is read on the event loop that its values may take."""
_PLACE = re.compile(r"(?P<what>.*) at line (?P<line>\d+) column (?P<column>\d+)", re.DOTALL)


def check_media_type(content_type: str | None, content_encoding: str | None) -> None:
    """Raise ``UnsupportedMediaType`` unless the headers declare JSON, not compressed."""
    if content_encoding is not None and content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("the body is compressed", help="send it without Content-Encoding")
    media_type = (content_type or "").split(";", 1)[0].strip().lower()
    if _JSON_TYPE.fullmatch(media_type) is None:
        raise UnsupportedMediaType(
            f"the body is declared as {media_type[:100]}" if media_type else "the body's media type is not declared",
            help="send JSON, with the header Content-Type: application/json",
        )


async def read_body(request: Request, workers: Workers, limit: int) -> tuple[bytes, int]:
    """The body, of at most ``limit`` bytes, and what ``parsed_bytes`` says of it.

    Raises RequestTooLarge without reading on, whatever was declared, and Overloaded.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(limit)
    chunks = []
    length = need = 0
    more = True
    while more:  # As the framework's stream does, without a generator between.
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        length += len(chunk)
        if length > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        need += parsed_bytes(chunk)
        if length > COUNTED:
            workers.turn_of(request).bring(length)
    return (chunks[0] if len(chunks) == 1 else b"".join(chunks)), need


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(f"the body is longer than {limit} bytes, which is all this service reads")


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; numbers too large for float64 come out as infinite floats or as large integers."""
    try:
        is_long = len(body) > _LONG or sum(map(body.count, (b"[", b"{", b":"))) > _MANY
        return parse_in_slices(body, _parse) if is_long else _parse(body)
    except ValueError as error:
        raise _fault(body, str(error)) from None
    except NotJson as error:
        raise _fault(body, _relocated(error, body)) from None


def _parse(text: bytes) -> Any:
    tick()
    if len(text) > COUNTED:
        ensure(parsed_bytes(text))
    return jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True)


def _relocated(error: NotJson, body: bytes) -> str:
    """The parser's message about a part, with the place in the whole body."""
    match = _PLACE.fullmatch(error.message)
    if match is None:
        return error.message
    place = error.start + _line(error.part, int(match["line"]))[0]
    first = body.rfind(b"\n", 0, max(place, 0)) + 1
    line = body.count(b"\n", 0, first) + 1
    return f"{match['what']} at line {line} column {place - first + int(match['column'])}"


def _line(text: bytes, number: int) -> tuple[int, int]:
    """Where a line, counted from 1, begins and ends; there may be millions."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    first = int(ends[min(number - 2, len(ends) - 1)]) + 1 if number > 1 and len(ends) else 0
    return first, int(ends[number - 1]) if number <= len(ends) else len(text)


def _fault(body: bytes, message: str) -> InvalidJson | NumberOutOfRange:
    """The error for a message of the parser, with the place in the body."""
    match = _PLACE.fullmatch(message)
    what, line, column = (match["what"], int(match["line"]), int(match["column"])) if match else (message, 1, 1)
    # The parser counts bytes from the last line feed; people and editors count characters from 1.
    text = body[slice(*_line(body, line))]
    help = None
    if column == 0 and line > 1:
        # A line break within a string: the parser is at the line after it.
        line, text, help = line - 1, body[slice(*_line(body, line - 1))], "write a line break as \\n"
        column = len(text) + 1
    start = max(column - 1, 0)
    stop = start + 1
    kind: type[InvalidJson | NumberOutOfRange] = InvalidJson
    if body.startswith(b"\xef\xbb\xbf"):
        what = "the text starts with a byte order mark"
    elif what.startswith("EOF"):
        what = what.replace("EOF", "the text ends")
        start, stop = len(text), len(text) + 1
    elif what == "number out of range":
        kind, what = NumberOutOfRange, "a number has more digits than float64 can hold"
        start = len(text[:column].rstrip(_NUMBER))
        stop = len(text) - len(text[start:].lstrip(_NUMBER))
    elif what.startswith(_DUPLICATE):
        kind = DuplicateKey
        # The parser is at the key's end. A key that is spelt with escapes does not stand there, nor anywhere near.
        key = what.removeprefix(_DUPLICATE).encode()
        if (at := text.rfind(key, max(column - len(key) - 2, 0), column)) >= 0:
            start, stop = at, at + len(key)
    elif what == "recursion limit exceeded":
        kind, what = JsonTooDeep, "lists and objects are nested too deep"
    first, last = (len(text[:place].decode(errors="replace")) for place in (start, stop))
    span = Span(line, first + 1, line, max(last, first + 1) + 1)
    error = kind(f"{what[:1].lower()}{what[1:]} (line {line}, column {first + 1} of the body)", span=span, help=help)
    shown = text.replace(b"\r", b" ").decode(errors="replace")
    error.excerpt = excerpt(shown, Span(1, span.column, 1, span.end_column))
    return error


def validated(value: Any, model: type[Model], most_names: int) -> Model:
    """The request that a JSON value is. Raises TooManyNames and InvalidRequest.

    The lengths of its lists and maps come first, as each of their members may be a fault to report.
    """
    if isinstance(value, dict):
        _check_length("the body", value, most_names)
        for name, members in value.items():
            if isinstance(members, list | dict):
                _check_length(name, members, most_names)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise invalid_request([_named(fault, model) for fault in faults[:FAULTS_SHOWN]], len(faults)) from None


def _parsed(body: bytes, model: type[Model], most_names: int) -> Model:
    return validated(parse_json(body), model, most_names)


def _check_length(what: str, members: Sized, most: int) -> None:
    if len(members) > most:
        raise TooManyNames(f"{what[:50]} has {len(members)} members, where {most} are allowed")


def _named(fault: ErrorDetails, model: type[BaseModel]) -> ErrorDetails:
    """A validation fault; that of a field which does not exist names it, and the nearest that does."""
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        field = str(fault["loc"][0])[:50]
        near = did_you_mean(field, model.model_fields)
        fault["msg"] = f"there is no field {field}" + (f"; {near}" if near else "")
    return fault


class JsonRequest(Request):
    """A request whose body, of ``size`` bytes, has been read; its values hold at most ``parsed`` bytes."""

    size: int
    parsed: int


class JsonRoute(APIRoute):
    """A route whose request has a JSON body. Its endpoint takes the body, as the model it declares, then the request.

    The framework's own way there, through dependencies that these endpoints do not have, takes longer than evaluating a
    small program does. The declared model still validates and documents the body.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._respond = self.get_route_handler()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in (self.methods or ()):
            response = await self._respond(Request(scope, receive, send))
            await response(scope, receive, send)
        else:
            await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint
        model: type[BaseModel] = next(iter(get_type_hints(endpoint).values()))

        async def handle(request: Request) -> Response:
            headers = request.headers
            check_media_type(headers.get("content-type"), headers.get("content-encoding"))
            service = service_of(request)
            settings, workers = service.settings, service.workers
            try:
                body, need = await read_body(request, workers, settings.max.request_bytes)
                read = JsonRequest(request.scope, request.receive)
                read.size, read.parsed = len(body), need
                is_large = len(body) > settings.inline_bytes or need > INLINE_PARSED * settings.inline_bytes
                parse = partial(_parsed, body, model, settings.max.names)
                content = await workers.run(parse, request, need) if is_large else parse()
                del body, parse  # The evaluation may take long.
                response: Response = await endpoint(content, read, **request.path_params)
                return response
            finally:
                workers.end(request)

        return handle
