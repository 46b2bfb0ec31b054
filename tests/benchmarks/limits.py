"""Whether the limits of time hold under load: ``python -m tests.benchmarks.limits [load ...]``.

Two threads, evaluations of at most 2 s and compilations of at most 3 s, under one load after the other. Beside each,
small new programs are compiled, small cached ones answered, and the service probed. Milliseconds: median and longest.
"""

from __future__ import annotations

import itertools
import json
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.app.conftest import process

SECONDS = 8.0
CLIENTS = 16
EVALUATION, COMPILATION = 2.0, 3.0
LOOP = "y = x\nwhile y > 0:\n  y = y + sin(y)**2\ny"
EMPTY = "y = x\nfor i in range(10000000):\n  for j in range(10000000):\n    y = y\ny"
LOADS = {
    "nothing": "",
    "long loops": LOOP,
    "loops without body": EMPTY,
    "long loops, abandoned": LOOP,
    "convolutions": "sum(convolve(arange(200000)*x, arange(200000)))",
    "special functions": "sum(jv(0.5, arange(10000000)*x))",
    "large matrices": "sum(expm(zeros((3000, 3000)) + x))",
    "differences": "sum(diff(arange(1000000)*x, n=500000))",
    "solvers": "sum(root(lambda t: t**3 - x - arange(1000), ones(1000)))",
    "long compilations": "+".join(["x"] * 32_000),
    "nested derivatives": "def f(t): return sin(t)*exp(t)/(1 + t**2)\n" + "grad(" * 10 + "f" + ")" * 10 + "(x)",
}
JSON = {"content-type": "application/json"}
Times = list[float]


def body(text: str, x: float) -> bytes:
    return json.dumps({"program": text, "inputs": {"x": x}}).encode()


@contextmanager
def loaded(address: str, name: str, answered: Counter[str], longest: Times) -> Iterator[None]:
    """Within this, as many clients send the load, each one request after the other; or leave it after half a second."""
    text, done = LOADS[name], threading.Event()
    numbers = itertools.count(1)
    host, port = address.removeprefix("http://").split(":")

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            while not done.is_set():
                start = time.perf_counter()
                # Another comment makes another program, which is compiled anew.
                answer = client.post("/grad", content=body(f"{text}\n# {next(numbers)}", 1.0), headers=JSON)
                longest.append(time.perf_counter() - start)
                answered[answer.json().get("code", "answered")] += 1

    def abandon() -> None:
        while not done.is_set():
            content = body(text, 1.0 + next(numbers))
            head = "POST /grad HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(content)}"
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(head.encode() + b"\r\n\r\n" + content)
                done.wait(0.5)
            answered["abandoned"] += 1

    target = abandon if "abandoned" in name else ask
    threads = [threading.Thread(target=target) for _ in range(CLIENTS if text else 0)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def beside(address: str, stop: float) -> dict[str, Times]:
    """The seconds that small requests took until ``stop``, by kind, each kind from a client of its own."""
    took: dict[str, Times] = {"probe": [], "cached": [], "new": []}
    numbers = itertools.count()
    requests: dict[str, Callable[[httpx.Client], httpx.Response]] = {
        "probe": lambda client: client.get("/health/live"),
        "cached": lambda client: client.post("/grad", content=body("x*x", 2.0), headers=JSON),
        "new": lambda client: client.post("/grad", content=body(f"sin(x)*{next(numbers)}", 2.0), headers=JSON),
    }

    def ask(kind: str) -> None:
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            while time.monotonic() < stop:
                start = time.perf_counter()
                requests[kind](client).raise_for_status()
                took[kind].append(time.perf_counter() - start)
                time.sleep(0.02)

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def main() -> None:
    print(f"{'load':24}{'probe':>16}{'cached':>16}{'new':>16}   slowest of the load, in s; its answers")
    limits = {"max_evaluation_seconds": str(EVALUATION), "max_compilation_seconds": str(COMPILATION)}
    with process(threads="2", max_loop_steps="1000000000", **limits) as (address, _):
        for name in sys.argv[1:] or LOADS:
            answered: Counter[str] = Counter()
            longest: Times = []
            with loaded(address, name, answered, longest):
                took = beside(address, time.monotonic() + SECONDS)
            cells = [f"{statistics.median(t) * 1e3:7.1f}{max(t) * 1e3:9.1f}" for t in took.values()]
            told = ", ".join(f"{count} {code}" for code, count in answered.items())
            print(f"{name:24}{''.join(cells)}   {max(longest, default=0.0):6.1f}; {told}", flush=True)


if __name__ == "__main__":
    main()
