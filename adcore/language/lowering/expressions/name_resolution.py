"""Resolution of names and dotted names: to a binding, a constant, or a function of the language."""

from __future__ import annotations

import ast

from adcore.errors import AdcoreError, Span, TypeMismatch, UnknownFunction, Unsupported, UsedBeforeAssignment
from adcore.language import library, vocabulary
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import (
    MISSING,
    Binding,
    Callee,
    LibraryFunction,
    Missing,
    Scope,
    TypeName,
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
        return None if node.id in vocabulary.CONSTANTS else _known_function(low, node.id)
    full = dotted(low, node) if isinstance(node, ast.Attribute) else None
    known = None if full is None else vocabulary.function_of(full)
    return None if full is None or known is None else LibraryFunction(known, False, full)


def _known_function(low: Lowering, name: str) -> LibraryFunction | None:
    """The function that a name without a dot, which the program does not bind, stands for; None otherwise."""
    syntax = low.syntax
    full = syntax.imports.get(name)
    imported = full is not None
    if full is None and syntax.uses_numpy and name in vocabulary.PYTHONS:
        full = f"builtins.{name}"
    known = vocabulary.functions().get(name) if full is None else vocabulary.function_of(full)
    return None if known is None else LibraryFunction(known, not imported, full)


def is_imported(low: Lowering, name: str) -> bool:
    """Whether an import binds the name to something that exists in this language."""
    full = low.syntax.imports.get(name)
    if full is None:
        return False
    exists = (vocabulary.constant_of(full), vocabulary.function_of(full)) != (None, None)
    return exists or full in library.MODULES or library.canonical(full) in vocabulary.CONCATENATORS


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
        entry = low.syntax.entry
        remedy = f"make it a parameter of {entry.name}" if entry is not None else "post a value for it"
        help = f"if {name} is an input, {remedy}"
    else:
        help = f"{name} is the function's own name, since the function assigns it; give the new value another name"
    return UsedBeforeAssignment(
        f"{name} is used before it is assigned", span=low.span(node), help=help, related=related
    )


def _defined(low: Lowering, node: ast.Name) -> Value:
    """The value of a name that the program does not bind: a constant of the language."""
    imported = low.syntax.imports.get(node.id)
    if imported is not None:
        return module_value(low, node, imported)
    if node.id in vocabulary.CONSTANTS:
        return vocabulary.CONSTANTS[node.id]
    if node.id == "__name__":
        return "program"
    if node.id in vocabulary.TYPES:
        return TypeName(node.id)
    if vocabulary.is_module_name(node.id):
        raise TypeMismatch(f"{node.id} is a module, and a value is needed here", span=low.span(node))
    if node.id in vocabulary.functions():
        raise _is_function(low, node, node.id, predefined=True)
    # What is left is free in one function and a parameter of another, which is the program.
    raise UsedBeforeAssignment(
        f"{node.id} has no value here",
        span=low.span(node),
        help=f"{node.id} is the program's parameter: hand it on as an argument",
    )


def _is_function(low: Lowering, node: ast.expr, name: str, predefined: bool = False) -> AdcoreError:
    return TypeMismatch(
        f"{name} is a function, and a value is needed here",
        span=low.span(node),
        help=f"call it, {name}(...)" + (f", or post an input {name}" if predefined else ""),
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
        binding = scope.variables.get(root, MISSING)
        # Before a dot, a name of a module means the module, even where it is an input's.
        is_input = binding is low.inputs.get(root) or (isinstance(binding, Missing) and root in low.inputs)
        if not is_input and (not isinstance(binding, Missing) or scope.names.binds(root)):
            return None
        scope = scope.parent
    origin = low.syntax.imports.get(root) or library.PREFIXES.get(root)
    return None if origin is None else ".".join([origin, *reversed(parts)])


def module_value(low: Lowering, node: ast.expr, full: str) -> Value:
    """The constant that a full name refers to, such as ``numpy.pi``."""
    constant = vocabulary.constant_of(full)
    if constant is not None:
        return constant[0]
    if full in library.MODULES:
        raise TypeMismatch(f"{full} is a module, and a value is needed here", span=low.span(node))
    if vocabulary.function_of(full) is not None:
        raise _is_function(low, node, node.id if isinstance(node, ast.Name) else full.rpartition(".")[2])
    raise unknown(low, node, full)


def unknown(low: Lowering, node: ast.expr, full: str) -> AdcoreError:
    """The error for a full name that means nothing here."""
    module, _, name = full.rpartition(".")
    span = attribute_span(low, node)
    if full in library.MODULES:
        return TypeMismatch(f"{full} is a module, not a function", span=span)
    if library.has(full) is False:
        elsewhere = vocabulary.modules_with(name)
        near = f"did you mean {elsewhere[0]}?" if elsewhere else library.FOREIGN.get(name)
        near = near or vocabulary.did_you_mean(name, vocabulary.names_in(module))
        return UnknownFunction(f"{module} has no {name}", span=span, help=near)
    return UnknownFunction(f"{full} does not exist in this language", span=span, help=library.reason(full))


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
        if isinstance(binding, Missing):
            return _function(low, func)
        # Reading an input of this name gives the input, and calling it the function, which an input never is.
        known = _known_function(low, func.id) if binding is low.inputs.get(func.id) else None
        if known is None:
            raise not_callable(low, func, binding, func.id)
        return known
    full = dotted(low, func) if isinstance(func, ast.Attribute) else None
    if full is None:
        return None
    name = vocabulary.function_of(full)
    if name is None:
        raise unknown(low, func, full)
    return LibraryFunction(name, False, full)


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


def _function(low: Lowering, func: ast.Name) -> LibraryFunction:
    """The function that is called by a name which the program does not bind."""
    known = _known_function(low, func.id)
    if known is not None:
        return known
    name, span = func.id, low.span(func)
    if name in low.syntax.imports:
        raise unknown(low, func, low.syntax.imports[name])
    if name in _ELSEWHERE:
        kind, message, help = _ELSEWHERE[name]
        raise kind(message, span=span, help=help)
    own = {n for scope in _chain(low.frames.scope) for n in scope.names.functions}
    near = library.FOREIGN.get(name) or vocabulary.did_you_mean(name, {*vocabulary.functions(), *own})
    near = near or f"to multiply, write {name} * (...)"
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
