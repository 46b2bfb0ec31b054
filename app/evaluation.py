"""What an endpoint asks of the core, and where it runs: an evaluation that is known to be cheap on the event loop,
everything else, large requests among it, in a worker thread.

Compiling always counts as dear: a short text can make a large graph, and what it will cost is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from fastapi import Request, Response

from adcore.program import Answer, Ask, Compiled
from adcore.wengert import Trace
from app.answers import to_json
from app.arrays import Array, read_inputs
from app.dependencies import service_of
from app.schemas import Asked

Write = Callable[[Compiled, Answer, Trace | None], dict[str, Any]]


async def respond(request: Request, asked: Asked, ask: Ask, write: Write, trace: bool = False) -> Response:
    """The response to a request: its inputs read, its program compiled and evaluated, the answer as ``write`` says.

    ``write`` gives the fields that differ from endpoint to endpoint. Raises what the core raises, and ``Overloaded``.
    """
    service = service_of(request)
    settings, compiler = service.settings, service.compiler

    def read() -> dict[str, Array]:
        return read_inputs(asked.inputs, settings.max.array_elements)

    def evaluate(inputs: dict[str, Array], started: float, found: Compiled | None = None) -> bytes:
        compiled, cached = compiler.compile(asked.program, inputs, ask) if found is None else (found, True)
        compiled_at = perf_counter()
        answer = compiled.evaluate(inputs)
        rows = compiled.trace(inputs) if trace else None
        done = perf_counter()
        written = {
            "program_id": compiled.program_id,
            **write(compiled, answer, rows),
            "notices": (),
            "cached": cached,
            "timing": {
                # Whole microseconds; round() to a digit would take longer than some evaluations.
                "compile_ms": int((compiled_at - started) * 1e6) / 1e3,
                "evaluate_ms": int((done - compiled_at) * 1e6) / 1e3,
                "engine": compiled.engine,
            },
        }
        return to_json(written)

    if len(await request.body()) > settings.inline_bytes:
        body = await service.workers.run(lambda: evaluate(read(), perf_counter()))
    else:
        inputs = read()
        started = perf_counter()
        found = compiler.lookup(asked.program, inputs, ask)
        if found is not None and found.work * (found.points(inputs) if ask.batch else 1) <= settings.inline_work:
            body = evaluate(inputs, started, found)
        else:
            body = await service.workers.run(lambda: evaluate(inputs, perf_counter()))
    return Response(body, media_type="application/json")
