"""Where expensive work runs: in threads, of which a bounded number runs at one time, and a bounded number waits.

The event loop answers probes and cheap requests while the threads are busy. Work ends with the connection of the client
that asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from adcore.clock import Cancelled
from app.errors import Overloaded
from app.turns import Turn, Turns

T = TypeVar("T")


class Workers:
    """The threads of one application; used from its event loop only."""

    def __init__(self, threads: int, places: int) -> None:
        self._limiter = CapacityLimiter(places)
        self._turns = Turns(threads)
        self._places = places
        self._accepted: list[Turn] = []

    async def run(self, job: Callable[[], T], request: Request) -> T:
        """What ``job`` returns, computed in a thread, when it is the turn of the client that sent ``request``.

        Raises ``Overloaded`` when every place is taken, at once, or while the job runs, where a client with less under
        way needs its place; and ``ClientDisconnect``.
        """
        client = request.client.host if request.client is not None else ""
        if len(self._accepted) >= self._places:
            self._make_room(client)
        turn = self._turns.add(client)
        self._accepted.append(turn)
        watch = asyncio.create_task(_cancel_on_disconnect(request, turn))
        try:
            return await to_thread.run_sync(turn.run, job, limiter=self._limiter)
        except Cancelled:
            if turn not in self._accepted:
                raise self._overloaded() from None
            raise ClientDisconnect from None
        finally:
            watch.cancel()
            with suppress(ValueError):
                self._accepted.remove(turn)

    def _make_room(self, client: str) -> None:
        """Drop the latest work of the client with the most under way, or raise ``Overloaded`` where that is fair."""
        counts: dict[str, int] = {client: 1}
        for turn in self._accepted:
            counts[turn.client] = counts.get(turn.client, 0) + 1
        greedy = max(counts, key=counts.__getitem__)
        if counts[greedy] <= counts[client]:
            raise self._overloaded()
        latest = next(turn for turn in reversed(self._accepted) if turn.client == greedy)
        self._accepted.remove(latest)
        latest.cancel()

    def _overloaded(self) -> Overloaded:
        return Overloaded(
            f"{self._places} evaluations are under way, as many as this service takes",
            help="try again after the time the Retry-After header gives",
        )


async def _cancel_on_disconnect(request: Request, turn: Turn) -> None:
    """Cancel the work once the client is gone; the body has been read, so nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    turn.cancel()
