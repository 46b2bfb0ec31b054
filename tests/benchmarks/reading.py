"""What reading 100,000 numbers costs beside parsing and converting them: ``python -m tests.benchmarks.reading``.

The same body through the application, and through ``orjson.loads`` and ``numpy.array`` alone; ratio of medians.
"""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx
import numpy as np
import orjson

from app.main import create_app

NUMBERS = 100_000
ROUNDS = 30


async def measure() -> None:
    body = orjson.dumps({"program": "sum(x)", "inputs": {"x": np.random.default_rng(0).normal(size=NUMBERS).tolist()}})
    headers = {"Content-Type": "application/json"}
    transport = httpx.ASGITransport(app=create_app())
    through, alone = [], []
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            answer = await client.post("/evaluate", content=body, headers=headers)
            through.append(time.perf_counter() - start)
            assert answer.status_code == 200, answer.text
            start = time.perf_counter()
            np.array(orjson.loads(body)["inputs"]["x"])
            alone.append(time.perf_counter() - start)
    request, least = statistics.median(through), statistics.median(alone)
    print(f"request {request * 1e3:.2f} ms, orjson and numpy alone {least * 1e3:.2f} ms, ratio {request / least:.2f}")


if __name__ == "__main__":
    asyncio.run(measure())
