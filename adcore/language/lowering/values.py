"""What a name can hold while a program becomes a graph: a node of the graph, or something known already.

Numbers written in the text stay Python's numbers until they meet a node, so that they can serve as shapes and counts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, NamedTuple, Self, TypeGuard

from adcore.errors import AdcoreError
from adcore.graph import DType, Graph, Node, Type
from adcore.graph import Function as GraphFunction
from adcore.language.syntax.scopes import LAMBDA, Names
from adcore.ops.shapes import describe_shape

Place = ast.expr | ast.stmt
"""The piece of syntax that an error or a node points at."""


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Values in a row, and how many numbers and arrays there are in all of them, at any depth."""

    items: tuple[Value, ...]
    size: int
    depth: int

    def with_items(self, items: Iterable[Value]) -> Self:
        """A sequence of the same kind and size with other items."""
        return type(self)(tuple(items), self.size, self.depth)


class Tuple(Several):
    """Values parted by commas: several results, a shape, axes."""


class List(Several):
    """A list as written: an array where one is needed, a list of numbers where a shape or axes are."""


class Known(NamedTuple):
    """A function of the language, by the name of its op or special form; ``bare`` where no module stands before it."""

    name: str
    bare: bool


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function the program defines, with the names it sees and the values of its defaults."""

    definition: ast.FunctionDef
    scope: Scope
    defaults: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A function made of another one: its gradient, say, by some of its arguments, by their numbers."""

    kind: str
    function: Callee
    argnums: tuple[int, ...]
    single: bool
    """Whether the derivative is by one argument, and not by a tuple of them."""


Callee = Closure | Known | Derived
"""What can be called."""


@dataclass(frozen=True, slots=True, eq=False)
class Unusable:
    """What a name holds after an ``if`` whose branches do not agree on it: the error it is to use it there."""

    error: Callable[[ast.AST], AdcoreError]


class Unresolved(Exception):
    """A way through a function comes back to the function, of which it is not known yet what it gives."""


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """What a way through the program gives that ends in ``raise``: the condition it fails, and the error it is."""

    token: Node
    error: AdcoreError


class Missing:
    """The mark of no value at all, where None is a value."""


MISSING = Missing()

Number = bool | int | float
Value = Node | bool | int | float | str | Tuple | List | Callee | Raised | EllipsisType | slice | None
Held = Value | Unusable


class Change(NamedTuple):
    """One assignment, as a branch's journal keeps it: what the name held before, and where the assignment stands."""

    name: str
    held: Held | Missing
    place: ast.AST | None


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a program, or of one call of a function, and what they hold at this point."""

    names: Names
    parent: Scope | None
    variables: dict[str, Held] = field(default_factory=dict)
    journal: list[Change] | None = None
    """The assignments since the branch that is being lowered began."""

    def assign(self, name: str, value: Held, place: ast.AST | None = None) -> None:
        """Bind a name."""
        if self.journal is not None:
            self.journal.append(Change(name, self.variables.get(name, MISSING), place))
        self.variables[name] = value

    def journaled(self) -> Journal:
        """Assignments within this are listed, and undone at its end."""
        return Journal(self)

    @contextmanager
    def copied(self) -> Iterator[dict[str, Held]]:
        """Assignments within this are to a copy of the variables, and not journaled; it gives the original."""
        variables, journal = self.variables, self.journal
        self.variables, self.journal = dict(variables), None
        try:
            yield variables
        finally:
            self.variables, self.journal = variables, journal


class Journal:
    """The assignments to a scope within ``with``, which are undone at its end."""

    __slots__ = ("changes", "outer", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.changes: list[Change] = []

    def __enter__(self) -> list[Change]:
        self.outer, self.scope.journal = self.scope.journal, self.changes
        return self.changes

    def __exit__(self, *_: object) -> None:
        self.scope.journal = self.outer
        variables = self.scope.variables
        for name, before, _place in reversed(self.changes):
            if isinstance(before, Missing):
                del variables[name]
            else:
                variables[name] = before


def describe_value(value: Value) -> str:
    """A value as a message names it."""
    match value:
        case None:
            return "None"
        case bool():
            return str(value)
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Tuple():
            return "a tuple"
        case List():
            return "a list"
        case Closure():
            name = value.definition.name
            return "a lambda" if name == LAMBDA else f"the function {name}"
        case Derived():
            return f"the {value.kind.replace('_', ' ')} of {describe_value(value.function)}"
        case Known():
            return f"the function {value.name}"
        case Node():
            return "a number" if value.shape == () else f"an array of shape {describe_shape(value.shape)}"
        case _:
            return "a part of an index"


def is_number(value: Any) -> bool:
    """True for a number that is known when the program is compiled."""
    return isinstance(value, (int, float))


def is_sequence(value: object) -> TypeGuard[Tuple | List]:
    """True for a tuple or a list."""
    return isinstance(value, (Tuple, List))


def operand_type(value: Value) -> Type | None:
    """The type of a node, or of a known number as an operand; None for all other values."""
    if isinstance(value, Node):
        return value.type
    if is_number(value):
        return Type(DType.BOOL if isinstance(value, bool) else DType.FLOAT, ())
    return None


@dataclass(eq=False)
class Recursion:
    """A function that is being lowered apart, as far as it is known."""

    function: Closure
    place: ast.Call
    result: Value | None = None
    """What it gives, as values of the right kinds; meaningless while ``known`` does not hold."""
    known: bool = False
    captured: tuple[Node, ...] = ()
    """What it reads from around it."""
    graph_function: GraphFunction | None = None
    graphs: list[Graph] = field(default_factory=list)
    """Its graph, once it is there."""


@dataclass(slots=True, eq=False)
class Specialisations:
    """The calls of the program's functions that are being lowered, by specialisation key."""

    inlining: set[Hashable] = field(default_factory=set)
    """The calls that are being inlined."""
    recursive: dict[Hashable, Recursion] = field(default_factory=dict)
    """The recursive functions whose graphs are under construction."""
    unrolled: set[ast.FunctionDef] = field(default_factory=set)
    """The recursive functions that are inlined all the same, since known numbers decide their shapes."""
