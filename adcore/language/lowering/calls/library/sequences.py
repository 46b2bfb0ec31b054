"""Functions of sequences: the elements in order, and the tuples that itertools makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from adcore.errors import ArrayTooLarge, TypeMismatch
from adcore.graph import Node
from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.containers.items import items_of
from adcore.language.lowering.values import List, Tuple, Value, describe_value, is_number, is_sequence


def _sorted(call: Bound) -> Value:
    """Known numbers stay known, a list; an array stays an array."""
    value, reverse = call.value("iterable"), call.static("reverse")
    if is_sequence(value) and all(map(is_number, value.items)):
        numbers = sorted(value.items, reverse=reverse)  # type: ignore[type-var]
        return several(call.low, List, numbers, call.place)
    if not is_sequence(value) and not (isinstance(value, Node) and value.shape):
        raise TypeMismatch(f"{describe_value(value)} has no parts", span=call.low.span(call.at("iterable")))
    array = call.array("iterable")
    if array.ndim != 1:
        raise TypeMismatch("rows have no order", span=call.low.span(call.at("iterable")), help="write sort(x, axis=0)")
    ordered = call.emit("sort", array)
    return call.emit("flip", ordered, axis=0) if reverse else ordered


def _tuples(choose: Callable[[Bound], Iterable[Sequence[Value]]]) -> Rule:
    """A function that gives tuples of items, as a list of them."""

    def rule(call: Bound) -> Value:
        low, most = call.low, call.low.limits.graph_nodes
        rows, size = [], 0
        for row in choose(call):
            size += 1 + len(row)
            if size > most:
                raise ArrayTooLarge(f"this list has more than {most} elements", span=low.span(call.place))
            rows.append(row)
        return several(low, Tuple, [several(low, Tuple, row, call.place) for row in rows], call.place)

    return rule


def _items(call: Bound, name: str = "iterable") -> Sequence[Value]:
    return items_of(call.low, call.value(name), call.at(name))


def _each(call: Bound) -> list[Sequence[Value]]:
    """The items of each of the iterables."""
    return [items_of(call.low, a.value, a.place) for a in call.rest]


def _count(call: Bound, name: str) -> int:
    number = call.whole(name)
    if number < 0:
        raise call.wrong(f"{name} of {call.builtin.name} is from 0 up, and this is {number}", name)
    return number


def _product(call: Bound) -> Iterable[Sequence[Value]]:
    # The items stand in memory as often as they are repeated.
    repeat = min(_count(call, "repeat"), call.low.limits.graph_nodes)
    return itertools.product(*_each(call), repeat=repeat)


def _permutations(call: Bound) -> Iterable[Sequence[Value]]:
    r = None if call.value("r") is None else _count(call, "r")
    return itertools.permutations(_items(call), r)


def _combinations(call: Bound) -> Iterable[Sequence[Value]]:
    return itertools.combinations(_items(call), _count(call, "r"))


def _with_replacement(call: Bound) -> Iterable[Sequence[Value]]:
    return itertools.combinations_with_replacement(_items(call), min(_count(call, "r"), call.low.limits.graph_nodes))


def _zip_longest(call: Bound) -> Iterable[Sequence[Value]]:
    return itertools.zip_longest(*_each(call), fillvalue=call.value("fillvalue"))


def _listed(call: Bound, items: Sequence[Value]) -> Value:
    return several(call.low, Tuple, items, call.place)


def _chain(call: Bound) -> Value:
    return _listed(call, [item for items in _each(call) for item in items])


def _repeat(call: Bound) -> Value:
    return _listed(call, [call.value("object")] * min(_count(call, "times"), call.low.limits.array_elements + 1))


def _islice(call: Bound) -> Value:
    bounds = [None if call.value(x) is None else _count(call, x) for x in ("start", "stop", "step")]
    if "stop" not in call.arguments:
        bounds = [None, bounds[0], None]
    if bounds[2] == 0:
        raise call.wrong("the step of a slice must not be 0", "step")
    return _listed(call, _items(call)[slice(*bounds)])


RULES: dict[str, Rule] = {
    "sorted": _sorted,
    "itertools.product": _tuples(_product),
    "itertools.permutations": _tuples(_permutations),
    "itertools.combinations": _tuples(_combinations),
    "itertools.combinations_with_replacement": _tuples(_with_replacement),
    "itertools.pairwise": _tuples(lambda call: itertools.pairwise(_items(call))),
    "itertools.zip_longest": _tuples(_zip_longest),
    "itertools.chain": _chain,
    "itertools.repeat": _repeat,
    "itertools.islice": _islice,
}
"""The rules of this theme, by name."""
