"""``POST /grad``: the value and the gradients of a program, and the trace of both."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from adcore.compiler import Answer, Compiled, Query
from adcore.wengert.trace import Trace
from app.evaluation import respond
from app.openapi import BODY_PROBLEMS
from app.schemas import GradRequest, GradResponse
from app.wire.array_text import write_array
from app.wire.requests import JsonRequest, JsonRoute
from app.wire.responses import write_arrays, write_trace

router = APIRouter(tags=["derivatives"], route_class=JsonRoute)

EXAMPLES: dict[str, Any] = {
    "two numbers, with the trace": {
        "summary": "A function of two numbers, and its trace",
        "value": {"program": "log(x1) + x1*x2 - sin(x2)", "inputs": {"x1": 2, "x2": 5}, "trace": True},
    },
    "a loss": {
        "summary": "The loss of a linear model, by its weights",
        "value": {
            "program": "r = X @ w - y\nreturn mean(r**2) + 0.1*sum(abs(w))",
            "inputs": {"X": [[1, 2], [3, 4], [5, 6]], "w": [0.5, -0.25], "y": [1, 2, 3]},
            "wrt": ["w"],
        },
    },
    "forward mode": {
        "summary": "Forward mode, whose trace has the tangents",
        "value": {"program": "exp(-x**2 / 2)", "inputs": {"x": 0.5}, "mode": "forward", "trace": True},
    },
    "a batch": {
        "summary": "Many points at once",
        "value": {"program": "a * sin(x)", "inputs": {"a": 2, "x": [0, 0.5, 1, 1.5]}, "batch": True},
    },
    "a function": {
        "summary": "A function pasted from NumPy, with a branch",
        "value": {
            "program": "import numpy as np\n\ndef huber(r, delta=1.0):\n    if np.abs(r) <= delta:\n"
            "        return 0.5 * r**2\n    return delta * (np.abs(r) - 0.5 * delta)\n",
            "inputs": {"r": 3, "delta": 1},
        },
    },
}


@router.post("/grad", summary="Value and gradients", response_model=GradResponse, responses=BODY_PROBLEMS)
async def grad(body: Annotated[GradRequest, Body(openapi_examples=EXAMPLES)], request: JsonRequest) -> Response:
    """The value of one scalar output of the program, and its gradient with respect to each input.

    In `reverse` mode one sweep gives all gradients, in `forward` mode there is one sweep for each element of the
    inputs; `auto` takes the cheaper. With `trace` the answer has every intermediate value, and every adjoint or
    tangent.
    """
    query = Query(
        kind="gradient",
        outputs=None if body.output is None else (body.output,),
        wrt=None if body.wrt is None else tuple(body.wrt),
        mode=body.mode,
        batch=body.batch if isinstance(body.batch, bool) else tuple(body.batch),
        trace=body.trace,
    )

    def write(compiled: Compiled, answer: Answer, trace: Trace | None) -> dict[str, Any]:
        (output,) = compiled.outputs
        written = {
            "output": output,
            "value": write_array(answer.values[output], body.encoding),
            "gradients": write_arrays(answer.gradients, body.encoding),
            "mode": compiled.mode,
        }
        if trace is not None:
            written["trace"] = write_trace(trace, body.encoding)
        return written

    return await respond(request, body, query, write)
