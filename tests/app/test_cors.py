"""Pages of other origins: which may call the service from a browser."""

from __future__ import annotations

import httpx
import pytest

from app.settings import Settings
from tests.app.conftest import serving

HERE, THERE = "https://example.org", "https://example.com"
BODY = {"program": "x*x", "inputs": {"x": 3}}


def preflight(client: httpx.Client, origin: str, method: str = "POST") -> httpx.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
    return client.options("/grad", headers={"Origin": origin, **asked})


def test_without_the_setting_no_other_origin_is_let_in(client: httpx.Client) -> None:
    assert preflight(client, HERE).status_code == 405
    answer = client.post("/grad", json=BODY, headers={"Origin": HERE})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("setting", "origin", "allowed"),
    [
        (HERE, HERE, HERE),
        (HERE, THERE, None),
        (f"{HERE}/ , {THERE}", THERE, THERE),
        ("*", THERE, "*"),
        (HERE, "null", None),
    ],
)
def test_an_origin_that_is_named_is_let_in(
    setting: str, origin: str, allowed: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADSERVE_CORS_ORIGINS", setting)
    with serving(Settings()) as client:
        before = preflight(client, origin)
        assert (before.status_code == 200) is (allowed is not None)
        assert before.headers.get("access-control-allow-origin") == allowed
        answer = client.post("/grad", json=BODY, headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers
        # An error can be read as well as an answer.
        error = client.post("/grad", json={"program": "x +"}, headers={"Origin": origin})
        assert (error.status_code, error.json()["code"]) == (422, "syntax_error")
        assert error.headers.get("access-control-allow-origin") == allowed
