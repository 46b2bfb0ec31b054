"""The pages about the API work without the internet: all they load comes from the service itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_loads_nothing_from_elsewhere(client: httpx.Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", answer.text)
    assert loaded
    for address in loaded:
        assert not re.match(r"[a-z]*:?//", address), address
        if not address.startswith("data:"):
            assert client.get(address).status_code == 200, address
    # What a script would load from elsewhere, the browser refuses.
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_the_start_page_leads_to_the_documentation(client: httpx.Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize(
    ("page", "shown"), [("/docs", ["/grad", "Value and gradients", "/health/live"]), ("/redoc", ["/grad", "Redocly"])]
)
def test_a_browser_shows_the_page(client: httpx.Client, page: str, shown: list[str], tmp_path: Path) -> None:
    assert CHROMIUM is not None
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    more = "--disable-component-update --disable-sync --virtual-time-budget=10000 --dump-dom"
    command = [CHROMIUM, *flags.split(), *more.split(), f"--user-data-dir={tmp_path}", str(client.base_url.join(page))]
    drawn = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    for text in shown:
        assert text in drawn
    for address in re.findall(r"""<(?:img|script|link|iframe)[^>]*?(?:src|href)="([^"]+)""", drawn):
        assert address.startswith(("/", "data:", "blob:", str(client.base_url))), address
