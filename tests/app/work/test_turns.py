"""Turns of work: who goes first, and that a cancelled piece stops, wherever it waits."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from math import inf

import pytest

from adcore import clock
from adcore.clock import Cancelled
from app.errors import MemoryBudgetExceeded, Overloaded
from app.work.turns import SLICE, Turn, Turns

THREADS = ThreadPoolExecutor(8)


def finished(turns: Turns, threads: int = 1) -> bool:
    """Whether nothing is left of any work, once all of it is closed."""
    for _ in range(1_000):
        if not turns.present:
            break
        time.sleep(0.001)
    return (turns.free, turns.waiting, turns.times, turns.long) == (threads, [], {}, set()) and not (
        turns.reserved or turns.brought or turns.threads
    )


class Working:
    """A piece of work that runs until it is told to end, and notes when it begins."""

    def __init__(self, turns: Turns, client: str, log: list[str], name: str) -> None:
        self.turn: Turn = turns.add(client)
        self.name, self.log = name, log
        self.begun, self.end = threading.Event(), threading.Event()
        self.future = self.turn.submit(self._work, THREADS)

    def _work(self) -> None:
        self.log.append(self.name)
        self.begun.set()
        while not self.end.is_set():
            clock.tick()
            self.end.wait(0.001)

    def stop(self) -> None:
        self.end.set()
        self.future.result(5)
        self.turn.close()


def queued(turns: Turns, number: int) -> None:
    """Wait until so many wait for their turn."""
    while len(turns.waiting) < number:
        threading.Event().wait(0.001)


def test_all_run_that_have_room() -> None:
    turns, log = Turns(2), []  # type: Turns, list[str]
    pair = [Working(turns, "a", log, name) for name in "xy"]
    for one in pair:
        assert one.begun.wait(5)
        one.stop()
    assert finished(turns, 2)


def test_a_long_piece_makes_way_for_a_later_one_and_goes_on_after_it() -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    long = Working(turns, "a", log, "long")
    assert long.begun.wait(5)
    short = Working(turns, "a", log, "short")
    assert short.begun.wait(5)
    short.stop()
    long.stop()
    assert log == ["long", "short"]
    assert finished(turns)


def test_a_client_with_many_pieces_does_not_go_before_one_with_a_single_piece() -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    first = turns.add("many")
    turns.times["many"] = 3.0
    others = [turns.add("many") for _ in range(3)]
    single = turns.add("one")
    assert turns.times["one"] == 3.0
    turns.times["many"] += 0.1
    assert min([first, *others, single], key=Turn.rank) is single
    turns.times["one"] += 0.2
    first._had = 1.0
    assert min([first, *others, single], key=Turn.rank) is others[0]
    assert log == []


def test_the_first_to_come_goes_first_of_those_that_had_nothing() -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    running = Working(turns, "a", log, "running")
    assert running.begun.wait(5)
    with turns.lock:  # It may not be asked to pause before all are there.
        running.turn.clock.begin_slice(inf)
    later = []
    for number, name in enumerate("xyz", 1):
        later.append(Working(turns, "a", log, name))
        queued(turns, number)
    running.stop()
    for one in later:
        one.end.set()
    for one in later:
        one.stop()
    assert log == ["running", "x", "y", "z"]


@pytest.mark.parametrize("when", ["running", "waiting"])
def test_a_cancelled_piece_stops_and_its_turn_is_free(when: str) -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    running = Working(turns, "a", log, "running")
    assert running.begun.wait(5)
    if when == "waiting":
        running.turn.clock.begin_slice(inf)
        waiting = Working(turns, "b", log, "waiting")
        queued(turns, 1)
        waiting.turn.cancel()
        assert isinstance(waiting.future.exception(5), Cancelled)
        waiting.turn.close()
        assert log == ["running"]
        running.stop()
    else:
        running.turn.cancel()
        assert isinstance(running.future.exception(5), Cancelled)
        running.turn.close()
    assert finished(turns)


def run(turns: Turns, job: Callable[[], object], client: str = "a", need: int = 0) -> Future[object]:
    """The future of a job, whose turn is closed when it is done."""
    turn = turns.add(client)
    future = turn.submit(job, THREADS, need)
    future.add_done_callback(lambda _: turn.close())
    return future


def test_only_a_few_long_pieces_are_begun_at_a_time_and_short_ones_pass_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.work.turns.SHORT", 0.0)
    turns, log, done = Turns(1), [], threading.Event()  # type: Turns, list[str], threading.Event
    turns.most_long = 1

    def work(name: str) -> None:
        clock.tick()
        if name != "short":
            waiting_since = time.monotonic()
            while time.monotonic() < waiting_since + 3 * SLICE or (name == "first" and not done.is_set()):
                clock.tick()
        log.append(name)

    first = run(turns, lambda: work("first"))
    while not turns.long:
        time.sleep(0.001)
    second = run(turns, lambda: work("second"))
    assert run(turns, lambda: work("short")).exception(5) is None
    done.set()
    assert first.exception(5) is second.exception(5) is None
    assert log == ["short", "first", "second"]
    assert finished(turns)


def test_who_waits_for_other_work_does_without_a_turn() -> None:
    turns = Turns(1)
    done = threading.Event()

    def wait_for(other: Callable[[], object]) -> None:
        now = clock.current()
        assert now is not None
        with now.resting():
            other()

    waiting = run(turns, lambda: wait_for(lambda: done.wait(5)))
    assert run(turns, done.set, "b").exception(5) is None
    assert waiting.exception(5) is None
    assert finished(turns)


# --- memory: a budget of 80, of which 10 are for what waits to begin, and 35 the most that one piece may have


def test_memory_is_given_as_it_becomes_free_and_who_needs_little_passes() -> None:
    turns, log = Turns(4, 80), []  # type: Turns, list[str]
    end = threading.Event()

    def work(name: str, claims: int) -> None:
        clock.claim(claims)
        log.append(name)
        end.wait(5)

    first = run(turns, lambda: work("first", 30), need=20)
    while not log:
        time.sleep(0.001)
    large = run(turns, lambda: work("large", 20), need=20)
    small = run(turns, lambda: work("small", 5), need=5)
    growing = run(turns, lambda: work("growing", 35))
    while len(log) < 3:
        time.sleep(0.001)
    assert set(log) == {"first", "small", "growing"}
    assert turns.reserved == 70
    end.set()
    for each in (first, large, small, growing):
        assert each.exception(5) is None
    assert log[-1] == "large"
    assert finished(turns, 4)


@pytest.mark.parametrize("claims", [False, True], ids=["to begin", "while it runs"])
def test_what_can_never_be_had_is_refused(claims: bool) -> None:
    turns = Turns(1, 80)
    assert run(turns, lambda: clock.claim(35)).exception(5) is None
    if claims:
        assert isinstance(run(turns, lambda: clock.claim(36)).exception(5), MemoryBudgetExceeded)
        assert finished(turns)
    else:
        with pytest.raises(MemoryBudgetExceeded):
            turns.add("a").submit(lambda: None, THREADS, 36)


def test_what_waits_too_long_is_cancelled() -> None:
    turns = Turns(2, 80, patience=0.05)
    end = threading.Event()
    others = [run(turns, lambda: end.wait(5), need=35)]
    claiming = turns.add("a")
    future = claiming.submit(lambda: clock.claim(35), THREADS)
    assert future.exception(5) is None
    late = turns.add("a")
    assert isinstance(late.submit(lambda: clock.claim(1), THREADS).exception(5), Cancelled)
    assert late.expired
    claiming.close()
    late.close()
    end.set()
    assert others[0].exception(5) is None
    assert finished(turns, 2)


def test_what_waits_to_begin_holds_a_part_only_and_what_is_kept_stays_held() -> None:
    turns = Turns(1, 80)
    turn, other = turns.add("a"), turns.add("a")
    turn.bring(6)
    other.bring(4)
    with pytest.raises(Overloaded):
        other.bring(5)
    other.close()
    assert turn.submit(lambda: turn.held, THREADS, 3).result(5) == 9
    assert (turns.reserved, turns.brought) == (9, 0)
    held = turn.keep(7)
    turn.close()
    assert turns.reserved == 7
    held.release()
    held.release()
    assert finished(turns)


def test_an_error_leaves_nothing_behind_that_refers_to_what_the_job_holds() -> None:
    turns = Turns(1)

    class Large:
        def fail(self) -> None:
            raise ValueError("failed")

    large = Large()
    known = weakref.ref(large)
    future = run(turns, large.fail)
    assert isinstance(future.exception(5), ValueError)
    gc.disable()
    try:
        del large, future
        for _ in range(1000):
            if known() is None:
                break
            time.sleep(0.001)
        assert known() is None
    finally:
        gc.enable()
