"""The cache: its bounds, its order, and one making for all who ask together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from adcore.compiler.cache import Cache, CacheInfo


def make(value: str) -> Callable[[], str]:
    return lambda: value


def filled(*values: str, entries: int = 10, size: int = 100) -> Cache[str]:
    """A cache of these values, each its own key; a value weighs its length."""
    cache: Cache[str] = Cache(entries, size, len)
    for value in values:
        cache.get_or_make(value, make(value))
    return cache


def wait_for_hits(cache: Cache[str], hits: int) -> None:
    """Return once so many callers were counted as hits: those of a pending value count as they begin to wait."""
    for _ in range(10_000):
        if cache.info().hits >= hits:
            return
        time.sleep(0.001)
    raise AssertionError(f"{cache.info().hits} of {hits} callers came")


def kept(cache: Cache[str], *keys: str) -> str:
    return "".join(key for key in keys if cache.get(key) is not None)


def test_a_value_is_made_once() -> None:
    cache = filled()
    assert cache.get_or_make("k", make("first")) == ("first", False)
    assert cache.get_or_make("k", make("second")) == ("first", True)
    assert cache.get("k") == "first"
    assert cache.get("other") is None
    assert cache.info() == CacheInfo(entries=1, bytes=5, hits=2, misses=1)


@pytest.mark.parametrize(
    ("entries", "size", "left"),
    [
        (3, 100, "bcd"),  # the oldest goes
        (4, 100, "abcd"),  # at the limit nothing goes
        (10, 3, "bcd"),
        (10, 4, "abcd"),
        (1, 100, "d"),
        (10, 1, "d"),
        (0, 100, ""),
        (10, 0, ""),
    ],
)
def test_entries_and_bytes_are_bounded(entries: int, size: int, left: str) -> None:
    cache = filled("a", "b", "c", "d", entries=entries, size=size)
    assert kept(cache, "a", "b", "c", "d") == left
    assert cache.info().entries == cache.info().bytes == len(left)


def test_a_heavy_value_takes_the_room_of_several() -> None:
    cache = filled("a", "b", "c", "ddd", size=4)
    assert kept(cache, "a", "b", "c", "ddd") == "cddd"
    assert cache.info().bytes == 4


def test_a_value_heavier_than_the_cache_is_given_but_not_kept() -> None:
    cache = filled("a", "b", size=4)
    assert cache.get_or_make("heavy", make("heavy")) == ("heavy", False)
    assert kept(cache, "a", "b", "heavy") == "ab"
    assert cache.get_or_make("heavy", make("again")) == ("again", False)


@pytest.mark.parametrize("touch", [lambda c: c.get("a"), lambda c: c.get_or_make("a", make("other"))])
def test_the_least_recently_used_goes_first(touch: Callable[[Cache[str]], object]) -> None:
    cache = filled("a", "b", "c", entries=3)
    touch(cache)
    cache.get_or_make("d", make("d"))
    assert kept(cache, "a", "b", "c", "d") == "acd"


def test_looking_counts_as_a_hit_but_never_as_a_miss() -> None:
    cache = filled("a")
    cache.get("a")
    cache.get("b")
    assert cache.info() == CacheInfo(entries=1, bytes=1, hits=1, misses=1)


# --- replacements


def test_a_replacement_is_what_is_found_from_then_on_and_weighs_what_it_weighs() -> None:
    cache = filled("a", "b", size=6)
    assert cache.replace("a", "a", "long")
    assert cache.get("a") == "long"
    assert cache.get_or_make("a", make("other")) == ("long", True)
    assert cache.info().bytes == 5
    assert cache.replace("a", "long", "a")
    assert cache.info().bytes == 2


@pytest.mark.parametrize("old", ["another", "".join(["first", " value"])])
def test_only_the_value_that_is_meant_is_replaced(old: str) -> None:
    first = "".join(["first", " ", "value"])
    cache = filled()
    cache.get_or_make("k", make(first))
    assert not cache.replace("k", old, "new")  # equal is not enough
    assert cache.get("k") is first


def test_an_evicted_value_stays_evicted() -> None:
    cache = filled("a", "b", "c", entries=2)
    assert not cache.replace("a", "a", "new")
    assert kept(cache, "a", "b", "c") == "bc"
    assert cache.info() == CacheInfo(entries=2, bytes=2, hits=2, misses=3)


def test_a_replacement_heavier_than_the_cache_leaves_the_old_value() -> None:
    cache = filled("a", "b", size=4)
    assert not cache.replace("a", "a", "heavy")
    assert kept(cache, "a", "b") == "ab"
    assert cache.info().bytes == 2


def test_a_replacement_makes_room_and_keeps_the_order_of_eviction() -> None:
    cache = filled("a", "b", "c", size=4)
    assert cache.replace("c", "c", "ccc")
    assert kept(cache, "a", "b", "c") == "bc"
    cache = filled("a", "b", "c", size=4)
    # The least recently used value, now too heavy beside the others, is evicted itself.
    assert not cache.replace("a", "a", "aaa")
    assert kept(cache, "a", "b", "c") == "bc"
    assert cache.info().bytes == 2


def test_of_replacements_by_many_threads_one_wins() -> None:
    old = "old"
    cache = filled()
    cache.get_or_make("k", make(old))
    together = threading.Barrier(8)

    def swap(i: int) -> bool:
        together.wait(5)
        return cache.replace("k", old, f"new{i}")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(swap, range(8)))
    assert won.count(True) == 1
    assert cache.get("k") == f"new{won.index(True)}"


# --- together


def test_those_who_ask_together_wait_for_one_making() -> None:
    cache = filled()
    made = []

    def slowly() -> str:
        made.append(threading.get_ident())
        wait_for_hits(cache, 7)
        return "value"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: cache.get_or_make("k", slowly), range(8)))
    assert len(made) == 1
    assert [value for value, _ in answers] == ["value"] * 8
    assert sorted(cached for _, cached in answers) == [False] + [True] * 7
    assert cache.info() == CacheInfo(entries=1, bytes=5, hits=7, misses=1)


def test_other_keys_do_not_wait() -> None:
    cache = filled()
    started, go_on = threading.Event(), threading.Event()

    def waits() -> str:
        started.set()
        assert go_on.wait(5)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(cache.get_or_make, "slow", waits)
        assert started.wait(5)
        assert cache.get_or_make("quick", make("quick")) == ("quick", False)
        assert cache.get("slow") is None
        go_on.set()
        assert slow.result(5) == ("slow", False)


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    cache = filled()
    makers = []
    waiting = threading.Barrier(5)

    def fails() -> str:
        makers.append(1)
        wait_for_hits(cache, 4)
        raise ValueError("no such program")

    def ask(_: int) -> str:
        waiting.wait(5)
        with pytest.raises(ValueError, match="no such program") as caught:
            cache.get_or_make("k", fails)
        return str(caught.value)

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(ask, range(5))) == ["no such program"] * 5
    assert len(makers) == 1
    assert cache.info().entries == 0
    assert cache.get_or_make("k", make("now")) == ("now", False)


def test_a_value_that_cannot_be_weighed_is_an_error_and_leaves_nobody_waiting() -> None:
    cache: Cache[str | None] = Cache(10, 100, len)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        cache.get_or_make("k", lambda: None)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(cache.get_or_make, "k", make("now")).result(5) == ("now", False)


def test_a_value_too_heavy_to_keep_still_reaches_all_who_wait() -> None:
    cache = filled(size=2)
    waiting = threading.Barrier(4)
    made = []

    def slowly() -> str:
        made.append(1)
        wait_for_hits(cache, 3)
        return "heavy"

    def ask(_: int) -> str:
        waiting.wait(5)
        return cache.get_or_make("k", slowly)[0]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["heavy"] * 4
    assert len(made) == 1
    assert cache.info().entries == 0


def test_bounds_hold_under_many_threads() -> None:
    cache = filled(entries=5, size=12)

    def ask(i: int) -> bool:
        key = "k" * (1 + i * 7 % 9)
        return cache.get_or_make(key, make(key))[0] == key

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2000)))
    info = cache.info()
    assert info.entries <= 5
    assert info.bytes <= 12
    assert info.bytes == sum(len("k" * n) for n in range(1, 10) if cache.get("k" * n) is not None)
    assert info.hits + info.misses == 2000
