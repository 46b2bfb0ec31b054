"""One connection: uvicorn's protocol on httptools, which reads whatever is sent, with bounds on what that may be.

The parser gathers a header until it is complete, so what has no end is stopped by counting what is fed to it between
two of its events. Times are looked after by a sweep over all connections and not by timers, of which each request would
need several. Who is refused is told so, in the one shape that errors have; what it still sends is read and passed over
for a moment, since a system that closes on unread bytes takes the answer back.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, cast

import orjson
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from adcore.errors import AdcoreError
from app.errors import EVERYWHERE, MEDIA_TYPE, HeadTooLarge, MalformedRequest, RequestTooSlow, problem

if TYPE_CHECKING:
    from app.server.server import ServerConfig


class Phase(Enum):
    """What a connection is at."""

    IDLE = auto()
    """Nothing of a request has come yet."""
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """The request is complete."""
    ENDED = auto()
    """What is still sent is read and passed over, until the client has its answer."""


class TooMuch(Exception):
    """Ends the parser's work within one of its events."""


class Answering:
    """A connection's transport, as an answer uses it: closing it waits for a client that is still sending."""

    def __init__(self, protocol: BoundedProtocol, transport: asyncio.Transport) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = protocol.close


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose requests are bounded in size, number and time. See ``Connections``."""

    def __init__(
        self,
        config: ServerConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.all = config.connections
        self.limits = config.connections.limits
        self.keep_alive_seconds = config.settings.keep_alive_seconds
        self.least_bytes = self.limits.stalled_seconds * config.settings.min_bytes_per_second
        """What has to come, or to be read, in the time after which a transfer counts as stalled."""
        self.address = ""
        self.arriving = 0
        self.phase = Phase.IDLE
        self.deadline = self.write_deadline = inf
        self.fault: AdcoreError | None = None
        self.answering: asyncio.Transport
        self._now = self.loop.time()
        self._head_bytes = self._headers = 0
        self._events = self._bytes_since_event = 0
        self._unwritten = self._arrived = 0
        """At the begin of the time that is measured."""
        self._passed_over = 0

    # --- what the transport calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client is not None else ""
        self.answering = cast(asyncio.Transport, Answering(self, transport))
        self.deadline = self._now + self.limits.head_seconds
        self.all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.ENDED:
            self._passed_over += len(data)
            if self._passed_over > self.limits.drained_bytes:
                self.drop()
            return
        self._now = self.loop.time()
        before = self._events
        super().data_received(data)
        self._bytes_since_event = self._bytes_since_event + len(data) if self._events == before else 0
        if self._bytes_since_event > self.limits.header_bytes:
            self.refuse(self._head_too_large())
        if self.arriving:
            self.all.check_bodies()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin_write(self.loop.time())

    def resume_writing(self) -> None:
        super().resume_writing()
        self.write_deadline = inf
        if self.phase is Phase.IDLE:
            self._idle()

    # --- what the parser calls

    def on_message_begin(self) -> None:
        self._events += 1
        self._head_bytes = self._headers = 0
        self.phase, self.deadline = Phase.HEAD, self._now + self.limits.head_seconds
        super().on_message_begin()
        self.scope["state"]["is_closing"] = self.transport.is_closing

    def on_url(self, url: bytes) -> None:
        self._events += 1
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._events += 1
        self._headers += 1
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= self.limits.pipelined_requests:
            self._fail(MalformedRequest("more requests are sent ahead than this service takes"))
        self.phase = Phase.BODY
        self._begin_window(self._now)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._events += 1
        self.all.receive(self, len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._events += 1
        self.all.forget_body(self)
        self.phase, self.deadline = Phase.ANSWER, inf
        super().on_message_complete()

    # --- what uvicorn calls

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.phase is Phase.BODY:
            # Nobody waits for the rest of the body, so there is no telling where the next request begins.
            self.close()
        elif self.phase is Phase.ANSWER and not self._is_answering:
            self._idle()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.transport = self.answering
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        self.refuse(self.fault or MalformedRequest("this is not a request of HTTP/1.1"))

    def _unsupported_upgrade_warning(self) -> None:
        """A request to go on in another protocol is answered in this one, and nothing to warn of."""

    # --- bounds

    @property
    def is_waiting(self) -> bool:
        return self.phase in (Phase.IDLE, Phase.HEAD) and not self._is_answering

    @property
    def _is_answering(self) -> bool:
        latest: RequestResponseCycle | None = self.cycle
        return latest is not None and not latest.response_complete

    def check(self, now: float) -> None:
        """End the connection where its time is over."""
        if now >= self.write_deadline:
            unwritten = self.transport.get_write_buffer_size()
            if unwritten > self._unwritten - self.least_bytes:
                self.drop()
                return
            self._begin_write(now)
        if now < self.deadline:
            return
        if self.phase is Phase.BODY:
            is_ours = self.flow.read_paused or self.cycle.waiting_for_100_continue
            if is_ours or self.arriving - self._arrived >= self.least_bytes:
                self._begin_window(now)
            else:
                self.refuse(RequestTooSlow("the body takes too long to arrive"))
        elif self.phase is Phase.HEAD:
            if self._is_answering:
                self.deadline = now + self.limits.head_seconds
            else:
                self.refuse(RequestTooSlow("the head of the request takes too long to arrive"))
        elif self.phase is Phase.IDLE and (unwritten := self.transport.get_write_buffer_size()):
            # Closing would wait until the client has read this.
            self.deadline = inf
            self._begin_write(now)
        elif self.phase is Phase.IDLE:
            self.deadline = now + self.limits.linger_seconds
            self.transport.close()
        else:
            self.drop()

    def refuse(self, error: AdcoreError) -> None:
        """Tell the client why nothing more is read, where no answer is under way, and end the connection."""
        if self.phase is Phase.ENDED or self.transport.is_closing():
            return
        is_next = self.phase in (Phase.IDLE, Phase.HEAD)
        is_free = not self._is_answering if is_next else not self.cycle.response_started
        if self._is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_free and not self.pipeline:
            self.transport.write(_written(error, self.server_state.default_headers))
            self._linger()
        else:
            self.drop()

    def close(self) -> None:
        """End the connection once the answer is written; a client that is still sending has time to read it."""
        if self.phase is Phase.BODY:
            self._linger()
        elif self.phase is not Phase.ENDED:
            self.transport.close()

    def _linger(self) -> None:
        self.phase, self.deadline = Phase.ENDED, self.loop.time() + self.limits.linger_seconds
        self.all.forget_body(self)
        self._unset_keepalive_if_required()
        self.transport.write_eof()
        self.flow.resume_reading()

    def drop(self) -> None:
        self.transport.abort()

    def _idle(self) -> None:
        self.phase, self.deadline = Phase.IDLE, self.loop.time() + self.keep_alive_seconds

    def _begin_window(self, now: float) -> None:
        self._arrived, self.deadline = self.arriving, now + self.limits.stalled_seconds

    def _begin_write(self, now: float) -> None:
        self._unwritten = self.transport.get_write_buffer_size()
        self.write_deadline = now + self.limits.stalled_seconds

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.limits.header_bytes or self._headers > self.limits.headers:
            self._fail(self._head_too_large())

    def _fail(self, fault: AdcoreError) -> None:
        self.fault = fault
        raise TooMuch

    def _head_too_large(self) -> HeadTooLarge:
        return HeadTooLarge(
            f"the head of the request is larger than {self.limits.header_bytes} bytes or {self.limits.headers} headers"
        )


def _written(error: AdcoreError, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The whole answer that tells of an error."""
    details = problem(error)
    status = HTTPStatus(details["status"])
    content = orjson.dumps(details)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        *[name + b": " + value for name, value in headers],
        b"content-type: " + MEDIA_TYPE.encode(),
        b"content-length: " + str(len(content)).encode(),
        *[f"{name}: {value}".lower().encode() for name, value in EVERYWHERE.items()],
        b"connection: close",
        *([b"retry-after: 1"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        b"",
        content,
    ]
    return b"\r\n".join(lines)
