"""A walk over a table fails where one of its rows does, and names it."""

from __future__ import annotations

import math

import pytest

from tests.tables import for_each


def test_every_row_is_checked_and_those_that_fail_are_named() -> None:
    checked: list[str] = []

    @for_each([("a", 1), ("b", 0), ("c", 2), ("d", -1)])
    def positive(name: str, number: int) -> None:
        checked.append(name)
        assert number > 0

    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows") as caught:
        positive()
    assert checked == ["a", "b", "c", "d"]
    assert [error.__notes__ for error in caught.value.exceptions] == [
        ["in the row ('b', 0)"],
        ["in the row ('d', -1)"],
    ]


def test_what_should_have_been_raised_and_was_not_fails_the_row() -> None:
    @for_each([-1, 1])
    def refused(number: int) -> None:
        with pytest.raises(ValueError, match="domain"):
            math.sqrt(number)

    with pytest.raises(BaseExceptionGroup, match="1 of 2 rows"):
        refused()


def test_a_table_of_good_rows_passes_and_an_empty_one_does_not() -> None:
    for_each([1, 2])(lambda number: None)()
    with pytest.raises(AssertionError, match="without rows"):
        for_each([])(lambda row: None)()
