"""Attributes of arrays, and methods that are no ops: conversions to other types, to lists and to numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence

from adcore.errors import AdcoreError, BadCall, ShapeMismatch, TypeMismatch, UnknownFunction
from adcore.graph import OPS, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.element_types import converted
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.expressions.name_resolution import attribute_span
from adcore.language.lowering.values import (
    Argument,
    LibraryFunction,
    List,
    NamedValues,
    Tuple,
    Value,
    describe_value,
    is_number,
    is_sequence,
)
from adcore.ops.shapes import describe_shape


def attribute_of(low: Lowering, node: ast.Attribute, value: Value) -> Value:
    """The value of an attribute of a value: an array has a shape, and a transpose."""
    if is_number(value) or isinstance(value, List) or (isinstance(value, Tuple) and node.attr in OF_ARRAYS):
        value = low.array(value, node.value)
    if isinstance(value, Node):
        shape = value.shape
        match node.attr:
            case "dtype":
                return NamedValues("dtype", {})
            case "real":
                return value
            case "imag":
                return low.emit(OPS["zeros_like"], (value,), node)
            case "T":
                return low.emit(OPS["transpose"], (value,), node) if len(shape) > 1 else value
            case "shape":
                return Tuple(shape, len(shape), 1)
            case "ndim":
                return len(shape)
            case "size":
                return value.type.size
            case _:
                pass
    raise no_attribute(low, node, value, {*OF_ARRAYS, *vocabulary.methods()})


OF_ARRAYS = ("T", "shape", "ndim", "size", "real", "imag")
"""The attributes of arrays."""


def no_attribute(low: Lowering, node: ast.Attribute, value: Value, known: set[str]) -> AdcoreError:
    """The error of an attribute that a value lacks."""
    if node.attr in vocabulary.methods() and isinstance(value, Node):
        return TypeMismatch(
            f"{node.attr} is a function, and a value is needed here",
            span=attribute_span(low, node),
            help=f"call it: .{node.attr}()",
        )
    if node.attr in ("backward", "grad"):
        return UnknownFunction(
            f"{describe_value(value)} has no {node.attr}",
            span=attribute_span(low, node),
            help="leave it out: the gradient is what the request asks for; within a program it is grad(f)(x)",
        )
    known_function = node.attr in vocabulary.functions()
    help = f"write {node.attr}(...)" if known_function else vocabulary.did_you_mean(node.attr, known)
    return UnknownFunction(f"{describe_value(value)} has no {node.attr}", span=attribute_span(low, node), help=help)


def astype(low: Lowering, value: Node, node: ast.Call) -> Value:
    """``x.astype(int)`` cuts off what is behind the point, as NumPy does; ``x.astype(bool)`` asks what is not 0."""
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    kinds = [*node.args[:1], *([options["dtype"]] if "dtype" in options else [])]
    if len(kinds) != 1:
        raise BadCall("astype takes a type", span=low.span(node), help="write x.astype(float), or leave it out")
    return converted(low, value, Argument(None, None, kinds[0]), node)


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
