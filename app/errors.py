"""Errors on their way out: one table from the branches of the exception tree to statuses, one shape for all of them.

The shape is RFC 9457's problem details; ``code`` is the name a client should branch on.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from adcore.errors import AdcoreError, InputError, LimitError, ProgramError, Span
from adcore.excerpts import excerpt, shortened

MEDIA_TYPE = "application/problem+json"


class RequestError(AdcoreError):
    """The request is at fault, before its program is looked at."""


class InvalidJson(RequestError):
    """The body is not JSON; ``span`` is the place in the body."""

    code = "invalid_json"


class DuplicateKey(InvalidJson):
    """An object of the body has the same key twice; ``span`` is the place in the body."""

    code = "duplicate_key"


class JsonTooDeep(InvalidJson):
    """The body's lists and objects are nested deeper than the parser goes; ``span`` is the place in the body."""

    code = "json_too_deep"


class NotFound(RequestError):
    """This path does not exist."""

    code = "not_found"


class MethodNotAllowed(RequestError):
    """The path does not answer to this method; the Allow header names those it answers to."""

    code = "method_not_allowed"


class UnknownHost(RequestError):
    """The Host header names a host that is not this service."""

    code = "unknown_host"


class RequestTooLarge(RequestError):
    """The body is longer than this service reads."""

    code = "request_too_large"


class MalformedRequest(RequestError):
    """What was sent is not a request of HTTP/1.1."""

    code = "malformed_request"


class HeadTooLarge(RequestError):
    """The path and the headers are longer, or more, than this service reads."""

    code = "head_too_large"


class RequestTooSlow(RequestError):
    """The request does not arrive in the time there is for it."""

    code = "request_too_slow"


class UnsupportedMediaType(RequestError):
    """The body is not declared to be plain JSON."""

    code = "unsupported_media_type"


class TooManyNames(RequestError):
    """A list or a map of names has more members than this service takes."""

    code = "too_many_names"


class InvalidRequest(RequestError):
    """The body is JSON but not a request: a field is missing, unknown or of the wrong type; ``errors`` lists the first
    of them."""

    code = "invalid_request"

    def __init__(self, message: str, *, errors: Sequence[Mapping[str, str]] = (), help: str | None = None) -> None:
        super().__init__(message, help=help)
        self.errors = errors


class MemoryBudgetExceeded(LimitError):
    """The request alone needs more memory than the service has for one."""

    code = "memory_budget_exceeded"


class AnswerTooLarge(LimitError):
    """The answer would be longer than this service writes."""

    code = "answer_too_large"


class ServiceUnavailable(AdcoreError):
    """The service cannot take the request now; the Retry-After header says when to try again."""


class Overloaded(ServiceUnavailable):
    """The service is busy: the request has waited, as long as requests may, for time or memory."""

    code = "overloaded"


class TooManyConnections(ServiceUnavailable):
    """The service has as many connections open as it takes, altogether or from this address."""

    code = "too_many_connections"


class OutOfMemory(ServiceUnavailable):
    """The memory ran out while the service worked on the request."""

    code = "out_of_memory"


class NotReady(ServiceUnavailable):
    """The service is starting or shutting down."""

    code = "not_ready"


class InternalError(AdcoreError):
    """The service failed. The fault is not the request's."""

    code = "internal_error"


STATUS: Mapping[type[AdcoreError], int] = MappingProxyType(
    {
        MalformedRequest: 400,
        InvalidJson: 400,
        NotFound: 404,
        MethodNotAllowed: 405,
        RequestTooSlow: 408,
        RequestTooLarge: 413,
        UnsupportedMediaType: 415,
        UnknownHost: 421,
        TooManyNames: 422,
        InvalidRequest: 422,
        ProgramError: 422,
        InputError: 422,
        LimitError: 422,
        HeadTooLarge: 431,
        InternalError: 500,
        ServiceUnavailable: 503,
    }
)
"""The status of each branch of the tree; a class without an entry takes its nearest ancestor's."""


