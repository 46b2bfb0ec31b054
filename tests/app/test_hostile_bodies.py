"""Bodies made to freeze the service: each is answered, and a probe beside it never waits."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from app.settings import ServiceLimits
from tests.app.conftest import Probed, assert_alive

MOST = ServiceLimits().request_bytes


def names(field: str, count: int, **more: object) -> bytes:
    return json.dumps({"program": "y = x", "inputs": {"x": 1}, field: ["y"] * count} | more).encode()


HOSTILE = [
    pytest.param(b"[" * 20_001 + b'{"' + b'\\"' * 40_000, "json_too_deep", id="brackets, then a key of escaped quotes"),
    pytest.param(b"[" + b"[]," * 20_001 + b'{"' + b'\\"' * 80_000, "invalid_json", id="the same, brackets closed"),
    pytest.param(b"[" + b"[]," * 20_001 + b'"' * (MOST - 100_000), "invalid_json", id="quotes, as many as go in"),
    pytest.param(names("outputs", 8_000), "too_many_names", id="an output 8,000 times"),
    pytest.param(names("outputs", 1_000), "repeated_name", id="an output 1,000 times"),
    pytest.param(
        b'{"program": "x", "wrt": [' + b"1," * (MOST // 2 - 20) + b"1]}", "too_many_names", id="8 MB of wrong names"
    ),
    pytest.param(
        json.dumps({"program": "x", "shapes": {f"x{i}": [-1] * 64 for i in range(1_000)}}).encode(),
        "invalid_request",
        id="shapes that are wrong at 64,000 places",
    ),
    pytest.param(
        b"{" + b",".join(b'"k%d":0' % i for i in range(200_000)) + b"}", "too_many_names", id="unknown fields"
    ),
    pytest.param(b"\n" * (MOST - 1) + b"x", "invalid_json", id="lines"),
]


@pytest.mark.parametrize(("body", "code"), HOSTILE)
def test_a_hostile_body_freezes_nothing(probed: Probed, body: bytes, code: str) -> None:
    path = "/graph" if b'"shapes"' in body else "/evaluate" if b'"outputs"' in body else "/grad"
    headers = {"Content-Type": "application/json"}
    answer = probed.ask(lambda client: client.post(path, content=body, headers=headers))
    assert answer.json()["code"] == code
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 5_000


PROGRAMS = [
    pytest.param("x = 1\n" * 9_990 + "x x", id="lines, then a mistake"),
    pytest.param("(x:=x)," * 9_300 + "x x", id="assignments in a tuple, then a mistake"),
    pytest.param("f'''" + "a" * 50_000 + "{x}" * 990 + "'''[", id="fields of an f-string"),
    pytest.param("x+" * 32_000 + "x x", id="a sum"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_that_are_long_to_parse_freeze_nothing(probed: Probed, program: str) -> None:
    """Python's parser lets nothing else run, so that texts that come together are parsed one after the other: a probe
    waits for one of them, or two, and not for all."""

    def post(number: int) -> int:
        return probed.client.post("/grad", json={"program": f"{program} # {number}"}).status_code

    def ask(client: httpx.Client) -> set[int]:
        with ThreadPoolExecutor(8) as threads:
            return set(threads.map(post, range(8)))

    started = time.perf_counter()
    assert post(8) == 422
    alone = time.perf_counter() - started
    assert probed.ask(ask, 2 * alone) == {422}


def test_a_client_that_sends_first_and_reads_then_sees_that_the_body_is_too_large(client: httpx.Client) -> None:
    """As Python's urllib, which would see a broken pipe if the connection ended before its body did."""
    for size in (MOST + 1, 2 * MOST):
        request = urllib.request.Request(
            f"{client.base_url}/grad", b" " * size, {"Content-Type": "application/json"}, method="POST"
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        assert refused.value.code == 413
        assert json.load(refused.value)["code"] == "request_too_large"
        refused.value.close()
        assert_alive(client)


def test_a_chunked_body_that_is_too_large_is_refused_to_the_end(client: httpx.Client) -> None:
    head = b"POST /grad HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30) as connection:
        connection.sendall(head)
        for _ in range(12):
            connection.sendall(chunk)
        connection.sendall(b"0\r\n\r\n")
        answer = b""
        while more := connection.recv(65_536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"request_too_large" in answer
    assert_alive(client)
