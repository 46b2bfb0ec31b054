"""Where expensive work runs: in threads, of which a few run at one time, within a budget of memory.

The event loop answers probes and cheap requests while the threads are busy. What cannot begin waits without a thread,
and only for so long. Work ends with the connection of the client that asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from adcore.clock import Cancelled
from app.errors import Overloaded
from app.work.turns import Turn, Turns

T = TypeVar("T")

_TURN = "gradserve.turn"


class Workers:
    """The threads of one application; used from its event loop only.

    ``room`` is the memory in bytes that all work may hold together, ``patience`` the most seconds that work waits.
    """

    def __init__(self, threads: int, room: int, patience: float) -> None:
        self.turns = Turns(threads, room, patience)
        self._executor = ThreadPoolExecutor(self.turns.most_threads, "work")

    async def run(self, job: Callable[[], T], request: Request, need: int = 0) -> T:
        """What ``job`` returns, computed in a thread, when it is the turn of ``request`` and ``need`` bytes are free.

        The memory is held until ``end``, and more may be claimed from the clock. Raises MemoryBudgetExceeded,
        Overloaded where the work has waited for too long, and ClientDisconnect.
        """
        turn = self.turn_of(request)
        patience = self.turns.patience
        work = asyncio.wrap_future(turn.submit(job, self._executor, need))
        watch = asyncio.create_task(_cancel_on_disconnect(request, turn))
        timer = asyncio.get_running_loop().call_later(patience, turn.expire)
        try:
            return await work
        except Cancelled:
            if turn.expired:
                raise _overloaded(patience) from None
            raise ClientDisconnect from None
        finally:
            if work.cancelled():
                turn.cancel()
            watch.cancel()
            timer.cancel()
            del work  # It may hold an error, of whose traceback this frame is a part.

    def turn_of(self, request: Request) -> Turn:
        """The turn of all work for a request, from its first until ``end``."""
        turn: Turn | None = request.scope.get(_TURN)
        if turn is None:
            turn = self.turns.add(request.client.host if request.client is not None else "")
            request.scope[_TURN] = turn
        return turn

    def end(self, request: Request) -> None:
        """Give back what the work for a request holds."""
        turn: Turn | None = request.scope.pop(_TURN, None)
        if turn is not None:
            turn.close()


def _overloaded(seconds: float) -> Overloaded:
    return Overloaded(
        f"the service is busy: for {seconds:g} s there was no time or no memory for this request",
        help="try again after the time the Retry-After header gives",
    )


async def _cancel_on_disconnect(request: Request, turn: Turn) -> None:
    """Cancel the work once the client is gone; the body has been read, so nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    turn.cancel()
