"""What the errors mean: the catalogue that the ``type`` of every problem refers to."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response

from app.errors import meaning_of, problem_kinds, status_of, title_of
from app.schemas import ProblemsResponse

router = APIRouter(tags=["language"])


def catalogue() -> list[dict[str, Any]]:
    return [
        {"code": kind.code, "status": status_of(kind), "title": title_of(kind.code), "meaning": meaning_of(kind)}
        for kind in problem_kinds()
    ]


@router.get("/problems", summary="The kinds of errors", response_model=ProblemsResponse)
async def list_problems() -> Response:
    """Every code an error can have, its HTTP status and what it means."""
    return Response(orjson.dumps({"problems": catalogue()}), media_type="application/json")
