"""Types: dtypes, shapes and the kinds of static parameters, all known before values are computed."""

from __future__ import annotations

import enum
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


Shape = tuple[int, ...]


Params = tuple[tuple[str, Hashable], ...]


class DType(enum.Enum):
    """The type of an element. Numbers are FLOAT; INT is for indices and counts, BOOL for conditions."""

    FLOAT = "float64"
    INT = "int64"
    BOOL = "bool"
    TAPE = "tape"
    """Values of any types, packed into one: the residuals of a call."""


class Type(NamedTuple):
    """The static type of a value: the dtype of its elements, and its shape."""

    dtype: DType
    shape: Shape
    depth: int = 0
    """The nesting of stacks: a stack of depth 1 holds any number of arrays of this dtype and shape; 0 is one such
    array. Only loops make and read stacks."""

    @property
    def size(self) -> int:
        """The number of elements; of a stack, that of one array on it."""
        return math.prod(self.shape)

    @property
    def is_number(self) -> bool:
        """True if it can have a tangent and an adjoint; those of a tape are tapes."""
        return self.dtype is DType.FLOAT or self.dtype is DType.TAPE

    @property
    def is_array(self) -> bool:
        """True for an array; False for stacks and tapes, which only control flow makes and reads."""
        return not self.depth and self.dtype is not DType.TAPE


SCALAR = Type(DType.FLOAT, ())


class Kind(enum.Enum):
    """The kind of a static parameter. The values are the annotations of the keywords of an op's ``value``."""

    AXIS = "Axis"
    AXES = "Axes"
    SHAPE = "Extent"
    INT = "int"
    NUMBER = "float"
    FLAG = "bool"
    TEXT = "str"
    ORDER = "Order"
    """The order of a norm: a number, a name, or None."""
    PAIRS = "Pairs"
    """A number of axes, or the axes of one array and those of another."""
    HIDDEN = "Hidden"
    """Set by the derivative rules and the language only; never written in a program."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A static parameter of an op: known when the program is compiled. ``required`` ones have no default.

    None is a legal value of any kind where it is the default.
    """

    name: str
    kind: Kind
    default: Hashable = None
    required: bool = False


_DTYPES = {"f": DType.FLOAT, "i": DType.INT, "u": DType.INT, "b": DType.BOOL}


def type_of(array: Any) -> Type:
    """The type of a NumPy array or scalar."""
    return Type(_DTYPES[array.dtype.kind], array.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant's value, equal to another with the same bits."""

    array: Any

    def key(self) -> tuple[str, Shape, bytes]:
        return (self.array.dtype.str, self.array.shape, self.array.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())
