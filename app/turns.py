"""Turns: which pieces of the accepted work run, a slice of time each.

As many run at one time as there are threads to spare. Whenever a slice ends, who has had the least time goes on: the
client whose present work has had the least, of that the piece that has had the least, and of those the first to come.
So long work shares what short work leaves. What has had more than ``SHORT`` seconds may hold much memory, so only a few
of such pieces are begun at a time; others wait there until one of these is done.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import TypeVar

from adcore.clock import Cancelled, Clock, working

T = TypeVar("T")

SLICE = 0.05
"""Seconds that work runs before it asks whether other work is to go on."""
SHORT = 0.5
"""Seconds that any work may have whatever else is under way."""
LONG_PIECES = 2
"""The pieces that may have had more than that, for each thread."""


class Turns:
    """The turns of the work of one service; used from any thread."""

    def __init__(self, threads: int) -> None:
        self.lock = threading.Lock()
        self.free = threads
        self.waiting: list[Turn] = []
        self.long: set[Turn] = set()
        """The pieces that may have more than ``SHORT`` seconds."""
        self.most_long = LONG_PIECES * threads
        self.present: Counter[str] = Counter()
        """The pieces of work of each client."""
        self.times: dict[str, float] = {}
        """The seconds that each client with present work has had, counted from the least of the others when it came."""
        self.order = count()

    def add(self, client: str) -> Turn:
        """A piece of work of a client, which has to be run, for only then it is removed."""
        with self.lock:
            if not self.present[client]:
                self.times[client] = min(self.times.values(), default=0.0)
            self.present[client] += 1
            return Turn(self, client, next(self.order))

    def remove(self, turn: Turn) -> None:
        with self.lock:
            self.long.discard(turn)
            self.pass_on()
            self.present[turn.client] -= 1
            if not self.present[turn.client]:
                del self.present[turn.client], self.times[turn.client]

    def next(self) -> Turn | None:
        """The waiting piece that is to go on first. The lock is held."""
        is_room = len(self.long) < self.most_long
        ready = [turn for turn in self.waiting if is_room or not turn.is_long or turn in self.long]
        return min(ready, key=Turn.rank, default=None)

    def pass_on(self) -> None:
        """Give the free turns to whom they are due. The lock is held."""
        while self.free and (turn := self.next()) is not None:
            self.waiting.remove(turn)
            self.free -= 1
            if turn.is_long:
                self.long.add(turn)
            turn.begin()


class Turn:
    """One piece of work, its clock, and the time that it has had."""

    def __init__(self, turns: Turns, client: str, order: int) -> None:
        self.client = client
        self.order = order
        self.clock = Clock(self)
        self._turns = turns
        self._granted = threading.Event()
        self._running = self._claims = False
        self._began = self._had = 0.0

    @property
    def is_long(self) -> bool:
        return self._claims or self._had > SHORT

    def rank(self) -> tuple[float, float, int]:
        """Who has the least rank goes first."""
        return self._turns.times[self.client], self._had, self.order

    def run(self, job: Callable[[], T]) -> T:
        """What ``job`` returns; it begins when it is its turn. Raises Cancelled, and what ``job`` raises."""
        try:
            self.clock.begin_slice(self.enter())
            with working(self.clock):
                self.clock.tick()
                return job()
        finally:
            self.leave()
            self._turns.remove(self)

    def cancel(self) -> None:
        """Make the work stop, whether it runs or waits."""
        self.clock.cancel()
        self._granted.set()

    # --- what the clock calls, in the thread of the work

    def enter(self) -> float:
        """Wait for a turn; returns the end of its slice. Raises Cancelled."""
        with self._turns.lock:
            self._wait()
            self._turns.pass_on()
        return self._entered()

    def pause(self) -> float:
        """Let others go first who have had less; returns the end of the next slice. Raises Cancelled."""
        turns = self._turns
        with turns.lock:
            self._stop()
            self._wait()
            turns.pass_on()
        return self._entered()

    def claim(self) -> float:
        """Count as long from now on, as what needs much memory has to; returns the end of the next slice."""
        self._claims = True
        return self.pause()

    def leave(self) -> None:
        """Give the turn up, if it has it, and its place among the long pieces, for who waits must hold nobody up."""
        turns = self._turns
        with turns.lock:
            turns.long.discard(self)
            self._stop()
            turns.pass_on()

    def begin(self) -> None:
        """The turn is this one's from now on. The lock is held."""
        self._running = True
        self._began = monotonic()
        self._granted.set()

    def _wait(self) -> None:
        self._granted.clear()
        self._turns.waiting.append(self)

    def _entered(self) -> float:
        # Whoever cancels does so before it sets the event.
        if not self.clock.cancelled:
            self._granted.wait()
        with self._turns.lock:
            if not self._running:
                self._turns.waiting.remove(self)
                raise Cancelled
        return monotonic() + SLICE

    def _stop(self) -> None:
        if self._running:
            time = monotonic() - self._began
            self._had += time
            self._turns.times[self.client] += time
            self._turns.free += 1
            self._running = False
