"""The clock of a piece of work: until when it may run, and how it is stopped before.

Whatever can take long ticks: it asks whether its time is over. The clock is a context variable, so that an evaluation
deep inside an op and a pass over a graph ask the same one, and whoever holds it can cancel the work from any thread.
Asking is one comparison, because every reason to stop, a cancellation too, moves the one time ``at``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import Protocol

from adcore.errors import CompilationTooLong, EvaluationTooLong


class Turn(Protocol):
    """The right of some work to run now, shared with other work. Its methods may block, and raise Cancelled."""

    def enter(self) -> float:
        """Wait for a turn; returns the end of its slice of time."""

    def pause(self) -> float:
        """Let other work go first where it is due; returns the end of the next slice."""

    def claim(self, nbytes: int) -> float:
        """Wait until the work may hold so many bytes in all; returns the end of the present slice."""

    def leave(self) -> None:
        """Give the turn up."""


class Cancelled(Exception):
    """Nobody waits for the work any more. This is no error of a program, and passes by what handles those."""


Late = type[CompilationTooLong] | type[EvaluationTooLong] | type[Cancelled]
"""What ends work that takes too long."""


class Clock:
    """The time of one piece of work, which one thread does; ``cancel`` may be called in any.

    Work that takes turns with other work has a ``turn``. The time when others have theirs counts for no limit.
    """

    __slots__ = ("_deadline", "_late", "_limit", "_paused", "_slice_end", "_turn", "at", "cancelled", "stage")

    def __init__(self, turn: Turn | None = None) -> None:
        self.at = inf
        """The ``monotonic`` time from which on ``due`` has to be called."""
        self.cancelled = False
        self.stage = ""
        """What is being done, as an error tells it."""
        self._turn = turn
        self._paused = 0.0
        self._deadline = self._limit = self._slice_end = inf
        self._late: Late = EvaluationTooLong

    def tick(self) -> None:
        """Return while the work may go on. Raises Cancelled and, past a limit, its error."""
        if monotonic() > self.at:
            self.due()

    def due(self) -> None:
        """What ``tick`` does past ``at``."""
        if self.cancelled:
            raise Cancelled
        now = monotonic()
        if now > self._deadline + self._paused:
            raise self._late(self._limit, self.stage)
        if now > self._slice_end and self._turn is not None:
            self._slice_end = self._turn.pause()
            self._paused += monotonic() - now
        self._set()

    def cancel(self) -> None:
        """Make the work stop at its next tick."""
        self.cancelled = True
        self.at = -inf

    def expect(self, seconds: float) -> None:
        """Raise the limit's error where an operation of so many seconds cannot end in time; tick otherwise."""
        self.tick()
        if monotonic() + seconds > self._deadline + self._paused:
            raise self._late(self._limit, self.stage, seconds)

    def begin_slice(self, end: float) -> None:
        """Let the turn pause after ``end``."""
        self._slice_end = end
        self._set()

    def claim(self, nbytes: int) -> None:
        """Say that the work needs so many bytes in all from now on: it may have to wait until other work is done."""
        if self._turn is not None:
            began = monotonic()
            self._slice_end = self._turn.claim(nbytes)
            self._paused += monotonic() - began
            self._set()

    @contextmanager
    def limited(self, seconds: float, late: Late) -> Iterator[None]:
        """Within this, the work may take so many seconds more."""
        before = (self._deadline, self._limit, self._late, self.stage)
        deadline = monotonic() - self._paused + seconds
        if deadline < self._deadline:
            self._deadline, self._limit, self._late = deadline, seconds, late
        self._set()
        try:
            yield
        finally:
            self._deadline, self._limit, self._late, self.stage = before
            self._set()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Within this, the work waits for other work, and does without its turn."""
        began = monotonic()
        if self._turn is not None:
            self._turn.leave()
        try:
            yield
        finally:
            if self._turn is not None and not self.cancelled:
                self._slice_end = self._turn.enter()
            self._paused += monotonic() - began
            self._set()

    def _set(self) -> None:
        self.at = min(self._deadline + self._paused, self._slice_end)
        if self.cancelled:  # Perhaps since the line above.
            self.at = -inf


_clock: ContextVar[Clock | None] = ContextVar("_clock", default=None)


def current() -> Clock | None:
    """The clock of the work that this is a part of."""
    return _clock.get()


def tick() -> None:
    """Ask the current clock, if there is one, as ``Clock.tick`` does."""
    clock = _clock.get()
    if clock is not None and monotonic() > clock.at:
        clock.due()


def expect(seconds: float) -> None:
    """Tell the current clock of an operation of so many seconds, as ``Clock.expect`` does."""
    clock = _clock.get()
    if clock is not None:
        clock.expect(seconds)


def claim(nbytes: int) -> None:
    """Tell the current clock of the memory that is needed from now on, as ``Clock.claim`` does."""
    clock = _clock.get()
    if clock is not None:
        clock.claim(nbytes)


def stage(name: str) -> None:
    """Say what is being done from now on: parsing, lowering."""
    clock = _clock.get()
    if clock is not None:
        clock.tick()
        clock.stage = name


@contextmanager
def working(clock: Clock) -> Iterator[None]:
    """Within this, ``clock`` is the current one."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


@contextmanager
def limited(seconds: float, late: Late) -> Iterator[None]:
    """Within this, the current work, or what is begun by this, may take so many seconds."""
    clock = _clock.get()
    if clock is not None:
        with clock.limited(seconds, late):
            yield
    else:
        clock = Clock()
        with working(clock), clock.limited(seconds, late):
            yield
