"""Unpacking: the names and subscripts of a target, each with its part of the value."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from adcore.errors import ShapeMismatch, TypeMismatch
from adcore.graph import OPS, Node
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.values import List, Value, describe_value, is_number
from adcore.ops.shapes import describe_shape


def unpacked(
    low: Lowering, target: ast.expr, value: Value, place: ast.expr
) -> Iterator[tuple[ast.Name | ast.Subscript, Value]]:
    """The names and subscripts of a target with their values; ``place`` is that of the value.

    Raises TypeMismatch where the value has no parts, and ShapeMismatch where their number differs.
    """
    if isinstance(target, (ast.Name, ast.Subscript)):
        yield target, value
        return
    assert isinstance(target, (ast.Tuple, ast.List))
    star = next((i for i, part in enumerate(target.elts) if isinstance(part, ast.Starred)), None)
    if star is None:
        for part, x in zip(target.elts, _parts(low, target, value, place), strict=True):
            yield from unpacked(low, part, x, place)
        return
    parts, after = list(items_of(low, value, place)), len(target.elts) - star - 1
    if len(parts) < star + after:
        raise ShapeMismatch(
            f"{_count(star + after, 'name')} and more for {_count(len(parts), 'value')}", span=low.span(target)
        )
    rest = parts[star : len(parts) - after]
    values = [*parts[:star], several(low, List, rest, place), *parts[len(parts) - after :]]
    for part, x in zip(target.elts, values, strict=True):
        yield from unpacked(low, part.value if isinstance(part, ast.Starred) else part, x, place)


def _parts(low: Lowering, target: ast.Tuple | ast.List, value: Value, place: ast.expr) -> Sequence[Value]:
    """The parts of a value, as many as the target has names."""
    count = len(target.elts)
    parts: Sequence[Value]
    if not isinstance(value, Node) and not is_number(value) and value is not None:
        parts = items_of(low, value, place)
        have = len(parts)
    elif isinstance(value, Node) and value.shape:
        have = value.shape[0]
        parts = [low.emit(OPS["index"], (value,), place, (("key", (i,)),)) for i in range(have if have == count else 0)]
    else:
        raise TypeMismatch(f"{describe_value(value)} cannot be unpacked into {count} names", span=low.span(place))
    if have != count:
        shape = f" (shape {describe_shape(value.shape)})" if isinstance(value, Node) else ""
        raise ShapeMismatch(
            f"{_count(count, 'name')} for {_count(have, 'value')}{shape}",
            span=low.span(target),
            related=((low.span(place), _count(have, "value")),),
        )
    return parts


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