EVERYWHERE: Mapping[str, str] = MappingProxyType(
    {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
)
"""Headers of every answer: what it is declared to be is what it is, and no page tells others where it is."""

HEADERS: Mapping[type[AdcoreError], Mapping[str, str]] = MappingProxyType(
    {
        # The rest of the body is not read, so the connection is of no further use.
        RequestTooLarge: {"Connection": "close"},
        UnsupportedMediaType: {"Connection": "close"},
        UnknownHost: {"Connection": "close"},
        ServiceUnavailable: {"Retry-After": "1"},
    }
)
"""Further headers of the answers of each branch."""


def status_of(kind: type[AdcoreError]) -> int:
    return next((STATUS[base] for base in kind.__mro__ if base in STATUS), 500)


def title_of(code: str) -> str:
    return code.replace("_", " ").capitalize()


def problem_kinds(root: type[AdcoreError] = AdcoreError) -> Iterator[type[AdcoreError]]:
    """Every error that has a code of its own, depth first."""
    for kind in root.__subclasses__():
        if "code" in vars(kind):
            yield kind
        yield from problem_kinds(kind)


def meaning_of(kind: type[AdcoreError]) -> str:
    """What an error of this kind says, from its docstring or the nearest ancestor's."""
    return " ".join((inspect.getdoc(kind) or "").split())


def write_span(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def problem(error: AdcoreError, **extra: Any) -> dict[str, Any]:
    """The problem details of an error, as JSON values; what does not apply is left out."""
    details: dict[str, Any] = {
        "type": f"/problems#{error.code}",
        "title": title_of(error.code),
        "status": status_of(type(error)),
        "detail": error.message,
        "code": error.code,
    }
    if error.span is not None:
        details["span"] = write_span(error.span)
    if error.excerpt is not None:
        details["excerpt"] = error.excerpt
    if error.help is not None:
        details["help"] = error.help
    if error.related:
        details["related"] = [
            {"span": write_span(span), "note": shortened(note)}
            | ({} if error.source is None else {"excerpt": excerpt(error.source, span)})
            for span, note in error.related
        ]
    if isinstance(error, InvalidRequest) and error.errors:
        details["errors"] = error.errors
    return details | extra


def problem_response(error: AdcoreError, headers: Mapping[str, str] | None = None, **extra: Any) -> Response:
    details = problem(error, **extra)
    return Response(orjson.dumps(details), details["status"], {**EVERYWHERE, **(headers or {})}, MEDIA_TYPE)


FAULTS_SHOWN = 10
"""The faults of a body that its answer lists."""


def invalid_request(faults: Sequence[Mapping[str, Any]], count: int) -> InvalidRequest:
    """The error for a body with ``count`` faults; of the first ones, the place ``loc`` and the message ``msg``."""
    # What was sent is not repeated: it may be large, and the pointer says where it is.
    shown = [{"pointer": _pointer(tuple(fault["loc"])), "detail": str(fault["msg"])} for fault in faults]
    first, more = shown[0], count - 1
    where = f" at {first['pointer']}" if first["pointer"] else ""
    others = f", and {more} more {'fault' if more == 1 else 'faults'}" if more else ""
    return InvalidRequest(f"{first['detail']}{where}{others}", errors=shown)


def _pointer(location: tuple[int | str, ...]) -> str:
    """The JSON pointer (RFC 6901) of a place in the body."""
    steps = location[1:] if location[:1] == ("body",) else location
    return shortened("".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps))


async def _on_adcore_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AdcoreError)
    return problem_response(error, next((HEADERS[base] for base in type(error).__mro__ if base in HEADERS), None))


async def _on_memory_error(request: Request, error: Exception) -> Response:
    return await _on_adcore_error(
        request, OutOfMemory("the memory ran out", help="try again after the time the Retry-After header gives")
    )


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    return problem_response(invalid_request(faults[:FAULTS_SHOWN], len(faults)))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if "content-length" in request.headers or "transfer-encoding" in request.headers:
        headers["Connection"] = "close"  # for the body is not read
    if error.status_code == 404:
        return problem_response(NotFound(f"the path {request.url.path} does not exist"), headers)
    if error.status_code == 405:
        return problem_response(MethodNotAllowed(f"{request.url.path} does not answer to {request.method}"), headers)
    return problem_response(InvalidRequest(error.detail), headers, status=error.status_code)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    # The client went away while it was sending; nobody reads this.
    return Response(status_code=400)


async def _on_anything_else(request: Request, error: Exception) -> Response:
    # The server logs the traceback; the client learns nothing of the inside.
    return problem_response(InternalError("the service failed on this request; the fault is not yours"))


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error with problem details."""
    app.add_exception_handler(AdcoreError, _on_adcore_error)
    app.add_exception_handler(MemoryError, _on_memory_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_anything_else)
