"""Arrays of a shape or a range, and the diagonals and triangles of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.errors import ArrayTooLarge, BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type, constant
from adcore.ops.arrays.indexing import embed, index
from adcore.ops.arrays.reshaping import reshape
from adcore.ops.base import Extent, copies, declare, fit, linear, moved, sample
from adcore.ops.shapes import MOST_ELEMENTS, broadcast_shapes, describe_shape, legal
from adcore.ops.strong import strong_times


def _infer_shape(*operands: Type, shape: Extent) -> Type:
    if operands and broadcast_shapes((operands[0].shape, legal(shape))) != shape:
        raise ShapeMismatch(
            f"a value of shape {describe_shape(operands[0].shape)} does not fill {describe_shape(shape)}"
        )
    return Type(DType.FLOAT, legal(shape))


def _zeros(*, shape: Extent) -> Any:
    return np.zeros(shape)[()]


def _ones(*, shape: Extent) -> Any:
    return np.ones(shape)[()]


def _full(fill_value: Any, *, shape: Extent) -> Any:
    return np.full(shape, fill_value)[()]


zeros = declare(
    "zeros",
    "",
    _zeros,
    _infer_shape,
    aliases=("empty",),
    nanoseconds=0.1,
    samples=(sample(shape=(2, 3)), sample(shape=())),
    doc="Zeros.",
)
ones = declare(
    "ones", "", _ones, _infer_shape, nanoseconds=1.5, samples=(sample(shape=(2, 3)), sample(shape=())), doc="Ones."
)
full = linear(
    "full",
    _full,
    _infer_shape,
    lambda node, g: (fit(g, node.inputs[0].shape),),
    operands="fill_value",
    arguments=("shape", "fill_value"),
    nanoseconds=1.5,
    samples=(sample((), shape=(2, 3)), sample((3,), shape=(2, 3)), sample((), shape=())),
    doc="An array of a shape with one value everywhere.",
)


def _shaped_like(name: str, value: Any, doc: str, aliases: tuple[str, ...] = ()) -> Op:
    """An op that reads its operand's shape only, so that its derivative is zero."""
    return declare(
        name,
        "x",
        value,
        lambda x: Type(DType.FLOAT, x.shape),
        jvp=lambda node, tangents: None,
        vjp=lambda node, g: (None,),
        dtypes=(None,),
        aliases=aliases,
        flat=(0,),
        nanoseconds=1.0,
        doc=doc,
    )


zeros_like = _shaped_like("zeros_like", lambda x: np.zeros(x.shape)[()], "Zeros in the shape of x.", ("empty_like",))
ones_like = _shaped_like("ones_like", lambda x: np.ones(x.shape)[()], "Ones in the shape of x.")


def _infer_full_like(fill_value: Type, x: Type) -> Type:
    return _infer_shape(fill_value, shape=x.shape)


full_like = linear(
    "full_like",
    lambda fill_value, x: np.full(x.shape, fill_value)[()],
    _infer_full_like,
    lambda node, g: (fit(g, node.inputs[0].shape),),
    operands="fill_value x",
    steering=1,
    arguments=("x", "fill_value"),
    dtypes=(DType.FLOAT, None),
    nanoseconds=1.0,
    samples=(sample((), (2, 3)), sample((3,), (2, 3)), sample((), ())),
    doc="An array of the shape of x with one value everywhere.",
)


def _within(k: int, shape: Shape) -> int:
    """The index of a diagonal, clipped to one just outside the matrix."""
    return max(-shape[-2], min(k, shape[-1]))


def _infer_eye(*, N: int, M: int | None = None, k: int = 0) -> Type:
    return Type(DType.FLOAT, legal((N, N if M is None else M)))


def _eye(*, N: int, M: int | None = None, k: int = 0) -> Any:
    return np.eye(N, M, _within(k, (N, N if M is None else M)))


eye = declare(
    "eye",
    "",
    _eye,
    _infer_eye,
    aliases=("identity",),
    samples=(sample(N=3), sample(N=2, M=3, k=1), sample(N=3, k=-1)),
    doc="A matrix of N rows with ones on its diagonal, or on the k-th one above it, and zeros elsewhere.",
)


def _bounds(start: float, stop: float | None, step: float) -> tuple[float, float, float]:
    return (float(start), float(stop), float(step)) if stop is not None else (0.0, float(start), float(step))


def _infer_arange(*, start: float, stop: float | None = None, step: float = 1) -> Type:
    first, last, by = _bounds(start, stop, step)
    length = (last - first) / by if by else math.nan
    if not math.isfinite(length):
        raise BadCall(f"arange from {first:g} to {last:g} in steps of {by:g} has no end")
    if length > MOST_ELEMENTS:
        raise ArrayTooLarge(f"arange from {first:g} to {last:g} in steps of {by:g} has {length:g} numbers")
    return Type(DType.FLOAT, (max(0, math.ceil(length)),))


def _arange(*, start: float, stop: float | None = None, step: float = 1) -> Any:
    first, last, by = _bounds(start, stop, step)
    # NumPy refuses bounds that are far apart, though there may be no number between them in the direction of the step.
    return np.arange(first, last, by) if (last - first) / by > 0 else np.empty(0)


