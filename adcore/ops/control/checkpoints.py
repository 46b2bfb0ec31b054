"""What a loop stacks for its adjoint: all of it while that fits into a budget of memory, else as much as does.

A loop that outgrows its budget forgets what it stacked. It keeps checkpoints, what the loop carried where some passes
began, and what the latest passes stacked; whatever else is read is computed again, from the nearest checkpoint on.
That gives the same bits, so nobody need know: what an adjoint needs is decided by ``derivatives.reverse.split``, and
whether that is stored or computed again is decided here, while the loop runs.

The checkpoints are moved as the loop goes, by the rule of Wang, Moin and Iaccarino (Minimal repetition dynamic
checkpointing algorithm for unsteady adjoint calculation, SIAM J. Sci. Comput. 31, 2009). With s of them, and one more
for the segment at hand, n segments are read backwards with each computed again at most t times, for the smallest t
with n <= C(s + t, t). That is the bound of the binomial scheme too, which has to know n from the start (Griewank and
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
"""The number of a pass, and what the loop carries into it, to what it carries on and what it stacks."""

PERMANENT = 1 << 60
"""The level of the checkpoint that is never let go: the start."""


@dataclass(slots=True)
class Checkpoint:
    """What the loop carries into pass ``index``; ``level`` orders checkpoints by how long they have to last."""

    index: int
    carry: Sequence[Any]
    level: int = 0


_index: Callable[[Checkpoint], int] = attrgetter("index")


def _outranked(kept: Sequence[Checkpoint]) -> int | None:
    """The latest checkpoint that a later one outranks, and that has served therefore; None where there is none."""
    top = kept[-1].level
    for i in range(len(kept) - 2, 0, -1):
        if kept[i].level < top:
            return i
        top = kept[i].level
    return None


class Record:
    """What one run of a loop stacks: of each pass a row, with an entry for each stack.

    ``memory`` bounds the elements of all rows and checkpoints that are held; None is no bound. One row and one
    checkpoint are held in any case: they are no more than a pass has in hand while it runs.
    """

    def __init__(
        self, again: Pass, start: Sequence[Any], given: Sequence[Any], types: Sequence[Type], memory: int | None
    ) -> None:
        """``given`` is what the passes read that the loop does not carry, ``types`` are those of a row's entries."""
        self.columns: list[list[Any]] = [[] for _ in types]
        self.first = 0
        """The number of the pass whose row is the first held; those after it follow without a gap."""
        self.partial = False
        """Whether rows have been let go."""
        self._carry = start
        self._again, self._given = again, given
        self._checkpoints = [Checkpoint(0, start, PERMANENT)]
        self._weight = sum(OVERHEAD + t.size for t in types) if all(t.is_array for t in types) else None
        self._memory = memory
        # A segment is as many rows as fit into a third of the memory, and checkpoints have the rest: where passes are
        # light any share serves, and where they are heavy it is checkpoints that are scarce.
        self._room = 0 if memory is None else memory // 3
        self._segment = self._before = 0
        self._bound = memory or 0

    @property
    def end(self) -> int:
        """The number of the pass after the last whose row is held."""
        return self.first + len(self.columns[0])

    # --- while the loop runs

    def add(self, row: Sequence[Any], carry: Sequence[Any]) -> None:
        """Hold what the next pass stacked, which carries on ``carry``."""
        if self._memory is not None:
            weight = sum(map(elements_of, row)) if self._weight is None else self._weight
            if self._segment + weight > self._room:
                self._turn(weight, self._memory)
            self._segment += weight
        for column, value in zip(self.columns, row, strict=True):
            column.append(value)
        self._carry = carry

    def _turn(self, weight: int, memory: int) -> None:
        """Begin a segment with a row that weighs so much: where it begins, there can be a checkpoint."""
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
        """Keep a checkpoint for as long as it may be of use, among so many at the most."""
        kept = self._checkpoints
        before = bisect_right(kept, new.index, key=_index)
        if kept[before - 1].index == new.index:
            return
        while len(kept) >= most:
            if before < len(kept):
                # What lies ahead was for rows that have been read.
                kept.pop()
                continue
            if before == 1:
                return
            gone = _outranked(kept)
            if gone is None:
                gone, new.level = -1, kept[-1].level + 1
            del kept[gone]
            before -= 1
        kept.insert(before, new)

    def _restart(self, index: int, carry: Sequence[Any]) -> None:
        """Hold no rows; the next one is that of pass ``index``."""
        for column in self.columns:
            column.clear()
        self.first, self._carry, self._segment = index, carry, 0

    # --- when its stacks are read

    def stacks(self, passes: int, backwards: bool) -> list[Any]:
        """The stacks, by position. A loop that ran ``backwards`` was at the last position first."""
        if self.partial:
            return [Column(self, i, passes, backwards) for i in range(len(self.columns))]
        if backwards:
            for column in self.columns:
                column.reverse()
        return list(self.columns)

    def entry(self, column: int, index: int) -> Any:
        """What pass ``index`` stacked, which is run again where its row is not held."""
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
        """The elements that this may hold, with what it needs to run again."""
        return self._bound + sum(map(elements_of, self._given))


class Column(LazyStack):
    """One stack of a record that does not hold all of its rows."""

    __slots__ = ("_backwards", "_column", "_passes", "_record")

    def __init__(self, record: Record, column: int, passes: int, backwards: bool) -> None:
        self._record, self._column = record, column
        self._passes, self._backwards = passes, backwards
        self.size = record.size // len(record.columns)

    def __getitem__(self, position: int) -> Any:
        index = self._passes - 1 - position if self._backwards else position
        return self._record.entry(self._column, index)
