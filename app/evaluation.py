"""What an endpoint asks of the core, and where it runs: an evaluation that is known to be cheap on the event loop,
everything else, large requests among it, in a worker thread.

Compiling always counts as dear: a short text can make a large graph, and what it will cost is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from fastapi import Response

from adcore.compiler import Answer, Compiled, Query, normalised
from adcore.wengert.trace import Trace
from app.schemas import ProgramRequest
from app.service import service_of
from app.wire.arrays import Array, read_inputs
from app.wire.requests import JsonRequest
from app.wire.responses import to_json, write_notice

Write = Callable[[Compiled, Answer, Trace | None], dict[str, Any]]


async def respond(request: JsonRequest, asked: ProgramRequest, ask: Query, write: Write) -> Response:
    """The response to a request: its inputs read, its program compiled and evaluated, the answer as ``write`` says.

    ``write`` gives the fields that differ from endpoint to endpoint. Raises what the core raises, and ``Overloaded``.
    """
    service = service_of(request)
    settings, compiler, program = service.settings, service.compiler, asked.program

    def read() -> tuple[Query, Mapping[str, Array]]:
        return normalised(ask, read_inputs(asked.inputs, settings.max.array_elements))

    def compile_and_evaluate(ask: Query, inputs: Mapping[str, Array]) -> bytes:
        started = perf_counter()
        compiled, cached = compiler.compile(program, inputs, ask)
        return evaluate(compiled, ask, inputs, started, cached)

    def evaluate(
        compiled: Compiled, ask: Query, inputs: Mapping[str, Array], started: float, cached: bool = True
    ) -> bytes:
        compiled_at = perf_counter()
        answer = compiled.evaluate(inputs)
        trace = compiled.trace(inputs) if ask.trace else None
        done = perf_counter()
        written = {
            "program_id": compiled.program_id,
            **write(compiled, answer, trace),
            "notices": [write_notice(notice) for notice in answer.notices],
            "cached": cached,
            "timing": {
                # Whole microseconds; round() to a digit would take longer than some evaluations.
                "compile_ms": int((compiled_at - started) * 1e6) / 1e3,
                "evaluate_ms": int((done - compiled_at) * 1e6) / 1e3,
                "engine": compiled.engine,
            },
        }
        return to_json(written)

    if request.size > settings.inline_bytes:
        body = await service.workers.run(lambda: compile_and_evaluate(*read()))
    else:
        ask, inputs = read()
        started = perf_counter()
        found = compiler.lookup(program, inputs, ask)
        if found is not None and found.work * (found.points(inputs) if found.many else 1) <= settings.inline_work:
            body = evaluate(found, ask, inputs, started)
        else:
            body = await service.workers.run(lambda: compile_and_evaluate(ask, inputs))
    return Response(body, media_type="application/json")
