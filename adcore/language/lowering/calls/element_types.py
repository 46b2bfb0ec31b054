"""The types that ``dtype=`` and ``astype`` ask for: float, which is redundant, int, which cuts off, and bool."""

from __future__ import annotations

import ast

from adcore.errors import BadCall
from adcore.graph import OPS, DType, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.values import Argument, Place

INT_TYPES = frozenset("int int8 int16 int32 int64 uint8 uint16 uint32 uint64 int_ intp integer long".split())
BOOL_TYPES = frozenset({"bool", "bool_"})
CREATING = frozenset(
    """array zeros ones full empty zeros_like ones_like full_like empty_like arange linspace logspace geomspace eye
    identity tri""".split()
)
"""The functions whose ``dtype`` is the type of the elements that they make, and of nothing that they compute with."""


def type_name(node: ast.expr) -> str | None:
    """The name of a type that an expression writes: ``int``, ``np.int64``, ``'float'``."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name) | ast.Constant(str(name)):
            return name
        case _:
            return None


def is_element_type(node: ast.expr) -> bool:
    """Whether an expression is a type's name, as the second argument of ``np.zeros(3, int)``."""
    return not isinstance(node, ast.Constant) and type_name(node) in INT_TYPES | BOOL_TYPES


def asked_for(argument: Argument) -> str | None:
    """The name of the type that ``dtype=`` asks for: by a string, or by the last part of a dotted name."""
    name = argument.value if isinstance(argument.value, str) else type_name(argument.place)
    # Another array's dtype is float64, and so is None.
    place = argument.place
    same = (name == "dtype" and isinstance(place, ast.Attribute)) or (
        isinstance(place, ast.Constant) and place.value is None
    )
    return "float" if same else name


def converted(low: Lowering, value: Node, type: Argument, place: Place) -> Node:
    """An array with elements of a type, as NumPy converts them. Raises BadCall."""
    name = asked_for(type)
    if name in vocabulary.FLOAT_TYPES:
        return low.operand(value, DType.FLOAT, place)
    if name in INT_TYPES:
        if value.type.dtype is DType.FLOAT:
            return low.emit(OPS["trunc"], (value,), place)
        return low.operand(value, DType.FLOAT, place) if value.type.dtype is DType.BOOL else value
    if name in BOOL_TYPES:
        return low.operand(value, DType.BOOL, place)
    help = None
    if name is not None and name.startswith("complex"):
        help = "write the real and the imaginary part as two arrays"
    elif name is not None and name.startswith(("float", "half", "single")):
        help = "leave it out: numbers are float64 here"
    raise BadCall(
        "arrays have elements of type float (float64), int or bool here, and no others",
        span=low.span(type.place),
        help=help,
    )


def check_dtype(low: Lowering, name: str, argument: Argument) -> None:
    """Accept ``dtype=float`` and its synonyms, by the last name of the expression; raises BadCall for other types."""
    kind = asked_for(argument)
    if kind in vocabulary.FLOAT_TYPES:
        return
    help = "leave dtype out"
    if kind in INT_TYPES | BOOL_TYPES:
        help = f"convert the result: {name}(...).astype({kind})"
    raise BadCall(f"{name} computes with float64 numbers here, and no others", span=low.span(argument.place), help=help)
