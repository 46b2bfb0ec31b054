"""Strings that are known while compiling: their methods, and f-strings.

Python's own methods compute them, those that are listed, on strings of bounded length.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adcore.errors import ArrayTooLarge, BadCall, TypeMismatch, UnknownFunction
from adcore.graph import Node
from adcore.language import vocabulary
from adcore.language.lowering.builder import LowerExpression, Lowering, several
from adcore.language.lowering.partial_evaluation import is_constant
from adcore.language.lowering.trees import nodes_of
from adcore.language.lowering.values import (
    Argument,
    Dictionary,
    List,
    Place,
    Set,
    Tuple,
    TypeName,
    UnknownString,
    Value,
    describe_value,
    is_number,
)

LONGEST = 10_000
"""The most characters of a string."""

STRING_METHODS = frozenset(
    """lower upper strip lstrip rstrip startswith endswith split rsplit splitlines join replace find rfind index count
    title capitalize swapcase isdigit isalpha isalnum isupper islower isnumeric isidentifier removeprefix removesuffix
    partition rpartition casefold format""".split()
)
"""The methods of strings, which are Python's own."""


def checked(low: Lowering, text: str, place: Place) -> str:
    """The string. Raises ArrayTooLarge."""
    if len(text) > LONGEST:
        raise ArrayTooLarge(f"this string has more than {LONGEST} characters", span=low.span(place))
    return text


def call_string_method(low: Lowering, text: str, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """The value of a call of a string's method. Raises UnknownFunction, TypeMismatch, BadCall, ArrayTooLarge."""
    if name not in STRING_METHODS:
        raise UnknownFunction(
            f"a string has no {name}", span=low.span(place), help=vocabulary.did_you_mean(name, STRING_METHODS)
        )
    if name == "format":
        unknown = next((a.value for a in arguments if _known(low, a.value) is _UNKNOWN), None)
        if unknown is not None:
            return _unknown_string(unknown)
        return _formatted(low, text, arguments, place)
    values = [_plain(low, a.value, a.place) for a in arguments if a.name is None]
    named = {a.name: _plain(low, a.value, a.place) for a in arguments if a.name is not None}
    growth = sum(len(x) for x in values if isinstance(x, (str, list, tuple)))
    if (1 + len(text)) * (1 + growth) > 100 * LONGEST:
        raise ArrayTooLarge(f"this string has more than {LONGEST} characters", span=low.span(place))
    try:
        result = getattr(str, name)(text, *values, **named)
    except (TypeError, ValueError) as error:
        raise BadCall(f"{name}: {error}", span=low.span(place)) from None
    return _value(low, result, place)


def f_string(low: Lowering, node: ast.JoinedStr, expression: LowerExpression) -> Value:
    """The string, if all of its values are known; else one that nothing can read."""
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
            continue
        assert isinstance(part, ast.FormattedValue)
        value = expression(low, part.value)
        spec = "" if part.format_spec is None else f_string(low, part.format_spec, expression)  # type: ignore[arg-type]
        known = _known(low, value)
        if known is _UNKNOWN or not isinstance(spec, str):
            return _unknown_string(value if known is _UNKNOWN else spec)
        if part.conversion in _CONVERSIONS:
            known = _CONVERSIONS[part.conversion](known)
        text += _format(low, known, spec, part.value)
        checked(low, text, node)
    return text


def _unknown_string(value: Value) -> UnknownString:
    """A string with a value in it that is not known."""
    if isinstance(value, UnknownString):
        return value
    return UnknownString(next((x for x in nodes_of(value) if not is_constant(x)), None))


_CONVERSIONS: Mapping[int, Callable[[Any], str]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}


def as_string(low: Lowering, value: Value, place: Place) -> Value:
    """``str(x)``."""
    known = _known(low, value)
    return _unknown_string(value) if known is _UNKNOWN else checked(low, str(known), place)


def percent(low: Lowering, text: str, value: Value, place: Place) -> Value:
    """``text % value``."""
    known = _known(low, value)
    if known is _UNKNOWN:
        return _unknown_string(value)
    _check_widths(low, text, place)
    try:
        return checked(low, text % known, place)
    except (TypeError, ValueError) as error:
        raise BadCall(str(error), span=low.span(place)) from None


def _formatted(low: Lowering, text: str, arguments: Sequence[Argument], place: ast.Call) -> str:
    """``text.format(...)``, whose fields are numbers and names, without attributes or parts."""
    if re.search(r"\{[^}:!]*[.\[]", text) or re.search(r"\{[^}]*\{", text.replace("{{", "")):
        raise BadCall("the fields of format are numbers and names", span=low.span(place))
    _check_widths(low, text, place)
    values = [_known(low, a.value) for a in arguments if a.name is None]
    named = {a.name: _known(low, a.value) for a in arguments if a.name is not None}
    try:
        return checked(low, text.format(*values, **named), place)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadCall(f"format: {error}", span=low.span(place)) from None


def _format(low: Lowering, value: Any, spec: str, place: Place) -> str:
    _check_widths(low, spec, place)
    try:
        return format(value, spec)
    except (TypeError, ValueError) as error:
        raise BadCall(str(error), span=low.span(place)) from None


def _check_widths(low: Lowering, text: str, place: Place) -> None:
    """Refuse a width or precision that would make a very long string."""
    if re.search(r"\d{4}", text) or "*" in text:
        raise BadCall("a width in a format has at most three digits", span=low.span(place))


class _Unknown:
    """The type of ``_UNKNOWN``."""


_UNKNOWN = _Unknown()


def _known(low: Lowering, value: Value) -> Any:
    """A value as Python's own, or ``_UNKNOWN`` where a run computes it."""
    if value is None or isinstance(value, str) or is_number(value):
        return value
    if isinstance(value, Node) and value.shape == () and is_constant(value):
        return low.known.without_inputs(value).item()
    if isinstance(value, (Tuple, List)):
        items = [_known(low, x) for x in value.items]
        if any(x is _UNKNOWN for x in items):
            return _UNKNOWN
        return tuple(items) if isinstance(value, Tuple) else items
    if isinstance(value, Set):
        return {*value.keys}
    if isinstance(value, Dictionary):
        entries = {key: _known(low, x) for key, x in value.mapping().items()}
        return _UNKNOWN if any(x is _UNKNOWN for x in entries.values()) else entries
    if isinstance(value, TypeName):
        return f"<class '{value.name}'>"
    return _UNKNOWN


def _plain(low: Lowering, value: Value, place: Place) -> Any:
    known = _known(low, value)
    if known is _UNKNOWN:
        raise TypeMismatch(f"a string's method does not take {describe_value(value)}", span=low.span(place))
    return known


def _value(low: Lowering, result: Any, place: Place) -> Value:
    """A value of Python's as one of the language."""
    if isinstance(result, list):
        return several(low, List, [_value(low, x, place) for x in result], place)
    if isinstance(result, tuple):
        return several(low, Tuple, [_value(low, x, place) for x in result], place)
    return checked(low, result, place) if isinstance(result, str) else result
