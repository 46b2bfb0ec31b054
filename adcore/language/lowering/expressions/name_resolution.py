"""Resolution of names and dotted names: to a binding, a constant, or a function of the language."""

from __future__ import annotations

import ast

from adcore.errors import AdcoreError, Span, TypeMismatch, UnknownFunction, Unsupported, UsedBeforeAssignment
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import (
    MISSING,
    Binding,
    Callee,
    LibraryFunction,
    Missing,
    Scope,
    Unusable,
    Value,
    describe_value,
)


def read_name(low: Lowering, node: ast.Name) -> Value:
    """The value of a name here. Raises what reading it does."""
    binding = low.frames.scope.variables.get(node.id, MISSING)
    if isinstance(binding, Missing):
        binding = _outside(low, node)
    if isinstance(binding, Unusable):
        raise binding.error(node)
    if isinstance(binding, Callee):
        raise _is_function(low, node, node.id)
    if isinstance(binding, Missing):
        return _defined(low, node)
    return binding


def function_named(low: Lowering, node: ast.expr) -> Callee | None:
    """The function that a name, or a dotted name, refers to; None otherwise."""
    if isinstance(node, ast.Name):
        binding = low.frames.scope.variables.get(node.id, MISSING)
        if isinstance(binding, Missing):
            binding = _outside(low, node)
        if isinstance(binding, Callee):
            return binding
        if not isinstance(binding, Missing):
            return None
        imported = low.syntax.imports.get(node.id)
        full, bare = imported or node.id, imported is None
    elif isinstance(node, ast.Attribute):
        dots = dotted(low, node)
        if dots is None:
            return None
        full, bare = dots, False
    else:
        return None
    name = full.rpartition(".")[2]
    constant = name in vocabulary.CONSTANTS if bare else vocabulary.module_constant(name) is not None
    op = None if constant else vocabulary.functions().get(name)
    return None if op is None else LibraryFunction(op, bare)


def _outside(low: Lowering, node: ast.Name) -> Binding | Missing:
    """The binding of a name in the enclosing scopes."""
    scope: Scope | None = low.frames.scope
    while scope is not None:
        if node.id in scope.variables:
            return scope.variables[node.id]
        if scope.names.binds(node.id):
            raise _too_early(low, node, scope)
        scope = scope.parent
    return MISSING


def _too_early(low: Lowering, node: ast.Name, scope: Scope) -> AdcoreError:
    """The error for a name that is assigned only later."""
    name = node.id
    definitions = scope.names.functions.get(name)
    if definitions and definitions[0].definition is not None:
        definition = definitions[0].definition
        return UsedBeforeAssignment(
            f"the function {name} is called before its definition",
            span=low.span(node),
            help="move the definition up",
            related=((low.syntax.source.word(definition, 3), "defined here"),),
        )
    first = scope.names.assigned.get(name)
    related = ((low.span(first), "assigned here"),) if first is not None and first is not node else ()
    if scope.parent is None or scope.names.definition is low.syntax.entry:
        help = f"if {name} is an input, give the new value another name"
    else:
        help = f"{name} is the function's own name, since the function assigns it; give the new value another name"
    return UsedBeforeAssignment(
        f"{name} is used before it is assigned", span=low.span(node), help=help, related=related
    )


def _defined(low: Lowering, node: ast.Name) -> Value:
    """The value of a name that the program does not bind: a constant of the language."""
    imported = low.syntax.imports.get(node.id)
    if imported is not None:
        constant = vocabulary.module_constant(imported.rpartition(".")[2])
        if constant is not None:
            return constant[0]
        raise _is_function(low, node, node.id)
    if node.id in vocabulary.CONSTANTS:
        return vocabulary.CONSTANTS[node.id]
    if vocabulary.is_module_name(node.id):
        raise TypeMismatch(f"{node.id} is a module, and a value is needed here", span=low.span(node))
    if node.id in vocabulary.functions():
        raise _is_function(low, node, node.id)
    # What is left is free in one function and a parameter of another, which is the program.
    raise UsedBeforeAssignment(
        f"{node.id} has no value here",
        span=low.span(node),
        help=f"{node.id} is the program's parameter: hand it on as an argument",
    )


