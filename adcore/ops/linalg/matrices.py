"""Stacks of matrices, the last two axes of an array: their shapes, transposes, symmetric parts and triangles.

Factorisations and solvers take stacks as NumPy does, and run LAPACK here: a matrix that is not finite, or for which
LAPACK fails, has NaN for a result; the others of the stack are unaffected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.errors import ShapeMismatch
from adcore.graph import OPS, DType, Node, Op, Shape, Type
from adcore.ops.arrays.reshaping import swapaxes
from adcore.ops.base import copies, linear, moved, sample
from adcore.ops.products.matmul import matmul, transposed
from adcore.ops.shapes import describe_shape

# --- shapes


def matrix_shape(name: str, x: Type) -> Shape:
    """The numbers of rows and columns of a matrix, or of each one of a stack."""
    if len(x.shape) < 2:
        what = "a number" if not x.shape else f"an array of shape {describe_shape(x.shape)}"
        raise ShapeMismatch(f"{name} takes a matrix, and this is {what}")
    return x.shape[-2:]


def square_size(name: str, x: Type) -> int:
    """The number of rows of a square matrix, or of each one of a stack."""
    rows, columns = matrix_shape(name, x)
    if rows != columns:
        raise ShapeMismatch(f"{name} takes a square matrix, and this has the shape {describe_shape(x.shape)}")
    return rows


def infer_square(name: str) -> Callable[..., Type]:
    """The shape rule of ops from square matrices to square matrices of that size."""

    def infer(x: Type, **_: Any) -> Type:
        square_size(name, x)
        return Type(DType.FLOAT, x.shape)

    return infer


def cubic(factor: float) -> Callable[[Node], int]:
    """The work of an op on its first operand's matrices: a number of operations for each cube of their size."""

    def work(node: Node) -> int:
        shape = node.inputs[0].shape
        return int(factor * node.inputs[0].type.size * min(shape[-2:])) + 1

    return work


AROUND = 15_000.0
"""Nanoseconds that an application of a function of matrices takes beside them."""


def dense(each: float, element: float, cube: float) -> Callable[[Node], float]:
    """The nanoseconds of an op on its first operand's matrices.

    So many for each of them, for each of their elements, and for each cube of their size, the lesser one; and once
    those of the NumPy functions around.
    """

    def nanoseconds(node: Node) -> float:
        shape = node.inputs[0].shape
        size = math.prod(shape)
        return AROUND + each * math.prod(shape[:-2]) + element * size + cube * size * min(shape[-2:])

    return nanoseconds


def per_matrix(count: float) -> Callable[[Node], int]:
    """The ``scratch`` of an op that goes through its first operand's matrices with so many arrays of one's size."""
    return lambda node: int(count * math.prod(node.inputs[0].shape[-2:]))


# --- LAPACK


def solved(function: Callable[[Any], Any], matrices: Any) -> tuple[Any, ...]:
    """The results of ``function`` of a stack of matrices, NaN for a matrix that is not finite or where it fails.

    ``function`` is one of ``numpy.linalg``, which gives an array or a tuple of them and raises LinAlgError.
    """
    finite = np.isfinite(matrices).all((-2, -1))
    fine = bool(finite.all())
    if fine:
        try:
            return _tuple(function(matrices))
        except np.linalg.LinAlgError:
            pass
    # The identity, which every function accepts, replaces them.
    harmless = np.eye(*matrices.shape[-2:])
    good = np.where(finite[..., None, None], matrices, harmless)
    for place in np.ndindex(finite.shape) if fine or finite.any() else ():
        tick()
        try:
            function(good[place])
        except np.linalg.LinAlgError:
            good[place] = harmless
            finite = np.array(finite)
            finite[place] = False
    results = [np.array(result) for result in _tuple(function(good))]
    for result in results:
        result[~finite] = np.nan
    return tuple(result[()] for result in results)


def _tuple(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


# --- the parts of matrices that the rules speak of


def turned(x: Node) -> Node:
    """Each matrix transposed."""
    return transposed(x) if x.ndim == 2 else swapaxes(x, axis1=-2, axis2=-1)


def before(a: Node, x: Node, strong: int = 2) -> Node:
    """``a @ x`` with strong zeros: of ``x``, a tangent or a cotangent, or as ``strong`` says."""
    return matmul(a, x, strong=strong)


def after(x: Node, a: Node, strong: int = 1) -> Node:
    """``x @ a`` with strong zeros, likewise."""
    return matmul(x, a, strong=strong)


def symmetric_part(x: Any) -> Any:
    half = 0.5 * x
    return half + np.swapaxes(half, -1, -2)


symmetric = linear(
    "symmetric",
    symmetric_part,
    infer_square("symmetric"),
    lambda node, g: (moved(node, g),),
    public=False,
    latex=r"\operatorname{{sym}}\left({0}\right)",
    nanoseconds=6.0,
    scratch=copies(1),
    samples=(sample((3, 3)), sample((2, 3, 3))),
    doc="The symmetric part of a matrix, the mean of it and its transpose.",
)


def _lower_half(x: Any) -> Any:
    out = np.tril(x)
    places = np.arange(x.shape[-1])
    out[..., places, places] *= 0.5
    return out


lower_half = linear(
    "lower_half",
    _lower_half,
    infer_square("lower_half"),
    lambda node, g: (moved(node, g),),
    public=False,
    nanoseconds=8.0,
    scratch=copies(0.5),
    samples=(sample((3, 3)), sample((2, 3, 3))),
    doc="The triangle below the diagonal, and half of the diagonal.",
)


def _diagonals(x: Any) -> Any:
    return np.diagonal(x, axis1=-2, axis2=-1).copy()


def _infer_diagonals(x: Type) -> Type:
    return Type(DType.FLOAT, (*x.shape[:-2], square_size("diagonals", x)))


diagonals = linear(
    "diagonals",
    _diagonals,
    _infer_diagonals,
    lambda node, g: (on_diagonals(g),),
    public=False,
    nanoseconds=0.0,
    samples=(sample((3, 3)), sample((2, 3, 3))),
    doc="The diagonal of each matrix of a stack.",
)


def _on_diagonals(x: Any) -> Any:
    out = np.zeros((*x.shape, x.shape[-1]))
    places = np.arange(x.shape[-1])
    out[..., places, places] = x
    return out


on_diagonals: Op = linear(
    "on_diagonals",
    _on_diagonals,
    lambda x: Type(DType.FLOAT, (*x.shape, x.shape[-1])),
    lambda node, g: (diagonals(g),),
    public=False,
    samples=(sample((3,)), sample((2, 3))),
    doc="A stack of matrices with these diagonals, and zeros elsewhere.",
)


def by_column(x: Node, weights: Node, **strong: Any) -> Node:
    """Each column of matrices times its own number: ``x @ diag(weights)``."""
    return OPS["multiply"](x, OPS["expand_dims"](weights, axis=-2), **strong)


def by_row(x: Node, weights: Node, **strong: Any) -> Node:
    """Each row of matrices times its own number: ``diag(weights) @ x``."""
    return OPS["multiply"](x, OPS["expand_dims"](weights, axis=-1), **strong)
