"""Scopes: the names that a program and its functions assign, read and take as parameters; free names are inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adcore.errors import Span
from adcore.language import vocabulary

Position = tuple[int, int]
CHECKED = "<checked>"
"""The name of the token of a function's assertions so far."""
RUNNING, RETURNED, VALUE = "<running>", "<returned>", "<value>"
"""The names that a pass of a loop binds beside the program's: whether the loop continues, whether it was left by
``return``, and the value returned then."""
LoopStatement = ast.For | ast.While
ALWAYS: Position = (1 << 60, 0)
"""Later than any place: the position of a read that may happen at any time."""


@dataclass(slots=True, eq=False)
class Names:
    """One scope: the names of the program's top level, of a function definition or of a comprehension."""

    parent: Names | None = None
    definition: ast.FunctionDef | None = None
    parameters: dict[str, ast.arg] = field(default_factory=dict)
    assigned: dict[str, ast.expr] = field(default_factory=dict)
    """Names that statements assign, each with the first place."""
    functions: dict[str, list[Names]] = field(default_factory=dict)
    """Names that ``def`` statements bind."""
    asserts: bool = False
    inline: bool = False
    """Whether it is a comprehension, which is evaluated where it stands."""
    lambdas: list[Names] = field(default_factory=list)
    """The lambdas and comprehensions in it."""
    reads: list[ast.Name] = field(default_factory=list)
    calls: list[ast.Name] = field(default_factory=list)
    """Reads of names that are called."""
    prefixes: list[ast.Name] = field(default_factory=list)
    """Names before a dot: modules, or values whose attributes are read."""
    last_read: dict[str, Position] = field(default_factory=dict)
    """Where each name is read last; ``ALWAYS`` where an inner function reads it."""
    read_at: dict[str, list[Position]] = field(default_factory=dict)
    """All places where each name is read in this scope itself."""

    def binds(self, name: str) -> bool:
        """Whether the name is local to this scope."""
        return name in self.assigned or name in self.parameters or name in self.functions

    @property
    def is_main(self) -> bool:
        """Whether it is the top level, or a comprehension there."""
        return self.definition is None and (self.parent is None or self.parent.is_main)

    def uses(self) -> Iterator[tuple[ast.Name, str]]:
        """All reads of names, each with the field that lists it."""
        for manner in ("reads", "calls", "prefixes"):
            for node in getattr(self, manner):
                yield node, manner

    def home(self, name: str) -> Names | None:
        """The scope that binds the name, as seen from this one; None for a free name."""
        scope: Names | None = self
        while scope is not None and not scope.binds(name):
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class InputName:
    """An input of the program, by name."""

    name: str
    span: Span | None
    """The first place it appears at; None where the text does not have the name."""
    optional: bool = False
    """Whether it is a parameter with a default."""


def note_reads(scopes: list[Names]) -> None:
    """Fill in ``read_at`` and ``last_read`` of every scope; the first one is the top level."""
    for scope in scopes:
        for node, _ in scope.uses():
            name, position = node.id, (node.lineno, node.col_offset)
            # A free name may be an input, and inputs belong to the top level.
            home = scope.home(name) or scopes[0]
            here = scope
            while here.inline and here is not home and here.parent is not None:
                here = here.parent
            if home is here:
                here.read_at.setdefault(name, []).append(position)
                here.last_read[name] = max(here.last_read.get(name, position), position)
            else:
                home.last_read[name] = ALWAYS


