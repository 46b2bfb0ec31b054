"""Notices: what ops report of their results while a program runs, collected per run.

Only kernels of ops that declare a notice look for one, so a program without any pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from adcore.errors import Span
from adcore.graph import Graph, Node

_T = TypeVar("_T")

MOST = 100
"""The most notices of one run: after so many places, further ones say little more."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a run that is worth knowing, and how often it happened."""

    code: str
    message: str
    span: Span | None
    """The place in the text; None where the derivative is concerned, and not the program itself."""
    times: int


Counts = dict[tuple[str, Span | None], tuple[str, int]]
"""By code and place: the first message, and the number of notices."""
_collected: ContextVar[Counts | None] = ContextVar("_collected", default=None)


def with_notices(run: Callable[[], _T]) -> tuple[_T, tuple[Notice, ...]]:
    """What ``run`` returns, and the notices of all runs within it, in the order of their first occurrence."""
    counts: Counts = {}
    token = _collected.set(counts)
    try:
        result = run()
    finally:
        _collected.reset(token)
    found = [Notice(code, message, span, times) for (code, span), (message, times) in counts.items()] if counts else ()
    return result, tuple(found)


def listening() -> bool:
    """Whether notices are being collected."""
    return _collected.get() is not None


def report(code: str, message: str, span: Span | None) -> None:
    """Collect a notice, where notices are being collected; those of one code and place count as one."""
    counts = _collected.get()
    if counts is not None:
        first, times = counts.get((code, span), (message if span else f"in the derivative, {message}", 0))
        if times or len(counts) < MOST:
            counts[code, span] = (first, times + 1)


def with_notice(kernel: Callable[..., Any], node: Node) -> Callable[..., Any]:
    """The kernel of a node whose op declares a notice: after each run, the op's notice of its result is collected."""

    notice, span, params = node.op.rules.notice, node.span, dict(node.params)
    assert notice is not None

    def run(*operands: Any) -> Any:
        result = kernel(*operands)
        if listening():
            due = notice(result, *operands, **params)
            if due is not None:
                report(*due, span)
        return result

    return run


def may_notice(graph: Graph) -> bool:
    """Whether any op that the graph may run declares notices."""
    return any(node.op.rules.notice is not None for inner in graph.within() for node in inner.nodes)
