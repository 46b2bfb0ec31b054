"""The pages that show the API, with every asset served by the service itself: they work without the internet."""

from __future__ import annotations

import json
import secrets
from html import escape
from pathlib import Path
from typing import Final

import fastapi_standalone_docs
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

_ASSETS: Final = Path(fastapi_standalone_docs.__file__).parent / "static"
_NABLA: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M1 2h14L8 15z' fill='none' stroke='%23246' stroke-width='2'/%3E%3C/svg%3E"
)
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{icon}">
{styles}
</head>
<body>
<div id="page"></div>
<script src="{script}"></script>
<script nonce="{nonce}">{start}</script>
</body>
</html>
"""
# What a page may load and run: what the service itself serves, and what the page marks with its nonce. ReDoc searches
# in a worker that it makes itself.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


def _page(request: Request, script: str, styles: str, start: str) -> Response:
    """A page that runs ``start`` after ``script``; in ``start``, URL is the description's and NONCE the page's own."""
    root, nonce = request.scope.get("root_path", ""), secrets.token_urlsafe(16)
    described = json.dumps(f"{root}/openapi.json").replace("<", "\\u003c")
    content = _PAGE.format(
        title=escape(f"{request.app.title}: the API"),
        icon=_NABLA,
        styles=styles.format(root=escape(root)),
        script=escape(root + script),
        nonce=nonce,
        start=start.replace("URL", described).replace("NONCE", json.dumps(nonce)),
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)})


@router.get("/")
async def home(request: Request) -> Response:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


@router.get("/docs")
async def swagger(request: Request) -> Response:
    return _page(
        request,
        "/docs/swagger-ui-bundle.js",
        '<link rel="stylesheet" href="{root}/docs/swagger-ui.css">',
        'SwaggerUIBundle({url: URL, dom_id: "#page", deepLinking: true, showExtensions: true, tryItOutEnabled: true, '
        "showCommonExtensions: true, validatorUrl: null, displayRequestDuration: true})",
    )


@router.get("/redoc")
async def redoc(request: Request) -> Response:
    return _page(
        request,
        "/redoc/redoc.standalone.js",
        "",
        'Redoc.init(URL, {nonce: NONCE}, document.getElementById("page"))',
    )


def mount_assets(app: FastAPI) -> None:
    """Serve the scripts and styles of both pages under the pages' own paths."""
    app.mount("/docs", StaticFiles(directory=_ASSETS / "swagger"), name="swagger-assets")
    app.mount("/redoc", StaticFiles(directory=_ASSETS / "redoc"), name="redoc-assets")
