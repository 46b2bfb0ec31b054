"""Products of vectors, matrices and stacks of matrices.

All are bilinear. Up to two axes, the adjoint of a product is written with products and transposes; beyond that with
contractions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type
from adcore.ops.arrays.reshaping import ravel, reshaped, transpose
from adcore.ops.base import Hidden, bilinear, fit, sample
from adcore.ops.elementwise.arithmetic import PRODUCT, multiply
from adcore.ops.products.contraction import MATRIX_PRODUCT, adjoints, contract, letters, matrix_product, strong_product
from adcore.ops.shapes import broadcast_shapes, describe_shape
from adcore.ops.strong import BOTH, strong_repair

# --- matrix products


def transposed(x: Node) -> Node:
    """The transpose of a matrix; of a transpose, its operand."""
    return x.inputs[0] if x.op is transpose and x.ndim == 2 else transpose(x)


def _matrix_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    """The adjoints of a product of vectors and matrices, with the cotangent in the place of the other operand."""
    a, b = node.inputs
    if a.ndim == 1 and b.ndim == 1:
        return multiply(g, b, strong=BOTH), multiply(g, a, strong=BOTH)
    if a.ndim == 1:
        return matmul(b, g, strong=BOTH), outer(a, g, strong=BOTH)
    if b.ndim == 1:
        return outer(g, b, strong=BOTH), matmul(transposed(a), g, strong=BOTH)
    return (
        matmul(g, transposed(b), strong=BOTH),
        matmul(transposed(a), g, strong=BOTH),
    )


def _matmul(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    return strong_product(matrix_product, a, b, strong)


def _require_inner(name: str, a: Shape, b: Shape, n: int, m: int) -> None:
    if n != m:
        raise ShapeMismatch(
            f"{name} of shapes {describe_shape(a)} and {describe_shape(b)}: the last axis of the first has length {n}, "
            f"and the axis of the second that it goes along with has length {m}"
        )


def _infer_matmul(a: Type, b: Type, *, strong: Hidden = 0) -> Type:
    if not a.shape or not b.shape:
        raise ShapeMismatch(
            f"a matrix product of shapes {describe_shape(a.shape)} and {describe_shape(b.shape)}: both must be arrays",
            help="a number times an array is written with *",
        )
    inner = b.shape[-2] if len(b.shape) > 1 else b.shape[0]
    _require_inner("a matrix product", a.shape, b.shape, a.shape[-1], inner)
    stack = broadcast_shapes((a.shape[:-2], b.shape[:-2]), "stacks of matrices")
    return Type(DType.FLOAT, (*stack, *a.shape[-2:-1], *(b.shape[-1:] if len(b.shape) > 1 else ())))


def _matmul_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    """For stacks of matrices, contractions; the axes along which an operand is broadcast are summed over in them."""
    a, b = node.inputs
    if a.ndim <= 2 and b.ndim <= 2:
        return _matrix_vjp(node, g)
    stack = node.shape[: max(a.ndim, b.ndim) - 2]
    named_stack = letters(3, len(stack))
    row, column = "a" if a.ndim > 1 else "", "c" if b.ndim > 1 else ""

    def own(x: Node, matrix: str) -> tuple[Node, str]:
        """The operand without the axes along which it is broadcast, and the letters of the others."""
        axes = x.shape[: x.ndim - len(matrix)]
        named = list(zip(axes, stack[len(stack) - len(axes) :], named_stack[len(stack) - len(axes) :], strict=True))
        letters = "".join(letter for n, m, letter in named if n == m)
        shape = tuple(n for n, m, _ in named if n == m) + x.shape[x.ndim - len(matrix) :]
        return reshaped(x, shape), letters + matrix

    (slim_a, of_a), (slim_b, of_b) = own(a, row + "b"), own(b, "b" + column)
    out = named_stack + row + column
    back_a = contract(g, slim_b, spec=f"{out},{of_b}->{of_a}", strong=BOTH)
    back_b = contract(slim_a, g, spec=f"{of_a},{out}->{of_b}", strong=BOTH)
    return reshaped(back_a, a.shape), reshaped(back_b, b.shape)


matmul: Op = bilinear(
    "matmul",
    _matmul,
    _infer_matmul,
    _matmul_vjp,
    text="{0} @ {1}",
    binding=PRODUCT,
    latex=r"{0} \, {1}",
    work=lambda node: 2 * node.type.size * node.inputs[0].shape[-1],
    nanoseconds=MATRIX_PRODUCT,
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((3,), (3, 2)),
        sample((2, 3), (3, 4)),
        sample((2, 2, 3), (2, 3, 2)),
        sample((2, 2, 3), (3, 2)),
        sample((2, 3), (2, 3, 1)),
        sample((2, 1, 2, 3), (3, 3, 2)),
        sample((3,), (2, 3, 2)),
        sample((2, 2, 3), (3,)),
    ),
    doc="The matrix product; of stacks of matrices, one after the other; x1 @ x2.",
)


# --- the other products


def _outer(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    column, row = np.reshape(a, (-1, 1)), np.reshape(b, (1, -1))
    product = column * row
    return strong_repair(product, *(x for x, bit in ((column, 1), (row, 2)) if strong & bit)) if strong else product


def _outer_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    a, b = (x if x.ndim == 1 else ravel(x) for x in node.inputs)
    back_a = matmul(g, b, strong=BOTH)
    back_b = matmul(a, g, strong=BOTH)
    return reshaped(back_a, node.inputs[0].shape), reshaped(back_b, node.inputs[1].shape)


outer: Op = bilinear(
    "outer",
    _outer,
    lambda a, b, *, strong: Type(DType.FLOAT, (a.size, b.size)),
    _outer_vjp,
    latex=r"{0} \otimes {1}",
    nanoseconds=4.0,
    samples=(sample((2,), (3,)), sample((2, 2), (3,)), sample((), (2,))),
    doc="Each element of x1 times each of x2, as a matrix.",
)


def _vdot(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    return strong_product(np.dot, np.reshape(a, -1), np.reshape(b, -1), strong)


def _infer_vdot(a: Type, b: Type, *, strong: Hidden = 0) -> Type:
    if a.size != b.size:
        raise ShapeMismatch(
            f"vdot of shapes {describe_shape(a.shape)} and {describe_shape(b.shape)}: "
            f"{a.size} elements against {b.size}"
        )
    return Type(DType.FLOAT, ())


def _vdot_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    a, b = node.inputs
    return (
        reshaped(multiply(g, b, strong=BOTH), a.shape),
        reshaped(multiply(g, a, strong=BOTH), b.shape),
    )


vdot = bilinear(
    "vdot",
    _vdot,
    _infer_vdot,
    _vdot_vjp,
    latex=r"\left\langle {0}, {1} \right\rangle",
    work=lambda node: 2 * node.inputs[0].type.size,
    nanoseconds=0.3,
    samples=(sample((3,), (3,)), sample((2, 3), (3, 2)), sample((), ())),
    doc="The sum of the products of the elements, in the order of their rows.",
)


def _scale_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    """The adjoints where one of the operands is a number."""
    a, b = node.inputs
    return (
        fit(multiply(g, b, strong=BOTH), a.shape),
        fit(multiply(g, a, strong=BOTH), b.shape),
    )


def _scale(a: Any, b: Any, strong: int) -> Any:
    product = a * b
    return strong_repair(product, *(x for x, bit in ((a, 1), (b, 2)) if strong & bit)) if strong else product


def _dot(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        return _scale(a, b, strong)
    return strong_product(matrix_product if a.ndim == b.ndim == 2 else np.dot, a, b, strong)


def _infer_dot(a: Type, b: Type, *, strong: Hidden = 0) -> Type:
    if not a.shape or not b.shape:
        return Type(DType.FLOAT, a.shape or b.shape)
    place = max(len(b.shape) - 2, 0)
    _require_inner("dot", a.shape, b.shape, a.shape[-1], b.shape[place])
    return Type(DType.FLOAT, (*a.shape[:-1], *b.shape[:place], *b.shape[place + 1 :]))


def _dot_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    a, b = node.inputs
    if not a.ndim or not b.ndim:
        return _scale_vjp(node, g)
    if a.ndim <= 2 and b.ndim <= 2:
        return _matrix_vjp(node, g)
    free_a, free_b = letters(1, a.ndim - 1), letters(a.ndim, b.ndim - 1)
    of_b = f"{free_b[:-1]}a{free_b[-1:]}"
    return adjoints(node, g, f"{free_a}a", of_b, free_a + free_b)


dot = bilinear(
    "dot",
    _dot,
    _infer_dot,
    _dot_vjp,
    method=True,
    latex=r"{0} \cdot {1}",
    work=lambda node: 2 * node.type.size * (node.inputs[0].shape or (1,))[-1],
    nanoseconds=MATRIX_PRODUCT,
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((3,), (3, 2)),
        sample((2, 3), (3, 4)),
        sample((), (3,)),
        sample((2, 3), ()),
        sample((2, 2, 3), (2, 3, 2)),
        sample((2, 2, 3), (3,)),
        sample((3,), (2, 3, 2)),
    ),
    doc="The inner product of vectors, the product of matrices; along the last axis of x1 and the last but one of x2.",
)


def _inner(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        return _scale(a, b, strong)
    return strong_product(np.inner, a, b, strong)


def _infer_inner(a: Type, b: Type, *, strong: Hidden = 0) -> Type:
    if not a.shape or not b.shape:
        return Type(DType.FLOAT, a.shape or b.shape)
    _require_inner("inner", a.shape, b.shape, a.shape[-1], b.shape[-1])
    return Type(DType.FLOAT, (*a.shape[:-1], *b.shape[:-1]))


def _inner_vjp(node: Node, g: Node) -> tuple[Node, ...]:
    a, b = node.inputs
    if not a.ndim or not b.ndim:
        return _scale_vjp(node, g)
    if a.ndim == 1 and b.ndim == 1:
        return _matrix_vjp(node, g)
    free_a, free_b = letters(1, a.ndim - 1), letters(a.ndim, b.ndim - 1)
    return adjoints(node, g, f"{free_a}a", f"{free_b}a", free_a + free_b)


inner = bilinear(
    "inner",
    _inner,
    _infer_inner,
    _inner_vjp,
    latex=r"\left\langle {0}, {1} \right\rangle",
    work=lambda node: 2 * node.type.size * (node.inputs[0].shape or (1,))[-1],
    nanoseconds=MATRIX_PRODUCT,
    samples=(sample((3,), (3,)), sample((2, 3), (4, 3)), sample((), (3,)), sample((2, 2, 3), (3,))),
    doc="The sums of products along the last axis of both.",
)
