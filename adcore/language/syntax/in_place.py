"""Calls that change an array, as assignments: ``np.fill_diagonal(A, 0)`` becomes ``A = fill_diagonal(A, 0)``.

A name stands for a value here, not for a place in memory, so that a statement which changes an array binds its name to
a new one; scopes, loops and branches then see an assignment.
"""

from __future__ import annotations

import ast
import copy

from adcore.language import library

_WORDS = ("fill_diagonal", ".at(", ".fill(", "copyto")
"""Texts without any of these have no such call."""

_COMBINED = {
    **{name: name for name in ("add", "subtract", "multiply", "divide", "power")},
    "true_divide": "divide",
    "minimum": "min",
    "maximum": "max",
}
"""The functions with a method ``at``, each with the method of ``x.at[i]`` that does the same."""


def assign_what_is_changed(tree: ast.Module, text: str) -> frozenset[ast.Call]:
    """Replace the statements of the tree, in place; the calls that give the changed array by a function of it."""
    if not any(word in text for word in _WORDS):
        return frozenset()
    modules = {name for name, full in library.PREFIXES.items() if library.canonical(full) == "numpy"}
    others: set[str] = set()
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                (modules if library.canonical(a.name) == "numpy" else others).add(a.asname or a.name)
        elif isinstance(node, ast.ImportFrom) and library.canonical(node.module or "") == "numpy":
            names |= {a.asname or a.name: a.name for a in node.names}
    calls: set[ast.Call] = set()
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                for i, statement in enumerate(statements):
                    changed = _assignment(statement, modules, others, names)
                    if changed is not None:
                        statements[i] = changed
                        assert isinstance(changed.value, ast.expr)
                        if changed.value is getattr(statement, "value", None):
                            assert isinstance(changed.value, ast.Call)
                            calls.add(changed.value)
    return frozenset(calls)


def _assignment(statement: ast.stmt, modules: set[str], others: set[str], names: dict[str, str]) -> ast.Assign | None:
    """The assignment that a statement stands for; None where it changes nothing."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return None
    call = statement.value
    match call:
        case ast.Call(ast.Attribute(ast.Name() as array, "fill"), [value], []) if array.id not in modules | others:
            return _stored(statement, _everywhere(array), value)
        case ast.Call(ast.Attribute(ast.Attribute(function, attr), "at"), [array, index, value], []):
            if attr in _COMBINED and isinstance(function, ast.Name) and function.id in modules and _is_place(array):
                at = _at(call, array, index, _COMBINED[attr], value)
                return _stored(statement, array, at)
        case ast.Call(function, [array, *_], _) if _is_place(array):
            name = _numpys(function, modules, names)
            if name == "copyto" and len(call.args) == 2 and not call.keywords:
                return _stored(statement, _everywhere(array), call.args[1])
            if name == "fill_diagonal":
                return _stored(statement, array, call)
        case _:
            pass
    return None


def _numpys(function: ast.expr, modules: set[str], names: dict[str, str]) -> str | None:
    """The name of a function of NumPy; None for any other."""
    match function:
        case ast.Attribute(ast.Name(module), name) if module in modules:
            return name
        case ast.Name(name):
            return names.get(name, name if name == "fill_diagonal" else None)
        case _:
            return None


def _is_place(node: ast.expr) -> bool:
    """Whether it can be assigned to: a name, or a part of an array."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name)


def _everywhere(array: ast.expr) -> ast.Subscript:
    """All elements of an array: ``A[...]``."""
    dots = ast.copy_location(ast.Constant(...), array)
    return ast.copy_location(ast.Subscript(array, dots, ast.Load()), array)


def _at(call: ast.Call, array: ast.expr, index: ast.expr, method: str, value: ast.expr) -> ast.Call:
    """``array.at[index].method(value)``."""
    at = ast.copy_location(ast.Attribute(array, "at", ast.Load()), array)
    place = ast.copy_location(ast.Subscript(at, index, ast.Load()), call)
    function = ast.copy_location(ast.Attribute(place, method, ast.Load()), call)
    return ast.copy_location(ast.Call(function, [value], []), call)


def _stored(statement: ast.Expr, target: ast.expr, value: ast.expr) -> ast.Assign:
    place = copy.copy(target)
    assert isinstance(place, ast.Name | ast.Subscript)
    place.ctx = ast.Store()
    return ast.copy_location(ast.Assign([place], value), statement)
