"""Probes: ``live`` says that the process answers at all, ``ready`` that it takes requests."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.errors import NotReady
from app.openapi import problems
from app.schemas import Health

router = APIRouter(prefix="/health", tags=["service"])

_OK = b'{"status":"ok"}'


@router.get("/live", summary="Is the process alive?", response_model=Health)
async def live() -> Response:
    """Answers at once, whatever the worker threads are doing."""
    return Response(_OK, media_type="application/json")


@router.get("/ready", summary="Does the service take requests?", response_model=Health, responses=problems(503))
async def ready(request: Request) -> Response:
    """Answers 503 while the service starts and once it shuts down."""
    if not request.app.state.ready:
        raise NotReady("the service is starting or shutting down")
    return Response(_OK, media_type="application/json")
