"""How requests are evaluated: whichever engine runs a program, the answer is the same, and names it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import numpy as np

from adcore.compiler import Query
from app.main import create_app
from app.settings import Settings
from tests.adcore.counting import counting

BODY = {"program": "sin(x)*y", "inputs": {"x": 0.5, "y": 2.0}}


def test_an_answer_names_the_engine_that_computed_it() -> None:
    app = create_app(Settings())
    compiler = app.state.service.compiler

    async def ask() -> list[dict[str, Any]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            before = (await client.post("/evaluate", json=BODY)).json()
            inputs = {name: np.array(x) for name, x in (("x", 0.5), ("y", 2.0))}
            compiled = compiler.lookup(BODY["program"], inputs, Query())
            assert compiler.replace_executable(compiled, counting(compiled.derivative.graph))
            return [before, (await client.post("/evaluate", json=BODY)).json()]

    before, after = asyncio.run(ask())
    assert [answer["timing"]["engine"] for answer in (before, after)] == ["interpreter", "counting"]
    assert before["values"] == after["values"]
