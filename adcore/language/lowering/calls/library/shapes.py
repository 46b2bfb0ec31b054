"""Functions of shapes: asked for, brought to a number of axes, or made one grid. What they give is known, or has one
node an array.
"""

from __future__ import annotations

import math

import numpy as np

from adcore.errors import TypeMismatch
from adcore.graph import DType, Node
from adcore.language.lowering.builder import several
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import NamedValues, Tuple, Value, describe_value, is_number
from adcore.ops.shapes import broadcast_shapes, one_axis


def _shape_of(call: Bound, name: str) -> tuple[int, ...]:
    value = call.value(name)
    return () if is_number(value) else call.array(name).shape


def _shape(call: Bound) -> Value:
    shape = _shape_of(call, "a")
    return Tuple(shape, len(shape), 1)


def _ndim(call: Bound) -> Value:
    return len(_shape_of(call, "a"))


def _size(call: Bound) -> Value:
    shape, axis = _shape_of(call, "a"), call.static("axis")
    return math.prod(shape) if axis is None else shape[one_axis(axis, len(shape))]


def _isscalar(call: Bound) -> Value:
    """As in NumPy, a number; an array without axes does not exist here."""
    value = call.value("element")
    return value.shape == () if isinstance(value, Node) else isinstance(value, (bool, int, float, str))


def _arrays(call: Bound) -> list[Node]:
    return [call.low.array(a.value, a.place) for a in call.rest]


def _each(call: Bound, arrays: list[Node]) -> Value:
    """The one array, or the tuple of several, as NumPy's functions of any number of arrays give them."""
    return arrays[0] if len(arrays) == 1 else several(call.low, Tuple, arrays, call.place)


def _atleast(ndim: int) -> Rule:
    def shape_of(shape: tuple[int, ...]) -> tuple[int, ...]:
        if ndim == 3 and 0 < len(shape) < 3:
            return (1, *shape, 1) if len(shape) == 1 else (*shape, 1)
        return (*(1,) * (ndim - len(shape)), *shape)

    def rule(call: Bound) -> Value:
        shaped = [x if x.ndim >= ndim else call.emit("reshape", x, shape=shape_of(x.shape)) for x in _arrays(call)]
        return _each(call, shaped)

    return rule


def _lines(call: Bound) -> list[Node]:
    """The vectors of coordinates of a grid."""
    lines = []
    for x, a in zip(_arrays(call), call.rest, strict=True):
        if x.ndim > 1:
            raise TypeMismatch(
                f"{call.builtin.name} takes vectors, and this is {describe_value(x)}", span=call.low.span(a.place)
            )
        lines.append(x if x.ndim else call.emit("reshape", x, shape=(1,)))
    return lines


def _meshgrid(call: Bound) -> Value:
    indexing = call.static("indexing")
    if indexing not in ("xy", "ij"):
        raise call.wrong(f"indexing is 'xy' or 'ij', and not {indexing!r}", "indexing")
    lines = _lines(call)
    axes = list(range(len(lines)))
    if indexing == "xy" and len(lines) > 1:
        axes[:2] = 1, 0
    open_grid = []
    for x, axis in zip(lines, axes, strict=True):
        shape = tuple(x.shape[0] if i == axis else 1 for i in range(len(lines)))
        open_grid.append(call.emit("reshape", x, shape=shape))
    if call.static("sparse") or not lines:
        return several(call.low, Tuple, open_grid, call.place)
    return several(call.low, Tuple, _broadcast(call, open_grid), call.place)


def _broadcast(call: Bound, arrays: list[Node]) -> list[Node]:
    shape = broadcast_shapes([x.shape for x in arrays])
    return [x if x.shape == shape else call.emit("broadcast_to", x, shape=shape) for x in arrays]


def _broadcast_arrays(call: Bound) -> Value:
    return several(call.low, Tuple, _broadcast(call, _arrays(call)) if call.rest else [], call.place)


def _ix(call: Bound) -> Value:
    lines = [call.low.operand(x, DType.INT, call.place) for x in _lines(call)]
    shapes = [tuple(x.shape[0] if i == axis else 1 for i in range(len(lines))) for axis, x in enumerate(lines)]
    parts = [call.emit("reshape", x, shape=shape) for x, shape in zip(lines, shapes, strict=True)]
    return several(call.low, Tuple, parts, call.place)


_LIMITS = ("eps", "epsneg", "max", "min", "tiny", "smallest_normal", "smallest_subnormal", "resolution")


def _finfo(call: Bound) -> Value:
    """Those of float64, the one type of numbers here."""
    limits = np.finfo(float)
    return NamedValues("finfo", {name: float(getattr(limits, name)) for name in _LIMITS})


RULES: dict[str, Rule] = {
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
    "isscalar": _isscalar,
    "atleast_1d": _atleast(1),
    "atleast_2d": _atleast(2),
    "atleast_3d": _atleast(3),
    "meshgrid": _meshgrid,
    "broadcast_arrays": _broadcast_arrays,
    "ix_": _ix,
    "finfo": _finfo,
}
"""The rules of this theme, by name."""
