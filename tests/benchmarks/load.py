"""How the service bears up under load: ``python -m tests.benchmarks.load [--tree FOLDER] [--seconds 60]``.

16, 64 and 256 connections send mixed requests, each the next as soon as it has its answer, while 200 clients send a
byte a second and 200 leave before their answer comes. An answer is good if it is what the request deserves. The service
runs from ``--tree``, so any state of the tree can be measured; a process of its own measures the probes.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# On Linux the whole of 127/8 is this machine, so that clients of different kinds have addresses of their own.
SLOW, ABANDONING = ("127.0.0.2", "127.0.0.3") if sys.platform == "linux" else ("127.0.0.1", "127.0.0.1")
PROBE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
TABLE_1 = "y = log(x1) + x1*x2 - sin(x2)"
LOOP = "y = x\nfor i in range(n):\n  y = y + sin(y)*0.01\ny"
LONG = "y = x + zeros(1000000)\n" + "y = sin(y)\n" * 3 + "sum(y)"
FUNCTION = "def f(x, a):\n  r = x - a\n  if abs(r) <= 1.0:\n    return 0.5*r**2\n  return abs(r) - 0.5\nf(x, 2.5)"
_new = itertools.count(random.randrange(10**9))


@dataclass(frozen=True)
class Kind:
    """A kind of request: how often it comes, and what it asks for."""

    weight: int
    path: str
    make: Callable[[], bytes]
    status: int = 200


def asked(program: str, /, *, more: dict[str, object] | None = None, **inputs: object) -> bytes:
    return json.dumps({"program": program, "inputs": inputs} | (more or {})).encode()


LARGE_BODY = asked("sum(x)", x=[random.random() for _ in range(20_000)])


KINDS = {
    "known program": Kind(45, "/grad", lambda: asked(TABLE_1, x1=random.random() + 1, x2=5)),
    "known arrays": Kind(10, "/evaluate", lambda: asked("mean((x - mean(x))**2)", x=[random.random()] * 100)),
    "new program": Kind(10, "/grad", lambda: asked(f"{TABLE_1} + {next(_new)}", x1=2, x2=5)),
    "new function": Kind(2, "/grad", lambda: asked(f"{FUNCTION} + {next(_new)}", x=random.random() * 5)),
    "trace": Kind(5, "/grad", lambda: asked(TABLE_1, x1=2, x2=5, more={"trace": True})),
    "graph": Kind(5, "/graph", lambda: asked(TABLE_1, x1=2, x2=5, more={"of": "gradient"})),
    "new graph": Kind(5, "/graph", lambda: asked(f"{TABLE_1} + {next(_new)}", x1=2, x2=5)),
    "loop": Kind(10, "/grad", lambda: asked(LOOP, x=random.random(), n=random.randrange(5, 200))),
    "mistake": Kind(4, "/grad", lambda: asked("3*sinn(x) + 1", x=2), 422),
    "large body": Kind(3, "/evaluate", lambda: LARGE_BODY),
    "long evaluation": Kind(1, "/evaluate", lambda: asked(LONG, x=random.random())),
}


def http(kind: Kind) -> bytes:
    content = kind.make()
    head = f"POST {kind.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def drawn() -> Iterator[Kind]:
    """Kinds of requests, without end."""
    while True:
        yield from random.choices(list(KINDS.values()), [kind.weight for kind in KINDS.values()], k=100)


STARTS = [b"POST /grad HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", http(KINDS["large body"])[:5000]]
"""How slow clients begin: with a head, or with the body of a large request."""


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of the answer that comes."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    declared = re.search(rb"content-length: *(\d+)", head)
    if declared is not None:
        return int(head[9:12]), await reader.readexactly(int(declared[1]))
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size + 2))
    await reader.readuntil(b"\r\n")
    return int(head[9:12]), b"".join(part[:-2] for part in parts)


@dataclass
class Counts:
    """What came of the requests of one load."""

    good: list[float] = field(default_factory=list)
    """Seconds to each good answer."""
    refused: Counter[str] = field(default_factory=Counter)
    slow_closed: int = 0
    abandoned: int = 0
    memory: float = 0.0
    """The most resident memory of the service, in MB."""
    processor: float = 0.0
    """The seconds of processor time that the service used."""


async def client(port: int, counts: Counts, until: float) -> None:
    """Send requests, one after the other, over a connection that is opened again where the service closes it."""
    kinds = drawn()
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        except OSError:
            counts.refused["no connection"] += 1
            await asyncio.sleep(0.1)
            continue
        try:
            while time.monotonic() < until:
                kind = next(kinds)
                request = http(kind)
                start = time.perf_counter()
                writer.write(request)
                status, body = await answer(reader)
                if status == kind.status:
                    counts.good.append(time.perf_counter() - start)
                else:
                    code = re.search(rb'"code":"(\w+)"', body)
                    counts.refused[f"{status} {code[1].decode() if code else ''}".strip()] += 1
        except (OSError, EOFError):
            counts.refused["closed"] += 1
        finally:
            writer.close()


async def slow(port: int, counts: Counts, until: float) -> None:
    """Send a byte a second: of a head, or of a body that was declared as a large one."""
    await asyncio.sleep(random.random())
    while time.monotonic() < until:
        with suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(SLOW, 0))
            writer.write(random.choice(STARTS))
            try:
                while time.monotonic() < until and not reader.at_eof():
                    writer.write(b"1")
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1000), 1)
            finally:
                writer.close()
                counts.slow_closed += time.monotonic() < until
        await asyncio.sleep(0.2)


async def abandoning(port: int, counts: Counts, until: float) -> None:
    """Send requests, and close the connection soon after."""
    kinds = drawn()
    await asyncio.sleep(random.random())
    while time.monotonic() < until:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ABANDONING, 0))
            writer.write(http(next(kinds)))
            await asyncio.sleep(0.05 * random.random())
            writer.transport.abort()
            counts.abandoned += 1
        await asyncio.sleep(1)


def probe(port: int, seconds: float, pipe: object) -> None:
    """Probe the service every 20 ms, and send the seconds that each probe took."""
    took = []
    until = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        while time.monotonic() < until:
            start = time.perf_counter()
            connection.sendall(PROBE)
            told = b""
            while not told.endswith(b'{"status":"ok"}'):
                told += connection.recv(10_000)
            took.append(time.perf_counter() - start)
            time.sleep(0.02)
    pipe.send(took)  # type: ignore[attr-defined]


def resident(pid: int) -> float:
    """The resident memory of a process in MB; NaN where the system does not tell."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return float("nan")