def appended(statement: ast.AST) -> tuple[ast.Name, ast.expr] | None:
    """The list and the element of ``out.append(x)``."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name() as name, "append"), [element], [])):
            return None if isinstance(element, ast.Starred) else (name, element)
        case _:
            return None


CHANGING = frozenset("append extend insert pop remove clear reverse sort update setdefault".split())
"""The methods that change a list or a dictionary."""


def assignments(statement: ast.For | ast.While) -> dict[str, ast.expr | ast.stmt]:
    """The names that a pass of a loop may bind, each with the last place that binds it."""
    places: dict[str, ast.expr | ast.stmt] = {}
    stack: list[ast.AST] = [*reversed(statement.body)]
    if isinstance(statement, ast.For):
        stack.append(statement.target)
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(name):
                places[name] = node
            case ast.Tuple(elts) | ast.List(elts):
                stack += reversed(elts)
            case ast.Subscript(value) | ast.Starred(value):
                stack.append(value)
            case ast.Assign(targets):
                stack += reversed(targets)
            case ast.AugAssign(target) | ast.AnnAssign(target):
                stack.append(target)
            case ast.FunctionDef(name):
                places[name] = node
            case ast.Expr(ast.Call(ast.Attribute(base, method))) if method in CHANGING:
                while isinstance(base, ast.Subscript):
                    base = base.value
                if isinstance(base, ast.Name):
                    places[base.id] = node
            case ast.Assert() | ast.Raise():
                places[CHECKED] = node
            case ast.If(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
                stack += reversed([*body, *orelse])
            case ast.For(target, _, body, orelse):
                stack += reversed([target, *body, *orelse])
            case _:
                pass
    return places


def last_of(name: str) -> str:
    """The variable that holds the last element appended to a list that a loop collects."""
    return f"<last of {name}>"


def reads_last(node: ast.AST) -> str | None:
    """The name in ``out[-1]``."""
    match node:
        case ast.Subscript(ast.Name(name), ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Load()):
            return name
        case _:
            return None


def accumulates(statement: ast.For | ast.While, name: str) -> bool:
    """Whether all a loop does with a name is ``s += x``, ``s = s + x`` and the like, element by element."""
    uses = sum(isinstance(x, ast.Name) and x.id == name for x in ast.walk(statement))
    updates = 0
    for one in ast.walk(statement):
        match one:
            case ast.AugAssign(ast.Name(target), op) if target == name and not isinstance(op, ast.MatMult):
                updates += 1
            case ast.Assign([ast.Name(target)], value) if target == name:
                updates += 1 + _operands(value, name)
            case _:
                pass
    return updates == uses


def _operands(value: ast.expr, name: str) -> int:
    """How often a name is an operand of the elementwise operators of an expression."""
    count, queue = 0, [value]
    while queue:
        match queue.pop():
            case ast.BinOp(left, op, right) if not isinstance(op, ast.MatMult):
                queue += left, right
            case ast.Name(operand) if operand == name:
                count += 1
            case _:
                pass
    return count


def free_names(start: Names, imports: Mapping[str, str]) -> list[ast.Name]:
    """The first read of every free name of ``start`` and of the functions reachable from it, in the text's order."""
    first: dict[str, ast.Name] = {}
    seen = {start}
    queue = [start]
    while queue:
        scope = queue.pop()
        queue += [inner for inner in scope.lambdas if inner not in seen]
        seen.update(scope.lambdas)
        for node, manner in scope.uses():
            home = scope.home(node.id)
            if home is not None:
                reached = [f for f in home.functions.get(node.id, ()) if f not in seen]
                seen.update(reached)
                queue += reached
            elif manner != "calls" and not _is_known(node.id, imports):
                known = first.get(node.id)
                if known is None or (node.lineno, node.col_offset) < (known.lineno, known.col_offset):
                    first[node.id] = node
    return sorted(first.values(), key=lambda node: (node.lineno, node.col_offset))


def reads_inputs(names: Names, imports: Mapping[str, str]) -> bool:
    """Whether this scope itself reads a free name."""
    return any(
        manner != "calls" and names.home(node.id) is None and not _is_known(node.id, imports)
        for node, manner in names.uses()
    )


def _is_known(name: str, imports: Mapping[str, str]) -> bool:
    """Whether a free name is predefined: a constant, a function, an import, a module."""
    return (
        name in imports
        or name in vocabulary.CONSTANTS
        or name in vocabulary.functions()
        or name in vocabulary.TYPES
        or name == "__name__"
        or vocabulary.is_module_name(name)
    )


LAMBDA = "<lambda>"
"""The name of the definition that a lambda becomes."""
