"""Parts of arrays at places that are computed: read, and written as a new array, the old one staying as it was.

The key is that of a static index, with ``"at"`` for an axis whose place is the next operand, a whole number. Reading
is the transpose of writing into zeros, so the derivatives of the two are made of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from adcore.errors import IndexOutOfBounds, ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type
from adcore.ops.base import Hidden, declare, describe, sample, zeros
from adcore.ops.indexing import ALL, indexed, subscript, subscript_text

AT = "at"


def region(shape: Shape, key: Hidden) -> Shape:
    """The shape of the part of an array of ``shape`` that ``key`` names, wherever the computed places are."""
    return indexed(shape, tuple(0 if k == AT else k for k in key))


def _axes(key: Hidden, ndim: int) -> Iterator[int]:
    """The axes whose places are computed."""
    axis = 0
    for k in key:
        if k == "...":
            axis += ndim - sum(x is not None and x != "..." for x in key)
            continue
        if k == AT:
            yield axis
        axis += k is not None


def _place(shape: Shape, key: Hidden, indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key as NumPy takes it. Raises IndexOutOfBounds."""
    for index, axis in zip(indices, _axes(key, len(shape)), strict=True):
        if not -shape[axis] <= index < shape[axis]:
            raise IndexOutOfBounds(f"index {int(index)} is out of bounds for axis {axis} with size {shape[axis]}")
    rest = iter(indices)
    return subscript(tuple(int(next(rest)) if k == AT else k for k in key))


def _text(key: Hidden, indices: tuple[str, ...]) -> str:
    rest = iter(indices)
    return ", ".join(next(rest) if k == AT else subscript_text((k,)) for k in key)


def _part(x: Any, *indices: Any, key: Hidden) -> Any:
    return x[_place(x.shape, key, indices)]


part: Op = declare(
    "part",
    "x *indices",
    _part,
    lambda x, *indices, key: Type(x.dtype, region(x.shape, key)),
    jvp=lambda node, tangents: None if tangents[0] is None else node.op(tangents[0], *node.inputs[1:], **_key(node)),
    vjp=lambda node, g: (
        assign(zeros(node.inputs[0].shape), g, *node.inputs[1:], **_key(node)),
        *(None for _ in node.inputs[1:]),
    ),
    dtypes=(None, DType.INT),
    public=False,
    text=lambda x, *indices, key: f"{x}[{_text(key, indices)}]",
    domain=((-3, 3), (-2, 1)),
    samples=(
        sample((3,), (), key=(AT,)),
        sample((2, 3), (), (), key=(AT, AT)),
        sample((2, 3), (), key=(ALL, AT)),
        sample((2, 2, 3), (), key=("...", AT, ("slice", 1, None, None))),
        sample((4, 2), (), key=(("slice", None, None, 2), None, AT)),
        sample((2, 2), (), key=(AT,)),
    ),
    doc="The element or the part of an array at places that are computed.",
)


def _key(node: Node) -> dict[str, Any]:
    return {"key": node.param("key")}


def _assign(x: Any, v: Any, *indices: Any, key: Hidden) -> Any:
    out = np.array(x)
    out[_place(x.shape, key, indices)] = v
    return out


def _infer_assign(x: Type, v: Type, *indices: Type, key: Hidden) -> Type:
    if v.shape != region(x.shape, key):
        raise ShapeMismatch(f"shape {describe(v.shape)} is not that of the part, {describe(region(x.shape, key))}")
    return x


def _assign_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
    x, v, *indices = node.inputs
    dx, dv = tangents[:2]
    if dx is None and dv is None:
        return None
    return assign(dx or zeros(x.shape), dv or zeros(v.shape), *indices, **_key(node))


def _assign_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    _, v, *indices = node.inputs
    return (
        assign(g, zeros(v.shape), *indices, **_key(node)),
        part(g, *indices, **_key(node)),
        *(None for _ in indices),
    )


assign: Op = declare(
    "assign",
    "x v *indices",
    _assign,
    _infer_assign,
    jvp=_assign_jvp,
    vjp=_assign_vjp,
    dtypes=(DType.FLOAT, DType.FLOAT, DType.INT),
    public=False,
    text=lambda x, v, *indices, key: f"{x}.at[{_text(key, indices)}].set({v})",
    domain=((-3, 3), (-3, 3), (-2, 1)),
    samples=(
        sample((3,), (), key=(1,)),
        sample((4,), (2,), key=(("slice", None, None, -2),)),
        sample((3,), (), (), key=(AT,)),
        sample((2, 3), (), (), (), key=(AT, AT)),
        sample((2, 3), (2,), (), key=(ALL, AT)),
        sample((2, 2, 3), (2, 2), (), key=("...", AT, ("slice", 1, None, None))),
    ),
    doc="The array with a part of it replaced, at a place that is known or computed.",
)
