"""The service's settings, read from the environment: every limit and every choice an operator has, in one place.

Each variable is ``GRADSERVE_`` and the field's name; a limit's is ``GRADSERVE_MAX_`` and its name, so that
``GRADSERVE_MAX_SOURCE_BYTES=10000`` sets ``settings.max.source_bytes``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adcore.limits import Limits
from app.memory import default_budget


@dataclass(frozen=True, slots=True)
class ServiceLimits(Limits):
    """The bounds of a program and its evaluation, and those that only a service has."""

    request_bytes: int = 8 * 2**20
    """Length of a request's body (``request_too_large``)."""
    header_bytes: int = 32 * 2**10
    """Length of a request's path and headers (``head_too_large``)."""
    headers: int = 100
    """Headers of a request (``head_too_large``)."""
    head_seconds: float = 10.0
    """Time in which the head of a request has to arrive (``request_too_slow``)."""
    stalled_seconds: float = 10.0
    """Time in which the least of a body has to arrive (``request_too_slow``), and of an answer to be read."""
    arriving_bytes: int = 256 * 2**20
    """Bytes of all bodies that are not complete yet (``overloaded``)."""
    connections: int = 1000
    """Connections open at one time (``too_many_connections``)."""
    connections_per_address: int = 500
    """Connections open at one time from one address (``too_many_connections``)."""
    pipelined_requests: int = 16
    """Requests of one connection that wait for the answer of an earlier one (``malformed_request``)."""
    linger_seconds: float = 5.0
    """Time in which a client that is refused can finish sending, to read why."""
    drained_bytes: int = 64 * 2**20
    """Bytes that a client that is refused can still send."""
    names: int = 1_000
    """Members of each list and each map of names in a request, and of its body (``too_many_names``)."""
    answer_bytes: int = 128 * 2**20
    """Length of an answer's body, predicted from shapes (``answer_too_large``)."""
    waiting_seconds: float = 10.0
    """Time that work waits at a stretch until it may run (``overloaded``)."""
    cache_entries: int = 1024
    """Compiled programs in the cache."""
    cache_bytes: int = 256 * 2**20
    """Bytes of the compiled programs in the cache, estimated."""


class Settings(BaseSettings):
    """How the service runs. A variable whose name fits no field of ``max`` is an error, and so is a bad value."""

    model_config = SettingsConfigDict(
        env_prefix="GRADSERVE_", env_nested_delimiter="_", env_nested_max_split=1, frozen=True, extra="forbid"
    )

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for every interface."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on; 0 lets the system choose one."""
    log_level: Literal["critical", "error", "warning", "info", "debug"] = "warning"
    """Requests are logged from ``info`` on."""
    threads: int = Field(default_factory=lambda: min(os.cpu_count() or 1, 8), ge=1)
    """Worker threads for expensive work: reading large requests, compiling, long evaluations."""
    hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """The names by which clients may call the service, separated by commas; ``*.example.org`` for all below one, ``*``
    for any. Names of the machine itself always count; by default no others on a loopback address, and elsewhere any."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """The origins whose pages may call the service, separated by commas; * for any. By default those of its own."""
    memory_bytes: int = Field(default_factory=default_budget, ge=1)
    """Memory of the process; work begins when what it is predicted to need is left of it."""
    inline_bytes: int = Field(default=256 * 2**10, ge=0)
    """Length of a request up to which it is read on the event loop."""
    inline_work: int = Field(default=5_000, ge=0)
    """Scalar operations up to which an evaluation of a compiled program runs on the event loop."""
    inline_seconds: float = Field(default=0.025, ge=0)
    """How long a small program is tried on the event loop, before a worker thread begins it anew; 0 for not at all."""
    inline_source_bytes: int = Field(default=300, ge=0)
    """Length of a program's text up to which it is tried there before it has been compiled."""
    shutdown_seconds: int = Field(default=35, ge=0)
    """How long a shutdown waits for the requests under way."""
    keep_alive_seconds: float = Field(default=5.0, gt=0)
    """How long a connection stays open without a request."""
    min_bytes_per_second: int = Field(default=4096, ge=0)
    """The rate at which a body has to arrive, and an answer to be read, or the transfer counts as stalled."""
    max: ServiceLimits = ServiceLimits()
    """The limits."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _listed(cls, origins: Any) -> Any:
        return (
            [each.strip().rstrip("/") for each in origins.split(",") if each.strip()]
            if isinstance(origins, str)
            else origins
        )

    @field_validator("hosts", mode="before")
    @classmethod
    def _names(cls, hosts: Any) -> Any:
        return [each.strip().lower() for each in hosts.split(",") if each.strip()] if isinstance(hosts, str) else hosts

    @field_validator("max")
    @classmethod
    def _positive(cls, limits: ServiceLimits) -> ServiceLimits:
        wrong = [field.name for field in fields(limits) if not getattr(limits, field.name) > 0]
        if wrong:
            raise ValueError(f"must be greater than 0: {', '.join(wrong)}")
        return limits