def _is_function(low: Lowering, node: ast.expr, name: str) -> AdcoreError:
    return TypeMismatch(
        f"{name} is a function, and a value is needed here",
        span=low.span(node),
        help=f"call it, {name}(...), or give the input another name",
    )


def dotted(low: Lowering, node: ast.Attribute) -> str | None:
    """The full name of ``np.linalg.norm`` and the like; None for the attribute of a value."""
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return None
    root = inner.id
    scope: Scope | None = low.frames.scope
    while scope is not None:
        if root in scope.variables or scope.names.binds(root):
            return None
        scope = scope.parent
    root = low.syntax.imports.get(root, root)
    origin = vocabulary.module(root)
    return None if origin is None else ".".join([origin, *reversed(parts)])


def module_value(low: Lowering, node: ast.Attribute, full: str) -> Value:
    """The constant that a dotted name refers to, such as ``np.pi``."""
    name = full.rpartition(".")[2]
    constant = vocabulary.module_constant(name)
    if constant is not None:
        return constant[0]
    if vocabulary.module(full):
        raise TypeMismatch(f"{full} is a module, and a value is needed here", span=low.span(node))
    if name in vocabulary.functions():
        raise _is_function(low, node, name)
    raise UnknownFunction(
        f"there is no {name}",
        span=attribute_span(low, node),
        help=vocabulary.did_you_mean(name, {*vocabulary.functions(), *vocabulary.MODULE_CONSTANTS}),
    )


def callee(low: Lowering, func: ast.expr) -> Callee | None:
    """The function that is called by name, or by a dotted name that begins with a module; None where it is neither."""
    if isinstance(func, ast.Name):
        binding = low.frames.scope.variables.get(func.id, MISSING)
        if isinstance(binding, Missing):
            binding = _outside(low, func)
        if isinstance(binding, Callee):
            return binding
        if isinstance(binding, Unusable):
            raise binding.error(func)
        if not isinstance(binding, Missing):
            raise not_callable(low, func, binding, func.id)
        imported = low.syntax.imports.get(func.id)
        return _function(low, imported.rpartition(".")[2] if imported else func.id, func, bare=imported is None)
    full = dotted(low, func) if isinstance(func, ast.Attribute) else None
    return None if full is None else _function(low, full.rpartition(".")[2], func, bare=False)


def not_callable(low: Lowering, func: ast.expr, value: Value, text: str | None) -> AdcoreError:
    """The error for a value in the place of a function: a product written as on paper."""
    return TypeMismatch(
        f"{text or 'this'} is {describe_value(value)}, not a function",
        span=low.span(func),
        help=f"to multiply, write {text} * (...)" if text else "to multiply, write * before the bracket",
    )


_ELSEWHERE = {
    "print": (Unsupported, "print does not exist in this language", "the result and every name can be asked for"),
    "str": (Unsupported, "strings are not supported here", None),
    "input": (Unsupported, "input does not exist in this language", "a name that is never assigned is an input"),
}


def _function(low: Lowering, name: str, func: ast.expr, bare: bool) -> LibraryFunction:
    known = vocabulary.functions().get(name)
    if known is not None:
        return LibraryFunction(known, bare)
    span = attribute_span(low, func)
    if bare and name in _ELSEWHERE:
        kind, message, help = _ELSEWHERE[name]
        raise kind(message, span=span, help=help)
    own = {n for scope in _chain(low.frames.scope) for n in scope.names.functions}
    near = vocabulary.did_you_mean(name, {*vocabulary.functions(), *own})
    if near is None and bare:
        near = f"to multiply, write {name} * (...)"
    raise UnknownFunction(f"there is no function {name}", span=span, help=near)


def _chain(scope: Scope | None) -> list[Scope]:
    out = []
    while scope is not None:
        out.append(scope)
        scope = scope.parent
    return out


def attribute_span(low: Lowering, node: ast.expr) -> Span:
    """Where the name after the last dot stands; without a dot, the whole of it."""
    span = low.span(node)
    if not isinstance(node, ast.Attribute):
        return span
    return Span(span.end_line, span.end_column - len(node.attr), span.end_line, span.end_column)
