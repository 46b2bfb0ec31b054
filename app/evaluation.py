"""Where the work of a request runs: an evaluation that is known to be cheap on the event loop, all other work, reading
large requests included, in a worker thread.

Compiling always counts as expensive: a short text can make a large graph, and its cost is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from fastapi import Response

from adcore.clock import current
from adcore.compiler import Answer, Compiled, Query, normalised
from adcore.wengert.trace import Trace
from app.schemas import ProgramRequest
from app.service import service_of
from app.wire.arrays import Array, read_inputs
from app.wire.requests import JsonRequest
from app.wire.responses import to_json, write_notice

LARGE = 2_000_000
"""Numbers beyond which an evaluation counts as long work, of which only a few are begun at a time."""

Write = Callable[[Compiled, Answer, Trace | None], dict[str, Any]]


async def respond(request: JsonRequest, body: ProgramRequest, query: Query, write: Write) -> Response:
    """The response to ``body``: its inputs are read, its program is compiled for ``query`` and evaluated.

    ``write`` makes the fields of the answer that differ from endpoint to endpoint. Raises the errors of the core, and
    ``Overloaded``.
    """
    service = service_of(request)
    settings, compiler, program = service.settings, service.compiler, body.program

    def read() -> tuple[Query, Mapping[str, Array]]:
        return normalised(query, read_inputs(body.inputs, settings.max.array_elements))

    def compile_and_evaluate(query: Query, inputs: Mapping[str, Array]) -> bytes:
        started = perf_counter()
        compiled, cached = compiler.compile(program, inputs, query)
        clock = current()
        if clock is not None and compiled.elements(compiled.points(inputs)) > LARGE:
            clock.claim()
        return evaluate(compiled, query, inputs, started, cached)

    def evaluate(
        compiled: Compiled, query: Query, inputs: Mapping[str, Array], started: float, cached: bool = True
    ) -> bytes:
        compiled_at = perf_counter()
        answer = compiled.evaluate(inputs)
        trace = compiled.trace(inputs) if query.trace else None
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
        content = await service.workers.run(lambda: compile_and_evaluate(*read()), request)
    else:
        query, inputs = read()
        started = perf_counter()
        compiled = compiler.lookup(program, inputs, query)
        cheap = compiled is not None and compiled.work * compiled.points(inputs) <= settings.inline_work
        if compiled is not None and cheap:
            content = evaluate(compiled, query, inputs, started)
        else:
            content = await service.workers.run(lambda: compile_and_evaluate(query, inputs), request)
    return Response(content, media_type="application/json")
