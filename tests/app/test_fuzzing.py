"""Random requests, nearly right: whatever they are, the service gives an answer that it documents, and in time.

``python -m tests.fuzzing`` asks as many more as you like.
"""

from __future__ import annotations

import asyncio
from random import Random

import httpx
import pytest

from tests.fuzzing.answers import Answers, ask, create_fuzzed_app
from tests.fuzzing.bodies import Request, random_request
from tests.fuzzing.connections import random_bytes, send
from tests.fuzzing.corpus import seeds

REQUESTS = CONNECTIONS = 200


async def _ask_all(requests: list[Request]) -> Answers:
    app, answers = create_fuzzed_app(), Answers()
    async with app.router.lifespan_context(app):
        for number, request in enumerate(requests):
            try:
                await ask(app, request, answers)
            except AssertionError as error:
                error.add_note(f"request {number}: {request}")
                raise
    return answers


@pytest.mark.untraced
def test_random_requests_get_documented_answers() -> None:
    answers = asyncio.run(_ask_all([random_request(Random(seed)) for seed in range(REQUESTS)]))
    # Were all of them refused for one reason, they would show nothing.
    assert answers.statuses[200] > REQUESTS / 30
    assert len(answers.codes) > 10


def test_the_seeds_are_programs_of_both_kinds() -> None:
    assert len(seeds()) > 100
    assert all(seed.program and seed.inputs for seed in seeds())


@pytest.mark.untraced
def test_random_bytes_on_a_connection_are_answered_or_end_it(client: httpx.Client) -> None:
    answers = Answers()
    for seed in range(CONNECTIONS):
        send(client.base_url.port or 0, random_bytes(Random(seed)), answers)
    assert answers.statuses[200] > 20
    assert answers.statuses[400] > 20
    assert client.get("/health/live").status_code == 200
