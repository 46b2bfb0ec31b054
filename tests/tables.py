"""Tests that walk a table: one test of many small rows, where a test each would cost more than what it checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def for_each(rows: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Makes a function that checks one row a test of all of them; a row that is a tuple is its arguments.

    Every row is checked. Those that fail are raised together, each with its traceback and a note of the row.
    """

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        table = list(rows)

        def walk() -> None:
            failures: list[BaseException] = []
            for row in table:
                try:
                    check(*row) if isinstance(row, tuple) else check(row)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001
                    failure.add_note(f"in the row {getattr(row, 'name', str(row)):.200}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows fail", failures)
            assert table, "a table without rows checks nothing"

        walk.__name__, walk.__qualname__, walk.__doc__ = check.__name__, check.__qualname__, check.__doc__
        walk.__module__, walk.__dict__ = check.__module__, check.__dict__
        return walk

    return decorate
