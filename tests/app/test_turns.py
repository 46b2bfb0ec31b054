"""Turns of work: who goes first, and that a cancelled piece stops, wherever it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf

import pytest

from adcore import clock
from adcore.clock import Cancelled
from app.turns import Turn, Turns


class Working:
    """A piece of work that runs until it is told to end, and notes when it begins."""

    def __init__(self, turns: Turns, client: str, log: list[str], name: str) -> None:
        self.turn: Turn = turns.add(client)
        self.name, self.log = name, log
        self.begun, self.end = threading.Event(), threading.Event()
        self.raised: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.turn.run(self._work)
        except Cancelled as error:
            self.raised = error

    def _work(self) -> None:
        self.log.append(self.name)
        self.begun.set()
        while not self.end.is_set():
            clock.tick()
            self.end.wait(0.001)

    def stop(self) -> None:
        self.end.set()
        self.thread.join()


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
    assert (turns.free, turns.waiting, turns.times) == (2, [], {})


def test_a_long_piece_makes_way_for_a_later_one_and_goes_on_after_it() -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    long = Working(turns, "a", log, "long")
    assert long.begun.wait(5)
    short = Working(turns, "a", log, "short")
    assert short.begun.wait(5)
    short.stop()
    long.stop()
    assert log == ["long", "short"]
    assert turns.free == 1


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
        one.thread.join()
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
        waiting.thread.join(5)
        assert isinstance(waiting.raised, Cancelled)
        assert log == ["running"]
        running.stop()
    else:
        running.turn.cancel()
        running.thread.join(5)
        assert isinstance(running.raised, Cancelled)
    assert (turns.free, turns.waiting, turns.times) == (1, [], {})


def test_only_a_few_long_pieces_are_begun_at_a_time_and_short_ones_pass_them() -> None:
    turns, log = Turns(1), []  # type: Turns, list[str]
    turns.most_long = 1

    def claim(name: str) -> Callable[[], None]:
        def job() -> None:
            now = clock.current()
            assert now is not None
            now.claim()
            log.append(name)
            while name == "first" and not done.is_set():
                clock.tick()

        return job

    done = threading.Event()
    threads = []
    for number, name in enumerate(("first", "second")):
        threads.append(threading.Thread(target=turns.add("a").run, args=(claim(name),)))
        threads[-1].start()
        while len(log) < 1 or len(turns.waiting) < number:
            threading.Event().wait(0.001)
    turns.add("a").run(lambda: log.append("short"))
    done.set()
    for thread in threads:
        thread.join()
    assert log == ["first", "short", "second"]
    assert (turns.free, turns.waiting, turns.long) == (1, [], set())


def test_who_waits_for_other_work_does_without_a_turn() -> None:
    turns = Turns(1)
    done = threading.Event()

    def wait_for(other: Callable[[], object]) -> None:
        now = clock.current()
        assert now is not None
        with now.resting():
            other()

    waiting = threading.Thread(target=lambda: turns.add("a").run(lambda: wait_for(lambda: done.wait(5))))
    waiting.start()
    turns.add("b").run(done.set)
    waiting.join()
    assert turns.free == 1
