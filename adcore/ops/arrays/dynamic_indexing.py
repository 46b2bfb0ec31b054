"""Dynamic indexing: reading, assigning and adding at computed indices. Assignment gives a new array.

The key is that of a static index, with ``"at"`` for an axis whose index, or array of indices, is the next operand, and
``("window", count, step)`` for an axis of which a slice is read that starts at the next operand. Reading is the
transpose of adding to zeros, so the three ops are closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from adcore.errors import IndexOutOfBounds, ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type
from adcore.ops.arrays.indexing import ALL, check_indices, indexed, subscript, subscript_text
from adcore.ops.base import Hidden, copies, declare, sample, zero_array
from adcore.ops.elementwise.choice import where
from adcore.ops.shapes import broadcast_shapes, describe_shape

AT = "at"


def window(count: int, step: int) -> Hidden:
    """The entry of a key for a slice of ``count`` indices from a computed start."""
    return ("window", count, step)


def is_window(k: Hidden) -> bool:
    """True for the entry of a key that is a window."""
    return isinstance(k, tuple) and k[0] == "window"


def _is_computed(k: Hidden) -> bool:
    return k == AT or is_window(k)


def region(shape: Shape, key: Hidden, places: Sequence[Shape] = ()) -> Shape:
    """The shape of the part of an array of ``shape`` that ``key`` names, whatever the computed indices are.

    ``places`` are the shapes of the computed indices, in the order of the key; without them all are scalars. Raises
    ShapeMismatch, IndexOutOfBounds.
    """
    shapes = [place for place, k in zip(places, filter(_is_computed, key), strict=False) if k == AT]
    plain = tuple(0 if k == AT else ("slice", 0, k[1], None) if is_window(k) else k for k in key)
    static = indexed(shape, plain)
    for k, axis in zip(filter(_is_computed, key), _axes(key, len(shape)), strict=True):
        if is_window(k) and k[1] and (k[1] - 1) * abs(k[2]) >= shape[axis]:
            raise IndexOutOfBounds(f"{k[1]} places with step {k[2]} do not fit axis {axis} with size {shape[axis]}")
    if not any(shapes):
        return static
    # As in NumPy, indices broadcast together, integers too. Their axes stand in place of the indexed ones if these are
    # adjacent, else first.
    spread = broadcast_shapes(shapes, "indices")
    indexed_axes = [i for i, k in enumerate(key) if k == AT or isinstance(k, int)]
    if indexed_axes[-1] - indexed_axes[0] + 1 > len(indexed_axes):
        return (*spread, *static)
    rest = len(shape) - sum(x is not None and x != "..." for x in key)
    before = sum(rest if k == "..." else 1 for k in key[: indexed_axes[0]])
    return (*static[:before], *spread, *static[before:])


def _axes(key: Hidden, ndim: int) -> Iterator[int]:
    """The axes whose indices are computed."""
    axis = 0
    for k in key:
        if k == "...":
            axis += ndim - sum(x is not None and x != "..." for x in key)
            continue
        if _is_computed(k):
            yield axis
        axis += k is not None


def _place(shape: Shape, key: Hidden, indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key as NumPy takes it. Raises IndexOutOfBounds."""
    rest = iter(zip(indices, _axes(key, len(shape)), strict=True))
    out: list[Any] = []
    for k in key:
        if not _is_computed(k):
            out += subscript((k,))
            continue
        index, axis = next(rest)
        size = shape[axis]
        if k != AT:
            out.append(_row(int(index), k, size, axis))
        elif isinstance(index, np.ndarray) and index.ndim:
            check_indices(index, size, axis)
            out.append(index)
        elif -size <= index < size:
            out.append(int(index))
        else:
            raise IndexOutOfBounds(f"index {int(index)} is out of bounds for axis {axis} with size {size}")
    return tuple(out)


def _row(start: int, k: Hidden, size: int, axis: int) -> slice:
    """The slice of a window. Python would truncate one that is out of bounds, to another shape: here it is an error."""
    _, count, step = k
    stop = start + count * step
    if count and not (0 <= start < size and 0 <= stop - step < size):
        raise IndexOutOfBounds(f"the slice from {start} to {stop} is out of bounds for axis {axis} with size {size}")
    return slice(start, None if stop < 0 else stop, step) if count else slice(0, 0)


def _text(key: Hidden, indices: tuple[str, ...]) -> str:
    rest = iter(indices)
    parts = []
    for k in key:
        if k == AT:
            parts.append(next(rest))
        elif is_window(k):
            start, (_, count, step) = next(rest), k
            parts.append(f"{start}:{start} + {count * step}" + (f":{step}" if step != 1 else ""))
        else:
            parts.append(subscript_text((k,)))
    return ", ".join(parts)


def _part(x: Any, *indices: Any, key: Hidden) -> Any:
    return x[_place(x.shape, key, indices)]


def _has_arrays(node: Node, first: int) -> bool:
    """True where an index may occur twice: then cotangents must be summed."""
    return any(index.shape for index in node.inputs[first:])


