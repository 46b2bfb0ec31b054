"""Lowering a loop as a loop, and unrolling it where that fails."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from adcore.errors import AdcoreError, BoundInOneBranch, JoinMismatch, NotConstant, UsedBeforeAssignment
from adcore.graph import Node
from adcore.language.lowering.builder import Lowering

MAX_UNROLLED_PASSES = 1024
"""A loop of more passes is never unrolled."""
LIST_GROWTH = "a list grows by one element in each pass of a for, and is read after it; or it is a comprehension"
"""The help where a list is appended to in another way."""

T = TypeVar("T")


def unroll_if_needed(
    low: Lowering, passes: int, changing: Collection[Node], looped: Callable[[], T], unrolled: Callable[[], T]
) -> T:
    """The result of ``looped``; that of ``unrolled`` where a loop cannot express the passes.

    That is so where one of the ``changing`` nodes, which differ from pass to pass, must be a compile-time constant, or
    where a variable is no array of one shape in all passes, or is assigned in some only.
    """
    try:
        with low.attempt():
            return looped()
    except (NotConstant, JoinMismatch, BoundInOneBranch, UsedBeforeAssignment) as error:
        helps = error.depends in changing if isinstance(error, NotConstant) else _unrolls(error)
        if not helps or passes > MAX_UNROLLED_PASSES:
            raise
        # What an unrolled pass runs into is what the program does there. Only where that is again something that must
        # be known, and is not, the first error says more.
        try:
            return unrolled()
        except (NotConstant, JoinMismatch, BoundInOneBranch, UsedBeforeAssignment) as other:
            # Unrolling an enclosing loop may make constant what still depends on a node.
            raise (other if isinstance(other, NotConstant) and other.depends is not None else error) from None


def _unrolls(error: AdcoreError) -> bool:
    return isinstance(error, (BoundInOneBranch, UsedBeforeAssignment)) or (
        isinstance(error, JoinMismatch) and error.unrolls
    )
