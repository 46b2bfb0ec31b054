"""``match`` as ``if``: each pattern becomes a condition, and what it captures an assignment.

A list pattern matches arrays, too, since the lists of a request are arrays here.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

from adcore.errors import Unsupported
from adcore.language.syntax.source import Source

SUBJECT = "<match>"
"""The variable with the value that patterns are compared with, where it is no name."""


def match_as_if(source: Source) -> None:
    """Replace the ``match`` statements of the tree, in place. Raises Unsupported."""
    if "match" not in source.text:
        return
    for node in list(ast.walk(source.tree)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and any(isinstance(x, ast.Match) for x in block):
                block[:] = [new for old in block for new in (_replaced(source, old) if _is_match(old) else (old,))]


def _is_match(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Match)


def _replaced(source: Source, statement: ast.stmt) -> Sequence[ast.stmt]:
    """The statements that a ``match`` stands for."""
    assert isinstance(statement, ast.Match)
    subject = statement.subject
    before: list[ast.stmt] = []
    if not _is_simple(subject):
        target = ast.copy_location(ast.Name(SUBJECT, ast.Store()), subject)
        before = [ast.copy_location(ast.Assign([target], subject), subject)]
        subject = ast.copy_location(ast.Name(SUBJECT, ast.Load()), subject)
    chain: list[ast.stmt] = []
    for case in reversed(statement.cases):
        tests, captures = _read(source, case.pattern, subject)
        if case.guard is not None:
            # The guard reads what the pattern captures; a tuple of something is true.
            named: list[ast.expr] = [
                _at(case.pattern, ast.NamedExpr(_store(name, case.pattern), value)) for name, value in captures
            ]
            tests += [*([_at(case.pattern, ast.Tuple(named, ast.Load()))] if named else []), case.guard]
        case.body[:0] = [ast.copy_location(ast.Assign([_store(x, case.pattern)], v), case.pattern) for x, v in captures]
        chain = [ast.copy_location(ast.If(_all(tests, case.pattern), case.body, chain), case.pattern)]
    return [*before, *chain]


def _is_simple(subject: ast.expr) -> bool:
    """Whether an expression can be written several times."""
    parts = subject.elts if isinstance(subject, ast.Tuple) else [subject]
    return all(isinstance(x, (ast.Name, ast.Constant)) for x in parts)


_T = TypeVar("_T", bound=ast.expr)


def _at(place: ast.AST, node: _T) -> _T:
    return ast.copy_location(node, place)


def _store(name: str, place: ast.AST) -> ast.Name:
    return _at(place, ast.Name(name, ast.Store()))


def _all(tests: Sequence[ast.expr], place: ast.AST) -> ast.expr:
    """The condition that all tests hold."""
    if not tests:
        return _at(place, ast.Constant(True))
    return tests[0] if len(tests) == 1 else _at(place, ast.BoolOp(ast.And(), list(tests)))


# --- patterns

_Captures = list[tuple[str, ast.expr]]


def _read(source: Source, pattern: ast.pattern, subject: ast.expr) -> tuple[list[ast.expr], _Captures]:
    """The conditions that a pattern is, and the names that it binds, with their values."""

    def call(name: str, *arguments: ast.expr) -> ast.Call:
        return _at(pattern, ast.Call(_at(pattern, ast.Name(name, ast.Load())), list(arguments), []))

    def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
        return _at(pattern, ast.Compare(left, [operator], [right]))

    def part(key: ast.expr) -> ast.expr:
        return _at(pattern, ast.Subscript(subject, key, ast.Load()))

    def number(value: int) -> ast.expr:
        digits = _at(pattern, ast.Constant(abs(value)))
        return digits if value >= 0 else _at(pattern, ast.UnaryOp(ast.USub(), digits))

    def is_a(*types: str) -> ast.Call:
        names = [_at(pattern, ast.Name(name, ast.Load())) for name in types]
        return call("isinstance", subject, _at(pattern, ast.Tuple(list[ast.expr](names), ast.Load())))

    match pattern:
        case ast.MatchValue(value):
            return [compare(subject, ast.Eq(), value)], []
        case ast.MatchSingleton(value):
            return [compare(subject, ast.Is(), _at(pattern, ast.Constant(value)))], []
        case ast.MatchAs(None, name):
            return [], [] if name is None else [(name, subject)]
        case ast.MatchAs(inner, name) if inner is not None and name is not None:
            tests, captures = _read(source, inner, subject)
            return tests, [*captures, (name, subject)]
        case ast.MatchOr(alternatives):
            read = [_read(source, x, subject) for x in alternatives]
            if any(captures for _, captures in read):
                raise Unsupported(
                    "a pattern with | that captures a name does not exist in this language",
                    span=source.span(_place(pattern)),
                    help="write a case for each",
                )
            return [_at(pattern, ast.BoolOp(ast.Or(), [_all(tests, pattern) for tests, _ in read]))], []
        case ast.MatchSequence(patterns):
            star = next((i for i, x in enumerate(patterns) if isinstance(x, ast.MatchStar)), None)
            count = len(patterns) - (star is not None)
            if isinstance(subject, ast.Tuple) and star is None:
                if len(subject.elts) != count:
                    return [_at(pattern, ast.Constant(False))], []
                return _together([_read(source, x, y) for x, y in zip(patterns, subject.elts, strict=True)])
            how = ast.Eq() if star is None else ast.GtE()
            tests = [is_a("list", "tuple", "ndarray"), compare(call("len", subject), how, number(count))]
            parts: list[tuple[list[ast.expr], _Captures]] = [(tests, [])]
            for i, x in enumerate(patterns):
                behind = len(patterns) - i
                if isinstance(x, ast.MatchStar):
                    end = number(1 - behind) if behind > 1 else None
                    rest = part(_at(pattern, ast.Slice(number(i), end)))
                    parts.append(([], [] if x.name is None else [(x.name, call("list", rest))]))
                else:
                    parts.append(_read(source, x, part(number(i if star is None or i < star else -behind))))
            return _together(parts)
        case ast.MatchMapping(keys, patterns, None):
            tests = [is_a("dict"), *(compare(key, ast.In(), subject) for key in keys)]
            return _together(
                [(tests, []), *(_read(source, x, part(key)) for key, x in zip(keys, patterns, strict=True))]
            )
        case ast.MatchClass(kind, patterns, [], []) if len(patterns) <= 1:
            tests = [_at(pattern, ast.Call(_at(pattern, ast.Name("isinstance", ast.Load())), [subject, kind], []))]
            return _together([(tests, []), *(_read(source, x, subject) for x in patterns)])
        case _:
            raise Unsupported(
                "patterns of attributes and of the rest of a dictionary do not exist in this language",
                span=source.span(_place(pattern)),
                help="write if and elif",
            )


def _together(parts: Sequence[tuple[list[ast.expr], _Captures]]) -> tuple[list[ast.expr], _Captures]:
    return [test for tests, _ in parts for test in tests], [x for _, captures in parts for x in captures]


def _place(pattern: ast.pattern) -> ast.expr:
    """An expression at the place of a pattern, for errors to point at."""
    return _at(pattern, ast.Constant(None))
