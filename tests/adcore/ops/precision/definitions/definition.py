"""What the definition of an op is: a function of jets, how the op is applied, and which operands it is measured at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adcore.graph import OPS, Node, constant
from tests.adcore.ops.precision.jets import Jet

Interval = tuple[float, float]
EVERYWHERE: Interval = (-math.inf, math.inf)
POSITIVE: Interval = (0.0, math.inf)
Apply = Callable[[Sequence[Node]], Node]
"""The op applied to arrays of numbers, one a point, an array an operand."""


ALL, SLOW, SLOWEST = 100_000, 40, 10
"""How many points of the grid are measured, at random: all, or fewer where the definition takes longer than some
hundredths of a second, or than some tenths, for one of them."""


@dataclass(frozen=True)
class Definition:
    """An op's definition: ``function`` of jets, the open interval of each operand (the last one serves all that
    follow), and the numbers close to which, and at which if they are inside, the op is measured besides.

    ``count`` is the number of operands. ``most`` bounds the points of the grid where each takes long.
    """

    function: Callable[..., Jet]
    intervals: tuple[Interval, ...] = (EVERYWHERE,)
    special: tuple[float, ...] = ()
    op: str = ""
    """Where the row of the table has another name than the op."""
    count: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    apply: Apply | None = None
    """How the op is applied, where it is not to its operands, or to a row along the axis 1, with its parameters."""
    is_reduction: bool = False
    most: int = ALL

    @property
    def operands(self) -> int:
        return self.count or len(OPS[self.op].signature.operands)

    def interval(self, operand: int) -> Interval:
        return self.intervals[min(operand, len(self.intervals) - 1)]


ELEMENTS = 3
"""The number of elements of what the reductions are measured on."""


def stacked(inputs: Sequence[Node]) -> Node:
    """A row of elements a point."""
    return OPS["stack"](*inputs, axis=1)


def column(x: Node, place: int) -> Node:
    """One element of each row."""
    return OPS["take"](x, constant(place), axis=1)


def reduction(function: Callable[..., Jet], **fields: Any) -> Definition:
    """The definition of a reduction of three elements; of the first of its results where it has several."""
    return Definition(function, is_reduction=True, count=ELEMENTS, **fields)
