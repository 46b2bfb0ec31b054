"""Trying one way of lowering, and going back to where it began if another is needed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from adcore.errors import AdcoreError, BranchMismatch, LoopMismatch, NotConstant
from adcore.graph import Node
from adcore.language.lowering.branches import ONE_EACH
from adcore.language.lowering.builder import Lowering

MOST_PASSES = 256
"""How many passes of a loop are written out at most."""


T = TypeVar("T")


def written_out_if_needed(
    low: Lowering, passes: int, changing: Collection[Node], looped: Callable[[], T], one_by_one: Callable[[], T]
) -> T:
    """What ``looped`` gives, or ``one_by_one``, where what is ``changing`` from pass to pass must be known in it."""
    try:
        with low.attempt():
            return looped()
    except (NotConstant, LoopMismatch, BranchMismatch) as error:
        if isinstance(error, NotConstant):
            helps = error.depends in changing
        else:
            helps = error.help == ONE_EACH
        if not helps or passes > MOST_PASSES:
            raise
        try:
            return one_by_one()
        except AdcoreError as other:
            # A loop around this one may make known what is still unknown.
            raise (other if isinstance(other, NotConstant) and other.depends is not None else error) from None
