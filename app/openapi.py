"""What the OpenAPI description says beyond the signatures: the errors of each operation, and
the groups of operations."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.errors import MEDIA_TYPE
from app.schemas import ProblemDetails

_MEANING: Mapping[int, str] = {
    400: "The body is not JSON, or has a key twice.",
    413: "The body is longer than the service reads.",
    415: "The body is not declared as JSON.",
    422: "The request, the program or an input is wrong; the detail says what and the span where.",
    503: "The service cannot take the request now; Retry-After says when to try again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of an operation that answers with these error statuses."""
    return {status: {"model": ProblemDetails, "description": _MEANING[status]} for status in statuses}


BODY_PROBLEMS = problems(400, 413, 415, 422, 503)
"""The errors of an operation that reads a program and runs it."""


def tags() -> list[dict[str, str]]:
    """The groups of operations, in the order of the pages."""
    return [
        {"name": "derivatives", "description": "Gradients, and the evaluation trace."},
        {"name": "values", "description": "Programs without derivatives."},
        {"name": "graphs", "description": "Programs as dataflow graphs."},
        {"name": "language", "description": "What programs are made of, and what can be wrong with them."},
        {"name": "service", "description": "Probes."},
    ]


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of ``app``, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=[_documented(route) for route in app.routes],
            tags=app.openapi_tags,
        )
        for path in schema["paths"].values():
            for operation in path.values():
                _declare_problems(operation["responses"])
        app.openapi_schema = schema
    return app.openapi_schema


def _documented(route: BaseRoute) -> BaseRoute:
    """The route without HEAD, which goes without saying where there is GET."""
    if not isinstance(route, APIRoute) or route.methods is None or "HEAD" not in route.methods:
        return route
    plain = copy.copy(route)
    plain.methods = route.methods - {"HEAD"}
    return plain


def _declare_problems(responses: dict[str, Any]) -> None:
    # The framework writes every response down with the operation's own media type.
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: response["content"].popitem()[1]}
