"""How errors leave the service: without leaks, with every place they name, and with the headers of their kind."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
from fastapi import HTTPException, Request

from adcore.errors import ShapeMismatch, Span
from app.errors import problem
from app.main import create_app
from app.settings import Settings


def test_a_fault_of_the_service_tells_nothing_of_its_inside() -> None:
    app = create_app(Settings())

    async def fail(request: Request) -> None:
        raise RuntimeError("the password is swordfish")

    async def refuse(request: Request) -> None:
        raise HTTPException(418, "I am a teapot", headers={"X-Tea": "green"})

    app.add_api_route("/fail", fail)
    app.add_api_route("/refuse", refuse)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.get("/fail"), await client.get("/refuse")]

    failed, refused = asyncio.run(ask())
    assert (failed.status_code, failed.json()["code"]) == (500, "internal_error")
    assert "swordfish" not in failed.text
    assert "RuntimeError" not in failed.text
    assert (refused.status_code, refused.json()["status"], refused.headers["x-tea"]) == (418, 418, "green")
    for answer in (failed, refused):
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_place_of_an_error_is_shown() -> None:
    error = ShapeMismatch("they differ", span=Span(2, 5, 2, 10), related=((Span(1, 1, 1, 2), "made here"),))
    error.located("x = [1, 2]\ny = x + z")
    told = problem(error)
    assert told["excerpt"] == "y = x + z\n    ^^^^^"
    assert told["related"] == [
        {
            "span": {"line": 1, "column": 1, "end_line": 1, "end_column": 2},
            "note": "made here",
            "excerpt": "x = [1, 2]\n^",
        }
    ]
    assert (told["status"], told["title"], told["type"]) == (422, "Shape mismatch", "/problems#shape_mismatch")


def exchange(client: httpx.Client, *parts: bytes) -> bytes:
    """What the service sends back for these bytes, up to the end of the connection or of a second's silence."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=1) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            pass
    return received


HEAD = b"POST /grad HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_a_body_declared_too_long_is_refused_before_it_comes(client: httpx.Client) -> None:
    answer = exchange(client, HEAD + b"Content-Length: 99999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"request_too_large" in answer
    assert b"connection: close" in answer.lower()


def test_a_client_that_goes_away_in_the_middle_harms_nobody(client: httpx.Client) -> None:
    for _ in range(3):
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
            connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"program":')
    assert client.post("/grad", json={"program": "x*x", "inputs": {"x": 3}}).json()["value"] == 9
