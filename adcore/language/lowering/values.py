"""The values of the language during lowering: nodes of the graph, and what is known when the program is compiled.

Numbers written in the text stay Python's numbers until they meet a node, so that they can serve as shapes and counts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Any, NamedTuple, Self, TypeGuard

from adcore.errors import AdcoreError
from adcore.graph import DType, Node, Type
from adcore.language.syntax.scopes import LAMBDA, Names
from adcore.ops.shapes import describe_shape

Place = ast.expr | ast.stmt
"""The piece of syntax that an error or a node points at."""


class Identity:
    """Which list or dictionary of the program a value is: all values of one identity change together.

    Where branches or the passes of a loop join, a value is one of several lists; ``maybe`` are these.
    """

    __slots__ = ("maybe",)

    def __init__(self, *maybe: Identity) -> None:
        self.maybe: frozenset[Identity] = frozenset().union(*(x.maybe | {x} for x in maybe))


ANY_LIST = Identity()
"""The identity of a list that may be any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """A collection of values; ``size`` is the number of its leaves, ``depth`` that of its nesting."""

    items: tuple[Value, ...]
    size: int
    depth: int
    identity: Identity = field(default_factory=Identity)

    def with_items(self, items: Iterable[Value]) -> Self:
        """The same collection with other items of the same sizes, at a later time or in another region."""
        return replace(self, items=tuple(items))

    def form(self) -> Hashable:
        """Equal for collections of one kind with as many items, by the same keys."""
        return (type(self), len(self.items))


class Tuple(Several):
    """A tuple: several results, a shape, axes."""


class Frozen(Tuple):
    """A distribution with its parameters, ``norm(0, 1)``: its full name, the names of the arguments, their values.

    As a tuple it goes wherever tuples go; two of different names do not agree.
    """


class List(Several):
    """A list: converted to an array where one is needed; a shape or axes where these are."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Several):
    """A list in the form of an array: its only item is the array, along whose first axis are the list's items.

    The items are lists again where ``axes`` is more than one.
    """

    axes: int = 1

    @property
    def array(self) -> Node:
        (array,) = self.items
        assert isinstance(array, Node)
        return array

    def form(self) -> Hashable:
        return (Rows, self.axes)


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary(Several):
    """A dictionary of known keys: numbers, strings, None and tuples of these."""

    keys: tuple[Hashable, ...] = ()

    def form(self) -> Hashable:
        return (Dictionary, self.keys)

    def mapping(self) -> dict[Hashable, Value]:
        """The values by their keys."""
        return dict(zip(self.keys, self.items, strict=True))


class Set(Dictionary):
    """A set: its elements are the keys, and the values do not matter."""

    def form(self) -> Hashable:
        return (Set, self.keys)


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type, which only questions read: ``type(x) is float``."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class UnknownString:
    """A string with a value in it that only a run computes: it can be handed on, but not read."""

    value: Node | None = None


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


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A function with some of its arguments, ``functools.partial(f, 1, b=2)``."""

    function: Callee
    arguments: tuple[Argument, ...]


Callee = Closure | LibraryFunction | Derived | Interpolant | Partial
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

Value = (
    Node
    | bool
    | int
    | float
    | str
    | UnknownString
    | Tuple
    | List
    | Rows
    | Dictionary
    | Callee
    | TypeName
    | Raised
    | NamedValues
    | EllipsisType
    | slice
    | None
)
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
    caller: Scope | None = None
    """The scope that waits for this one to end."""
    region: list[Node] | None = None
    """The nodes of the innermost region in which an assignment to this scope stands."""

    def assign(self, name: str, value: Binding, place: ast.AST | None = None) -> None:
        """Bind a name."""
        if self.journal is not None:
            self.journal.append(Change(name, self.variables.get(name, MISSING), place))
        self.variables[name] = value

    def journaled(self, region: list[Node] | None) -> Journal:
        """Assignments within this, which is lowered to ``region``, are listed, and undone at its end."""
        return Journal(self, region)

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

    __slots__ = ("changes", "outer", "region", "scope")

    def __init__(self, scope: Scope, region: list[Node] | None) -> None:
        self.scope = scope
        self.region = region
        self.changes: list[Change] = []

    def __enter__(self) -> list[Change]:
        scope = self.scope
        self.outer, scope.journal = scope.journal, self.changes
        self.region, scope.region = scope.region, self.region
        return self.changes

    def __exit__(self, *_: object) -> None:
        self.scope.journal = self.outer
        self.scope.region = self.region
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
        case UnknownString():
            return "a string with values that only a run computes"
        case Tuple():
            return "a tuple"
        case List() | Rows():
            return "a list"
        case Set():
            return "a set"
        case Dictionary():
            return "a dictionary"
        case TypeName():
            return f"the type {value.name}"
        case Closure():
            name = value.definition.name
            return "a lambda" if name == LAMBDA else f"the function {name}"
        case Derived():
            return f"the {value.kind.replace('_', ' ')} of {describe_value(value.function)}"
        case Partial():
            return describe_value(value.function)
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
    if isinstance(value, Rows):
        return f"a list of {value.array.shape[0]}"
    if not (is_sequence(value) or isinstance(value, Dictionary)):
        return describe_value(value)
    keys = value.keys if isinstance(value, Dictionary) else None
    items = [*map(describe_value, value.items[:_SHOWN_ITEMS])] if keys is None else [*map(repr, keys[:_SHOWN_ITEMS])]
    return f"{describe_value(value)} ({', '.join(items)}{', ...' if len(value.items) > _SHOWN_ITEMS else ''})"


_SHOWN_ITEMS = 4


def is_number(value: Any) -> bool:
    """True for a number that is known when the program is compiled."""
    return isinstance(value, (int, float))


Changeable = List | Rows | Dictionary
"""The collections that a program can change."""


def is_sequence(value: object) -> TypeGuard[Tuple | List]:
    """True for a tuple or a list."""
    return isinstance(value, (Tuple, List))


def plain(value: Value) -> Value:
    """The value, a list in the form of an array as the array."""
    return value.array if isinstance(value, Rows) else value


def operand_type(value: Value) -> Type | None:
    """The type of a node, or of a known number as an operand; None for all other values."""
    if isinstance(value, Node):
        return value.type
    if is_number(value):
        return Type(DType.BOOL if isinstance(value, bool) else DType.FLOAT, ())
    return None
