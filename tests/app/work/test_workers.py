"""Work under way: it ends with its client's connection, and long work lets short work through.

A service with one thread whose evaluations may take a minute: what it answers within seconds it has not waited for.
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest
from fastapi import Request
from starlette.requests import ClientDisconnect

from adcore import clock
from app.errors import Overloaded
from app.settings import ServiceLimits, Settings
from app.work.workers import Workers
from tests.app.conftest import serving

LOOPS = {
    "a loop": "y = x\nwhile y > 0:\n  y = y + sin(y)**2\ny",
    "a loop without body": "y = x\nfor i in range(10000000):\n  for j in range(10000000):\n    y = y\ny",
    "an equation": "y = odeint(lambda y, t: -y*root(lambda s: s*s - 2, t + 1), x, linspace(0, 9, 99999))\ny[-1]",
}
MANY = 4


@pytest.fixture(scope="module")
def service() -> Iterator[httpx.Client]:
    limits = ServiceLimits(evaluation_seconds=60, compilation_seconds=60, loop_steps=10**9)
    with serving(Settings(threads=1, max=limits)) as client:
        yield client


def send(client: httpx.Client, text: str, x: float = 1.0) -> socket.socket:
    """A connection on which a request has been sent, and from which nothing is read."""
    body = json.dumps({"program": text, "inputs": {"x": x}}).encode()
    head = (
        "POST /evaluate HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    connection.sendall(head.encode() + body)
    return connection


def compiles(client: httpx.Client, number: int) -> Any:
    """The answer to a program that is not in the cache."""
    return client.post("/evaluate", json={"program": f"x + {number}", "inputs": {"x": 1}}, timeout=20)


@pytest.mark.parametrize("kind", LOOPS)
def test_work_ends_with_the_connection(service: httpx.Client, kind: str) -> None:
    """Many are abandoned: a program is compiled and answered all the same."""
    for wave in range(2):
        connections = [send(service, LOOPS[kind], 1 + number) for number in range(MANY)]
        time.sleep(0.1)
        for connection in connections:
            connection.close()
        assert compiles(service, wave).status_code == 200


def test_long_work_lets_short_work_through(service: httpx.Client) -> None:
    with ExitStack() as stack:
        for number in range(MANY - 1):
            stack.enter_context(closing(send(service, LOOPS["a loop"], 1 + number)))
        for number in range(5):
            assert compiles(service, 100 + number).json()["values"] == {"result": 101 + number}


def request_of(address: str) -> Request:
    """A request of a client that stays connected."""

    async def receive() -> Any:
        await asyncio.Event().wait()

    return Request({"type": "http", "client": (address, 1), "headers": []}, receive)


def work() -> str:
    """Work without end, which lets nothing else run."""
    present = clock.current()
    assert present is not None
    present.begin_slice(math.inf)
    while True:
        clock.tick()


def test_work_that_cannot_begin_is_refused_after_a_time() -> None:
    async def run() -> list[Any]:
        workers = Workers(1, 2**30, 0.2)
        requests = [request_of("client") for _ in range(3)]
        waiting = [asyncio.create_task(workers.run(work, request)) for request in requests]
        await asyncio.wait(waiting[1:])
        refused = [type(each.exception()) for each in waiting[1:]]
        workers.turn_of(requests[0]).cancel()
        await asyncio.wait(waiting)
        for request in requests:
            workers.end(request)
        return [refused, type(waiting[0].exception()), workers.turns.free, workers.turns.reserved]

    assert asyncio.run(run()) == [[Overloaded, Overloaded], ClientDisconnect, 1, 0]
