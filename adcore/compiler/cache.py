"""A cache of what is dear to make: least recently used goes first, bounded in entries and in bytes.

Callers that ask for the same thing together wait for one making of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds now, and how often it had what was asked since it was made."""

    entries: int
    bytes: int
    hits: int
    misses: int


class Cache(Generic[V]):
    """Values by key. ``weigh`` estimates a value's bytes; one heavier than the whole cache is given but not kept."""

    def __init__(self, entries: int, size: int, weigh: Callable[[V], int]) -> None:
        self._most_entries = entries
        self._most_bytes = size
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._making: dict[Hashable, Future[V]] = {}
        self._bytes = self._hits = self._misses = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """The value, now the most recently used one, which counts as a hit; None where it is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            self._hits += 1
            return found[0]

    def get_or_make(self, key: Hashable, make: Callable[[], V]) -> tuple[V, bool]:
        """The value, and whether it was there already; ``make`` makes it where it was not.

        What ``make`` raises is raised to all who wait for it, and nothing is kept.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                self._hits += 1
                return found[0], True
            pending = self._making.get(key)
            if pending is None:
                self._misses += 1
                mine = self._making[key] = Future()
            else:
                self._hits += 1
        if pending is not None:
            return pending.result(), True
        try:
            value = make()
            weight = self._weigh(value)
        except BaseException as error:
            with self._lock:
                del self._making[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._keep(key, value, weight)
        mine.set_result(value)
        return value, False

    def info(self) -> CacheInfo:
        with self._lock:
            return CacheInfo(len(self._kept), self._bytes, self._hits, self._misses)

    def _keep(self, key: Hashable, value: V, weight: int) -> None:
        if weight > self._most_bytes or self._most_entries < 1:
            return
        self._kept[key] = (value, weight)
        self._bytes += weight
        while len(self._kept) > self._most_entries or self._bytes > self._most_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
