"""Text to checked syntax, once per text, whatever the shapes of the inputs.

One walk over Python's syntax tree refuses what is not supported, records which names each function assigns and reads,
and bounds the nesting, so that later passes may recurse.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adcore.errors import AdcoreError, NoResult, Span, Unsupported
from adcore.language import library
from adcore.language.syntax.checker import Walk
from adcore.language.syntax.in_place import assign_what_is_changed
from adcore.language.syntax.matching import match_as_if
from adcore.language.syntax.outputs import ResultPlan, is_passed_over, plan_of
from adcore.language.syntax.passed_over import pass_over
from adcore.language.syntax.scopes import InputName, LoopStatement, Names, free_names, note_reads, reads_inputs
from adcore.language.syntax.source import Source, read_source
from adcore.limits import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Syntax:
    """A well-formed program: its statements, its names, its inputs and its result."""

    source: Source
    prelude: tuple[ast.stmt, ...]
    """The statements before the main block: definitions and imports, where a function is the program's entry."""
    main: tuple[ast.stmt, ...]
    entry: ast.FunctionDef | None
    """The entry function, where the program consists of functions."""
    top: Names
    scopes: Mapping[ast.FunctionDef, Names]
    lambdas: Mapping[ast.Lambda, ast.FunctionDef]
    comprehensions: Mapping[ast.expr, Names]
    """The names of each comprehension and generator expression."""
    imports: Mapping[str, str]
    """The full name of what each imported name refers to."""
    uses_numpy: bool
    """Whether NumPy, or what mirrors it, is imported, or stands before a dot."""
    early_exits: frozenset[ast.stmt]
    """Statements containing an early exit (``return``; for branches also ``break`` and ``continue``)."""
    breaking: frozenset[LoopStatement]
    """The loops with a ``break``."""
    otherwise: Mapping[LoopStatement, ast.If]
    """The ``else`` block of each loop that has one, as a branch."""
    refused: Mapping[ast.AST, AdcoreError]
    """What is not supported, where the program may never reach it."""
    in_place: frozenset[ast.Call]
    """The calls that give their first argument changed, which a statement assigns to it."""
    inputs: tuple[InputName, ...]
    plan: ResultPlan

    def inputs_among(self, names: Iterable[str]) -> tuple[InputName, ...]:
        """The inputs of the program where values of these names are posted.

        A block takes any name beside those that it cannot do without; an entry function takes its parameters.
        """
        known = {entry.name for entry in self.inputs}
        more = [name for name in names if name not in known] if self.entry is None else []
        if not more:
            return self.inputs
        entries = [InputName(name, self._first_place(name)) for name in sorted(more)]
        entries.sort(key=lambda entry: (1, 0, 0) if entry.span is None else (0, entry.span.line, entry.span.column))
        return (*self.inputs, *entries)

    def _first_place(self, name: str) -> Span | None:
        """Where the main block, or a function that does not bind the name itself, has it first."""
        scopes = [self.top, *self.scopes.values(), *self.comprehensions.values()]
        nodes: list[ast.expr] = [self.top.assigned[name]] if name in self.top.assigned else []
        for scope in scopes:
            if scope.home(name) in (None, self.top):
                nodes += [node for node, _ in scope.uses() if node.id == name]
        return min(map(self.source.span, nodes), key=lambda span: (span.line, span.column), default=None)

    def refusal(self, node: ast.AST) -> AdcoreError:
        """The error of what is not supported, to be raised where the program reaches it."""
        error = self.refused[node]
        return type(error)(error.message, span=error.span, help=error.help)

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def names(self) -> Names:
        """The names of the main block."""
        return self.top if self.entry is None else self.scopes[self.entry]

    @property
    def assigned(self) -> dict[str, Span]:
        """The names that the main block assigns, each with its first place: the possible outputs."""
        own = {name: node for name, node in self.names.assigned.items() if not name.startswith("<")}
        return {name: self.source.span(node) for name, node in own.items()}


KEYWORDS: Mapping[type[ast.AST], int] = {ast.If: 2, ast.For: 3, ast.While: 5, ast.FunctionDef: 3}
"""The statements that messages point at by their keyword, and its length."""


def parse(text: str, limits: Limits) -> Syntax:
    """The checked syntax of a program.

    Raises SourceTooLong, TooManyParts, NestingTooDeep, SyntaxFault, Unsupported, NotYet, NoResult, and UnknownFunction
    of an import.
    """
    source = read_source(text, limits)
    try:
        return _checked(source, limits)
    except AdcoreError as error:
        raise error.located(source.text) from None


