"""A cache of values that are expensive to compute, bounded in entries and in bytes; the least recently used go first.

Callers that ask for the same value together wait for one computation of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from adcore.clock import Cancelled, current, tick

V = TypeVar("V")

PATIENCE = 0.05
"""Seconds after which a thread that waits for another looks whether it is still to wait."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """The present size of a cache, and its hits and misses so far."""

    entries: int
    bytes: int
    hits: int
    misses: int


class Cache(Generic[V]):
    """Values by key, safe to use in many threads.

    ``weigh`` estimates a value's bytes; a value heavier than the whole cache is returned, but not stored.
    """

    def __init__(self, entries: int, size: int, weigh: Callable[[V], int]) -> None:
        self._most_entries = entries
        self._most_bytes = size
        self._weigh = weigh
        self._stored: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        """Values and weights, the least recently used first."""
        self._pending: dict[Hashable, Future[V]] = {}
        self._bytes = self._hits = self._misses = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """The value, from now on the most recently used one, which counts as a hit; None where there is none."""
        with self._lock:
            entry = self._stored.get(key)
            if entry is None:
                return None
            self._stored.move_to_end(key)
            self._hits += 1
            return entry[0]

    def get_or_make(self, key: Hashable, make: Callable[[], V]) -> tuple[V, bool]:
        """The value, and whether it was stored already; else ``make`` computes it.

        An exception of ``make`` is raised to all who wait for the value, and nothing is stored.
        """
        with self._lock:
            entry = self._stored.get(key)
            if entry is not None:
                self._stored.move_to_end(key)
                self._hits += 1
                return entry[0], True
            pending = self._pending.get(key)
            if pending is None:
                self._misses += 1
                mine = self._pending[key] = Future()
            else:
                self._hits += 1
        if pending is not None:
            try:
                return _awaited(pending), True
            except Cancelled:
                # Whoever computed it went away, or who waits has.
                tick()
                return self.get_or_make(key, make)
        try:
            value = make()
            weight = self._weigh(value)
        except BaseException as error:
            with self._lock:
                del self._pending[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._pending[key]
            self._store(key, value, weight)
        mine.set_result(value)
        return value, False

    def replace(self, key: Hashable, old: V, new: V) -> bool:
        """Store ``new`` in the place of ``old``, and return whether it is stored.

        It is not where ``old`` is no longer the key's value, because it was evicted or replaced, nor where ``new`` is
        heavier than the whole cache. A replacement does not count as a use: the order of eviction stays.
        """
        weight = self._weigh(new)
        with self._lock:
            entry = self._stored.get(key)
            if entry is None or entry[0] is not old or weight > self._most_bytes:
                return False
            self._bytes -= entry[1]
            self._store(key, new, weight)
            return key in self._stored

    def info(self) -> CacheInfo:
        with self._lock:
            return CacheInfo(len(self._stored), self._bytes, self._hits, self._misses)

    def _store(self, key: Hashable, value: V, weight: int) -> None:
        if weight > self._most_bytes or self._most_entries < 1:
            return
        self._stored[key] = (value, weight)
        self._bytes += weight
        while len(self._stored) > self._most_entries or self._bytes > self._most_bytes:
            _, (_, freed) = self._stored.popitem(last=False)
            self._bytes -= freed


def _awaited(pending: Future[V]) -> V:
    """The value that another thread computes. Raises what that raises, and Cancelled."""
    clock = current()
    if clock is None:
        return pending.result()
    with clock.resting():
        while not (wait([pending], PATIENCE).done or clock.cancelled):
            pass
    clock.tick()
    return pending.result()
