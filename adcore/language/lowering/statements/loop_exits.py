"""How a pass of a loop ends, and how the loop does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from adcore.graph import Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.values import Value

RUNNING, RETURNED = "<running>", "<returned>"
"""What a pass leaves behind beside the program's names: whether the loop goes on, and whether it was left by
``return``; then ``VALUE`` is what was returned."""

LoopStatement = ast.For | ast.While
Body = Callable[[Lowering, LoopStatement, Iteration | None, Node | int], None]
"""Runs one pass."""


class Outcome(NamedTuple):
    """How a loop ended: whether it ran to its end, without ``break`` or ``return``; if by ``return``; with what."""

    completed: bool | Node
    returned: bool | Node
    value: Value
