"""Methods of arrays that are no ops: conversions to other types, to lists and to numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, DType, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.values import Argument, LibraryFunction, List, Value, is_sequence
from adcore.ops.shapes import describe_shape

INT_TYPES = frozenset("int int64 int32 int_ intp integer long".split())
BOOL_TYPES = frozenset({"bool", "bool_"})


def type_name(node: ast.expr) -> str | None:
    """The name of a type that an expression writes: ``int``, ``np.int64``, ``'float'``."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name) | ast.Constant(str(name)):
            return name
        case _:
            return None


def astype(low: Lowering, value: Node, node: ast.Call) -> Value:
    """``x.astype(int)`` cuts off what is behind the point, as NumPy does; ``x.astype(bool)`` asks what is not 0."""
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    kinds = [*node.args[:1], *([options["dtype"]] if "dtype" in options else [])]
    if len(kinds) != 1:
        raise BadCall("astype takes a type", span=low.span(node), help="write x.astype(float), or leave it out")
    name = type_name(kinds[0])
    if name in vocabulary.FLOAT_TYPES or (name == "dtype" and isinstance(kinds[0], ast.Attribute)):
        return low.operand(value, DType.FLOAT, node)
    if name in INT_TYPES:
        if value.type.dtype is DType.FLOAT:
            return low.emit(OPS["trunc"], (value,), node)
        return low.operand(value, DType.FLOAT, node) if value.type.dtype is DType.BOOL else value
    if name in BOOL_TYPES:
        return low.operand(value, DType.BOOL, node)
    raise BadCall(
        "arrays have elements of type float (float64), int or bool here, and no others",
        span=low.span(kinds[0]),
    )


def _copy(low: Lowering, value: Node, arguments: Sequence[Argument], node: ast.Call) -> Value:
    return value


def _item(low: Lowering, value: Node, arguments: Sequence[Argument], node: ast.Call) -> Value:
    places = [(x, a.place) for a in arguments for x in (a.value.items if is_sequence(a.value) else (a.value,))]
    indices = [low.known.whole(x, place, "an index of item") for x, place in places]
    if not indices:
        if value.type.size != 1:
            raise ShapeMismatch(
                f"item takes an array of one element, and this has the shape {describe_shape(value.shape)}",
                span=low.span(node),
                help="write x.item(i) for one of several",
            )
        return low.emit(OPS["reshape"], (value,), node, (("shape", ()),)) if value.shape else value
    if len(indices) == 1 and value.ndim != 1:
        value = low.emit(OPS["reshape"], (value,), node, (("shape", (math.prod(value.shape),)),))
    if len(indices) != value.ndim:
        raise BadCall(f"item takes an index for each of {value.ndim} axes", span=low.span(node))
    return low.emit(OPS["index"], (value,), node, (("key", tuple(indices)),))


def _listed(low: Lowering, value: Node, arguments: Sequence[Argument], node: ast.Call) -> Value:
    """The elements as a list, of lists where there are several axes."""
    if not value.shape:
        return value
    parts = items_of(low, value, node)
    return several(low, List, [_listed(low, x, (), node) if isinstance(x, Node) else x for x in parts], node)


def _nonzero(low: Lowering, value: Node, arguments: Sequence[Argument], node: ast.Call) -> Value:
    return low.apply(low, LibraryFunction("nonzero", False), [Argument(None, value, node.func)], node)


Method = Callable[[Lowering, Node, Sequence[Argument], ast.Call], Value]

ARRAY_METHODS: dict[str, Method] = {
    "copy": _copy,
    "conj": _copy,
    "conjugate": _copy,
    "item": _item,
    "nonzero": _nonzero,
    "tolist": _listed,
}
"""The methods of arrays that are no ops, by name."""
