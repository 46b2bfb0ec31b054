"""Elements as they are yielded: what reduces them, ``sum``, ``max`` and their kind, and what an array of them holds."""

from __future__ import annotations

import math
from typing import NamedTuple

from adcore.errors import LoopMismatch
from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.constant_arithmetic import FOLDED
from adcore.language.lowering.loop_or_unroll import MAX_UNROLLED_PASSES
from adcore.language.lowering.values import List, Place, Value, describe_value, is_number, is_sequence, plain


class Joining(NamedTuple):
    """A reduction: the op that joins two elements, and its neutral element."""

    op: str
    start: bool | float

    @property
    def decides(self) -> bool | None:
        """The absorbing element of ``any`` and ``all``, which ends the loop; None otherwise."""
        return not self.start if isinstance(self.start, bool) else None

    def join(self, low: Lowering, a: Value, b: Value, place: Place) -> Value:
        """The reduction of two elements."""
        if is_number(a) and is_number(b) and self.op in FOLDED:
            return FOLDED[self.op](a, b)  # type: ignore[arg-type]
        return low.emit(OPS[self.op], (a, b), place)


JOINED = {
    "sum": Joining("add", 0),
    "prod": Joining("multiply", 1),
    "max": Joining("maximum", -math.inf),
    "min": Joining("minimum", math.inf),
    "any": Joining("logical_or", False),
    "all": Joining("logical_and", True),
}
"""The reductions of generators."""


def array_element(low: Lowering, value: Value, count: int, place: Place) -> Value:
    """An element of an array of elements. Raises LoopMismatch where it is none: then the passes are lowered apart."""
    value = plain(value)
    if isinstance(value, (Node, List)) or is_number(value) or (is_sequence(value) and count > MAX_UNROLLED_PASSES):
        return value
    raise LoopMismatch(f"{describe_value(value)} cannot be an element of an array", span=low.span(place), unrolls=True)
