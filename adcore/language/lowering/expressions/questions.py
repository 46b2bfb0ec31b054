"""Questions about values that are answered while compiling: ``isinstance``, ``type``, ``callable``, ``hasattr``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from adcore.errors import BadCall, TypeMismatch
from adcore.graph import DType, Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering
from adcore.language.lowering.containers.dictionaries import DICTIONARY_METHODS
from adcore.language.lowering.containers.equality import as_type
from adcore.language.lowering.containers.lists import LIST_METHODS
from adcore.language.lowering.containers.sets import SET_METHODS
from adcore.language.lowering.containers.strings import STRING_METHODS, as_string
from adcore.language.lowering.expressions.name_resolution import dotted
from adcore.language.lowering.values import (
    Callee,
    Dictionary,
    List,
    Rows,
    Set,
    Tuple,
    TypeName,
    UnknownString,
    Value,
    describe_value,
)

Question = Callable[[Lowering, ast.Call, LowerExpression], Value]


def question_of(low: Lowering, func: ast.expr) -> Question | None:
    """The rule for a call of one of these functions, unless the program binds its name; None otherwise."""
    if isinstance(func, ast.Name):
        rule = _QUESTIONS.get(func.id)
        return rule if rule is not None and low.frames.scope.names.home(func.id) is None else None
    if isinstance(func, ast.Attribute) and func.attr in _OF_NUMPY:
        full = dotted(low, func)
        return None if full is None else _QUESTIONS[func.attr]
    return None


_OF_NUMPY = ("iscomplexobj",)


def type_of_value(value: Value) -> str:
    """The name of a value's type in Python. A number that is an input, or computed, is a float."""
    match value:
        case None:
            return "NoneType"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str() | UnknownString():
            return "str"
        case List() | Rows():
            return "list"
        case Tuple():
            return "tuple"
        case Set():
            return "set"
        case Dictionary():
            return "dict"
        case Node() if value.shape:
            return "ndarray"
        case Node():
            return {DType.BOOL: "bool", DType.INT: "int"}.get(value.type.dtype, "float")
        case TypeName():
            return "type"
        case _:
            return "function"


_SEQUENCES = frozenset({"list", "tuple", "str"})
_COLLECTIONS = _SEQUENCES | {"dict", "set", "ndarray"}
_REAL = frozenset({"float", "int", "bool"})
_SUBTYPES: Mapping[str, frozenset[str]] = {
    "int": frozenset({"int", "bool"}),
    "Number": _REAL,
    "Real": _REAL,
    "Complex": _REAL,
    "Integral": frozenset({"int", "bool"}),
    "number": frozenset({"float"}),
    "floating": frozenset({"float"}),
    "generic": frozenset({"float"}),
    "float64": frozenset({"float"}),
    "Sequence": _SEQUENCES,
    "Iterable": _COLLECTIONS,
    "Collection": _COLLECTIONS,
    "Sized": _COLLECTIONS,
    "Mapping": frozenset({"dict"}),
    "MutableMapping": frozenset({"dict"}),
    "Callable": frozenset({"function"}),
    "FunctionType": frozenset({"function"}),
    "LambdaType": frozenset({"function"}),
    "object": _COLLECTIONS | _REAL | {"function", "NoneType", "type"},
    **{
        name: frozenset({name})
        for name in ("float", "bool", "str", "list", "tuple", "dict", "set", "ndarray", "NoneType", "type", "function")
    },
    **dict.fromkeys(
        """complex bytes frozenset range slice integer int64 int32 bool_ float32 complexfloating complex128 matrix
        DataFrame Series Tensor""".split(),
        frozenset(),
    ),
}
"""The names that ``isinstance`` asks for, with the types that have them."""


def _isinstance(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    value, kinds = _arguments(low, node, 2)
    kind = type_of_value(expression(low, value))
    return any(kind in _types_of(low, name, kinds) for name in _type_names(low, kinds, expression))


def _type_names(low: Lowering, node: ast.expr, expression: LowerExpression) -> Iterator[str]:
    """The names of the types in the second argument of ``isinstance``."""
    match node:
        case ast.Tuple(elts):
            for element in elts:
                yield from _type_names(low, element, expression)
        case ast.BinOp(left, ast.BitOr(), right):
            yield from _type_names(low, left, expression)
            yield from _type_names(low, right, expression)
        case ast.Constant(None):
            yield "NoneType"
        case ast.Name(name) if name in _SUBTYPES and low.frames.scope.names.home(name) is None:
            yield name
        case ast.Attribute(attr=name) if name in _SUBTYPES:
            yield name
        case _:
            value = expression(low, node)
            for each in value.items if isinstance(value, Tuple) else (value,):
                each = as_type(each)
                if not isinstance(each, TypeName):
                    raise TypeMismatch(f"{describe_value(value)} is not a type", span=low.span(node))
                yield each.name


def _types_of(low: Lowering, name: str, place: ast.expr) -> frozenset[str]:
    if name not in _SUBTYPES:
        raise TypeMismatch(f"the type {name} is not known here", span=low.span(place))
    return _SUBTYPES[name]


def _type(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    (value,) = _arguments(low, node, 1)
    return TypeName(type_of_value(expression(low, value)))


def _callable(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    (value,) = _arguments(low, node, 1)
    return isinstance(expression(low, value), Callee | TypeName)


def _is_complex(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    (value,) = _arguments(low, node, 1)
    expression(low, value)
    return False


def _hasattr(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    value, name = (expression(low, x) for x in _arguments(low, node, 2))
    if not isinstance(name, str):
        raise TypeMismatch(
            f"the name of an attribute is a string, and this is {describe_value(name)}", span=low.span(node)
        )
    return name in attributes_of(value)


def attributes_of(value: Value) -> frozenset[str]:
    """The names that a value has after a dot, as far as the language has them."""
    iterable = {"__len__", "__iter__", "__getitem__", "__contains__"}
    match type_of_value(value):
        case "str":
            return STRING_METHODS | iterable
        case "list":
            return frozenset({*LIST_METHODS, *iterable})
        case "tuple":
            return frozenset({"index", "count", *iterable})
        case "set":
            return frozenset({*SET_METHODS, *iterable} - {"__getitem__"})
        case "dict":
            return frozenset({*DICTIONARY_METHODS, *iterable})
        case "ndarray":
            return frozenset({*vocabulary.methods(), *_ATTRIBUTES, *iterable})
        case "float" if isinstance(value, Node):
            return frozenset()
        case "function":
            return frozenset({"__call__", "__name__"})
        case _:
            return frozenset()


_ATTRIBUTES = ("T", "shape", "ndim", "size", "dtype", "copy", "astype", "item", "tolist")


def _str(low: Lowering, node: ast.Call, expression: LowerExpression) -> Value:
    if not node.args and not node.keywords:
        return ""
    (value,) = _arguments(low, node, 1)
    return as_string(low, expression(low, value), value)


def _arguments(low: Lowering, node: ast.Call, count: int) -> list[ast.expr]:
    if len(node.args) != count or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        name = node.func.id if isinstance(node.func, ast.Name) else "this"
        raise BadCall(f"{name} takes {count} argument{'s' if count > 1 else ''}", span=low.span(node))
    return node.args


_QUESTIONS: Mapping[str, Question] = {
    "isinstance": _isinstance,
    "type": _type,
    "callable": _callable,
    "hasattr": _hasattr,
    "iscomplexobj": _is_complex,
    "str": _str,
}
