"""``np.r_[a, 0, 1:5]`` and ``np.c_[a, b]``, which join arrays, and the grid ``np.mgrid[0:3, 0:1:5j]``.

Their slices are ranges: of numbers at a step, or, where the step is imaginary, of so many numbers with both ends.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adcore.errors import TypeMismatch, Unsupported
from adcore.graph import OPS, Node
from adcore.language import library, vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering, several
from adcore.language.lowering.expressions.name_resolution import dotted
from adcore.language.lowering.values import MISSING, Tuple, Value, describe_value, is_number


def concatenator(low: Lowering, node: ast.expr) -> str | None:
    """The full name of the concatenator that an expression names; None otherwise."""
    full: str | None = None
    if isinstance(node, ast.Attribute):
        full = dotted(low, node)
    elif isinstance(node, ast.Name) and low.frames.scope.variables.get(node.id, MISSING) is MISSING:
        full = low.syntax.imports.get(node.id)
    full = None if full is None else library.canonical(full)
    return full if full in vocabulary.CONCATENATORS else None


def concatenated(low: Lowering, full: str, node: ast.Subscript, expression: LowerExpression) -> Value:
    """The value of a concatenator at a subscript."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if full in ("numpy.mgrid", "numpy.ogrid"):
        return _grid(low, parts, node, expression, is_open=full == "numpy.ogrid")
    arrays = [_array(low, part, expression) for part in parts]
    if full == "numpy.r_":
        return low.emit(OPS["concatenate"], [_with_axes(low, x, (1,), node) for x in arrays], node, (("axis", 0),))
    columns = [_with_axes(low, x, (x.shape[0] if x.ndim else 1, 1), node) for x in arrays]
    return low.emit(OPS["concatenate"], columns, node, (("axis", -1),))


def _with_axes(low: Lowering, x: Node, shape: tuple[int, ...], place: ast.expr) -> Node:
    """The array with at least as many axes as ``shape`` has."""
    return x if x.ndim >= len(shape) else low.emit(OPS["reshape"], (x,), place, (("shape", shape),))


def _array(low: Lowering, part: ast.expr, expression: LowerExpression) -> Node:
    if isinstance(part, ast.Slice):
        return _range(low, part, expression)
    value = expression(low, part)
    if isinstance(value, str):
        raise Unsupported(
            "the directives of r_ and c_ are not supported",
            span=low.span(part),
            help="concatenate, stack and reshape say what is meant",
        )
    return low.array(value, part)


def _range(low: Lowering, part: ast.Slice, expression: LowerExpression) -> Node:
    """The numbers of a slice. Raises NotConstant where their number depends on an input of unknown value."""
    start: Value = 0.0 if part.lower is None else expression(low, part.lower)
    if part.upper is None:
        raise TypeMismatch("a range of numbers has an end", span=low.span(part))
    stop = expression(low, part.upper)
    step = part.step
    if isinstance(step, ast.Constant) and isinstance(step.value, complex):
        params = (("num", int(abs(step.value))), ("endpoint", True))
        return low.emit(OPS["linspace"], (start, stop), part.upper, params)
    by: Value = 1.0 if step is None else expression(low, step)
    numbers = []
    for value, place, what in ((start, part.lower, "start"), (stop, part.upper, "stop"), (by, step, "step")):
        known = low.known.value(value, place or part.upper, f"the {what} of a range")
        if not is_number(known) and getattr(known, "shape", None) != ():
            raise TypeMismatch(
                f"the {what} of a range is a number, and this is {describe_value(value)}",
                span=low.span(place or part.upper),
            )
        numbers.append((what, float(known)))
    return low.emit(OPS["arange"], (), part.upper, tuple(numbers))


def _grid(
    low: Lowering, parts: Sequence[ast.expr], node: ast.Subscript, expression: LowerExpression, is_open: bool
) -> Value:
    lines = [_array(low, part, expression) for part in parts]
    if len(lines) == 1:
        return lines[0]
    full = tuple([x.shape[0] for x in lines])
    axes = []
    for i, x in enumerate(lines):
        shape = tuple([n if j == i else 1 for j, n in enumerate(full)])
        axes.append(low.emit(OPS["reshape"], (x,), node, (("shape", shape),)))
    if is_open:
        return several(low, Tuple, axes, node)
    spread = [low.emit(OPS["broadcast_to"], (x,), node, (("shape", full),)) for x in axes]
    return low.emit(OPS["stack"], spread, node, (("axis", 0),))
