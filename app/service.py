"""What the endpoints share: the settings, the compiler with its cache, and the worker threads of one application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from adcore.compiler import Compiler
from app.settings import Settings
from app.workers import Workers


@dataclass(frozen=True)
class Service:
    settings: Settings
    compiler: Compiler
    workers: Workers


def create_service(settings: Settings) -> Service:
    limits = settings.max
    return Service(
        settings,
        Compiler(limits, cache_entries=limits.cache_entries, cache_bytes=limits.cache_bytes),
        Workers(settings.threads, limits.concurrent_evaluations),
    )


def service_of(request: Request) -> Service:
    """The service that answers a request. Called, not injected: the injection costs a tenth of a small request."""
    return cast(Service, request.app.state.service)
