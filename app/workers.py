"""Where expensive work runs: a bounded number of threads, and a bounded queue in front of them.

The event loop answers probes and cheap requests while the threads are busy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from app.errors import Overloaded

T = TypeVar("T")


class Workers:
    """The threads of one application; used from its event loop only."""

    def __init__(self, threads: int, places: int) -> None:
        self._limiter = CapacityLimiter(threads)
        self._places = places
        self._taken = 0

    async def run(self, job: Callable[[], T]) -> T:
        """What ``job`` returns, computed in a thread; raises ``Overloaded`` at once when every place is taken."""
        if self._taken >= self._places:
            raise Overloaded(
                f"{self._places} evaluations are under way, as many as this service takes",
                help="try again after the time the Retry-After header gives",
            )
        self._taken += 1
        try:
            return await to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._taken -= 1
