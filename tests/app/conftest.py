"""A running service for the tests to talk to, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.server.server import Server
from app.settings import ServiceLimits, Settings


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
