"""The server: uvicorn with bounded connections.

Of four servers, each measured in one run with an application that reads and answers a few hundred bytes, uvicorn on
httptools answered most requests in a second of processor time: 8,700. Granian answered 4,900, uvicorn on h11 2,600,
hypercorn 1,500.
None of them bounds all that a client can send and make wait, so a protocol of our own does (``protocol``).
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

from app.server.connections import Connections
from app.server.protocol import BoundedProtocol
from app.settings import Settings


class ServerConfig(uvicorn.Config):
    """How the server runs that settings describe."""

    def __init__(self, app: Any, settings: Settings) -> None:
        super().__init__(
            app,
            host=settings.host,
            port=settings.port,
            http=BoundedProtocol,
            ws="none",
            log_level=settings.log_level,
            # The line of a request is made even where it is not written, which takes time.
            access_log=settings.log_level in ("info", "debug"),
            server_header=False,
            # Connections that wait are closed by the sweep. This is the time of uvicorn's own timer, behind it.
            timeout_keep_alive=int(settings.keep_alive_seconds) + 2,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        self.settings = settings
        self.connections = Connections(settings.max)


class Server(uvicorn.Server):
    """A server that ends the connections whose time is over."""

    config: ServerConfig

    def __init__(self, app: Any, settings: Settings) -> None:
        super().__init__(ServerConfig(app, settings))

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def on_tick(self, counter: int) -> bool:
        """What is done ten times a second."""
        self.config.connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)
