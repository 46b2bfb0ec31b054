"""Sums of products with strong zeros, and contractions, of which every other product is a case.

A contraction is named by letters, "ij,jk->ik" for the product of two matrices; its adjoints are contractions again.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.errors import ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.base import Hidden, bilinear, sample
from adcore.ops.shapes import describe_shape
from adcore.ops.strong import BOTH, zero_won

MATRIX_PRODUCT = 0.05
"""Nanoseconds of an operation of a product of matrices."""


STRETCH = 2**30
"""Operations of a product of matrices that are done between two looks at the clock: some 50 milliseconds."""


def matrix_product(a: Any, b: Any) -> Any:
    """``np.matmul``, a stretch of rows at a time where it is long, so that it can be stopped.

    Where it is parted depends on the shapes alone, and so do the bits of the result.
    """
    if a.ndim < 2 or b.ndim < 2 or a.size * b.size <= STRETCH:
        return np.matmul(a, b)
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    operations = math.prod(shape) * a.shape[-1]
    if operations <= STRETCH:
        return np.matmul(a, b)
    rows = max(1, STRETCH * a.shape[-2] // operations)
    result = np.empty(shape)
    for start in range(0, a.shape[-2], rows):
        tick()
        stretch = (..., slice(start, start + rows), slice(None))
        np.matmul(a[stretch], b, out=result[stretch])
    return result


def ordered_copies(node: Node) -> int:
    """The ``scratch`` of products: copies of the operands with their axes in the order of a product of matrices."""
    return sum(x.type.size for x in node.inputs)


def strong_product(product: Callable[[Any, Any], Any], a: Any, b: Any, strong: int) -> Any:
    """``product(a, b)``, whose elements are sums of products, with strong zeros.

    ``strong`` is a sum of 1, where the zeros of ``a`` win over the inf and NaN of ``b``, and of 2, the other way. A
    result without a NaN needs nothing.
    """
    result = product(a, b)
    return counted_product(product, a, b, strong) if strong and np.isnan(result).any() else result


def counted_product(product: Callable[[Any, Any], Any], a: Any, b: Any, strong: int) -> Any:
    """``strong_product`` by a ``product`` that is right for finite operands only.

    The finite parts are multiplied, and how often an element meets an inf, a -inf or a NaN is counted by the same
    product, of zeros and ones.
    """

    if any(strong & bit and (x == 0).any() for x, bit in ((a, 1), (b, 2))):
        zero_won()

    def meets(*pairs: tuple[Any, Any]) -> Any:
        counts = np.zeros(np.shape(finite))
        for p, q in pairs:
            if p.any() and q.any():
                counts += product(p.astype(float), q.astype(float))
        return counts > 0.5  # They are whole numbers, but for rounding.

    weak_a, weak_b = (np.logical_not(x == 0) if strong & bit else np.ones_like(x, bool) for x, bit in ((a, 1), (b, 2)))
    finite = product(*(np.where(np.isfinite(x), x, 0.0) for x in (a, b)))
    up = meets((a > 0, b == math.inf), (a < 0, b == -math.inf), (a == math.inf, b > 0), (a == -math.inf, b < 0))
    down = meets((a > 0, b == -math.inf), (a < 0, b == math.inf), (a == -math.inf, b > 0), (a == math.inf, b < 0))
    lost = meets(
        (np.isnan(a), weak_b),
        (weak_a, np.isnan(b)),
        ((a == 0) & weak_a, np.isinf(b)),
        (np.isinf(a), (b == 0) & weak_b),
    )
    ends = (np.where(met, end, 0.0) for met, end in ((up, math.inf), (down, -math.inf), (lost, math.nan)))
    return sum(ends, start=finite)[()]


# --- contractions, named by letters: "ij,jk->ik" is the product of two matrices


@functools.lru_cache(maxsize=1024)
def spelled(spec: str) -> tuple[str, str, str]:
    operands, out = spec.split("->")
    a, b = operands.split(",")
    return a, b, out


@functools.lru_cache(maxsize=1024)
def _plan(spec: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int, int, int]:
    """The order of the operands' axes for a product of stacks of matrices, and that of the result's.

    The last three are the numbers of axes in both operands and the result, in the first alone, and summed over.
    """
    a, b, out = spelled(spec)
    both = [c for c in out if c in a and c in b]
    rows, columns = [c for c in out if c not in b], [c for c in out if c not in a]
    summed = [c for c in a if c not in out]
    return (
        tuple(a.index(c) for c in (*both, *rows, *summed)),
        tuple(b.index(c) for c in (*both, *summed, *columns)),
        tuple([*both, *rows, *columns].index(c) for c in out),
        len(both),
        len(rows),
        len(summed),
    )


def _contract(a: Any, b: Any, *, spec: Hidden, strong: Hidden = 0) -> Any:
    order_a, order_b, order_out, both, rows, summed = _plan(spec)

    def product(p: Any, q: Any) -> Any:
        p, q = p.transpose(order_a), q.transpose(order_b)
        stack, left, right = p.shape[:both], p.shape[both : both + rows], q.shape[both + summed :]
        inner = math.prod(p.shape[both + rows :])
        matrices = matrix_product(p.reshape(*stack, math.prod(left), inner), q.reshape(*stack, inner, math.prod(right)))
        return matrices.reshape((*stack, *left, *right)).transpose(order_out)[()]

    return strong_product(product, a, b, strong)


def _infer_contract(a: Type, b: Type, *, spec: Hidden, strong: Hidden = 0) -> Type:
    of_a, of_b, out = spelled(spec)
    sizes: dict[str, int] = {}
    for letters, shape in ((of_a, a.shape), (of_b, b.shape)):
        if len(letters) != len(shape):
            raise ShapeMismatch(f"an operand of shape {describe_shape(shape)} is not {letters} in {spec}")
        for letter, n in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, n) != n:
                raise ShapeMismatch(
                    f"shapes {describe_shape(a.shape)} and {describe_shape(b.shape)} differ along {letter} in {spec}"
                )
    return Type(DType.FLOAT, tuple(sizes[letter] for letter in out))


def _contract_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    return adjoints(node, g, *spelled(node.param("spec")))


def adjoints(node: Node, g: Node, of_a: str, of_b: str, out: str) -> tuple[Node, Node]:
    """The adjoints of a contraction: the result's letters and one operand's, contracted to those of the other one."""
    a, b = node.inputs
    return (
        contract(g, b, spec=f"{out},{of_b}->{of_a}", strong=BOTH),
        contract(a, g, spec=f"{of_a},{out}->{of_b}", strong=BOTH),
    )


contract: Op = bilinear(
    "contract",
    _contract,
    _infer_contract,
    _contract_vjp,
    public=False,
    text=lambda a, b, *, spec, strong: f"einsum('{spec}', {a}, {b})",
    work=lambda node: _work(node, *spelled(node.param("spec"))),
    nanoseconds=MATRIX_PRODUCT,
    scratch=ordered_copies,
    samples=(
        sample((2, 3), (3, 4), spec="ij,jk->ik"),
        sample((2, 3), (4, 3), spec="ij,kj->ki"),
        sample((2, 3, 2), (2, 3, 4), spec="bij,bik->jkb"),
        sample((3,), (3,), spec="i,i->"),
        sample((2, 3), (3, 2), spec="ij,ji->ij"),
        sample((2,), (), spec="i,->i"),
    ),
    doc="The sum over products of elements that share the letters missing in the result.",
)


def _work(node: Node, of_a: str, of_b: str, out: str) -> int:
    """The scalar operations: a multiplication and an addition for each combination of all letters."""
    sizes = dict(zip(of_a + of_b, node.inputs[0].shape + node.inputs[1].shape, strict=True))
    return 2 * math.prod(sizes.values())


def letters(start: int, count: int) -> str:
    return "".join(chr(ord("a") + start + i) for i in range(count))
