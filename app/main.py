"""The application: the core behind HTTP.

Run it with ``python -m app``, or hand ``app.main:create_app`` to any ASGI server as a factory.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

from app import errors
from app.memory import return_freed_memory
from app.openapi import describe, tags
from app.routes import docs, evaluate, grad, graph, health, ops, problems
from app.service import create_service
from app.settings import Settings
from app.wire.browsers import BrowserSafety

DESCRIPTION = """
Post a short program and the values of its inputs; get its value, its gradients and, if you ask, the evaluation trace.

A program is Python's syntax with NumPy's names: `log(x1) + x1*x2 - sin(x2)`. Nothing in it is run as Python.
Errors are problem details (RFC 9457) with a `code`, and with the place in the program's text where there is one.
"""


def _version() -> str:
    try:
        return version("gradserve")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


@asynccontextmanager
async def _ready_while_running(app: FastAPI) -> AsyncIterator[None]:
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    # A compiled program is many small objects, none of them in cycles. By Python's defaults a collection of them all
    # comes with every large program and stops every thread for a tenth of a second or more.
    gc.freeze()
    return_freed_memory()
    gc.set_threshold(10_000, 10, 1_000)
    # With threads at work in Python, the event loop waits this long each time it wants to go on.
    sys.setswitchinterval(0.001)
    app.state.ready = True
    yield
    app.state.ready = False
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application with these settings; by default those of the environment."""
    app = FastAPI(
        title="gradserve",
        version=_version(),
        summary="Gradients of programs, over HTTP.",
        description=DESCRIPTION,
        openapi_tags=tags(),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_ready_while_running,
        # Asking at each request whether anybody measures takes a twentieth of a small one.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.ready = False
    settings = settings if settings is not None else Settings()
    app.state.service = create_service(settings)
    errors.install(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Content-Type"],
            expose_headers=["Retry-After"],
        )
    app.add_middleware(BrowserSafety, hosts=settings.hosts, listens_on=settings.host)
    for module in (grad, evaluate, graph, ops, problems, health, docs):
        app.router.routes.extend(module.router.routes)
    for route in app.routes:
        if isinstance(route, APIRoute) and route.methods is not None and "GET" in route.methods:
            route.methods.add("HEAD")  # as every server answers, and some probes ask
    docs.mount_assets(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app
