"""What must hold of the answer to any request, and a service in this process that is asked without a network."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from app.main import create_app
from app.schemas import ProblemDetails
from app.settings import ServiceLimits, Settings
from tests.fuzzing.bodies import Request

# Small enough that a hostile program is stopped soon, large enough that the examples run.
LIMITS = ServiceLimits(
    array_elements=200_000,
    live_elements=1_000_000,
    stack_elements=200_000,
    graph_nodes=20_000,
    loop_steps=200_000,
    trace_rows=500,
    compilation_seconds=1.0,
    evaluation_seconds=1.0,
)
SLACK = 1.0
"""Seconds that an answer may come after its limits: half a second is promised, the rest is for busy machines."""


class Broken(AssertionError):
    """An answer that no client should get."""


@dataclass
class Answers:
    """How many answers there were of each status, and the slowest."""

    statuses: dict[int, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    count: int = 0


def create_fuzzed_app() -> FastAPI:
    return create_app(Settings(max=LIMITS, threads=1))


async def ask(app: FastAPI, request: Request, answers: Answers) -> None:
    """Post one request and check its answer.

    Raises:
        Broken: The service failed, the answer is none of those that it documents, or it came too late.
    """
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(request.body)).encode()),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "root_path": "",
        "state": {},
    }
    messages: list[Any] = [{"type": "http.request", "body": request.body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        if messages:
            return messages.pop()
        return await asyncio.Event().wait()  # the client stays

    async def send(message: Any) -> None:
        sent.append(message)

    answers.count += 1
    start = time.perf_counter()
    try:
        await asyncio.wait_for(app(scope, receive, send), LIMITS.compilation_seconds + LIMITS.evaluation_seconds + 20)
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}") from error
    seconds = time.perf_counter() - start
    status = sent[0]["status"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    answers.statuses[status] = answers.statuses.get(status, 0) + 1
    answers.slowest = max(answers.slowest, seconds)
    if seconds > LIMITS.compilation_seconds + LIMITS.evaluation_seconds + SLACK:
        raise Broken(f"the answer {status} took {seconds:.1f} s")
    if status >= 500 and status != 503:
        raise Broken(f"status {status}: {body[:300]!r}")
    content = json.loads(body, parse_constant=_no_constant) if _is_json(sent[0]["headers"]) else {}
    if status >= 400:
        problem = ProblemDetails.model_validate(content)
        answers.codes[problem.code] = answers.codes.get(problem.code, 0) + 1


def _is_json(headers: list[tuple[bytes, bytes]]) -> bool:
    return b"json" in dict(headers)[b"content-type"]


def _no_constant(name: str) -> Any:
    raise Broken(f"{name} is no JSON")
