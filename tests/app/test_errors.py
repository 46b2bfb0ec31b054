"""How errors leave the service: without leaks, with every place they name, and with the headers of their kind."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import HTTPException, Request

from adcore.errors import ShapeMismatch, Span
from app.errors import problem
from app.main import create_app
from app.settings import Settings
from tests.app.conftest import assert_alive


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


NAME = "q" * 5_000
WORDS = "q " * 2_500
DIGITS = "7" * 4_000
ECHOED: list[tuple[str, str, Any]] = [
    *(
        ("POST", "/grad", {"program": text, "inputs": {"x": 1.5}})
        for text in (
            NAME,
            f"{NAME}(x)",
            f"np.{NAME}(x)",
            f"sin(x, {NAME}=1)",
            f"import {NAME}\n{NAME}.f(x)",
            f"if x > 0:\n  {NAME} = 1\n{NAME}",
            f"{NAME} = [x]\nwhile sum({NAME}) < x * 9:\n  {NAME} = append({NAME}, 1)\nsum({NAME})",
            f"def {NAME}(t): return {NAME}(t)\n{NAME}(x)",
            f"d = {{'{NAME}': 1}}\nd['{NAME}a']",
            f"d = {{{', '.join(f'{NAME[:30]!r} + str({i}): 1' for i in range(9))}}}\nd['a']",
            f"assert x > 2, '{WORDS}'\nx",
            f"raise ValueError('{WORDS}')",
            f"quantile([1, 2], 0.5, method='{WORDS}')",
            f"einsum('{WORDS}', x)",
            f"'{NAME}",
            f"zeros({DIGITS})",
            f"x[{DIGITS}]",
            f"x[0x{DIGITS * 3}]",
            f"raise ValueError(0x{DIGITS * 3})",
            "\n".join(f"{NAME[:20]}{i} = x" for i in range(99))
            + f"\n{', '.join(f'{NAME[:20]}{i}' for i in range(99))}",
        )
    ),
    ("POST", "/grad", {"program": "x", NAME: 1}),
    ("POST", "/grad", {"program": "x", WORDS: 1}),
    ("POST", "/grad", {"program": "x", "output": NAME[:256], "inputs": {"x": 1}}),
    ("POST", "/grad", {"program": "x", "wrt": [NAME[:256]], "inputs": {"x": 1}}),
    ("POST", "/grad", {"program": "x", "inputs": {NAME: 1}}),
    ("POST", "/grad", {"program": "x", "inputs": {WORDS[:250]: [1, "a"]}}),
    ("POST", "/grad", {"program": "x", "inputs": {"x": {NAME: 1}}}),
    ("POST", "/evaluate", {"program": "x", "outputs": [NAME[:256]] * 2, "inputs": {"x": 1}}),
    ("POST", "/graph", {"program": "x", "shapes": {NAME[:256]: [-1]}}),
    ("POST", "/grad", f'{{"{NAME}": 1, "{NAME}": 2}}'),
    ("POST", "/grad", f'{{"{NAME}'),
    ("GET", f"/{NAME}", None),
    ("GET", f"/{WORDS}", None),
    (NAME[:500], "/grad", None),
]


def texts(value: Any) -> Iterator[str]:
    """The strings of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


@pytest.mark.parametrize(("method", "path", "body"), ECHOED, ids=range(len(ECHOED)))
def test_errors_repeat_little_of_what_was_sent(client: httpx.Client, method: str, path: str, body: Any) -> None:
    content = None if body is None else body if isinstance(body, str) else json.dumps(body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    answer = client.request(method, path, content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    for text in texts(answer.json()):
        assert text.count("q") + text.count("7") <= 200
        assert len(text.partition("\n")[0]) <= 200
    assert len(answer.content) < 3_000
    assert_alive(client)


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


HEAD = b"POST /grad HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


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
