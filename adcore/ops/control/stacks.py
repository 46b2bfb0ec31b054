"""Storage of loops and calls for their adjoints: stacks of entries, tapes of values, and zeros of either kind."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from adcore.graph import Node, Op, Type, convert
from adcore.ops import base
from adcore.ops.base import Hidden, declare


class ZeroStack:
    """A stack of any height, or a tape of any length, of exact zeros."""


class Tape:
    """Values of any kinds packed into one, and the number of their elements."""

    __slots__ = ("parts", "size")

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts
        self.size = sum(map(elements_of, parts))


OVERHEAD = 4
"""The overhead of a stored value in elements: its object, and its place in a list."""


class LazyStack:
    """A stack whose entries are computed when they are read; ``size`` bounds the elements it takes."""

    __slots__ = ("size",)
    size: int

    def __getitem__(self, position: int) -> Any:
        raise NotImplementedError


class SumStack(LazyStack):
    """The sum of stacks, added from left to right."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts
        self.size = sum(map(elements_of, parts))

    def __getitem__(self, position: int) -> Any:
        return functools.reduce(_add_stacks, [part[position] for part in self.parts])


def elements_of(value: Any) -> int:
    """The elements that an array, a stack or a tape takes."""
    if isinstance(value, ZeroStack):
        return OVERHEAD
    if isinstance(value, list):
        if value and isinstance(value[0], (np.ndarray, np.generic)):
            # All entries of a stack have one type.
            return OVERHEAD + len(value) * (OVERHEAD + value[0].size)
        return OVERHEAD + sum(map(elements_of, value))
    return OVERHEAD + int(value.size)


def _zero_stack(*, type: Hidden) -> ZeroStack:
    return ZeroStack()


zero_stack = declare(
    "zero_stack", "", _zero_stack, lambda *, type: type, on_stacks=True, public=False, doc="A stack of exact zeros."
)


def _add_stacks(a: Any, b: Any) -> Any:
    if isinstance(a, ZeroStack):
        return b
    if isinstance(b, ZeroStack):
        return a
    if isinstance(a, Tape):
        return Tape([_add_stacks(x, y) for x, y in zip(a.parts, b.parts, strict=True)])
    if isinstance(a, LazyStack) or isinstance(b, LazyStack):
        return SumStack([*a.parts, b] if isinstance(a, SumStack) else [a, b])
    if isinstance(a, list):
        return [_add_stacks(x, y) for x, y in zip(a, b, strict=True)]
    return a + b


add_stacks: Op = declare(
    "add_stacks",
    "x1 x2",
    _add_stacks,
    lambda a, b: a,
    jvp=lambda node, tangents: (
        tangents[0] if tangents[1] is None else tangents[1] if tangents[0] is None else add_stacks(*tangents)
    ),
    vjp=lambda node, g: (g, g),
    dtypes=(None,),
    on_stacks=True,
    public=False,
    text="{0} + {1}",
    readable=False,
    binding=50,
    doc="The sum of two stacks, entry by entry.",
)


def plus(a: Node, b: Node) -> Node:
    """The sum of two adjoints of one value."""
    return a + b if a.type.is_array else add_stacks(a, b)


def zeros_of(type: Type) -> Node:
    """Exact zeros of any type; computed by a node, so that large ones take no memory in the graph."""
    if not type.is_array:
        return zero_stack(type=type)
    return convert(base.zero_array(type.shape), type.dtype)
