"""What the endpoints share: the settings, the compiler with its cache, and the worker threads of one application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from adcore.compiler import Compiler
from app.memory import process_bytes
from app.settings import Settings
from app.work.inline import Inline
from app.work.workers import Workers

LEAST_ROOM = 64 * 2**20
"""Bytes that have to be left for work."""


@dataclass(frozen=True)
class Service:
    settings: Settings
    compiler: Compiler
    workers: Workers
    inline: Inline


def create_service(settings: Settings) -> Service:
    """The service with these settings; ValueError where they leave no memory for any work."""
    limits = settings.max
    # An eighth of the memory at most; the texts that are cached beside the programs take a fourth of what these take.
    cache_bytes = min(limits.cache_bytes, settings.memory_bytes // 8)
    room = settings.memory_bytes - process_bytes() - cache_bytes * 5 // 4
    if room < LEAST_ROOM:
        raise ValueError(
            f"GRADSERVE_MEMORY_BYTES={settings.memory_bytes} is too small: the process and its cache take all but "
            f"{max(room, 0) >> 20} MiB, and at least {LEAST_ROOM >> 20} MiB are needed for requests"
        )
    return Service(
        settings,
        Compiler(limits, cache_entries=limits.cache_entries, cache_bytes=cache_bytes),
        Workers(settings.threads, room, limits.waiting_seconds),
        Inline(settings.inline_seconds, limits.waiting_seconds),
    )


def service_of(request: Request) -> Service:
    """The service that answers a request. Called, not injected: the injection costs a tenth of a small request."""
    return cast(Service, request.app.state.service)
