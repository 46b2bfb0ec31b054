"""What a loop carries: the values of names as nodes that a pass takes, and what it makes of them.

A value keeps its kind and shape from pass to pass. Where the first pass would change a kind that can be made wider (a
condition that becomes a number, a list that becomes an array, a number that arrays are added to), it is carried as the
wider one from the start.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from adcore.graph import DType, Node, Shape, input_node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.trees import leaf_pairs, map_leaves, nodes_of
from adcore.language.lowering.values import (
    MISSING,
    List,
    Missing,
    Place,
    Unusable,
    Value,
    is_number,
    is_sequence,
    operand_type,
)


class Width(enum.IntEnum):
    """How a name's value is carried: as it is, with numbers as float64, as one array."""

    AS_IT_IS = 0
    NUMBERS = 1
    ARRAY = 2


class Differs(Exception):
    """A pass gives a value that is not of the kind and shape it took."""


class Widen(Exception):
    """It would be, if the name were carried wider."""

    def __init__(self, width: Width) -> None:
        super().__init__(width)
        self.width = width


class Spread(Exception):
    """A pass makes an array of what was a number."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.shape = shape


@dataclass(eq=False)
class Carried:
    """A name's value on its way through a loop."""

    name: str
    inside: Value
    """What the name holds when a pass begins."""
    inputs: list[Node] = field(default_factory=list)
    starts: list[Value | Missing] = field(default_factory=list)
    """What the inputs are in the first pass; missing where nothing reads them."""
    outputs: list[Node] | None = None
    """What they are in the next one; None where a pass changes their kind or shape."""
    end: Value | Unusable | Missing = None
    """What the name holds when a pass ends."""


def enter(low: Lowering, name: str, held: Value, width: Width, place: Place) -> Carried:
    """A name that holds a value before the loop."""
    if width is Width.ARRAY and isinstance(held, List):
        held = low.array(held, place)
    carried = Carried(name, held)

    def loop_input(value: Value) -> Value:
        type = operand_type(value)
        if type is None:
            return value
        if width:
            type = type._replace(dtype=DType.FLOAT)
        node = low.loop_input(name, type, place)
        carried.inputs.append(node)
        carried.starts.append(value)
        return node

    carried.inside = map_leaves(loop_input, held)
    return carried


def leave(low: Lowering, carried: Carried, end: Value, place: Place) -> list[Node]:
    """The nodes that a pass gives for a name, in the order of its inputs. Raises Differs, Widen and Spread."""
    outputs: list[Node] = []
    for before, after in leaf_pairs(carried.inside, end):
        if isinstance(before, Node):
            outputs.append(_same(low, before, after, place))
        elif isinstance(before, List) and isinstance(after, (Node, List)):
            raise Widen(Width.ARRAY)
        elif is_sequence(before) or (after is not before and (type(after) is not type(before) or after != before)):
            raise Differs
    return outputs


def _same(low: Lowering, inside: Node, end: Value, place: Place) -> Node:
    """A value as a node of the type of ``inside``."""
    if isinstance(end, List):
        end = low.array(end, place)
    if isinstance(end, Node):
        if end.shape != inside.shape:
            raise Spread(end.shape) if inside.shape == () else Differs
        fits = end.type.dtype is inside.type.dtype
    elif is_number(end) and inside.shape == ():
        fits = inside.type.dtype is DType.FLOAT or isinstance(end, _NUMBERS[inside.type.dtype])
    else:
        raise Differs
    if not fits and inside.type.dtype is not DType.FLOAT:
        raise Widen(Width.NUMBERS)
    return low.operand(end, inside.type.dtype, place)


_NUMBERS = {DType.BOOL: bool, DType.INT: int}


# --- values that only a pass makes


def begin(name: str, end: Value) -> Carried:
    """A name that a pass binds first: it is carried, from zeros on, so that its last value is there after the loop."""
    carried = Carried(name, end)
    carried.outputs = list(nodes_of(end))
    carried.inputs = [input_node(name, x.type, x.span) for x in carried.outputs]
    carried.starts = [MISSING for _ in carried.outputs]
    return carried
