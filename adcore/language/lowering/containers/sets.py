"""Sets of known elements: their operators and their methods. A set has the order in which its elements came.

A set is a dictionary whose values do not matter, so that whatever goes over a dictionary goes over a set.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from adcore.errors import BadCall, IndexOutOfBounds, TypeMismatch, UnknownFunction
from adcore.language import vocabulary
from adcore.language.lowering.builder import Lowering, within_limits
from adcore.language.lowering.containers.dictionaries import with_entries
from adcore.language.lowering.containers.items import check_count, items_of, key_as_value
from adcore.language.lowering.containers.mutation import mutated
from adcore.language.lowering.known_values import key_of_value
from adcore.language.lowering.values import Argument, Place, Set, Value, describe_value


def set_of(low: Lowering, elements: Iterable[Hashable], place: Place) -> Set:
    """A new set. Raises ArrayTooLarge."""
    keys = tuple(dict.fromkeys(elements))
    return within_limits(low, Set((None,) * len(keys), len(keys), 1, keys=keys), place)


def known_elements(low: Lowering, value: Value, place: Place) -> list[Hashable]:
    """What a ``for`` would go over, as known elements. Raises TypeMismatch and NotConstant."""
    if isinstance(value, Set):
        return list(value.keys)
    return [key_of_value(low.known, item, place, "an element of a set") for item in items_of(low, value, place)]


def call_set_method(low: Lowering, value: Set, name: str, arguments: Sequence[Argument], place: Place) -> Value:
    """The value of a call of a set's method. Raises UnknownFunction, BadCall, and what a change does."""
    if name not in SET_METHODS:
        raise UnknownFunction(
            f"a set has no {name}", span=low.span(place), help=vocabulary.did_you_mean(name, SET_METHODS)
        )
    least, most = SET_METHODS[name]
    if any(a.name is not None for a in arguments):
        raise BadCall(f"{name} takes no arguments by name", span=low.span(place))
    check_count(low, name, len(arguments), least, most, place)
    own = list(value.keys)
    if name in _OF_ELEMENTS:
        return _with_element(low, value, name, arguments, place)
    others = [known_elements(low, a.value, a.place) for a in arguments]
    match name:
        case "copy":
            return set_of(low, own, place)
        case "issubset":
            return {*own} <= {*others[0]}
        case "issuperset":
            return {*own} >= {*others[0]}
        case "isdisjoint":
            return {*own}.isdisjoint(others[0])
        case "pop":
            if not own:
                raise IndexOutOfBounds("pop from an empty set", span=low.span(place))
            mutated(low, value, _changed(value, own[1:]), place)
            return key_as_value(own[0])
        case "clear":
            mutated(low, value, _changed(value, []), place)
            return None
        case _:
            pass
    result = own
    for other in others:
        result = _combined(_METHODS[name.removesuffix("_update")], result, other)
    if name == "update" or name.endswith("_update"):
        mutated(low, value, _changed(value, result), place)
        return None
    return set_of(low, result, place)


def _with_element(low: Lowering, value: Set, name: str, arguments: Sequence[Argument], place: Place) -> Value:
    """``add``, ``discard`` and ``remove``."""
    (argument,) = arguments
    element = key_of_value(low.known, argument.value, argument.place, "an element of a set")
    if name == "remove" and element not in value.keys:
        raise IndexOutOfBounds(f"the set has no element {element!r}", span=low.span(place))
    after = [*value.keys, element] if name == "add" else [x for x in value.keys if x != element]
    mutated(low, value, _changed(value, after), place)
    return None


def _changed(value: Set, elements: Sequence[Hashable]) -> Set:
    """The same set with other elements."""
    changed = with_entries(value, dict.fromkeys(elements))
    assert isinstance(changed, Set)
    return changed


def _combined(how: str, a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Hashable]:
    mine, theirs = {*a}, {*b}
    match how:
        case "|":
            return [*a, *b]
        case "&":
            return [x for x in a if x in theirs]
        case "-":
            return [x for x in a if x not in theirs]
        case _:
            return [*(x for x in a if x not in theirs), *(x for x in b if x not in mine)]


def joined_sets(low: Lowering, operator: str, a: Set, b: Value, place: Place) -> Set:
    """``a | b`` and its kind, by the name of the op of the operator. Raises TypeMismatch."""
    sign = _SIGNS[operator]
    if not isinstance(b, Set):
        raise TypeMismatch(f"{sign} of a set and {describe_value(b)}", span=low.span(place), help="write set(...)")
    return set_of(low, _combined(sign, a.keys, b.keys), place)


def compared_sets(operator: str, a: Set, b: Set) -> bool:
    """``a <= b`` and its kind, by the name of the op of the operator."""
    mine, theirs = {*a.keys}, {*b.keys}
    match operator:
        case "less":
            return mine < theirs
        case "less_equal":
            return mine <= theirs
        case "greater":
            return mine > theirs
        case _:
            return mine >= theirs


_SIGNS = {"logical_or": "|", "logical_and": "&", "subtract": "-", "logical_xor": "^", "power": "^"}
"""The operators that join sets: in a program ``^`` means power, and of sets what Python means."""
SET_OPERATORS = frozenset(_SIGNS)
_METHODS = {"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^", "update": "|"}
_OF_ELEMENTS = frozenset({"add", "discard", "remove"})
SET_METHODS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(_OF_ELEMENTS, (1, 1)),
    **dict.fromkeys(("copy", "pop", "clear"), (0, 0)),
    **dict.fromkeys(("issubset", "issuperset", "isdisjoint", "symmetric_difference"), (1, 1)),
    **dict.fromkeys(("union", "intersection", "difference", "update"), (0, 255)),
    **dict.fromkeys(("intersection_update", "difference_update"), (0, 255)),
    "symmetric_difference_update": (1, 1),
}
"""The methods of sets: the least and the most arguments."""
