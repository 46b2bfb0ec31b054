"""The budget of memory: what it is by default, and that what goes beyond is refused or answered 503, whatever it is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import numpy as np
import pytest

from app.main import create_app
from app.memory import control_group_limits, default_budget, ensure, machine_bytes, process_bytes
from app.service import create_service
from app.settings import ServiceLimits, Settings
from app.wire.array_text import write_array
from app.wire.responses import JsonResponse
from app.work.turns import Turns
from tests.benchmarks.memory import ask_at_once, confined, loads

GROUPS = {
    "version 2": ("0::/a/b\n", {"a/b/memory.max": "5000", "a/memory.max": "max", "memory.max": "7000"}, [5000, 7000]),
    "version 1": (
        "4:memory:/a\n3:cpu,cpuacct:/a\n",
        {"memory/a/memory.limit_in_bytes": "4000", "memory/memory.limit_in_bytes": "9000", "a/memory.max": "1"},
        [4000, 9000],
    ),
    "in a container that does not see its own path": ("0::/system/x\n", {"memory.max": "3000"}, [3000]),
    "no control groups": ("", {}, []),
}


@pytest.mark.parametrize("name", GROUPS)
def test_the_limits_of_control_groups(name: str, tmp_path: Path) -> None:
    groups, files, limits = GROUPS[name]
    (tmp_path / "cgroup").write_text(groups)
    for path, content in files.items():
        (tmp_path / "fs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / path).write_text(content + "\n")
    assert list(control_group_limits(tmp_path, tmp_path / "fs")) == limits


def test_the_default_leaves_the_machine_a_half() -> None:
    assert 2**20 < process_bytes() < default_budget() <= machine_bytes() / 2


def test_a_budget_without_room_for_work_is_told() -> None:
    with pytest.raises(ValueError, match="GRADSERVE_MEMORY_BYTES=1000000 is too small"):
        create_service(Settings(memory_bytes=1_000_000))


def test_a_request_that_alone_exceeds_the_budget_is_refused() -> None:
    app = create_app(Settings(memory_bytes=process_bytes() + 110 * 2**20, max=ServiceLimits(cache_bytes=1)))

    async def ask(program: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.post("/evaluate", json={"program": program, "inputs": {"x": 1}})

    small, large = (asyncio.run(ask(f"sum(arange({n})*x)")) for n in (1_000_000, 4_000_000))
    assert small.status_code == 200
    assert (large.status_code, large.json()["code"]) == (422, "memory_budget_exceeded")
    assert app.state.service.workers.turns.reserved == 0


def test_memory_that_runs_out_is_a_503() -> None:
    app = create_app(Settings())

    @app.get("/fail")
    async def fail() -> None:
        ensure(2**60)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/fail")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "out_of_memory", "1")


CRASHES = """
import resource
import numpy as np
from app.memory import process_bytes
from app.wire.array_text import LargeArray
from app.wire.requests import parse_json
from app.wire.responses import json_pieces
body = b"[" + b"[],[[1000]]," * 40_000 + b"1]"
answer = {"x": LargeArray(np.full(50_000, 0.1), "list")}
resource.setrlimit(resource.RLIMIT_AS, (int(open("/proc/self/statm").read().split()[0]) * 4096 + %d * 2**20,) * 2)
for work in (lambda: parse_json(body), lambda: list(json_pieces(answer))):
    try:
        work()
    except MemoryError:
        print("MemoryError")
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the address space from /proc")
def test_json_never_ends_the_process() -> None:
    """Without ``ensure``, the parser and the writer of JSON do, where memory runs out."""
    run = subprocess.run([sys.executable, "-c", CRASHES % 1], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout.split()) == (0, ["MemoryError", "MemoryError"]), run.stderr


def test_an_answer_that_nobody_reads_gives_its_memory_back() -> None:
    turns = Turns(1)
    sent: list[Any] = []

    async def answer(version: str) -> None:
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 5:
                gone.set()

        turns.reserved = 5
        turn = turns.add("a")
        turn.begun, turn.held = True, 5
        response = JsonResponse({"x": write_array(np.zeros(10**6))}, turn.keep(5))
        turn.close()
        assert turns.reserved == 5
        await response({"type": "http", "http_version": version}, receive, send)

    asyncio.run(answer("1.1"))
    assert 5 <= len(sent) < 10
    assert turns.reserved == 0
    sent.clear()
    asyncio.run(answer("1.0"))
    assert (b"content-length", str(len('{"x":[]}') + 4 * 10**6 - 1).encode()) in sent[0]["headers"]


@pytest.mark.untraced
@pytest.mark.skipif(which("prlimit") is None, reason="there is no prlimit, of util-linux")
def test_the_service_lives_on_little_memory() -> None:
    """A small version of ``tests.benchmarks.memory``, several loads at once."""
    size = 2**20
    with confined(700 * 2**20) as (host, port, running):
        for name in ("lists of lists", "answer not finite"):
            answers, _ = ask_at_once(host, port, *loads(size)[name], 4)
            codes = {code for code in answers if code.split()[0] not in ("200", "422", "503")}
            assert (codes, running.poll()) == (set(), None), name
