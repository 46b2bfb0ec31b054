"""Loop-carried variables: the inputs of a loop's body that stand for their values, and the outputs of a pass.

A variable keeps its type from pass to pass. Where a pass would change it to a wider one (a condition to a number, a
list to an array, a number to an array that is added to it), the variable is carried as the wider type from the start.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from adcore.graph import DType, Node, Shape, input_node
from adcore.language.lowering.builder import Lowering
from adcore.language.lowering.trees import leaf_pairs, list_axes, map_leaves, nodes_of
from adcore.language.lowering.values import (
    MISSING,
    List,
    Missing,
    Place,
    Rows,
    Unusable,
    Value,
    is_number,
    operand_type,
    plain,
)


class Width(enum.IntEnum):
    """How a variable is carried: unchanged, with its numbers as float64, a list as rows of an array, as an array."""

    AS_IT_IS = 0
    NUMBERS = 1
    ROWS = 2
    ARRAY = 3


class Differs(Exception):
    """A pass changes the type of a loop-carried variable."""


class Widen(Exception):
    """The pass type-checks if the loop-carried variable is widened to ``width``."""

    def __init__(self, width: Width) -> None:
        super().__init__(width)
        self.width = width


class Spread(Exception):
    """The pass type-checks if the loop-carried number is broadcast to ``shape``."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.shape = shape


@dataclass(eq=False)
class Carried:
    """A loop-carried variable."""

    name: str
    inside: Value
    """Its value at the beginning of a pass."""
    inputs: list[Node] = field(default_factory=list)
    starts: list[Value | Missing] = field(default_factory=list)
    """The initial values of the inputs; missing where nothing reads them."""
    outputs: list[Node] | None = None
    """Their values in the next pass; None where their types are not (yet) known to be the same."""
    end: Value | Unusable | Missing = None
    """Its value at the end of a pass."""


def enter(low: Lowering, name: str, value: Value, width: Width, place: Place) -> Carried:
    """A variable that is bound before the loop."""
    if width is Width.ROWS and isinstance(value, List):
        value = Rows((low.array(value, place),), 1, 1, value.identity, list_axes(value))
    elif width is Width.ARRAY and isinstance(value, (List, Rows)):
        value = low.array(plain(value), place)
    carried = Carried(name, value)

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

    carried.inside = map_leaves(loop_input, value)
    return carried


def leave(low: Lowering, carried: Carried, end: Value, place: Place) -> list[Node]:
    """The outputs of a pass for a variable, in the order of its inputs. Raises Differs, Widen and Spread."""
    outputs: list[Node] = []
    for before, after in leaf_pairs(carried.inside, end):
        if isinstance(before, Node):
            outputs.append(_same(low, before, after, place))
        elif isinstance(before, List) and isinstance(after, (List, Rows)):
            raise Widen(Width.ROWS)
        elif isinstance(before, (List, Rows)) and isinstance(after, Node) and after.shape:
            raise Widen(Width.ARRAY)
        elif after is not before and (type(after) is not type(before) or after != before):
            raise Differs
    return outputs


def _same(low: Lowering, inside: Node, end: Value, place: Place) -> Node:
    """A value as a node of the type of ``inside``."""
    if isinstance(end, (List, Rows)):
        end = low.array(plain(end), place)
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


# --- variables first bound in the loop


def begin(name: str, end: Value) -> Carried:
    """A variable first bound in a pass: it is carried from zeros, so that its last value is available afterwards."""
    carried = Carried(name, end)
    carried.outputs = list(nodes_of(end))
    carried.inputs = [input_node(name, x.type, x.span) for x in carried.outputs]
    carried.starts = [MISSING for _ in carried.outputs]
    return carried
