"""What a connection may send, hold, and how long it may take: raw sockets at each limit and one past it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from app.settings import ServiceLimits, Settings
from tests.app.conftest import serving

BODY = b'{"program": "x*x", "inputs": {"x": 3}}'
POST = b"POST /grad HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
GET_SIZE = len("/health/live") + len("Host: localhost\r\n")
"""The bytes of it that count: the path, and the header with its line break."""


class Raw:
    """A connection of bytes."""

    def __init__(self, client: httpx.Client, address: str = "127.0.0.1") -> None:
        target = (client.base_url.host, client.base_url.port)
        assert target[1] is not None
        self.socket = socket.create_connection((target[0], target[1]), timeout=5, source_address=(address, 0))

    def __del__(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Raw:
        self.socket.sendall(data)
        return self

    def rest(self) -> bytes:
        """Everything that comes until the service closes the connection."""
        parts = []
        while part := self.socket.recv(65536):
            parts.append(part)
        self.socket.close()
        return b"".join(parts)

    def one(self) -> bytes:
        """One answer, of which the connection stays open."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = b""
        while len(body) < length:
            body += self.socket.recv(length - len(body))
        return head + body

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


def problem(answer: bytes) -> tuple[int, str]:
    """The status and the code of an answer of problem details."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"connection: close" in head
    details = json.loads(body)
    assert details["status"] == int(head.split()[1])
    return details["status"], details["code"]


Bounded = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def bounded() -> Iterator[Bounded]:
    """Makes clients of services with other limits, each made once."""
    made: dict[str, httpx.Client] = {}
    with ExitStack() as stack:

        def make(rate: int = 4096, keep_alive: float = 5.0, **limits: Any) -> httpx.Client:
            key = repr((rate, keep_alive, limits))
            if key not in made:
                settings = Settings(
                    max=ServiceLimits(**limits), min_bytes_per_second=rate, keep_alive_seconds=keep_alive
                )
                made[key] = stack.enter_context(serving(settings))
            return made[key]

        yield make


@contextmanager
def alive(client: httpx.Client) -> Iterator[None]:
    """After what is done within this, a probe is answered at once."""
    yield
    probe = Raw(client)
    start = time.perf_counter()
    assert probe.send(GET + b"\r\n").one().startswith(b"HTTP/1.1 200")
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("name", [b"X", b"X" * 30], ids=["value", "name"])
def test_the_length_of_a_head(bounded: Bounded, name: bytes) -> None:
    client = bounded(header_bytes=200)
    room = 200 - GET_SIZE - len(name) - 4
    head = GET + name + b": " + b"a" * room
    assert Raw(client).send(head + b"\r\n\r\n").one().startswith(b"HTTP/1.1 200")
    with alive(client):
        assert problem(Raw(client).send(head + b"a\r\n\r\n").rest()) == (431, "head_too_large")


def test_the_number_of_headers(bounded: Bounded) -> None:
    client = bounded(headers=10)
    assert Raw(client).send(GET + b"X: 1\r\n" * 9 + b"\r\n").one().startswith(b"HTTP/1.1 200")
    assert problem(Raw(client).send(GET + b"X: 1\r\n" * 10 + b"\r\n").rest()) == (431, "head_too_large")


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        GET + b"X: ",
        GET + b"X",
        GET + b"X:" + b" " * 9,
        POST + b"Transfer-Encoding: chunked\r\n\r\n2;",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ",
    ],
    ids=["path", "value", "name", "spaces", "chunk extension", "trailer"],
)
def test_what_never_ends_is_not_gathered(bounded: Bounded, start: bytes) -> None:
    client = bounded()
    more = b" " if start.endswith(b"  ") else b"a"
    with alive(client):
        raw, sent = Raw(client).send(start), 0
        try:
            while sent < 300_000_000:
                sent += raw.socket.send(more * 100_000)
        except ConnectionError:
            pass
        # What the service drains, and what the buffers of both sides hold.
        assert sent < ServiceLimits().drained_bytes + 2e7


def test_a_client_that_goes_on_sending_reads_why_it_is_refused(bounded: Bounded) -> None:
    client = bounded()
    head = GET + b"X: " + b"a" * 5_000_000
    assert problem(Raw(client).send(head).rest()) == (431, "head_too_large")
    large = POST + b"Content-Length: 40000000\r\n\r\n" + b" " * 40_000_000
    assert Raw(client).send(large).rest().startswith(b"HTTP/1.1 413")


def test_what_is_no_request(bounded: Bounded) -> None:
    assert problem(Raw(bounded()).send(b"hello\r\n\r\n").rest()) == (400, "malformed_request")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_byte_now_and_then_is_too_slow(bounded: Bounded, part: str) -> None:
    client = bounded(head_seconds=0.5, stalled_seconds=0.5, rate=1000)
    data = POST + b"Content-Length: 1000\r\n\r\n"
    raw = Raw(client).send(data if part == "body" else POST + b"X: ")
    with alive(client):
        raw.socket.setblocking(False)
        begin = time.monotonic()
        while time.monotonic() - begin < 5:
            time.sleep(0.05)
            try:
                if answer := raw.socket.recv(10_000):
                    break
            except BlockingIOError:
                raw.socket.send(b"1")
        assert problem(answer) == (408, "request_too_slow")
        assert 0.4 < time.monotonic() - begin < 2


def test_a_body_that_comes_fast_enough_may_take_its_time(bounded: Bounded) -> None:
    client = bounded(head_seconds=0.5, stalled_seconds=0.5, rate=1000)
    raw = Raw(client).send(POST + b"Content-Length: 10000\r\n\r\n" + BODY)
    for _ in range(10):
        raw.send(b" " * ((10_000 - len(BODY)) // 10))
        time.sleep(0.11)
    assert raw.send(b" " * ((10_000 - len(BODY)) % 10)).one().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("data", [b"", b"\r\n", GET + b"\r\n"], ids=["nothing", "line breaks", "a request"])
def test_a_connection_without_a_request_is_closed(bounded: Bounded, data: bytes) -> None:
    client = bounded(head_seconds=0.5, keep_alive=0.3)
    raw = Raw(client)
    begin = time.monotonic()
    if data:
        raw.send(data)
    if data.startswith(b"GET"):
        raw.one()
        raw.send(b"\r\n")
    assert raw.rest() == b""
    assert time.monotonic() - begin < 2


def test_the_bytes_of_bodies_that_are_arriving(bounded: Bounded) -> None:
    client = bounded(arriving_bytes=100_000)
    start = POST + b"Content-Length: 60000\r\n\r\n"
    first = Raw(client).send(start + b" " * 50_000)
    second = Raw(client, "127.0.0.2").send(start + b" " * 49_000)
    with alive(client):
        second.send(b" " * 1_000)
    # Of the address that has most, that is the one that is at fault; of two that have the same, one of both.
    second.send(b" " * 1)
    assert problem(second.rest()) == (503, "overloaded")
    assert first.send(BODY + b" " * (10_000 - len(BODY))).one().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("limit", ["connections", "connections_per_address"])
def test_the_number_of_connections(bounded: Bounded, limit: str) -> None:
    client = bounded(**{limit: 5})
    # With a request under way, a connection makes way for nobody.
    start = POST + b"Content-Length: 100\r\n\r\n"
    busy = [Raw(client).send(start) for _ in range(4)]
    waiting = Raw(client)
    time.sleep(0.1)
    later = Raw(client).send(GET + b"\r\n")
    assert later.one().startswith(b"HTTP/1.1 200")
    assert waiting.is_closed()
    last = later.send(start)
    time.sleep(0.1)
    answer = Raw(client).rest()
    assert problem(answer) == (503, "too_many_connections")
    assert b"retry-after: 1" in answer
    if limit == "connections_per_address":
        assert Raw(client, "127.0.0.2").send(GET + b"\r\n").one().startswith(b"HTTP/1.1 200")
    for raw in (*busy, last):
        assert raw.send(BODY + b" " * (100 - len(BODY))).one().startswith(b"HTTP/1.1 200")
        raw.socket.close()


def test_requests_sent_ahead(bounded: Bounded) -> None:
    client = bounded(pipelined_requests=4)
    raw = Raw(client).send((GET + b"\r\n") * 5)
    for _ in range(5):
        assert raw.one().startswith(b"HTTP/1.1 200")
    assert b"malformed" not in Raw(client).send((GET + b"\r\n") * 1000).socket.recv(100)


def test_a_client_that_does_not_read_loses_its_connection(bounded: Bounded) -> None:
    client = bounded(stalled_seconds=0.5, rate=1_000_000)
    content = b'{"program": "ones(4000000)*x", "inputs": {"x": 3}}'
    raw = Raw(client)
    raw.send(POST.replace(b"grad", b"evaluate") + b"Content-Length: %d\r\n\r\n" % len(content) + content)
    assert raw.socket.recv(10).startswith(b"HTTP/1.1")
    with alive(client):
        time.sleep(1.5)
    # What the system had taken to send still comes, the rest of the 16 million bytes does not.
    assert len(raw.rest()) < 12_000_000


def test_no_name_of_the_server(bounded: Bounded) -> None:
    assert "server" not in bounded().get("/health/live").headers
