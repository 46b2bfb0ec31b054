"""Where the work of a request runs: an evaluation that is known to be cheap on the event loop, at once; what may be
cheap there too, as long as it is (see ``work.inline``); all other work, reading large requests included, in a worker
thread, when the memory is there that it is predicted to need.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from math import inf
from time import perf_counter, thread_time
from typing import Any, TypeVar

from fastapi import Response
from starlette.requests import ClientDisconnect

from adcore.clock import Cancelled, claim
from adcore.compiler import Answer, Compiled, Query, answer_bytes, evaluation_bytes, least_seconds, normalised
from adcore.wengert.trace import Trace
from app.schemas import EvaluateRequest, GradRequest
from app.service import service_of
from app.wire.arrays import Array, read_inputs
from app.wire.lengths import answer_length, check_length, trace_length
from app.wire.requests import JsonRequest
from app.wire.responses import JsonResponse, to_json, write_notice
from app.work.inline import OutOfTime

T = TypeVar("T")

WORK_BYTES = 16 * 2**20
"""Memory of any work in a thread: a stack of 8 MB, and what is small."""
SOURCE_BYTES = 1_280
"""Memory that compiling takes for each character of a program, measured with long and with nested ones."""
ROW_BYTES = 2_500
"""Memory of a row of a trace, beside its array."""
SHORT_ANSWER = 2**20
"""Bytes up to which an answer is written as one text."""

Write = Callable[[Compiled, Answer, Trace | None], dict[str, Any]]


async def respond(request: JsonRequest, body: GradRequest | EvaluateRequest, query: Query, write: Write) -> Response:
    """The response to ``body``: its inputs are read, its program is compiled for ``query`` and evaluated.

    ``write`` makes the fields of the answer that differ from endpoint to endpoint. Raises the errors of the core,
    Overloaded, MemoryBudgetExceeded and AnswerTooLarge.
    """
    service = service_of(request)
    settings, compiler, program = service.settings, service.compiler, body.program
    limits = settings.max
    was_compiled = False

    def read() -> tuple[Query, Mapping[str, Array]]:
        return normalised(query, read_inputs(body.inputs, limits.array_elements))

    def compile_and_evaluate(query: Query, inputs: Mapping[str, Array], is_inline: bool = False) -> Response:
        body.inputs.clear()  # They are arrays now, and their lists may be large.
        inputs_bytes = sum(array.nbytes for array in inputs.values())
        claim(inputs_bytes + compilation_bytes(program))
        started = perf_counter()
        compiled, cached = compiler.compile(program, inputs, query)
        nonlocal was_compiled  # On the event loop perhaps, before the evaluation ran out of time there.
        was_compiled = was_compiled or not cached
        points = compiled.points(inputs)
        length = answer_length(compiled, points, body.encoding)
        check_length(length, limits.answer_bytes, points)
        claim(WORK_BYTES + inputs_bytes + evaluation_bytes(compiled, points) + trace_bytes(compiled))
        began = thread_time()
        answered, trace = evaluate(compiled, query, inputs, started, not was_compiled)
        service.inline.remember(compiled.key, thread_time() - began)
        kept = answer_bytes(compiled, points)
        if trace is not None:
            length += trace_length(trace, body.encoding)
            check_length(length, limits.answer_bytes, points)
            kept += trace_bytes(compiled)
        if length <= SHORT_ANSWER:
            return Response(to_json(answered, length), media_type="application/json")
        if is_inline:
            raise OutOfTime
        claim(kept)
        return JsonResponse(answered, service.workers.turn_of(request).keep(kept))

    def trace_bytes(compiled: Compiled) -> int:
        if not query.trace:
            return 0
        if compiled.trace_plan is not None:
            return ROW_BYTES * compiled.trace_plan.layout.rows
        return 8 * limits.trace_elements + 2 * ROW_BYTES * limits.trace_rows

    def evaluate(
        compiled: Compiled, query: Query, inputs: Mapping[str, Array], started: float, cached: bool = True
    ) -> tuple[dict[str, Any], Trace | None]:
        compiled_at = perf_counter()
        answer = compiled.evaluate(inputs)
        trace = compiled.trace(inputs) if query.trace else None
        done = perf_counter()
        return {
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
        }, trace

    if request.size > settings.inline_bytes:
        return await in_worker(lambda: compile_and_evaluate(*read()), request, program)
    query, inputs = read()
    started = perf_counter()
    compiled = compiler.lookup(program, inputs, query)
    if compiled is not None and compiled.work * compiled.points(inputs) <= settings.inline_work:
        answered, _ = evaluate(compiled, query, inputs, started)
        return Response(to_json(answered), media_type="application/json")
    key = program if compiled is None else compiled.key
    is_small = len(program) <= settings.inline_source_bytes
    predicted = least_seconds(compiled, compiled.points(inputs)) if compiled is not None else 0.0 if is_small else inf
    job = partial(compile_and_evaluate, query, inputs)
    return await tried(partial(job, is_inline=True), key, predicted, job, request, program)


async def tried(
    short: Callable[[], T], key: Hashable, predicted: float, job: Callable[[], T], request: JsonRequest, program: str
) -> T:
    """What ``job`` returns, or ``short``, which is the same for the event loop, where it ends in time.

    It is tried unless it took too long before, by ``key``, or is predicted to.
    """
    inline = service_of(request).inline
    if inline.is_short(key, predicted):
        try:
            return await inline.run(short, request.scope)
        except OutOfTime:
            inline.remember(key, inf)
        except Cancelled:
            raise ClientDisconnect from None
    return await in_worker(job, request, program)


async def in_worker(job: Callable[[], T], request: JsonRequest, program: str) -> T:
    """What ``job`` returns, which compiles ``program`` in a worker thread."""
    workers = service_of(request).workers
    turn = workers.turn_of(request)
    if not turn.begun:
        turn.bring(request.parsed)
    return await workers.run(job, request, compilation_bytes(program))


def compilation_bytes(program: str) -> int:
    """What compiling a program is predicted to take."""
    return WORK_BYTES + SOURCE_BYTES * len(program)
