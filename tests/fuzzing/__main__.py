"""Ask random requests by hand: ``python -m tests.fuzzing --requests 1000000 --seed 1``.

Each request comes from its own seed, which is printed with what went wrong: ``--seed S --requests 1`` asks it again.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
import traceback
from random import Random

from tests.fuzzing.answers import Answers, Broken, ask, create_fuzzed_app
from tests.fuzzing.bodies import random_request


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    raise SystemExit(bool(asyncio.run(fuzz(options.seed, options.requests, options.seconds))))


if __name__ == "__main__":
    main()
