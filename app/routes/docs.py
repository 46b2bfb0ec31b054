"""The pages that show the API, with every asset served by the service itself: they work without the internet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import fastapi_standalone_docs
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

_ASSETS: Final = Path(fastapi_standalone_docs.__file__).parent / "static"
_NABLA: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M1 2h14L8 15z' fill='none' stroke='%23246' stroke-width='2'/%3E%3C/svg%3E"
)
# The pages carry their start-up script inline; ReDoc searches in a worker that it makes itself.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


def _guarded(page: Response) -> Response:
    page.headers["Content-Security-Policy"] = _POLICY
    return page


@router.get("/")
async def home(request: Request) -> Response:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


@router.get("/docs")
async def swagger(request: Request) -> Response:
    root = request.scope.get("root_path", "")
    return _guarded(
        get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=f"{request.app.title}: the API",
            swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
            swagger_css_url=f"{root}/docs/swagger-ui.css",
            swagger_favicon_url=_NABLA,
            swagger_ui_parameters={"tryItOutEnabled": True, "validatorUrl": None, "displayRequestDuration": True},
        )
    )


@router.get("/redoc")
async def redoc(request: Request) -> Response:
    root = request.scope.get("root_path", "")
    return _guarded(
        get_redoc_html(
            openapi_url=f"{root}/openapi.json",
            title=f"{request.app.title}: the API",
            redoc_js_url=f"{root}/redoc/redoc.standalone.js",
            redoc_favicon_url=_NABLA,
            with_google_fonts=False,
        )
    )


def mount_assets(app: FastAPI) -> None:
    """Serve the scripts and styles of both pages under the pages' own paths."""
    app.mount("/docs", StaticFiles(directory=_ASSETS / "swagger"), name="swagger-assets")
    app.mount("/redoc", StaticFiles(directory=_ASSETS / "redoc"), name="redoc-assets")
