"""``POST /graph``: the dataflow graph of a program or of its gradient, in any of the export formats."""

from __future__ import annotations

from math import inf
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Response

from adcore.clock import claim
from adcore.compiler import Query, normalised
from adcore.errors import AdcoreError
from adcore.export import FORMATS
from app.errors import InvalidRequest
from app.evaluation import compilation_bytes, tried
from app.openapi import BODY_PROBLEMS
from app.schemas import GraphRequest, GraphResponse
from app.service import service_of
from app.wire.arrays import Array, read_inputs, read_shape
from app.wire.lengths import check_length
from app.wire.requests import JsonRequest, JsonRoute

router = APIRouter(tags=["graphs"], route_class=JsonRoute)

NODE_BYTES = 8_000
"""Memory that the description of a node and its text take."""

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
_TEXTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The graph",
        "content": {
            each.media_type: {"schema": {"type": "string"}}
            for each in FORMATS.values()
            if each.media_type != "application/json"
        },
    }
}


@router.post("/graph", summary="The dataflow graph", response_model=GraphResponse, responses=_TEXTS | BODY_PROBLEMS)
async def graph(body: Annotated[GraphRequest, Body(openapi_examples=EXAMPLES)], request: JsonRequest) -> Response:
    """The nodes, which node reads which, and the levels: nodes of one level can be computed at the same time.

    `work` is the number of operations, `span` the number of levels: their ratio is the parallelism there is. With
    `format` `dot` or `mermaid` the answer is the text of a drawing, with `program` a program that computes the same.

    The outputs of a gradient are the program's own, then `dy/dx` for the derivative of `y` by the input `x`.
    """
    service = service_of(request)
    limits = service.settings.max
    both = [name for name in body.inputs if name in body.shapes]
    if both:
        raise InvalidRequest(f"{both[0]} has both a value and a shape", help="give one of the two")

    def write() -> Response:
        values_and_shapes: dict[str, Array | tuple[int, ...]] = {
            **read_inputs(body.inputs, limits.array_elements),
            **{name: read_shape(shape, f"shapes.{name}", limits.array_elements) for name, shape in body.shapes.items()},
        }
        query, inputs = normalised(
            Query(
                kind="none" if body.of == "program" else body.of,
                outputs=None if body.outputs is None else tuple(body.outputs),
                wrt=None if body.wrt is None else tuple(body.wrt),
            ),
            values_and_shapes,
        )
        format = FORMATS[body.format]
        graph = service.compiler.graph(body.program, inputs, query)
        claim(compilation_bytes(body.program) + NODE_BYTES * graph.count())
        try:
            written = format.write(graph)
        except AdcoreError as error:
            error.located(body.program)
            raise
        content = written.encode() if isinstance(written, str) else orjson.dumps(written)
        check_length(len(content), limits.answer_bytes, 1)
        return Response(content, media_type=format.media_type)

    is_small = (
        len(body.program) <= service.settings.inline_source_bytes and request.size <= service.settings.inline_bytes
    )
    return await tried(write, ("graph", body.program), 0.0 if is_small else inf, write, request, body.program)
