"""Ask random requests by hand: ``python -m tests.fuzzing --requests 1000000 --seed 1``.

Each request comes from its own seed, which is printed with what went wrong: ``--seed S --requests 1`` asks it again.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path
from random import Random

from tests.fuzzing.answers import Answers, Broken, ask, create_fuzzed_app
from tests.fuzzing.bodies import random_request
from tests.fuzzing.connections import random_bytes, send

PROBE = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


async def fuzz(first: int, count: int, most: float) -> list[int]:
    """Ask the requests of the seeds from ``first`` on; the seeds of those that broke the service."""
    app, answers = create_fuzzed_app(), Answers()
    broken: list[int] = []
    start = time.monotonic()
    async with app.router.lifespan_context(app):
        for seed in range(first, first + count):
            request = random_request(Random(seed))
            try:
                await ask(app, request, answers)
            except Broken as error:
                broken.append(seed)
                print(f"\nseed {seed}: {error}\n{request.path} {request.body.decode(errors='replace')[:2000]}")
                if error.__cause__ is not None:
                    print("".join(traceback.format_exception(error.__cause__)[-6:]))
                sys.stdout.flush()
            if time.monotonic() - start > most:
                break
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    seconds = time.monotonic() - start
    print(f"{answers.count} requests in {seconds:.0f} s, {len(broken)} broken, slowest {answers.slowest:.2f} s")
    print(f"most resident memory {memory:.0f} MiB; answers by status {dict(sorted(answers.statuses.items()))}")
    print(f"problems by code {dict(sorted(answers.codes.items(), key=lambda item: -item[1]))}")
    return broken


def fuzz_connections(first: int, count: int, most: float) -> list[int]:
    """The same with random bytes on connections to a service of its own, and a probe after every hundred."""
    answers, broken = Answers(), []
    slowest_probe = 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "app", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        assert service.stdout is not None
        address = re.search(r"http://127.0.0.1:(\d+)", service.stdout.readline())
        assert address is not None
        port, start = int(address[1]), time.monotonic()
        try:
            for seed in range(first, first + count):
                text = random_bytes(Random(seed))
                try:
                    send(port, text, answers)
                    if seed % 100 == 0:
                        probed = time.perf_counter()
                        send(
                            port,
                            b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                            Answers(),
                        )
                        slowest_probe = max(slowest_probe, time.perf_counter() - probed)
                except (Broken, OSError) as error:
                    broken.append(seed)
                    print(f"\nseed {seed}: {error!r}\n{text[:2000]!r}", flush=True)
                    if service.poll() is not None:
                        raise
                if time.monotonic() - start > most:
                    break
        finally:
            memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{service.pid}/status").read_text())
            service.terminate()
    seconds = time.monotonic() - start
    print(f"{answers.count} connections in {seconds:.0f} s, {len(broken)} broken, slowest {answers.slowest:.2f} s")
    print(
        f"slowest probe {slowest_probe * 1e3:.0f} ms; most resident memory {int(memory[1]) >> 10 if memory else 0} MiB"
    )
    print(f"connections by the status of their first answer (0: none) {dict(sorted(answers.statuses.items()))}")
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--connections", action="store_true", help="random bytes to a service over the network")
    options = parser.parse_args()
    bounds = options.seed, options.requests, options.seconds
    raise SystemExit(bool(fuzz_connections(*bounds) if options.connections else asyncio.run(fuzz(*bounds))))


if __name__ == "__main__":
    main()
