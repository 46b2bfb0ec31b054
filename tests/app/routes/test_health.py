"""The probes: they answer while every worker is busy, and say when the service does not take requests."""

from __future__ import annotations

import asyncio
import json
import select
import signal
import socket

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import process


def dear(sines: int) -> str:
    """A program that computes so many sines of a million elements: a second of work for a thread where it is 40."""
    return "y = x + zeros(1000000)\n" + "y = sin(y)\n" * sines + "sum(y)"


def test_alive(client: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready"):
        response = client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/ops", "/problems", "/docs", "/redoc"])
def test_head_answers_as_get_does_without_the_body(client: httpx.Client, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["content-type"] == got.headers["content-type"]


def test_not_ready_before_the_start_and_after_the_end() -> None:
    app = create_app(Settings())

    async def probe() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            statuses = [(await client.get("/health/ready")).status_code]
            async with app.router.lifespan_context(app):
                statuses.append((await client.get("/health/ready")).status_code)
            last = await client.get("/health/ready")
            assert last.headers["retry-after"] == "1"
            assert last.json()["code"] == "not_ready"
            return [*statuses, last.status_code]

    assert asyncio.run(probe()) == [503, 200, 503]


def handled(address: str, path: str, body: object) -> socket.socket:
    """A connection on which the service handles this request; its answer is yet to come.

    The service asks for the body once it handles the request ("Expect: 100-continue"), so no time is to be guessed.
    """
    content = json.dumps(body).encode()
    host = address.removeprefix("http://")
    connection = socket.create_connection((host.partition(":")[0], int(host.partition(":")[2])), timeout=120)
    head = ("Content-Type: application/json", f"Content-Length: {len(content)}", "Expect: 100-continue")
    connection.sendall("\r\n".join((f"POST {path} HTTP/1.1", f"Host: {host}", *head, "", "")).encode())
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    connection.sendall(content)
    return connection


def status(connection: socket.socket) -> int:
    """The status of the answer that comes on a connection, which is closed."""
    with connection:
        return int(connection.recv(1000).split()[1])


def test_alive_while_every_worker_is_busy() -> None:
    with process(threads="2", max_live_elements="1000000000") as (address, _):
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            client.get("/health/live")
            connections = [handled(address, "/evaluate", {"program": dear(30), "inputs": {"x": i}}) for i in range(4)]
            statuses = [client.get("/health/live").status_code for _ in range(20)]
            # A service that lets the probes wait until a worker is free answers them after the evaluations. The order
            # of the answers says so, however slow the machine is: the evaluations take a second or more of each worker,
            # the probes some milliseconds.
            before, _, _ = select.select(connections, [], [], 0)
        assert statuses == [200] * 20
        assert before == []
        assert [status(connection) for connection in connections] == [200] * 4


def test_a_shutdown_lets_the_requests_under_way_end() -> None:
    with process() as (address, running):
        connection = handled(address, "/grad", {"program": dear(10), "inputs": {"x": 1}})
        running.send_signal(signal.SIGTERM)
        assert status(connection) == 200
        assert running.wait(timeout=30) in (0, -signal.SIGTERM)