def processor_seconds(pid: int) -> float:
    """The processor time of a process; NaN where the system does not tell."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return float("nan")


async def measure(port: int, pid: int, args: argparse.Namespace, connections: int) -> Counts:
    counts = Counts()
    before = processor_seconds(pid)
    until = time.monotonic() + args.seconds
    tasks = [asyncio.create_task(client(port, counts, until)) for _ in range(connections)]
    tasks += [asyncio.create_task(slow(port, counts, until)) for _ in range(args.slow)]
    tasks += [asyncio.create_task(abandoning(port, counts, until)) for _ in range(args.abandoning)]
    while time.monotonic() < until:
        await asyncio.sleep(0.2)
        counts.memory = max(counts.memory, resident(pid))
    counts.processor = processor_seconds(pid) - before
    _, late = await asyncio.wait(tasks, timeout=60)
    counts.refused["never answered"] += len(late)
    for task in late:
        task.cancel()
    return counts


@contextmanager
def service(tree: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a service that runs from ``tree``."""
    command = [sys.executable, "-m", "app", "--port", "0"]
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            assert running.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:(\d+)", running.stdout.readline())
            if address is None:
                raise RuntimeError("the service does not say where it listens")
            yield int(address[1]), running.pid
        finally:
            running.terminate()


def report(connections: int, seconds: float, counts: Counts, probes: list[float]) -> None:
    good = sorted(counts.good) or [float("nan")]
    cells = (
        f"{connections:>11}",
        f"{len(counts.good) / seconds:>8.0f}",
        f"{statistics.median(good) * 1e3:>9.1f}",
        f"{good[int(0.99 * len(good))] * 1e3:>9.1f}",
        f"{len(counts.good) / counts.processor:>9.0f}",
        f"{counts.memory:>8.0f}",
        f"{statistics.median(probes) * 1e3:>9.1f}",
        f"{max(probes) * 1e3:>9.1f}",
        f"  {', '.join(f'{count} {code}' for code, count in counts.refused.items() if count) or 'none refused'};",
        f"{counts.slow_closed} slow clients closed, {counts.abandoned} requests abandoned",
    )
    print(*cells, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--tree", type=Path, default=Path.cwd(), help="the folder to run the service from")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--connections", type=int, nargs="*", default=[16, 64, 256])
    parser.add_argument("--slow", type=int, default=200, help="clients that send a byte a second")
    parser.add_argument("--abandoning", type=int, default=200, help="clients that leave before their answer comes")
    args = parser.parse_args()
    print("connections   good/s      50 %  99 %, ms  good/cpu s  MB most  probe 50 %  most, ms   refused")
    for connections in args.connections:
        with service(args.tree) as (port, pid):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=probe, args=(port, args.seconds, theirs))
            process.start()
            counts = asyncio.run(measure(port, pid, args, connections))
            probes = ours.recv() if ours.poll(60) else [float("inf")]
            process.join()
        report(connections, args.seconds, counts, probes)


if __name__ == "__main__":
    main()
