"""Checkpointing of what a loop stacks for its adjoint: stored within a budget of memory, else recomputed.

A loop that outgrows its budget drops the rows it has stacked. It keeps checkpoints, the carried values at the start of
some passes, and the rows of the latest passes; any other row is recomputed from the nearest checkpoint before it, to
the same bits. So ``derivatives.reverse.split`` decides what an adjoint needs, and this module, while the loop runs,
whether that is stored or recomputed.

Checkpoints are placed online, by the rule of Wang, Moin and Iaccarino (Minimal repetition dynamic
checkpointing algorithm for unsteady adjoint calculation, SIAM J. Sci. Comput. 31, 2009). With s of them, and one more
for the current segment, n segments are read backwards with each recomputed at most t times, for the smallest t with
n <= C(s + t, t). That is also the bound of the binomial scheme, which has to know n in advance (Griewank and
Walther's revolve, TOMS 799); here it need not be known, so one rule serves ``for``, ``while`` and ``break``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from adcore.graph import Type
from adcore.ops.control.stacks import OVERHEAD, LazyStack, elements_of

Pass = Callable[[int, Sequence[Any]], tuple[Sequence[Any], Sequence[Any]]]
"""The number of a pass and the carried values, to the values it carries on and the row it stacks."""

PERMANENT = 1 << 60
"""The level of the checkpoint that is never removed: the start."""


@dataclass(slots=True)
class Checkpoint:
    """The carried values at the start of pass ``index``; checkpoints of a higher level are kept longer."""

    index: int
    carry: Sequence[Any]
    level: int = 0


_index: Callable[[Checkpoint], int] = attrgetter("index")


def _outranked(checkpoints: Sequence[Checkpoint]) -> int | None:
    """The latest checkpoint with a later one of a higher level, which makes it dispensable; None if there is none."""
    top = checkpoints[-1].level
    for i in range(len(checkpoints) - 2, 0, -1):
        if checkpoints[i].level < top:
            return i
        top = checkpoints[i].level
    return None


class Record:
    """The rows that one run of a loop stacks, one for each pass, with an entry for each stack.

    ``memory`` bounds the elements of all stored rows and checkpoints; None is no bound. One row and one checkpoint are
    stored in any case: they are no more than a pass holds while it runs.
    """

    def __init__(
        self, again: Pass, start: Sequence[Any], captured: Sequence[Any], types: Sequence[Type], memory: int | None
    ) -> None:
        """``captured`` are the values that passes read and do not carry, ``types`` those of a row's entries."""
        self.columns: list[list[Any]] = [[] for _ in types]
        self.first = 0
        """The number of the first pass whose row is stored; the rows after it follow without a gap."""
        self.partial = False
        """True once rows have been dropped."""
        self._carry = start
        self._again, self._captured = again, captured
        self._checkpoints = [Checkpoint(0, start, PERMANENT)]
        self._weight = sum(OVERHEAD + t.size for t in types) if all(t.is_array for t in types) else None
        self._memory = memory
        # A segment is as many rows as fit into a third of the memory, and checkpoints have the rest: with small rows
        # any ratio serves, and with large ones checkpoints are the bottleneck.
        self._room = 0 if memory is None else memory // 3
        self._segment = self._before = 0
        self._bound = memory or 0

    @property
    def end(self) -> int:
        """The number of the pass after the last whose row is stored."""
        return self.first + len(self.columns[0])

    # --- while the loop runs

    def add(self, row: Sequence[Any], carry: Sequence[Any]) -> None:
        """Store the row of the next pass, which carries on ``carry``."""
        if self._memory is not None:
            weight = sum(map(elements_of, row)) if self._weight is None else self._weight
            if self._segment + weight > self._room:
                self._turn(weight, self._memory)
            self._segment += weight
        for column, value in zip(self.columns, row, strict=True):
            column.append(value)
        self._carry = carry

    def _turn(self, weight: int, memory: int) -> None:
        """Begin a segment, with a checkpoint at its start, for a row of ``weight`` elements."""
        state = 2 * OVERHEAD + sum(map(elements_of, self._carry))
        self._room = max(memory // 3, weight)
        self._bound = max(self._bound, self._room + state)
        self._offer(Checkpoint(self.end, self._carry), max(1, (memory - self._room) // state))
        self._before += self._segment
        self.partial |= self._before + self._room + len(self._checkpoints) * state > memory
        if self.partial:
            self._restart(self.end, self._carry)
        self._segment = 0

    def _offer(self, new: Checkpoint, most: int) -> None:
        """Insert a checkpoint among at most ``most``, by the rule of Wang, Moin and Iaccarino."""
        checkpoints = self._checkpoints
        before = bisect_right(checkpoints, new.index, key=_index)
        if checkpoints[before - 1].index == new.index:
            return
        while len(checkpoints) >= most:
            if before < len(checkpoints):
                # Later checkpoints served rows that have been read.
                checkpoints.pop()
                continue
            if before == 1:
                return
            removed = _outranked(checkpoints)
            if removed is None:
                removed, new.level = -1, checkpoints[-1].level + 1
            del checkpoints[removed]
            before -= 1
        checkpoints.insert(before, new)

    def _restart(self, index: int, carry: Sequence[Any]) -> None:
        """Drop all rows; the next one is that of pass ``index``."""
        for column in self.columns:
            column.clear()
        self.first, self._carry, self._segment = index, carry, 0

    # --- when its stacks are read

    def stacks(self, passes: int, backwards: bool) -> list[Any]:
        """The stacks by position, which of a loop that ran ``backwards`` is the last one first."""
        if self.partial:
            return [Column(self, i, passes, backwards) for i in range(len(self.columns))]
        if backwards:
            for column in self.columns:
                column.reverse()
        return list(self.columns)

    def entry(self, column: int, index: int) -> Any:
        """The entry of pass ``index``, recomputed where its row is not stored."""
        if not self.first <= index < self.end:
            nearest = self._checkpoints[bisect_right(self._checkpoints, index, key=_index) - 1]
            if not nearest.index <= self.end <= index:
                self._restart(nearest.index, nearest.carry)
            while self.end <= index:
                carry, row = self._again(self.end, self._carry)
                self.add(row, carry)
        return self.columns[column][index - self.first]

    @property
    def size(self) -> int:
        """The most elements that this may store, with the values captured for recomputation."""
        return self._bound + sum(map(elements_of, self._captured))


class Column(LazyStack):
    """One stack of a record that does not store all of its rows."""

    __slots__ = ("_backwards", "_column", "_passes", "_record")

    def __init__(self, record: Record, column: int, passes: int, backwards: bool) -> None:
        self._record, self._column = record, column
        self._passes, self._backwards = passes, backwards
        self.size = record.size // len(record.columns)

    def __getitem__(self, position: int) -> Any:
        index = self._passes - 1 - position if self._backwards else position
        return self._record.entry(self._column, index)
