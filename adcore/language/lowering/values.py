"""The values of the language during lowering: nodes of the graph, and what is known when the program is compiled.

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
    """A sequence of values; ``size`` is the number of its leaves, ``depth`` that of its nesting."""

    items: tuple[Value, ...]
    size: int
    depth: int

    def with_items(self, items: Iterable[Value]) -> Self:
        """A sequence of the same kind and size with other items."""
        return type(self)(tuple(items), self.size, self.depth)


class Tuple(Several):
    """A tuple: several results, a shape, axes."""


class Frozen(Tuple):
    """A distribution with its parameters, ``norm(0, 1)``: its full name, the names of the arguments, their values.

    As a tuple it goes wherever tuples go; two of different names do not agree.
    """


class List(Several):
    """A list: converted to an array where one is needed; a shape or axes where these are."""


class LibraryFunction(NamedTuple):
    """A function of the language, by the name of its op or special form."""

    name: str
    bare: bool
    """Whether it is called without a module before it."""
    full: str | None = None
    """The full name in the library, where it is called by that."""


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function of the program, with the scope it closes over and the values of its defaults."""

    definition: ast.FunctionDef
    scope: Scope
    defaults: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A derivative of a function by some of its arguments, as a function."""

    kind: str
    function: Callee
    argnums: tuple[int, ...]
    single: bool
    """Whether the derivative is by one argument, and not by a tuple of them."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedValues:
    """Known values that have names, which are read as attributes: ``np.finfo(float).eps``."""

    name: str
    fields: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Interpolant:
    """A function through points, as ``CubicSpline`` gives one: an op, and its operands but for the first."""

    name: str
    op: str
    operands: tuple[Node, ...]
    params: Mapping[str, Hashable]
    orders: bool
    """Whether it can be called for its derivatives."""


Callee = Closure | LibraryFunction | Derived | Interpolant
"""A value that can be called."""


class Argument(NamedTuple):
    """One argument of a call: its name if it is a keyword argument, its value and its place."""

    name: str | None
    value: Value
    place: ast.expr


@dataclass(frozen=True, slots=True, eq=False)
class Unusable:
    """Poisoned binding: reading it raises ``error(place of the read)``."""

    error: Callable[[ast.AST], AdcoreError]


class Unresolved(Exception):
    """A path through a recursive function reaches a call of it, whose return type is not known yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """The result of a path that ends in ``raise``: the token of the failed condition, and the error."""

    token: Node
    error: AdcoreError


class Missing:
    """The type of ``MISSING``, which stands for an unbound name, since None is a value."""


MISSING = Missing()

Value = Node | bool | int | float | str | Tuple | List | Callee | Raised | NamedValues | EllipsisType | slice | None
Binding = Value | Unusable


class Change(NamedTuple):
    """An entry of a journal: the name assigned, its binding before, and the place of the assignment."""

    name: str
    binding: Binding | Missing
    place: ast.AST | None


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a program, or of one call of a function, and their bindings at this point."""

    names: Names
    parent: Scope | None
    variables: dict[str, Binding] = field(default_factory=dict)
    journal: list[Change] | None = None
    """The assignments in the innermost branch, where one is being lowered."""

    def assign(self, name: str, value: Binding, place: ast.AST | None = None) -> None:
        """Bind a name."""
        if self.journal is not None:
            self.journal.append(Change(name, self.variables.get(name, MISSING), place))
        self.variables[name] = value

    def journaled(self) -> Journal:
        """Assignments within this are listed, and undone at its end."""
        return Journal(self)

    @contextmanager
    def copied(self) -> Iterator[dict[str, Binding]]:
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
    """A value in the words of messages."""
    match value:
        case None:
            return "None"
        case bool():
            return str(value)
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Frozen():
            return "a distribution"
        case Tuple():
            return "a tuple"
        case List():
            return "a list"
        case Closure():
            name = value.definition.name
            return "a lambda" if name == LAMBDA else f"the function {name}"
        case Derived():
            return f"the {value.kind.replace('_', ' ')} of {describe_value(value.function)}"
        case Interpolant():
            return f"the function of {value.name}"
        case LibraryFunction():
            return f"the function {value.name}"
        case NamedValues():
            return f"the result of {value.name}"
        case Node():
            return "a number" if value.shape == () else f"an array of shape {describe_shape(value.shape)}"
        case _:
            return "a part of an index"


def describe_with_items(value: Value) -> str:
    """A value in the words of messages, a sequence with its first items."""
    if not is_sequence(value):
        return describe_value(value)
    items = [describe_value(x) for x in value.items[:_SHOWN_ITEMS]]
    return f"{describe_value(value)} ({', '.join(items)}{', ...' if len(value.items) > _SHOWN_ITEMS else ''})"


_SHOWN_ITEMS = 4


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
