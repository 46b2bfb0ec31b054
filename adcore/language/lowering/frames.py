"""Where a lowering stands in the program: the scope, the loops and calls around it, and the depth of nesting.

Whatever is entered by a context manager is left by exceptions, too.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from adcore.errors import CallSite, GraphTooLarge, NestingTooDeep, Span
from adcore.graph import Function as GraphFunction
from adcore.graph import Graph, Node
from adcore.language.lowering.values import Closure, Place, Scope, Value
from adcore.language.syntax.program import KEYWORDS, Syntax
from adcore.limits import Limits

_STEPS_PER_NODE = 4
"""Limit of the syntax nodes lowered, for each graph node allowed: inlined calls lower the same syntax again."""


T = TypeVar("T")


class Replaced(Generic[T]):
    """Within this, an attribute has another value, which ``with`` gives. It is cheaper than a generator."""

    __slots__ = ("name", "outer", "owner", "value")

    def __init__(self, owner: object, name: str, value: T) -> None:
        self.owner = owner
        self.name = name
        self.value = value

    def __enter__(self) -> T:
        self.outer = getattr(self.owner, self.name)
        setattr(self.owner, self.name, self.value)
        return self.value

    def __exit__(self, *_: object) -> None:
        setattr(self.owner, self.name, self.outer)


@dataclass(slots=True, eq=False)
class Frames:
    """The frames around the syntax that is being lowered."""

    syntax: Syntax
    limits: Limits
    scope: Scope
    outputs: frozenset[str] = frozenset()
    """The names of the main block that are live at its end."""
    calls: tuple[CallSite, ...] = ()
    """The inlined calls, outermost first."""
    loops: list[tuple[Scope, ast.For | ast.While]] = field(default_factory=list)
    """The loops, outermost first, each with its scope."""
    collecting: frozenset[ast.Expr] = frozenset()
    """The calls of ``append`` whose elements a loop collects in an array."""
    depth: int = 0
    """The depth of nesting of expressions, branches, loops and calls."""
    steps: int = 0
    """The syntax nodes lowered so far."""

    def span(self, place: Place) -> Span:
        """Where a piece of syntax stands, with the calls around it; of a statement with a block, the keyword."""
        source = self.syntax.source
        keyword = KEYWORDS.get(type(place))
        span = source.word(place, keyword) if keyword else source.span(place)
        if self.calls:
            span = Span(span.line, span.column, span.end_line, span.end_column, self.calls)
        return span

    def enter(self, place: Place) -> None:
        """One level deeper: the caller decrements ``depth`` at the end, and where it fails, an attempt around it does.

        That is for expressions, of which there are many; ``deeper`` leaves by itself. Raises NestingTooDeep and
        GraphTooLarge.
        """
        self.depth += 1
        self.step(place)
        if self.depth > self.limits.nesting_depth:
            raise NestingTooDeep(
                f"calls, branches and operators are nested deeper than {self.limits.nesting_depth}",
                span=self.span(place),
            )

    def deeper(self, place: Place) -> Replaced[int]:
        """Within this, a branch or a loop is lowered. Raises NestingTooDeep and GraphTooLarge."""
        outer = self.depth
        self.enter(place)
        inner, self.depth = self.depth, outer
        return Replaced(self, "depth", inner)

    def step(self, place: Place) -> None:
        """Count one more syntax node. Raises GraphTooLarge."""
        self.steps += 1
        if self.steps > _STEPS_PER_NODE * self.limits.graph_nodes:
            raise GraphTooLarge(
                "the program's functions are called, or its lists iterated over, too often", span=self.span(place)
            )

    def within(self, scope: Scope) -> Replaced[Scope]:
        """Within this, names are those of ``scope``."""
        return Replaced(self, "scope", scope)

    def calling(self, calls: tuple[CallSite, ...]) -> Replaced[tuple[CallSite, ...]]:
        """Within this, spans have these calls around them."""
        return Replaced(self, "calls", calls)

    @contextmanager
    def looping(self, statement: ast.For | ast.While, collecting: Iterable[ast.Expr] = ()) -> Iterator[None]:
        """Within this, a pass of a loop is lowered, which collects the elements of these calls of ``append``."""
        self.loops.append((self.scope, statement))
        outer, self.collecting = self.collecting, self.collecting.union(collecting)
        try:
            yield
        finally:
            self.loops.pop()
            self.collecting = outer

    def is_live(self, name: str, place: ast.stmt, own: bool = True) -> bool:
        """True where the value of a name at the end of a statement may still be read.

        A read before it counts where a loop around it comes back there; ``own`` says whether reads inside the statement
        do, too.
        """
        names = self.scope.names
        if name.startswith("<") or (name in self.outputs and names is self.syntax.names):
            return True
        start, end = ends_of(place)
        if names.last_read.get(name, start) > end:
            return True
        around = next((ends_of(loop) for scope, loop in self.loops if scope is self.scope), None)
        if around is None:
            return False
        return any(
            around[0] <= at <= around[1] and (own or not start <= at <= end) for at in names.read_at.get(name, ())
        )


def ends_of(place: ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a statement begins and ends: lines and columns."""
    return (place.lineno, place.col_offset), (place.end_lineno or 0, place.end_col_offset or 0)


@dataclass(eq=False)
class Recursion:
    """A recursive function whose graph is under construction."""

    function: Closure
    place: ast.Call
    result: Value | None = None
    """A value of its return type; meaningless until ``known``."""
    known: bool = False
    captured: tuple[Node, ...] = ()
    """The nodes of the enclosing region that it reads."""
    graph_function: GraphFunction | None = None
    graphs: list[Graph] = field(default_factory=list)
    """Its graph, once constructed."""


@dataclass(slots=True, eq=False)
class Specialisations:
    """The calls of the program's functions that are being lowered, by specialisation key."""

    inlining: set[Hashable] = field(default_factory=set)
    """The calls that are being inlined."""
    recursive: dict[Hashable, Recursion] = field(default_factory=dict)
    """The recursive functions whose graphs are under construction."""
    unrolled: set[ast.FunctionDef] = field(default_factory=set)
    """The recursive functions that are inlined all the same, since known numbers decide their shapes."""
