"""What browsers need: headers on every answer, and no answers to names that are not the service's."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from app.wire.browsers import host_name
from tests.app.conftest import assert_alive


def status(settings: Settings, host: str, server: str = "127.0.0.1") -> int:
    """The status of a probe for ``host`` that arrives at the address ``server``."""
    app = create_app(settings)

    async def ask() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{server}") as client:
            return (await client.get("/health/live", headers={"Host": host})).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "a.localhost", "127.0.0.1:8000", "127.9.9.9", "[::1]:1"])
def test_a_service_on_loopback_answers_to_the_machine_itself(host: str) -> None:
    assert status(Settings(), host) == 200
    assert status(Settings(hosts=("example.org",)), host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil",
        "192.168.0.1",
        "",
    ],
)
def test_and_to_nobody_else(host: str) -> None:
    """Pages whose names were made to point to 127.0.0.1 (DNS rebinding) learn nothing."""
    assert status(Settings(), host) == 421


@pytest.mark.parametrize(
    ("settings", "server", "host", "expected"),
    [
        pytest.param({"host": "0.0.0.0"}, "127.0.0.1", "example.org", 200, id="every interface, as in a container"),
        pytest.param({"host": "10.0.0.1"}, "10.0.0.1", "example.org", 200, id="another address"),
        pytest.param({}, "10.0.0.1", "example.org", 200, id="another server listens elsewhere"),
        pytest.param({}, "testserver", "testserver", 200, id="no server: a client for tests"),
        pytest.param({"hosts": "*"}, "127.0.0.1", "example.org", 200, id="any"),
        pytest.param({"hosts": "a.org, Example.org"}, "127.0.0.1", "example.org", 200, id="one of them"),
        pytest.param({"hosts": "*.example.org"}, "10.0.0.1", "a.example.org", 200, id="below one"),
        pytest.param({"hosts": "*.example.org"}, "10.0.0.1", "example.org", 421, id="not below it"),
        pytest.param({"hosts": "*.example.org"}, "10.0.0.1", "anexample.org", 421, id="another one"),
        pytest.param({"hosts": "example.org", "host": "0.0.0.0"}, "10.0.0.1", "10.0.0.1", 421, id="only these"),
    ],
)
def test_the_setting(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], server: str, host: str, expected: int
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"GRADSERVE_{name.upper()}", value)
    assert status(Settings(), host, server) == expected


def test_names_in_host_headers() -> None:
    names = {"A.org": "a.org", "a.org.:80": "a.org", "[::1]:80": "[::1]", "[::1]": "[::1]", "": "", ":80": ""}
    assert {header: host_name(header) for header in names} == names


ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/health/live", {}),
    ("GET", "/", {}),
    ("GET", "/docs", {}),
    ("GET", "/docs/swagger-ui.css", {}),
    ("HEAD", "/redoc", {}),
    ("GET", "/openapi.json", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/docs/nowhere.js", {}),
    ("GET", "/grad", {}),
    ("PUT", "/docs/swagger-ui.css", {}),
    ("POST", "/grad", {"json": {"program": "x*x", "inputs": {"x": 2}}}),
    ("POST", "/grad", {"json": {"program": "sni(x)"}}),
    ("POST", "/grad", {"content": b"{"}),
    ("POST", "/grad", {"content": b" " * (8 * 2**20 + 1), "headers": {"Content-Type": "application/json"}}),
    ("POST", "/graph", {"json": {"program": "x", "inputs": {"x": 2}, "format": "mermaid"}}),
    ("GET", "/ops", {"headers": {"Host": "evil.example"}}),
    ("GET", "/ops", {"headers": {"X-Long": "a" * 100_000}}),
]


@pytest.mark.parametrize(("method", "path", "asked"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_every_answer_is_safe_in_a_browser(client: httpx.Client, method: str, path: str, asked: dict[str, Any]) -> None:
    headers = client.request(method, path, **asked).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert_alive(client)


def test_a_fault_of_the_service_is_no_exception() -> None:
    app = create_app(Settings())

    async def fail() -> None:
        raise RuntimeError

    app.add_api_route("/fail", fail)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/fail")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (500, "nosniff")
