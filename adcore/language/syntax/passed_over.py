"""Taking out of a syntax tree, before anything looks at it, what no value of the program depends on.

That are contexts that only quiet warnings, calls that warn, log, plot or set options, imports that are tried, and
decorators that make a function faster.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from adcore.language import library

_CONTEXTS = frozenset({"numpy.errstate", "numpy.printoptions", "warnings.catch_warnings", "jax.disable_jit"})
"""The functions whose contexts change no value."""
_CALLS = ("warnings", "logging", "matplotlib", "seaborn", "numpy.seterr", "numpy.set_printoptions", "numpy.random.seed",
          "random.seed", "sys.setrecursionlimit", "jax.config", "time.sleep")  # fmt: skip
"""The modules and functions whose calls change no value of the program, where they are statements."""
_DECORATORS = frozenset("jit njit lru_cache cache profile override final typechecked".split())
"""The decorators that change no value, by the last part of their names."""
_USUAL = {**library.PREFIXES, "warnings": "warnings", "logging": "logging", "plt": "matplotlib.pyplot"}

_Block = list[ast.stmt]


def pass_over(tree: ast.Module) -> None:
    """Take what does not matter out of all blocks of a tree, in place."""
    names = _names_in(tree)
    blocks: list[_Block] = [tree.body]
    while blocks:
        block = blocks.pop()
        left = list(_left(block, names))
        if len(left) != len(block) or any(a is not b for a, b in zip(left, block, strict=True)):
            block[:] = left or [ast.copy_location(ast.Pass(), block[0])]
        blocks += _blocks(block)


def _blocks(block: Sequence[ast.stmt]) -> list[_Block]:
    """The blocks of the statements of a block."""
    parents = [x for x in block if isinstance(x, (ast.If, ast.For, ast.While, ast.FunctionDef))]
    return [inner for x in parents for inner in (x.body, getattr(x, "orelse", None)) if inner]


def _names_in(tree: ast.Module) -> dict[str, str]:
    """The names that imports bind, or assignments of loggers and plots, and the full names that they stand for."""
    names = dict(_USUAL)
    blocks: list[Sequence[ast.stmt]] = [tree.body]
    while blocks:
        block = blocks.pop(0)
        for statement in block:
            match statement:
                case ast.Assign(value=ast.Call(func), targets=[target]) if _is_among(_full_name(func, names), _CALLS):
                    names.update(dict.fromkeys(_targets(target), _full_name(func, names) or ""))
                case ast.Import() | ast.ImportFrom():
                    names.update(names_of(statement))
                case _:
                    pass
        blocks += _blocks(block)
    return names


def _targets(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def names_of(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, and the full names of what they stand for; ``*`` is left out."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, name
        elif alias.name != "*":
            yield alias.asname or alias.name, f"{'.' * statement.level}{statement.module or ''}.{alias.name}"


def _left(block: Sequence[ast.stmt], names: dict[str, str]) -> Iterator[ast.stmt]:
    """The statements of a block that matter."""
    for statement in block:
        match statement:
            case ast.With(items, body) if all(_is_quiet(item, names) for item in items):
                yield from _left(body, names)
            case ast.Try(body, handlers, orelse) if handlers and all(
                isinstance(x, (ast.Import, ast.ImportFrom)) for x in (*body, *orelse)
            ):
                yield from (*body, *orelse)
            case ast.Expr(ast.Call(func)) if _is_among(_full_name(func, names), _CALLS):
                pass
            case ast.Assign(value=ast.Call(func), targets=[target]) if _is_among(_full_name(func, names), _CALLS):
                # As an import it is an error where it is used.
                module, _, name = (_full_name(func, names) or "").rpartition(".")
                aliases = [ast.alias(name, own) for own in _targets(target)]
                yield ast.copy_location(ast.ImportFrom(module, aliases, 0), statement)
            case ast.FunctionDef(decorator_list=[_, *_]):
                statement.decorator_list = [x for x in statement.decorator_list if not _is_faster(x)]
                yield statement
            case _:
                yield statement


def _is_quiet(item: ast.withitem, names: dict[str, str]) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and item.optional_vars is None and _full_name(call.func, names) in _CONTEXTS


def _is_among(full: str | None, known: Sequence[str]) -> bool:
    return full is not None and any(full == name or full.startswith(f"{name}.") for name in known)


def _is_faster(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    return name in _DECORATORS


def _full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    """The full name that a dotted name stands for; None where it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    return ".".join([names[node.id], *reversed(parts)])