def _checked(source: Source, limits: Limits) -> Syntax:
    match_as_if(source)
    pass_over(source.tree)
    in_place = assign_what_is_changed(source.tree, source.text)
    walk = Walk(source, limits)
    walk.run()
    body = tuple(source.tree.body)
    entry = _entry(body, constants=not reads_inputs(walk.top, walk.imports))
    scopes = [walk.top, *walk.scopes.values(), *walk.comprehensions.values()]
    note_reads(scopes)
    inputs: list[InputName] = []
    main = body
    if entry is not None:
        if entry.decorator_list and entry not in walk.refused:
            raise Unsupported(
                "the function that is the program takes its inputs whole, and is not vectorized",
                span=source.span(entry.decorator_list[0]),
                help="call it in one more function",
            )
        main = tuple(entry.body)
        first = walk.scopes[entry]
        arguments = entry.args
        required = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
        optional = {a.arg for a in (*arguments.posonlyargs, *arguments.args)[required:]}
        optional |= {a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
        # No input goes to *args and **kwargs, which are empty.
        stars = (arguments.vararg, arguments.kwarg)
        named = [(n, a) for n, a in first.parameters.items() if a not in stars]
        inputs = [InputName(n, source.span(a), n in optional) for n, a in named]
        free = [node for node in free_names(first, walk.imports) if node.id not in first.parameters]
        # Defaults are evaluated at the top level.
        free += [n for n in free_names(walk.top, walk.imports) if n.id not in {f.id for f in free}]
    else:
        free = free_names(walk.top, walk.imports)
    inputs += [InputName(node.id, source.span(node)) for node in free]
    # Statements after a return are unreachable.
    end = next((i for i, statement in enumerate(main, 1) if isinstance(statement, ast.Return)), len(main))
    main = main[:end]
    plan = plan_of(main)
    if plan is None:
        # A block that is not supported may have had it.
        refused = next(
            (x for x in main if x in walk.refused and not isinstance(x, (ast.FunctionDef, ast.ClassDef))), None
        )
        if refused is not None:
            raise walk.refused[refused]
        last = main[-1] if main else None
        raise NoResult(
            "the program computes nothing" if last is None else "the program ends without a result",
            span=Span(1, 1, 1, 2) if last is None else _head(source, last),
            help="end it with an expression or an assignment",
        )
    return Syntax(
        source,
        body if entry is not None else (),
        main,
        entry,
        walk.top,
        walk.scopes,
        walk.lambdas,
        walk.comprehensions,
        walk.imports,
        _uses_numpy(walk),
        frozenset(walk.early_exits),
        frozenset(walk.breaking),
        walk.otherwise,
        walk.refused,
        in_place,
        tuple(inputs),
        plan,
    )


def _uses_numpy(walk: Walk) -> bool:
    """Whether a module of NumPy's functions is imported, or stands before a dot."""
    scopes = [walk.top, *walk.scopes.values(), *walk.comprehensions.values()]
    prefixes = {node.id for scope in scopes for node in scope.prefixes if scope.home(node.id) is None}
    modules = [*walk.imports.values(), *(library.PREFIXES.get(name, "") for name in prefixes)]
    return any(library.canonical(f"{module}.").startswith("numpy.") for module in modules)


def _entry(body: Sequence[ast.stmt], constants: bool) -> ast.FunctionDef | None:
    """The entry function: the last statement, where only functions and constants precede it.

    ``constants`` says that the assignments beside the functions read no inputs.
    """
    passed_over = (ast.Import, ast.ImportFrom, ast.Pass)
    statements = [s for s in body if not isinstance(s, passed_over) and not is_passed_over(s)]
    kinds = (ast.FunctionDef, ast.ClassDef, *((ast.Assign, ast.AnnAssign) if constants else ()))
    last = statements[-1] if statements else None
    return last if isinstance(last, ast.FunctionDef) and all(isinstance(s, kinds) for s in statements) else None


def _head(source: Source, statement: ast.stmt) -> Span:
    """The place that stands for a statement: the keyword of an ``if`` or a ``def``, else the whole."""
    keyword = KEYWORDS.get(type(statement))
    return source.word(statement, keyword) if keyword else source.span(statement)


def ends(syntax: Syntax) -> tuple[str, ...]:
    """The names of the program's ends: the variables that the main block assigns and nothing reads, then the result."""
    names = syntax.names
    result = syntax.plan.output_names()
    unread = {name: node for name, node in names.assigned.items() if name not in names.last_read and name[0] != "<"}
    before = [(node.lineno, node.col_offset, name) for name, node in unread.items() if name not in result]
    return (*(name for _, _, name in sorted(before)), *result)
