"""Turns: which pieces of work run, a slice of time each, within a budget of memory.

As many run at one time as there are threads to spare. Whenever a slice ends, who has had the least time goes on: the
client whose present work has had the least, of that the piece that has had the least, and of those the first to come.
So long work shares what short work leaves. Of what has had more than ``SHORT`` seconds, only a few pieces are begun at
a time; others wait there until one of these is done.

A piece holds the memory that it is predicted to need, and waits until that is to be had. What has not begun leaves a
half of the budget to what has, and no piece may need more than a half: so pieces that wait for memory while they hold
some do not wait for one another. What requests bring along while they wait to begin, their bodies, has an eighth.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from itertools import count
from math import inf
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from adcore.clock import Cancelled, Clock, working
from app.errors import MemoryBudgetExceeded, Overloaded

T = TypeVar("T")

SLICE = 0.05
"""Seconds that work runs before it asks whether other work is to go on."""
SHORT = 0.5
"""Seconds that any work may have whatever else is under way."""
LONG_PIECES = 2
"""The pieces that may have had more than that, for each thread."""
THREADS = 32
"""The threads of pieces that are begun, running and waiting, for each thread that runs at one time."""


class Turns:
    """The turns of the work of one service; used from any thread.

    ``room`` is the budget of memory in bytes, and ``patience`` the most seconds that a piece waits at a stretch.
    """

    def __init__(self, threads: int, room: int = sys.maxsize, patience: float = inf) -> None:
        self.lock = threading.Lock()
        self.free = threads
        self.room = room - room // 8
        self.waiting_room = room // 8
        self.patience = patience
        self.reserved = self.brought = 0
        """Bytes held by pieces that are begun, and by those that are not."""
        self.threads = 0
        """The threads of the pieces that are begun."""
        self.waiting: list[Turn] = []
        self.long: set[Turn] = set()
        """The pieces that may have more than ``SHORT`` seconds."""
        self.most_long = LONG_PIECES * threads
        self.most_threads = THREADS * threads
        self.present: Counter[str] = Counter()
        """The pieces of work of each client."""
        self.times: dict[str, float] = {}
        """The seconds that each client with present work has had, counted from the least of the others when it came."""
        self.order = count()

    def add(self, client: str) -> Turn:
        """A piece of work of a client, which has to be closed."""
        with self.lock:
            if not self.present[client]:
                self.times[client] = min(self.times.values(), default=0.0)
            self.present[client] += 1
            return Turn(self, client, next(self.order))

    def remove(self, turn: Turn) -> None:
        """Give back what a piece of work holds."""
        with self.lock:
            if turn.begun:
                self.reserved -= turn.held
            else:
                self.brought -= turn.held
            turn.held = 0
            self.present[turn.client] -= 1
            if not self.present[turn.client]:
                del self.present[turn.client], self.times[turn.client]
            self.pass_on()

    def release(self, nbytes: int) -> None:
        """So many bytes are free again."""
        with self.lock:
            self.reserved -= nbytes
            self.pass_on()

    def next(self) -> Turn | None:
        """The waiting piece that is to go on first. The lock is held."""
        return min(filter(Turn.may_go, self.waiting), key=Turn.rank, default=None)

    def pass_on(self) -> None:
        """Give the free turns to whom they are due. The lock is held."""
        while self.free and (turn := self.next()) is not None:
            self.waiting.remove(turn)
            self.free -= 1
            if turn.is_long:
                self.long.add(turn)
            turn.begin()


class Held:
    """Memory that a piece of work holds beyond its end."""

    def __init__(self, turns: Turns, nbytes: int) -> None:
        self._turns, self._nbytes = turns, nbytes

    def release(self) -> None:
        """Give it back."""
        self._turns.release(self._nbytes)
        self._nbytes = 0


class Job(NamedTuple):
    """What is to run, as the future of its result, and how it is begun."""

    future: Future[Any]
    begin: Callable[[], object]


class Turn:
    """One piece of work: its jobs, one after the other, its clock, and what it has of time and memory."""

    def __init__(self, turns: Turns, client: str, order: int) -> None:
        self.client = client
        self.order = order
        self.clock = Clock(self)
        self.held = 0
        """Bytes of memory."""
        self.expired = False
        """Whether it was cancelled because it had waited for too long."""
        self._turns = turns
        self._need = 0
        """Bytes that it waits for, beside those that it holds."""
        self._granted = threading.Event()
        self._job: Job | None = None
        """Its job, until that is begun."""
        self.begun = False
        self._running = False
        self._began = self._had = 0.0

    @property
    def is_long(self) -> bool:
        return self._had > SHORT

    def rank(self) -> tuple[float, float, int]:
        """Who has the least rank goes first."""
        return self._turns.times[self.client], self._had, self.order

    def may_go(self) -> bool:
        """Whether it may have a turn that is free."""
        turns = self._turns
        if self.is_long and self not in turns.long and len(turns.long) >= turns.most_long:
            return False
        more = self._need if self.begun else self._need + self.held
        if more > 0 and more > (turns.room if self.begun else turns.room // 2) - turns.reserved:
            return False
        return self._job is None or turns.threads < turns.most_threads

    def submit(self, job: Callable[[], T], executor: Executor, need: int = 0) -> Future[T]:
        """What ``job`` returns, run in a thread of ``executor`` when it is its turn and ``need`` bytes are to be had.

        Raises MemoryBudgetExceeded. The future raises Cancelled, and what ``job`` raises.
        """
        future: Future[T] = Future()
        with self._turns.lock:
            self._ask(need)
            once = [(job, future)]
            self._job = Job(future, lambda: executor.submit(self._run, once))
            self._turns.waiting.append(self)
            self._turns.pass_on()
        return future

    def cancel(self) -> None:
        """Make the work stop, whether it runs or waits."""
        self.clock.cancel()
        self._withdraw()
        self._granted.set()

    def expire(self) -> None:
        """Cancel the work, if it has not begun, because it has waited for too long."""
        if self._job is not None:
            self.expired = True
            self._withdraw()

    def bring(self, nbytes: int) -> None:
        """Hold so many bytes, which are there already, while the work has not begun. Raises Overloaded."""
        turns = self._turns
        with turns.lock:
            assert not self.begun
            if turns.brought + nbytes - self.held > turns.waiting_room:
                raise Overloaded(
                    "the requests that wait take all the memory there is for them",
                    help="try again after the time the Retry-After header gives",
                )
            turns.brought += nbytes - self.held
            self.held = nbytes

    def keep(self, nbytes: int) -> Held:
        """Hold so many bytes beyond the end of the work."""
        self.held -= nbytes
        return Held(self._turns, nbytes)

    def close(self) -> None:
        """The work is done."""
        self._turns.remove(self)

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

    def claim(self, nbytes: int) -> float:
        """Hold so many bytes in all from now on, when they are to be had; returns the end of the present slice.

        Raises MemoryBudgetExceeded and Cancelled.
        """
        if nbytes > self.held:
            with self._turns.lock:
                self._ask(nbytes - self.held)
            return self.pause()
        self._turns.release(self.held - nbytes)
        self.held = nbytes
        return self._began + SLICE

    def leave(self) -> None:
        """Give the turn up, if it has it, and its place among the long pieces, for who waits must hold nobody up."""
        turns = self._turns
        with turns.lock:
            turns.long.discard(self)
            self._stop()
            turns.pass_on()

    # --- with the lock held

    def begin(self) -> None:
        """The turn is this one's from now on."""
        if not self.begun:
            self._turns.brought -= self.held
            self._turns.reserved += self.held
        self._running = self.begun = True
        self._began = monotonic()
        self._turns.reserved += self._need
        self.held += self._need
        self._need = 0
        if self._job is None:
            self._granted.set()
        else:
            self._turns.threads += 1
            # Where the system has no further thread, one that is there takes the job when it can.
            with suppress(RuntimeError):
                self._job.begin()
            self._job = None

    def _ask(self, need: int) -> None:
        most = self._turns.room // 2
        if self.held + need > most:
            raise MemoryBudgetExceeded(
                f"the request needs about {(self.held + need) // 2**20 + 1} MiB of memory, where {most // 2**20} are "
                "allowed",
                help="send it in parts, or work on smaller arrays",
            )
        self._need = need

    def _wait(self) -> None:
        self._granted.clear()
        self._turns.waiting.append(self)

    def _stop(self) -> None:
        if self._running:
            time = monotonic() - self._began
            self._had += time
            self._turns.times[self.client] += time
            self._turns.free += 1
            self._running = False

    # --- with the lock free

    def _run(self, once: list[tuple[Callable[[], T], Future[T]]]) -> None:
        job, future = once.pop()
        wanted = future.set_running_or_notify_cancel()
        try:
            self.clock.begin_slice(self._began + SLICE)
            with working(self.clock):
                self.clock.tick()
                result = job()
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the future is to know
            self._end()
            if wanted:
                future.set_exception(error)
        else:
            self._end()
            if wanted:
                future.set_result(result)
        finally:
            # This frame and the executor's are parts of the error's traceback: the error must not be reached from them,
            # or all that the job holds would wait for the garbage collection.
            del job, future

    def _end(self) -> None:
        with self._turns.lock:
            self._turns.threads -= 1
        self.leave()

    def _entered(self) -> float:
        # Whoever cancels does so before it sets the event.
        if not self.clock.cancelled:
            self._granted.wait(None if self._turns.patience == inf else self._turns.patience)
        with self._turns.lock:
            if not self._running:
                self._turns.waiting.remove(self)
                self._need = 0
                self.expired = not self.clock.cancelled
                raise Cancelled
        return self._began + SLICE

    def _withdraw(self) -> None:
        """Give up a job that has not begun."""
        with self._turns.lock:
            if (job := self._job) is None:
                return
            self._turns.waiting.remove(self)
            self._job = None
            self._need = 0
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(Cancelled())
