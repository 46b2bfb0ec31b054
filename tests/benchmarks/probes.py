"""How long a probe waits while every worker is busy: ``python -m tests.benchmarks.probes``.

Two workers under several loads, in turn: long evaluations, and bodies of lists as large as are read. Milliseconds.
"""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time

import httpx

from app.settings import ServiceLimits
from tests.app.conftest import process

SIZE = ServiceLimits().request_bytes - 100
SECONDS = 4.0


def body(element: str) -> bytes:
    """A request of the largest size, which sums a list of this."""
    count = SIZE // (len(element) + 1)
    return b'{"program":"sum(x)","inputs":{"x":[' + ",".join([element] * count).encode() + b"]}}"


LOADS = {
    "long evaluations": b'{"program":"y = x + zeros(1000000)\\n' + b"y = sin(y)\\n" * 40 + b'sum(y)","inputs":{"x":1}}',
    "floats": body(repr(random.random())),
    "short floats": body("1.5"),
    "one-digit integers": body("1"),
    "pairs": body("[1,2]"),
    "lists of one": body("[1]"),
    "empty lists": body("[]"),
    "lists of lists of one": body("[[1]]"),
    "not a list in the end": body("[1]")[:-4] + b",x]}}",
}


def measure(address: str, load: bytes) -> tuple[list[float], int]:
    """The seconds each probe took while four clients sent the load, and how many of these were answered."""
    stop = time.monotonic() + SECONDS
    answered: list[int] = []

    def ask() -> None:
        headers = {"content-type": "application/json"}
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            while time.monotonic() < stop:
                answered.append(client.post("/evaluate", content=load, headers=headers).status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    took = []
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        time.sleep(0.3)
        while time.monotonic() < stop:
            start = time.perf_counter()
            client.get("/health/live").raise_for_status()
            took.append(time.perf_counter() - start)
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    return took, len(answered)


def main() -> None:
    chosen = sys.argv[1:] or list(LOADS)
    print(f"{'load':24}  median     99 %      max   requests")
    with process(threads="2") as (address, _):
        for name in chosen:
            took, count = measure(address, LOADS[name])
            cut = statistics.quantiles(took, n=100)[98] if len(took) > 1 else took[0]
            print(f"{name:24}{statistics.median(took) * 1e3:8.1f}{cut * 1e3:9.1f}{max(took) * 1e3:9.1f}{count:11}")


if __name__ == "__main__":
    main()
