"""How a pass of a loop ends, and how the loop does: flags for ``break`` and ``return``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from adcore.graph import Node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.expressions.iteration import Iteration
from adcore.language.lowering.values import Value
from adcore.language.syntax.scopes import LoopStatement

Body = Callable[[Lowering, LoopStatement, Iteration | None, Node | int], None]
"""Lowers one pass."""


class Outcome(NamedTuple):
    """Whether a loop ran to its end, without ``break`` or ``return``; whether it returned; the returned value."""

    completed: bool | Node
    returned: bool | Node
    value: Value
