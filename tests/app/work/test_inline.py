"""Short work on the event loop: what is too long ends in time, clients take turns, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import httpx
import pytest

from adcore import clock
from adcore.clock import Cancelled
from app.errors import Overloaded
from app.work.inline import REMEMBERED, SMALL, Inline, OutOfTime


def endless() -> None:
    while True:
        clock.tick()


def long_kernel() -> None:
    clock.expect(10.0)


def large() -> None:
    now = clock.current()
    assert now is not None
    now.claim(SMALL + 1)


def waiting_for_other_work() -> None:
    now = clock.current()
    assert now is not None
    with now.resting():
        pass


@pytest.mark.parametrize("job", [endless, long_kernel, large, waiting_for_other_work])
def test_what_is_too_much_for_the_event_loop_ends_in_time(job: Callable[[], None]) -> None:
    begin = monotonic()
    with pytest.raises(OutOfTime):
        asyncio.run(Inline(0.02, 1.0).run(job, {}))
    assert monotonic() - begin < 0.5


def test_a_result_and_an_error_come_back() -> None:
    async def both() -> None:
        inline = Inline(1.0, 1.0)
        assert await inline.run(lambda: 7, {}) == 7
        with pytest.raises(ZeroDivisionError):
            await inline.run(lambda: 1 // 0, {})

    asyncio.run(both())


def test_clients_take_turns_and_other_work_goes_on_between_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.work.inline.PASS", 0.0)

    async def log() -> list[str]:
        inline, order = Inline(1.0, 10.0), []  # type: Inline, list[str]

        def noted(name: str) -> Any:
            return inline.run(lambda: order.append(name), {"client": (name[0], 1)})

        async def other() -> None:
            await asyncio.sleep(0)
            order.append("other")

        await asyncio.gather(*map(noted, ["a1", "a2", "a3", "b1", "c1"]), other())
        return order

    assert asyncio.run(log()) == ["a1", "other", "b1", "c1", "a2", "a3"]


def test_who_has_waited_too_long_or_has_gone_is_not_worked_for() -> None:
    async def wait() -> None:
        ran: list[int] = []
        with pytest.raises(Overloaded):
            await Inline(1.0, -1.0).run(lambda: ran.append(1), {})
        with pytest.raises(Cancelled):
            await Inline(1.0, 1.0).run(lambda: ran.append(2), {"state": {"is_closing": lambda: True}})
        assert ran == []

    asyncio.run(wait())


def test_what_took_long_is_not_tried_again_and_the_oldest_are_forgotten() -> None:
    inline = Inline(0.01, 1.0)
    assert inline.is_short("x", 0.001)
    assert not inline.is_short("x", 0.1)
    inline.remember("x", 1.0)
    assert not inline.is_short("x", 0.001)
    inline.remember("x", 0.001)
    assert inline.is_short("x", 0.1)
    for number in range(REMEMBERED):
        inline.remember(number, 0.0)
    assert not inline.is_short("x", 0.1)
    assert not Inline(0.0, 1.0).is_short("y", 0.0)


def test_a_loop_that_turns_out_long_goes_on_in_a_thread_and_short_ones_come_back(client: httpx.Client) -> None:
    def asked(n: int) -> Any:
        program = "y = x\nfor i in range(n):\n  y = y + i*x\ny"
        return client.post("/grad", json={"program": program, "inputs": {"x": 2.0, "n": n}}).json()

    answers = [asked(n) for n in (3, 50_000, 4)]
    assert [answer["gradients"]["x"] for answer in answers] == [4.0, 1.0 + 49_999 * 25_000, 7.0]
    assert [answer["cached"] for answer in answers] == [False, True, True]


def test_a_large_constant_of_a_new_program_is_no_work_for_the_event_loop(client: httpx.Client) -> None:
    answer = client.post("/evaluate", json={"program": "sum(zeros(3000000)) + x", "inputs": {"x": 2.0}}).json()
    assert (answer["values"], answer["cached"]) == ({"result": 2.0}, False)
