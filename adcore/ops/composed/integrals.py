"""Integrals of sampled values, by Simpson's rule and as running sums of trapezoids."""

from __future__ import annotations

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, Node
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.joining import concatenate
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.arrays.scans import cumsum
from adcore.ops.base import composed, sample, zero_array
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.choice import where
from adcore.ops.shapes import describe_shape, one_axis


def _part(x: Node, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Node:
    """Elements along an axis."""
    return index(x, key=(*[("slice", None, None, None)] * axis, ("slice", start, stop, step)))


def _distances(y: Node, x: Node | None, dx: Node, axis: int) -> Node:
    """The distances between neighbours along the axis, shaped to broadcast against ``y``."""
    n = y.shape[axis]
    if x is None:
        return OPS["broadcast_to"](dx, shape=tuple([n - 1 if i == axis else 1 for i in range(y.ndim)]))
    if x.ndim == 1:
        if x.shape[0] != n:
            raise ShapeMismatch(f"x has {x.shape[0]} elements, where y has {n} along the axis")
        x = reshaped(x, tuple([n if i == axis else 1 for i in range(y.ndim)]))
    elif x.shape != y.shape:
        raise ShapeMismatch(
            f"x has the shape of y, {describe_shape(y.shape)}, or that of the axis, and not {describe_shape(x.shape)}"
        )
    return _part(x, axis, 1, None) - _part(x, axis, None, -1)


def _cumulative_trapezoid(
    y: Node,
    x: Node | None = None,
    dx: Node = 1.0,  # type: ignore[assignment]
    initial: Node | None = None,
    *,
    axis: int = -1,
) -> Node:
    axis = one_axis(axis, y.ndim)
    if not y.shape[axis]:
        raise ShapeMismatch(
            f"cumulative_trapezoid takes at least one value along the axis, and this is {describe_shape(y.shape)}"
        )
    areas = _distances(y, x, dx, axis) * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2.0
    sums = cumsum(areas, axis=axis)
    if initial is None:
        return sums
    first = OPS["broadcast_to"](initial, shape=tuple([1 if i == axis else n for i, n in enumerate(y.shape)]))
    return concatenate(first, sums, axis=axis)


cumulative_trapezoid = composed(
    "cumulative_trapezoid",
    _cumulative_trapezoid,
    aliases=("scipy.integrate.cumtrapz",),
    arguments=("y", "x", "dx", "axis", "initial"),
    domain=((-3.0, 3.0), (-0.1, 0.1, 1), (0.5, 2.0), (0.0, 0.0)),
    samples=(sample((4,)), sample((4,), (4,)), sample((3, 4), axis=0), sample((2, 3), (3,), axis=1)),
    doc="The integrals from the first value to each further one, by trapezoids; with initial, that stands before them.",
)


def _simpson(y: Node, x: Node | None = None, dx: Node = 1.0, *, axis: int = -1) -> Node:  # type: ignore[assignment]
    """Parabolas through three points each; an even number of points leaves one interval, which has the last parabola.

    The correction is that of R. Cartwright, Simpson's rule cumulative integration with MS Excel and irregularly-spaced
    data (2017), as in SciPy.
    """
    axis = one_axis(axis, y.ndim)
    n = y.shape[axis]
    if n < 2:
        return zero_array((*y.shape[:axis], *y.shape[axis + 1 :]))
    h = _distances(y, x, dx, axis)
    if n == 2:
        return sum_(0.5 * h * (_part(y, axis, 1, None) + _part(y, axis, None, -1)), axis=axis)
    odd = n if n % 2 else n - 1
    h0, h1 = _part(h, axis, 0, odd - 2, 2), _part(h, axis, 1, odd - 1, 2)
    y0, y1, y2 = _part(y, axis, 0, odd - 2, 2), _part(y, axis, 1, odd - 1, 2), _part(y, axis, 2, odd, 2)
    both, ratio = h0 + h1, _ratio(h0, h1)
    parabolas = both / 6.0 * (y0 * (2.0 - _ratio(h1, h0)) + y1 * _ratio(both * both, h0 * h1) + y2 * (2.0 - ratio))
    total = sum_(parabolas, axis=axis)
    if n % 2:
        return total
    a, b = _part(h, axis, n - 3, n - 2), _part(h, axis, n - 2, n - 1)
    last = (
        _ratio(2.0 * b * b + 3.0 * a * b, 6.0 * (a + b)) * _part(y, axis, n - 1, n)
        + _ratio(b * b + 3.0 * a * b, 6.0 * a) * _part(y, axis, n - 2, n - 1)
        - _ratio(b * b * b, 6.0 * a * (a + b)) * _part(y, axis, n - 3, n - 2)
    )
    return total + sum_(last, axis=axis)


def _ratio(a: Node, b: Node) -> Node:
    """a / b, and 0 where points coincide."""
    none = OPS["equal"](b, 0.0)
    return where(none, 0.0, divide(a, where(none, 1.0, b)))


simpson = composed(
    "simpson",
    _simpson,
    aliases=("scipy.integrate.simps",),
    domain=((-3.0, 3.0), (-0.1, 0.1, 1), (0.5, 2.0)),
    samples=(
        sample((5,)),
        sample((4,)),
        sample((2,)),
        sample((3,), (3,)),
        sample((6,), (6,)),
        sample((2, 5), (5,)),
        sample((4, 2), axis=0),
    ),
    nan_gradient="Derivatives by subnormal distances divide by their squares, which are 0.",
    doc="The integral of values along an axis, at a spacing or at coordinates, by parabolas through three at a time.",
)
