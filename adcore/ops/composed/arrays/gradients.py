"""Slopes of sampled values by differences between neighbours, as ``np.gradient`` takes them."""

from __future__ import annotations

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import Node
from adcore.ops.arrays.indexing import index, stretch
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reshaping import reshape
from adcore.ops.base import composed, sample
from adcore.ops.shapes import Axis, describe_shape, one_axis


def _gradient(
    f: Node,
    spacing: Node = 1.0,  # type: ignore[assignment]
    *,
    axis: Axis = None,
    edge_order: int = 1,
) -> Node:
    """The derivatives of the parabolas through three neighbours; at the ends of a line, or of the last parabola."""
    if axis is None:
        if f.ndim != 1:
            raise ShapeMismatch(f"an array of shape {describe_shape(f.shape)} has a gradient along each axis")
        axis = 0
    place = one_axis(axis, f.ndim)
    n = f.shape[place]
    if edge_order not in (1, 2):
        raise BadCall(f"edge_order is 1 or 2, and not {edge_order}")
    if n < edge_order + 1:
        raise ShapeMismatch(
            f"a gradient of edge_order={edge_order} needs at least {edge_order + 1} elements along the axis, and an "
            f"array of shape {describe_shape(f.shape)} has {n}"
        )
    if spacing.shape not in ((), (n,)):
        raise ShapeMismatch(
            f"the spacing is a number or has a coordinate for each of {n} elements, and this has the shape "
            f"{describe_shape(spacing.shape)}"
        )

    def part(start: int | None, stop: int | None) -> Node:
        return index(f, key=stretch(place, start, stop))

    if not spacing.shape:
        inner = (part(2, None) - part(None, -2)) / (2.0 * spacing)
        if edge_order == 1:
            first = (part(1, 2) - part(0, 1)) / spacing
            last = (part(n - 1, n) - part(n - 2, n - 1)) / spacing
        else:
            first = (4.0 * part(1, 2) - 3.0 * part(0, 1) - part(2, 3)) / (2.0 * spacing)
            last = (3.0 * part(n - 1, n) - 4.0 * part(n - 2, n - 1) + part(n - 3, n - 2)) / (2.0 * spacing)
        return concatenate(first, inner, last, axis=place)

    def steps(start: int, stop: int) -> Node:
        """The distances of coordinates, shaped to broadcast against the values."""
        before, after = (index(spacing, key=(("slice", start + i, stop + i, None),)) for i in (0, 1))
        return reshape(after - before, shape=tuple(stop - start if i == place else 1 for i in range(f.ndim)))

    if n == 2:
        slope = (part(1, 2) - part(0, 1)) / steps(0, 1)
        return concatenate(slope, slope, axis=place)
    h, k = steps(0, n - 2), steps(1, n - 1)
    before, after = (part(1, -1) - part(None, -2)) / h, (part(2, None) - part(1, -1)) / k
    inner = (k * before + h * after) / (h + k)
    if edge_order == 1:
        return concatenate(_one(before, place, 0), inner, _one(after, place, n - 3), axis=place)
    bend = (after - before) / (h + k)
    first = before - h * bend
    last = after + k * bend
    return concatenate(_one(first, place, 0), inner, _one(last, place, n - 3), axis=place)


def _one(x: Node, axis: int, i: int) -> Node:
    return index(x, key=stretch(axis, i, i + 1))


gradient = composed(
    "gradient",
    _gradient,
    domain=((-3.0, 3.0), (1.0, 9.0)),
    samples=(
        sample((4,)),
        sample((2,)),
        sample((2,), (2,)),
        sample((4,), ()),
        sample((4,), (), edge_order=2),
        sample((5,), (5,)),
        sample((5,), (5,), edge_order=2),
        sample((3, 4), (), axis=0),
        sample((3, 4), (4,), axis=-1, edge_order=2),
    ),
    nan_gradient="Derivatives by subnormal distances divide by their squares, which are 0.",
    doc="The slopes of values along an axis, at a spacing or at coordinates; without an axis, along each of them.",
)
