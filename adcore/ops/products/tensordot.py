"""Tensor contractions, and the products of Kronecker and of vectors in space."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import DType, Node, Op, Shape, Type
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import Hidden, Pairs, bilinear, fit, sample
from adcore.ops.products.contraction import MATRIX_PRODUCT, adjoints, contract, letters, ordered_copies, strong_product
from adcore.ops.shapes import axes_of, broadcast_shapes, describe_shape, one_axis
from adcore.ops.strong import BOTH, strong_repair

# --- along any axes


def _named(a: Shape, b: Shape, axes: Pairs) -> tuple[str, str, str]:
    """The letters of both operands and of the result."""
    if isinstance(axes, int):
        if not 0 <= axes <= min(len(a), len(b)):
            raise BadCall(
                f"tensordot of shapes {describe_shape(a)} and {describe_shape(b)} cannot be along {axes} axes"
            )
        of_a, of_b = tuple(range(len(a) - axes, len(a))), tuple(range(axes))
    elif len(axes) != 2:
        raise BadCall("the axes of tensordot are a number of axes, or the axes of the first and those of the second")
    else:
        of_a, of_b = axes_of(axes[0], len(a)), axes_of(axes[1], len(b))
    if [a[i] for i in of_a] != [b[j] for j in of_b]:
        raise ShapeMismatch(
            f"tensordot of shapes {describe_shape(a)} and {describe_shape(b)}: "
            f"the axes {of_a} of the first and {of_b} of the "
            "second have different lengths"
        )
    names_a, names_b = letters(0, len(a)), list(letters(len(a), len(b)))
    for i, j in zip(of_a, of_b, strict=True):
        names_b[j] = names_a[i]
    summed = {names_a[i] for i in of_a}
    return names_a, "".join(names_b), "".join(c for c in (*names_a, *names_b) if c not in summed)


def _tensordot(a: Any, b: Any, *, axes: Pairs = 2, strong: Hidden = 0) -> Any:
    along: Any = axes
    return np.asarray(strong_product(lambda p, q: np.tensordot(p, q, along), a, b, strong))[()]


def _infer_tensordot(a: Type, b: Type, *, axes: Pairs, strong: Hidden) -> Type:
    of_a, of_b, out = _named(a.shape, b.shape, axes)
    sizes = dict(zip(of_a + of_b, a.shape + b.shape, strict=True))
    return Type(DType.FLOAT, tuple(sizes[c] for c in out))


def _letters(node: Node) -> tuple[str, str, str]:
    a, b = node.inputs
    return _named(a.shape, b.shape, node.param("axes"))


def _tensordot_work(node: Node) -> int:
    of_a, of_b, _ = _letters(node)
    return 2 * math.prod(dict(zip(of_a + of_b, node.inputs[0].shape + node.inputs[1].shape, strict=True)).values())


tensordot = bilinear(
    "tensordot",
    _tensordot,
    _infer_tensordot,
    lambda node, g: adjoints(node, g, *_letters(node)),
    work=_tensordot_work,
    nanoseconds=MATRIX_PRODUCT,
    scratch=ordered_copies,
    samples=(
        sample((2, 3), (2, 3)),
        sample((2, 3), (3, 4), axes=1),
        sample((2,), (3,), axes=0),
        sample((2, 3, 4), (4, 3), axes=((1, 2), (1, 0))),
        sample((2, 3), (2, 4), axes=(0, 0)),
        sample((2, 3), (4, 3), axes=((-1,), (-1,))),
    ),
    doc="The sums of products along the last axes of the first and the first of the second, or along the axes named.",
)


# --- of all elements with all


def _paired(a: Shape, b: Shape) -> tuple[Shape, Shape]:
    """Both shapes with ones in front, so that they have equally many axes."""
    ndim = max(len(a), len(b))
    return (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b


def _kron(a: Any, b: Any, *, strong: Hidden = 0) -> Any:
    wide_a, wide_b = _paired(a.shape, b.shape)
    left = a.reshape([n for m in wide_a for n in (m, 1)])
    right = b.reshape([n for m in wide_b for n in (1, m)])
    product = left * right
    if strong:
        product = strong_repair(product, *(x for x, bit in ((left, 1), (right, 2)) if strong & bit))
    return product.reshape([n * m for n, m in zip(wide_a, wide_b, strict=True)])[()]


def _infer_kron(a: Type, b: Type, *, strong: Hidden) -> Type:
    return Type(DType.FLOAT, tuple(n * m for n, m in zip(*_paired(a.shape, b.shape), strict=True)))


def _kron_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    a, b = node.inputs
    wide_a, wide_b = _paired(a.shape, b.shape)
    ndim = len(wide_a)
    of_a, of_b = letters(0, ndim), letters(ndim, ndim)
    both = "".join(x + y for x, y in zip(of_a, of_b, strict=True))
    split = reshaped(g, tuple(n for pair in zip(wide_a, wide_b, strict=True) for n in pair))
    back_a = contract(split, reshaped(b, wide_b), spec=f"{both},{of_b}->{of_a}", strong=BOTH)
    back_b = contract(reshaped(a, wide_a), split, spec=f"{of_a},{both}->{of_b}", strong=BOTH)
    return reshaped(back_a, a.shape), reshaped(back_b, b.shape)


kron = bilinear(
    "kron",
    _kron,
    _infer_kron,
    _kron_vjp,
    operands="a b",
    latex=r"{0} \otimes {1}",
    samples=(sample((2, 2), (3, 2)), sample((2,), (3,)), sample((2,), (2, 3)), sample((), (2,)), sample((2, 3), (2,))),
    doc="Kronecker's product: the blocks that each element of a makes with the whole of b.",
)


# --- of vectors in space


def _cross(a: Any, b: Any, *, axis: int = -1, strong: Hidden = 0) -> Any:
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)

    def product(i: int, j: int) -> Any:
        left, right = a[..., i], b[..., j]
        single = np.asarray(left * right)
        return strong_repair(single, *(x for x, bit in ((left, 1), (right, 2)) if strong & bit)) if strong else single

    parts = [product(i, j) - product(j, i) for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(np.stack(parts, -1), -1, axis)


def _infer_cross(a: Type, b: Type, *, axis: int, strong: Hidden) -> Type:
    for x in (a, b):
        if x.shape[one_axis(axis, len(x.shape))] != 3:
            raise ShapeMismatch(f"cross takes vectors of 3 elements, and this has the shape {describe_shape(x.shape)}")
    if axis != -1 and len(a.shape) != len(b.shape):
        raise ShapeMismatch(f"along axis={axis}, cross takes arrays of as many axes")
    return Type(DType.FLOAT, broadcast_shapes((a.shape, b.shape)))


def _cross_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    """<g, a x b> = <a, b x g> = <b, g x a>."""
    (a, b), axis = node.inputs, node.param("axis")
    return (
        fit(cross(b, g, axis=axis, strong=BOTH), a.shape),
        fit(cross(g, a, axis=axis, strong=BOTH), b.shape),
    )


cross: Op = bilinear(
    "cross",
    _cross,
    _infer_cross,
    _cross_vjp,
    operands="a b",
    latex=r"{0} \times {1}",
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (2, 3)),
        sample((2, 3), (3,)),
        sample((3, 2), (3, 2), axis=0),
        sample((3,), (2, 3)),
    ),
    doc="The vector product of vectors of 3 elements along an axis.",
)
