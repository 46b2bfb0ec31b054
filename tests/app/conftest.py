"""A running service for the tests to talk to, over real HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from app.main import create_app
from app.server.server import Server
from app.settings import ServiceLimits, Settings

T = TypeVar("T")


@contextmanager
def serving(settings: Settings) -> Iterator[httpx.Client]:
    """A client of a service with these settings, which runs in a thread of this process while the context lasts."""
    settings = settings.model_copy(update={"port": 0, "log_level": "critical"})
    server = Server(create_app(settings), settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.01)
        with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


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


PROMPT = 0.1
"""Seconds within which a probe is answered, whatever else the service does."""


def assert_alive(client: httpx.Client) -> None:
    """The service answers a probe at once; the best of a few, as the machine of the tests is busy."""
    times: list[float] = []
    while not times or (min(times) > PROMPT and len(times) < 5):
        started = time.perf_counter()
        assert client.get("/health/live").status_code == 200
        times.append(time.perf_counter() - started)
    assert min(times) <= PROMPT, times


class Probed:
    """A service in a process of its own that answers probes while it is asked something else."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def ask(self, ask: Callable[[httpx.Client], T], most: float = 0.0) -> T:
        """What ``ask`` returns; no probe that is sent meanwhile, or afterwards, may wait, or just ``most`` seconds.

        A busy machine can hold up a probe as well, so it is enough that one of a few rounds has no slow probe, compared
        with those that it holds up while the service has nothing to do.
        """
        for _ in range(4):
            most = max(most, PROMPT, 5 * max(self.probe() for _ in range(10)))
            slowest = 0.0
            with ThreadPoolExecutor(1) as thread:
                answer = thread.submit(ask, self.client)
                done = False
                while not done:
                    done = answer.done()
                    slowest = max(slowest, self.probe())
                    time.sleep(0.002)
            if slowest <= most:
                break
        assert slowest <= most
        return answer.result()

    def probe(self) -> float:
        """The seconds that a probe takes."""
        started = time.perf_counter()
        assert self.client.get("/health/live").status_code == 200
        return time.perf_counter() - started


@pytest.fixture(scope="session")
def probed() -> Iterator[Probed]:
    """A service with the default settings, to be asked what might freeze it."""
    with process() as (address, _), httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        yield Probed(client)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    """A client of a service with the default settings."""
    with serving(Settings()) as client:
        yield client


@pytest.fixture
def limited() -> Iterator[Callable[..., httpx.Client]]:
    """Makes clients of services with other limits: ``limited(source_bytes=10)``."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(serving(Settings(max=ServiceLimits(**limits))))


@pytest.fixture(scope="session")
def textbook() -> Any:
    """The numbers of the report's table and figure."""
    return json.loads((Path(__file__).parent.parent / "reference" / "textbook.json").read_text(encoding="utf-8"))
