"""What serving a gradient costs beside an endpoint that computes nothing: ``python -m tests.benchmarks.serving``.

One worker, 8 connections on 127.0.0.1, the endpoints in turn; ratios of the medians over several rounds.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

CONNECTIONS = 8
REQUESTS = 500
ROUNDS = 9
TABLE_1 = {"program": "y = log(x1) + x1*x2 - sin(x2)", "inputs": {"x1": 2, "x2": 5}}


def http(path: str, body: object) -> bytes:
    """A request, as its bytes."""
    text = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """The body of the answer to a request; RuntimeError if it is not a 200."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(body.decode())
    return body


async def rate(port: int, request: bytes) -> float:
    """Requests a second over all connections."""
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(REQUESTS):
            await ask(reader, writer, request)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(*pair) for pair in connections))
    return CONNECTIONS * REQUESTS / (time.perf_counter() - start)


async def latency(port: int, make: Callable[[int], bytes], count: int = 200) -> float:
    """The median seconds of a request on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for i in range(count):
        request = make(i)
        start = time.perf_counter()
        await ask(reader, writer, request)
        times.append(time.perf_counter() - start)
    writer.close()
    return statistics.median(times)


def new_program(i: int) -> bytes:
    """A program of Table 1's size that no cache has seen."""
    program = f"y = log(x1) + x1*x2 - sin(x2 + {i}.{time.time_ns()})"
    return http("/grad", {"program": program, "inputs": {"x1": 2, "x2": 5}})


async def measure(port: int) -> None:
    paths = ("/baseline", "/bare", "/grad")
    rates: dict[str, list[float]] = {path: [] for path in paths}
    for path in paths:
        await rate(port, http(path, TABLE_1))
    for _ in range(ROUNDS):
        for path in paths:
            rates[path].append(await rate(port, http(path, TABLE_1)))
    for path in paths:
        print(f"{path:10} {statistics.median(rates[path]):8.0f} requests/s")
    for other in ("/baseline", "/bare"):
        ratios = [a / b for a, b in zip(rates["/grad"], rates[other], strict=True)]
        print(
            f"/grad has {statistics.median(ratios):.2f} of the rate of {other} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    known = await latency(port, lambda _: http("/baseline", TABLE_1))
    fresh = await latency(port, new_program)
    print(f"a new program takes {(fresh - known) * 1e3:.2f} ms longer than /baseline ({known * 1e3:.2f} ms)")


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.benchmarks.baseline:create"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        asyncio.run(measure(port))
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
