"""Short work on the event loop: small programs are compiled, and loops run, faster than a thread takes over.

How long such work takes is not always known beforehand, so it is tried for some milliseconds. What does not end by then
is begun anew in a thread, and remembered as long. Of what waits, only so much runs between two looks at the
connections, in turn for each client.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, MutableMapping
from time import monotonic
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from adcore.clock import Cancelled, Clock, working
from app.errors import Overloaded

T = TypeVar("T")

PASS = 0.01
"""Seconds in which work is begun before the connections are looked at."""
REMEMBERED = 4096
"""The programs whose times are remembered."""
SMALL = 32 * 2**20
"""Bytes of memory that work on the event loop may claim."""


class OutOfTime(Cancelled):
    """The work is too long, or too large, for the event loop."""

    def __init__(self, *_: object) -> None:
        super().__init__()


class _OnlySlice:
    """The one slice of time that work on the event loop has: it neither pauses nor waits for other work."""

    def enter(self) -> NoReturn:
        raise OutOfTime

    def pause(self) -> NoReturn:
        raise OutOfTime

    def leave(self) -> NoReturn:
        raise OutOfTime

    def claim(self, nbytes: int) -> float:
        if nbytes > SMALL:
            raise OutOfTime
        return float("inf")


class _Trial(NamedTuple, Generic[T]):
    """Work that waits, and since when."""

    job: Callable[[], T]
    future: asyncio.Future[T]
    since: float
    is_closing: Callable[[], bool] | None


class Inline:
    """The short work of one application; used from its event loop only.

    Each piece has at most ``seconds``, and waits for at most ``patience`` seconds.
    """

    def __init__(self, seconds: float, patience: float) -> None:
        self.seconds = seconds
        self.patience = patience
        self._waiting: OrderedDict[str, deque[_Trial[Any]]] = OrderedDict()
        """By client, the next to have a turn first."""
        self._took: OrderedDict[Hashable, float] = OrderedDict()

    def is_short(self, key: Hashable, predicted: float) -> bool:
        """Whether work is to be tried that took as long as is remembered by ``key``, or else is predicted to take."""
        return self.seconds > 0 and self._took.get(key, predicted) <= self.seconds

    def remember(self, key: Hashable, seconds: float) -> None:
        """Remember how long something took; safe from any thread."""
        self._took[key] = seconds
        if len(self._took) > REMEMBERED:
            self._took.popitem(last=False)

    async def run(self, job: Callable[[], T], scope: MutableMapping[str, Any]) -> T:
        """What ``job`` returns, run on the event loop. Raises OutOfTime, Overloaded, Cancelled where the client of the
        request of this ``scope`` has gone, and what ``job`` raises."""
        loop = asyncio.get_running_loop()
        client = scope.get("client") or ("",)
        trial = _Trial(job, loop.create_future(), monotonic(), scope.get("state", {}).get("is_closing"))
        if not self._waiting:
            loop.call_soon(self._pass)
        self._waiting.setdefault(client[0], deque()).append(trial)
        result: T = await trial.future
        return result

    def _pass(self) -> None:
        """Run what waits, as much of it as is begun in ``PASS``."""
        end = monotonic() + PASS
        is_on = True
        while is_on:
            client, trials = self._waiting.popitem(last=False)
            trial = trials.popleft()
            if trials:
                self._waiting[client] = trials
            self._try(trial)
            is_on = bool(self._waiting) and monotonic() < end
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._pass)

    def _try(self, trial: _Trial[Any]) -> None:
        future = trial.future
        if future.cancelled():
            return
        if trial.is_closing is not None and trial.is_closing():
            future.set_exception(Cancelled())
        elif monotonic() - trial.since > self.patience:
            future.set_exception(
                Overloaded(
                    f"the service is busy: for {self.patience:g} s there was no time for this request",
                    help="try again after the time the Retry-After header gives",
                )
            )
        else:
            clock = Clock(_OnlySlice())
            try:
                with working(clock), clock.limited(self.seconds, OutOfTime):
                    result = trial.job()
            except Exception as error:  # noqa: BLE001 - whoever waits for the work handles what it raises
                future.set_exception(error)
            else:
                future.set_result(result)
