"""The application with two more endpoints, which compute nothing: what a request costs at the least.

``/baseline`` is FastAPI's ordinary way from a request model to a response model. ``/bare`` reads and writes its body
the way the application's own endpoints do.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response

from app.main import create_app
from app.schemas import GradRequest, GradResponse
from app.wire.requests import JsonRequest, JsonRoute
from app.wire.responses import to_json

ANSWER: dict[str, Any] = {
    "program_id": "0" * 32,
    "output": "y",
    "value": 11.652071455223084,
    "gradients": {"x1": 5.5, "x2": 1.7163378145367738},
    "mode": "reverse",
    "notices": [],
    "cached": True,
    "timing": {"compile_ms": 0.0, "evaluate_ms": 0.0, "engine": "interpreter"},
}


async def baseline(asked: GradRequest) -> Any:
    return ANSWER


async def bare(asked: GradRequest, request: JsonRequest) -> Response:
    return Response(to_json(ANSWER), media_type="application/json")


def create() -> FastAPI:
    """The application, with the endpoints to compare with."""
    app = create_app()
    app.add_api_route("/baseline", baseline, methods=["POST"], response_model=GradResponse)
    app.router.add_api_route(
        "/bare", bare, methods=["POST"], response_model=GradResponse, route_class_override=JsonRoute
    )
    return app
