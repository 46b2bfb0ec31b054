"""How a pass of a loop ends, and how the loop does: flags for ``break`` and ``return``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from adcore.graph import Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.values import Value

RUNNING, RETURNED = "<running>", "<returned>"
"""Variables that a pass binds beside the program's: whether the loop continues, and whether it was left by ``return``;
``VALUE`` has the returned value then."""

LoopStatement = ast.For | ast.While
Body = Callable[[Lowering, LoopStatement, Iteration | None, Node | int], None]
"""Lowers one pass."""


class Outcome(NamedTuple):
    """Whether a loop ran to its end, without ``break`` or ``return``; whether it returned; the returned value."""

    completed: bool | Node
    returned: bool | Node
    value: Value
