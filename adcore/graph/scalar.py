"""Scalar builders: the interface of engines that compile, by which ops define one element of their result.

An op's rule is written once over the abstract builder; a backend (scalar code, code of several lanes, a tape machine)
is one more builder, and knows no op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Literal, Protocol, TypeVar

Scalar = TypeVar("Scalar")

Relation = Literal["<", "<=", ">", ">=", "==", "!="]


class ScalarBuilder(Protocol[Scalar]):
    """Emits the computation of one number; ``Scalar`` is the backend's type of float64 numbers and of conditions.

    Every operation rounds once, as IEEE 754 has it: nothing is contracted or reassociated.
    """

    def const(self, number: float) -> Scalar:
        """A number known beforehand."""
        ...

    def add(self, a: Scalar, b: Scalar) -> Scalar: ...

    def sub(self, a: Scalar, b: Scalar) -> Scalar: ...

    def mul(self, a: Scalar, b: Scalar) -> Scalar: ...

    def div(self, a: Scalar, b: Scalar) -> Scalar:
        """The quotient; division by zero gives an infinity or NaN."""
        ...

    def neg(self, a: Scalar) -> Scalar:
        """``a`` with its sign changed, that of a zero too."""
        ...

    def compare(self, relation: Relation, a: Scalar, b: Scalar) -> Scalar:
        """The condition ``a relation b``; with a NaN only ``!=`` holds."""
        ...

    def select(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        """``a`` where the condition holds, else ``b``; both are computed, and the other one has no effect."""
        ...

    def call(self, name: str, *arguments: Scalar) -> Scalar:
        """A function of C's ``math.h`` by its name there: ``exp``, ``log1p``, ``hypot``, ``fabs``."""
        ...


ScalarRule = Callable[Concatenate[ScalarBuilder[Any], ...], Any]
"""A builder and an element of each operand, with the op's parameters as keywords, to the element of the result."""
