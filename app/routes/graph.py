"""``POST /graph``: the dataflow graph of a program or of its gradient, as data or as the text of a drawing."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Response

from adcore.compiler import Query, normalised
from adcore.export import describe_graph, to_dot, to_mermaid
from app.arrays import Array, read_inputs, read_shape
from app.errors import InvalidRequest
from app.openapi import BODY_PROBLEMS
from app.requests import JsonRequest, JsonRoute
from app.schemas import GraphRequest, GraphResponse
from app.service import service_of

router = APIRouter(tags=["graphs"], route_class=JsonRoute)

_FIGURE_1 = "Z = A*B + C\nW = Z + 4\nY = Z**2 - (3*Z + B)"
EXAMPLES: dict[str, Any] = {
    "levels": {
        "summary": "Which nodes can fire at the same time",
        "value": {"program": _FIGURE_1, "shapes": {"A": [], "B": [], "C": []}, "outputs": ["W", "Y"]},
    },
    "gradient": {
        "summary": "The graph of the value and the gradients",
        "value": {"program": "log(x1) + x1*x2 - sin(x2)", "inputs": {"x1": 2, "x2": 5}, "of": "gradient"},
    },
    "dot": {
        "summary": "A drawing for Graphviz",
        "value": {"program": _FIGURE_1, "shapes": {"A": [], "B": [], "C": []}, "format": "dot"},
    },
}
_DRAWINGS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The graph",
        "content": {
            "text/vnd.graphviz": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
}


@router.post("/graph", summary="The dataflow graph", response_model=GraphResponse, responses=_DRAWINGS | BODY_PROBLEMS)
async def graph(asked: Annotated[GraphRequest, Body(openapi_examples=EXAMPLES)], request: JsonRequest) -> Response:
    """The nodes, which node reads which, and the levels: nodes of one level can be computed at the same time.

    `work` is the number of operations, `span` the number of levels: their ratio is the parallelism there is. With
    `format` `dot` or `mermaid` the answer is the text of a drawing.
    """
    service = service_of(request)
    limits = service.settings.max
    both = [name for name in asked.inputs if name in asked.shapes]
    if both:
        raise InvalidRequest(f"{both[0]} has both a value and a shape", help="give one of the two")

    def draw() -> Response:
        inputs: dict[str, Array | tuple[int, ...]] = {
            **read_inputs(asked.inputs, limits.array_elements),
            **{
                name: read_shape(shape, f"shapes.{name}", limits.array_elements) for name, shape in asked.shapes.items()
            },
        }
        ask = Query(
            outputs=None if asked.outputs is None else tuple(asked.outputs),
            wrt=None if asked.wrt is None else tuple(asked.wrt),
        )
        ask, given = normalised(ask, inputs)
        drawn = service.compiler.graph(asked.program, given, asked.of, ask.outputs, ask.wrt)
        if asked.format == "dot":
            return Response(to_dot(drawn), media_type="text/vnd.graphviz")
        if asked.format == "mermaid":
            return Response(to_mermaid(drawn), media_type="text/plain")
        return Response(orjson.dumps(describe_graph(drawn)), media_type="application/json")

    return await service.workers.run(draw)
