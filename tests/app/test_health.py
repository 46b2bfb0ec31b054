"""The probes: they answer while every worker is busy, and say when the service does not take requests."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from app.main import create_app
from app.settings import Settings

# 40 sines of a million elements: a second of work for a thread.
DEAR = "y = x + zeros(1000000)\n" + "y = sin(y)\n" * 40 + "sum(y)"


@contextmanager
def process(**settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a service in a process of its own, started as a user starts it."""
    environment = os.environ | {f"GRADSERVE_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "app", "--port", "0"], stdout=subprocess.PIPE, env=environment, text=True
    ) as running:
        try:
            assert running.stdout is not None
            told = re.search(r"http://127\.0\.0\.1:\d+", running.stdout.readline())
            assert told is not None, "the service does not say where it listens"
            yield told[0], running
        finally:
            running.kill()


def test_alive(client: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready"):
        response = client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


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


def test_alive_while_every_worker_is_busy() -> None:
    with process(threads="2", max_concurrent_evaluations="4") as (address, _):
        stop = time.monotonic() + 3.0
        answered: list[int] = []

        def load(number: int) -> None:
            with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
                while time.monotonic() < stop:
                    body = {"program": DEAR, "inputs": {"x": number}}
                    answered.append(client.post("/grad", json=body).status_code)

        threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        took = []
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            time.sleep(0.5)
            while time.monotonic() < stop:
                started = time.perf_counter()
                assert client.get("/health/live").status_code == 200
                took.append(time.perf_counter() - started)
                time.sleep(0.01)
        for thread in threads:
            thread.join()
        assert set(answered) == {200}
        assert len(took) > 20
        assert max(took) < 0.1, f"the slowest of {len(took)} probes took {max(took):.3f} s"


def test_a_shutdown_lets_the_requests_under_way_end() -> None:
    with process() as (address, running):
        answers: list[int] = []

        def ask() -> None:
            body = {"program": DEAR, "inputs": {"x": 1}}
            answers.append(httpx.post(f"{address}/grad", json=body, timeout=30, trust_env=False).status_code)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.3)
        running.send_signal(signal.SIGTERM)
        thread.join()
        assert answers == [200]
        assert running.wait(timeout=10) in (0, -signal.SIGTERM)