part: Op = declare(
    "part",
    "x *indices",
    _part,
    lambda x, *indices, key: Type(x.dtype, region(x.shape, key, [i.shape for i in indices])),
    jvp=lambda node, tangents: None if tangents[0] is None else node.op(tangents[0], *node.inputs[1:], **_key(node)),
    vjp=lambda node, g: (
        (accumulate if _has_arrays(node, 1) else assign)(
            zero_array(node.inputs[0].shape), g, *node.inputs[1:], **_key(node)
        ),
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
        sample((3,), (2, 2), key=(AT,)),
        sample((3, 2), (4,), (4,), key=(AT, AT)),
        sample((3, 2, 2), (2,), (), key=(AT, ALL, AT)),
        sample((2, 3, 2), (2,), key=(ALL, AT, 0)),
    ),
    can_fail=True,
    doc="The element or the part of an array at computed indices.",
)


def _key(node: Node) -> dict[str, Any]:
    return {"key": node.param("key")}


def _assign(x: Any, v: Any, *indices: Any, key: Hidden) -> Any:
    out = np.array(x)
    out[_place(x.shape, key, indices)] = v
    return out


def _infer_assign(x: Type, v: Type, *indices: Type, key: Hidden) -> Type:
    wanted = region(x.shape, key, [i.shape for i in indices])
    if v.shape != wanted:
        raise ShapeMismatch(f"shape {describe_shape(v.shape)} is not that of the part, {describe_shape(wanted)}")
    return x


def _assign_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
    x, v, *indices = node.inputs
    dx, dv = tangents[:2]
    if dx is None and dv is None:
        return None
    return node.op(dx or zero_array(x.shape), dv or zero_array(v.shape), *indices, **_key(node))


def _assign_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    x, v, *indices = node.inputs
    to_v = part(g, *indices, **_key(node))
    if _has_arrays(node, 2):
        to_v = where(stays(*indices, shape=x.shape, **_key(node)), to_v, zero_array(()))
    return (assign(g, zero_array(v.shape), *indices, **_key(node)), to_v, *(None for _ in indices))


def _stays(*indices: Any, shape: Hidden, key: Hidden) -> Any:
    place = _place(shape, key, indices)
    order = np.arange(np.prod(region(shape, key, [np.shape(i) for i in indices]), dtype=np.int64))
    order = order.reshape(region(shape, key, [np.shape(i) for i in indices]))
    last = np.empty(shape, np.int64)
    last[place] = order
    return last[place] == order


stays = declare(
    "stays",
    "*indices",
    _stays,
    lambda *indices, shape, key: Type(DType.BOOL, region(shape, key, [i.shape for i in indices])),
    jvp=lambda node, tangents: None,
    vjp=lambda node, g: tuple(None for _ in node.inputs),
    dtypes=(DType.INT,),
    public=False,
    nanoseconds=25.0,
    scratch=copies(2.5),
    domain=((-2, 1),),
    samples=(sample((4,), shape=(3,), key=(AT,)), sample((2, 4), (), shape=(3, 2), key=(AT, AT))),
    can_fail=True,
    doc="Where an assigned element is not overwritten by a later one at the same index.",
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
    nanoseconds=10.0,
    domain=((-3, 3), (-3, 3), (-2, 1)),
    samples=(
        sample((3,), (), key=(1,)),
        sample((4,), (2,), key=(("slice", None, None, -2),)),
        sample((3,), (), (), key=(AT,)),
        sample((2, 3), (), (), (), key=(AT, AT)),
        sample((2, 3), (2,), (), key=(ALL, AT)),
        sample((2, 2, 3), (2, 2), (), key=("...", AT, ("slice", 1, None, None))),
        sample((3,), (4,), (4,), key=(AT,)),
        sample((3, 2), (2, 4), (2, 4), (), key=(AT, AT)),
        sample((3, 2), (4, 2), (4,), key=(AT,)),
    ),
    can_fail=True,
    doc="The array with a part of it replaced, at known or computed indices; of repeated indices the last counts.",
)


def _accumulate(x: Any, v: Any, *indices: Any, key: Hidden) -> Any:
    out = np.array(x)
    np.add.at(out, _place(x.shape, key, indices), v)
    return out


accumulate: Op = declare(
    "accumulate",
    "x v *indices",
    _accumulate,
    _infer_assign,
    jvp=_assign_jvp,
    vjp=lambda node, g: (g, part(g, *node.inputs[2:], **_key(node)), *(None for _ in node.inputs[2:])),
    dtypes=(DType.FLOAT, DType.FLOAT, DType.INT),
    public=False,
    text=lambda x, v, *indices, key: f"{x}.at[{_text(key, indices)}].add({v})",
    nanoseconds=20.0,
    scratch=copies(1),
    domain=((-3, 3), (-3, 3), (-2, 1)),
    samples=(
        sample((3,), (4,), (4,), key=(AT,)),
        sample((3, 2), (2, 4), (2, 4), (), key=(AT, AT)),
        sample((3, 2), (4, 2), (4,), key=(AT,)),
    ),
    can_fail=True,
    doc="The array with others added at computed indices; repeated indices add up.",
)
