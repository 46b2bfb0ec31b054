"""Notices: what ops say of their results while a program runs, gathered for whoever listens.

Only ops that declare a notice are asked, so that a program without any pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from adcore.errors import Span
from adcore.graph import Graph, Node

MOST = 100
"""Notices of one run; what is more of them would say the same."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a run that is worth knowing: where in the text, if it is the program itself, and how often."""

    code: str
    message: str
    span: Span | None
    times: int


Heard = dict[tuple[str, Span | None], tuple[str, int]]
_heard: ContextVar[Heard | None] = ContextVar("_heard", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """Gathers the notices of what runs within this context, in this thread."""
    heard: Heard = {}
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def notices(heard: Heard) -> tuple[Notice, ...]:
    """What was heard, in the order in which it was heard first."""
    return tuple(Notice(code, message, span, times) for (code, span), (message, times) in heard.items())


def watched(kernel: Callable[..., Any], node: Node) -> Callable[..., Any]:
    """The kernel of an op, with what the op says of its result told to who listens."""

    notice, span, params = node.op.rules.notice, node.span, dict(node.params)
    assert notice is not None

    def run(*operands: Any) -> Any:
        result = kernel(*operands)
        heard = _heard.get()
        if heard is not None:
            told = notice(result, *operands, **params)
            if told is not None:
                code, message = told
                first, times = heard.get((code, span), (message if span else f"in the derivative, {message}", 0))
                if times or len(heard) < MOST:
                    heard[code, span] = (first, times + 1)
        return result

    return run


def says_something(graph: Graph) -> bool:
    """Whether any op that the graph may run has notices."""
    return any(node.op.rules.notice is not None for inner in graph.within() for node in inner.nodes)