arange = declare(
    "arange",
    "",
    _arange,
    _infer_arange,
    samples=(
        sample(start=4),
        sample(start=1, stop=3, step=0.5),
        sample(start=3, stop=0, step=-1),
        sample(start=2, stop=1),
    ),
    doc="The numbers from start up to, but without, stop; arange(n) counts from 0 to n - 1.",
)


def _linspace(start: Any, stop: Any, *, num: int = 50, endpoint: bool = True) -> Any:
    return np.linspace(start, stop, num, endpoint=endpoint)


def _infer_linspace(start: Type, stop: Type, *, num: int = 50, endpoint: bool = True) -> Type:
    return Type(DType.FLOAT, legal((num, *broadcast_shapes((start.shape, stop.shape)))))


def _linspace_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    """Each number is start + t (stop - start), where t runs from 0 to 1."""
    column = (node.shape[0],) + (1,) * (node.ndim - 1)
    back = []
    for x, ends in zip(node.inputs, ((1.0, 0.0), (0.0, 1.0)), strict=True):
        share = reshape(moved(node, *map(constant, ends)), shape=column)
        total = fit(strong_times(g, share), (1, *node.shape[1:]))
        back.append(fit(reshape(total, shape=node.shape[1:]), x.shape))
    return tuple(back)


linspace: Op = linear(
    "linspace",
    _linspace,
    _infer_linspace,
    _linspace_vjp,
    operands="start stop",
    nanoseconds=10.0,
    scratch=copies(1),
    samples=(
        sample((), (), num=5),
        sample((), (), num=4, endpoint=False),
        sample((2,), (), num=3),
        sample((), (), num=1),
        sample((), (), num=0),
    ),
    doc="Evenly spaced numbers from start to stop.",
)


# --- parts of matrices


def _diagonal_length(rows: int, columns: int, k: int) -> int:
    return max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))


def _infer_diag(x: Type, *, k: int = 0) -> Type:
    if len(x.shape) == 1:
        size = x.shape[0] + abs(k)
        return Type(x.dtype, legal((size, size)))
    if len(x.shape) == 2:
        return Type(x.dtype, (_diagonal_length(*x.shape, k),))
    raise ShapeMismatch(f"diag takes a vector or a matrix, and this has the shape {describe_shape(x.shape)}")


def _diag(x: Any, *, k: int = 0) -> Any:
    return np.diag(x, k if x.ndim == 1 else _within(k, x.shape))


def _diag_vjp(node: Node, g: Node) -> tuple[Node]:
    """The transpose of taking a diagonal: of a square matrix diag itself, else the cotangent on a diagonal of zeros."""
    shape, back = node.inputs[0].shape, moved(node, g)
    if back.shape == shape:
        return (back,)
    corner = tuple(("slice", None, min(n, m), None) for n, m in zip(shape, back.shape, strict=True))
    return (embed(index(back, key=corner), key=corner, shape=shape),)


diag = linear(
    "diag",
    _diag,
    _infer_diag,
    _diag_vjp,
    dtypes=(None,),
    nanoseconds=1.0,
    samples=(
        sample((3,)),
        sample((3, 3)),
        sample((2,), k=-1),
        sample((3, 3), k=1),
        sample((2, 4)),
        sample((2, 4), k=2),
        sample((4, 2), k=-3),
        sample((2, 2), k=5),
    ),
    doc="The diagonal of a matrix, or the matrix with a vector as its diagonal; k counts the diagonals upwards.",
)


def _infer_trace(x: Type, *, offset: int = 0) -> Type:
    if len(x.shape) != 2:
        raise ShapeMismatch(f"trace takes a matrix, and this has the shape {describe_shape(x.shape)}")
    return Type(DType.FLOAT, ())


def _trace(x: Any, *, offset: int = 0) -> Any:
    return np.trace(x, _within(offset, x.shape))


matrix_trace = linear(
    "trace",
    _trace,
    _infer_trace,
    lambda node, g: (
        strong_times(g, eye(N=node.inputs[0].shape[0], M=node.inputs[0].shape[1], k=node.param("offset"))),
    ),
    method=True,
    latex=r"\operatorname{{tr}}\left({0}\right)",
    nanoseconds=0.0,
    samples=(sample((3, 3)), sample((2, 4), offset=1)),
    doc="The sum of a matrix's diagonal.",
)


def _infer_triangle(x: Type, *, k: int = 0) -> Type:
    if len(x.shape) < 2:
        raise ShapeMismatch(f"tril and triu take a matrix, and this has the shape {describe_shape(x.shape)}")
    return x


def _triu(x: Any, *, k: int = 0) -> Any:
    return np.triu(x, _within(k, x.shape))


def _tril(x: Any, *, k: int = 0) -> Any:
    return np.tril(x, _within(k, x.shape))


_TRIANGLES = (sample((3, 3)), sample((2, 3), k=1), sample((2, 3, 3), k=-1))

triu = linear(
    "triu",
    _triu,
    _infer_triangle,
    lambda node, g: (moved(node, g),),
    dtypes=(None,),
    nanoseconds=8.0,
    scratch=copies(0.5),
    samples=_TRIANGLES,
    doc="The matrix with zeros below its k-th diagonal.",
)
tril = linear(
    "tril",
    _tril,
    _infer_triangle,
    lambda node, g: (moved(node, g),),
    dtypes=(None,),
    nanoseconds=8.0,
    scratch=copies(0.5),
    samples=_TRIANGLES,
    doc="The matrix with zeros above its k-th diagonal.",
)
