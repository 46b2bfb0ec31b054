"""Whether the service lives on little memory: ``python -m tests.benchmarks.memory [load ...]``.

A service with 2 GiB of address space (``ulimit -v``) and two threads; of each load of the largest requests as many are
sent at once as there are clients. For each: its answers by status or code, the seconds until all had theirs, the most
memory that the process had, and the slowest probe beside them.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

ADDRESS_SPACE = 2 * 2**30
CLIENTS = 32
MOST = 8 * 2**20
"""Bytes of the longest body."""
HEAD = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
HEAD += b"Connection: close\r\n\r\n"


def filled(start: str, unit: str, end: str, size: int) -> bytes:
    """A body of at most ``size`` bytes between whose start and end a text is repeated, with commas."""
    times = (size - len(start) - len(end)) // (len(unit) + 1)
    return (start + ",".join([unit] * times) + end).encode()


def packed(program: str, x: np.ndarray[tuple[int], np.dtype[np.float32]], **more: object) -> bytes:
    data = {"buffer": base64.b64encode(x.tobytes()).decode(), "encoding": "base64"}
    inputs = {"x": {"shape": x.shape, "dtype": "float32", "data": data}}
    return json.dumps({"program": program, "inputs": inputs, **more}).encode()


def asked(program: str, **more: object) -> bytes:
    return json.dumps({"program": program, "inputs": {"x": 0.5}, **more}).encode()


def loads(size: int = MOST) -> dict[str, tuple[bytes, bytes]]:
    """The paths and the bodies by name; ``size`` is that of the longest bodies."""
    numbers = np.linspace(0, 1, min(size // 8, 1_000_000), dtype=np.float32)
    start = '{"program": "cumsum(x)", "inputs": {"x": ['
    elements = min(size // 8 * 10, 10_000_000)
    return {
        "numbers": (b"/evaluate", filled(start, "0.12345678901234567", "]}}", size)),
        "small numbers": (b"/grad", filled(start, "1", "]}}", size)),
        "lists of lists": (b"/evaluate", filled(start, "[[[]]]", "]}}", size)),
        "deep lists": (b"/evaluate", filled(start, "[" * 60 + "]" * 60, "]}}", size)),
        "objects": (b"/evaluate", filled(start, '{"a":1}', "]}}", size)),
        "names": (b"/grad", filled('{"program": "x", "inputs": {"x": 1}, "wrt": [', "1", "]}", size)),
        "batch": (b"/grad", packed("sin(x)*exp(-x)", numbers, batch=True)),
        "batch, base64": (b"/grad", packed("sin(x)*exp(-x)", numbers, batch=True, encoding="base64")),
        "trace": (b"/grad", asked(f"sum(sin(arange({elements // 20})*x)**2)", trace=True)),
        "graph": (b"/graph", asked("\n".join(["y = x", *["y = sin(y)*x"] * (size // 2000), "y"]), of="gradient")),
        "answer as text": (b"/evaluate", asked(f"arange({elements // 2})*x")),
        "answer as base64": (b"/evaluate", asked(f"arange({elements})*x", encoding="base64")),
        "answer not finite": (b"/evaluate", asked(f"arange({elements // 2})/0")),
        "arrays": (b"/grad", asked(f"sum(sin(arange({elements})*x)*cos(arange({elements})*x))")),
        "temporaries": (b"/evaluate", asked(f"sum(expm(zeros(({size // 8000}, {size // 8000})) + x))")),
        "equations": (b"/grad", asked(f"sum(solve(eye({size // 8000})*x + 1, ones({size // 8000})))")),
    }


@contextmanager
def confined(address_space: int) -> Iterator[tuple[str, int, subprocess.Popen[str]]]:
    """The host, the port and the process of a service with so many bytes of address space."""
    command = ["prlimit", f"--as={address_space}", sys.executable, "-m", "app", "--port", "0"]
    environment = os.environ | {"GRADSERVE_THREADS": "2"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as running:
        try:
            assert running.stdout is not None
            match = re.search(r"http://([\d.]+):(\d+)", running.stdout.readline())
            assert match is not None, "the service does not say where it listens"
            yield match[1], int(match[2]), running
        finally:
            running.kill()


def answer(host: str, port: int, path: bytes, body: bytes) -> str:
    """The status of the answer to a request, the code of a problem, or why there is none. The answer is read whole."""
    try:
        with socket.create_connection((host, port), timeout=120) as connection:
            connection.sendall(HEAD % (path, len(body)) + body)
            received = connection.recv(2**16)
            kept, last = received[:4096], received
            while received := connection.recv(2**20):
                last = (last + received)[-5:]
                kept += received[: max(0, 4096 - len(kept))]
    except OSError as error:
        return type(error).__name__
    status = kept.split(b" ", 2)[1].decode() if kept.startswith(b"HTTP/1.1 ") else "no answer"
    code = re.search(rb'"code":"(\w+)"', kept)
    is_whole = b"chunked" not in kept.split(b"\r\n\r\n")[0] or last.endswith(b"0\r\n\r\n")
    return f"{status} {code[1].decode()}" if code and status != "200" else status if is_whole else f"{status}, cut"


def ask_at_once(host: str, port: int, path: bytes, body: bytes, clients: int) -> tuple[Counter[str], float]:
    """How often each answer came, and the slowest probe beside."""
    answers: Counter[str] = Counter()
    slowest = 0.0

    def ask() -> None:
        answers[answer(host, port, path, body)] += 1

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    with httpx.Client(base_url=f"http://{host}:{port}", timeout=60, trust_env=False) as client:
        while any(thread.is_alive() for thread in threads):
            start = time.perf_counter()
            client.get("/health/live").raise_for_status()
            slowest = max(slowest, time.perf_counter() - start)
            time.sleep(0.02)
    return answers, slowest


def most_memory(process: int) -> tuple[int, int]:
    """The most that a process had of address space and of resident memory, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    peaks = [re.search(rf"{name}:\s+(\d+)", status) for name in ("VmPeak", "VmHWM")]
    return tuple(int(peak[1]) // 1024 for peak in peaks if peak)  # type: ignore[return-value]


def main() -> None:
    print(f"{'load':20}{'seconds':>9}{'probe ms':>10}{'space MiB':>11}{'resident':>10}   answers")
    for name, (path, body) in loads().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with confined(ADDRESS_SPACE) as (host, port, running):
            start = time.perf_counter()
            answers, slowest = ask_at_once(host, port, path, body, CLIENTS)
            seconds = time.perf_counter() - start
            space, resident = most_memory(running.pid)
            told = ", ".join(f"{count} {code}" for code, count in answers.most_common())
            print(f"{name:20}{seconds:9.1f}{slowest * 1e3:10.0f}{space:11}{resident:10}   {told}", flush=True)


if __name__ == "__main__":
    main()
