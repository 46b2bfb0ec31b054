"""``POST /evaluate``: the values of a program's outputs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from adcore.compiler import Answer, Compiled, Query
from adcore.wengert.trace import Trace
from app.evaluation import respond
from app.openapi import BODY_PROBLEMS
from app.schemas import EvaluateRequest, EvaluateResponse
from app.wire.requests import JsonRequest, JsonRoute
from app.wire.responses import write_arrays

router = APIRouter(tags=["values"], route_class=JsonRoute)

EXAMPLES: dict[str, Any] = {
    "several outputs": {
        "summary": "Several values of one program",
        "value": {
            "program": "Z = A*B + C\nW = Z + 4\nY = Z**2 - (3*Z + B)",
            "inputs": {"A": 2, "B": 3, "C": 1},
            "outputs": ["Z", "W", "Y"],
        },
    },
    "arrays": {
        "summary": "Arrays in, an array out",
        "value": {"program": "softmax(A @ x)", "inputs": {"A": [[1, 2], [3, 4]], "x": [0.5, -0.5]}},
    },
    "base64": {
        "summary": "Arrays as bytes, both ways",
        "value": {
            "program": "cumsum(x)",
            "inputs": {
                "x": {
                    "shape": [3],
                    "dtype": "float64",
                    "data": {"buffer": "AAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhA", "encoding": "base64"},
                }
            },
            "encoding": "base64",
        },
    },
}


@router.post("/evaluate", summary="Values only", response_model=EvaluateResponse, responses=BODY_PROBLEMS)
async def evaluate(body: Annotated[EvaluateRequest, Body(openapi_examples=EXAMPLES)], request: JsonRequest) -> Response:
    """The values of the program's results, or of the names in `outputs`."""
    query = Query(
        outputs=None if body.outputs is None else tuple(body.outputs),
        batch=body.batch if isinstance(body.batch, bool) else tuple(body.batch),
    )

    def write(compiled: Compiled, answer: Answer, trace: Trace | None) -> dict[str, Any]:
        return {"values": write_arrays(answer.values, body.encoding)}

    return await respond(request, body, query, write)
