"""Polynomials by their coefficients, and Vandermonde matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.errors import ShapeMismatch
from adcore.graph import OPS, DType, Node, Op, Type
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.reshaping import reshaped
from adcore.ops.base import copies, declare, sample
from adcore.ops.elementwise.arithmetic import multiply, power
from adcore.ops.products.matmul import matmul
from adcore.ops.shapes import describe_shape, legal
from adcore.ops.strong import strong_times


def _vander(x: Any, *, N: int | None = None, increasing: bool = False) -> Any:
    return np.vander(x, N, increasing)


def _infer_vander(x: Type, *, N: int | None, increasing: bool) -> Type:
    if len(x.shape) != 1:
        raise ShapeMismatch(f"vander takes a vector, and this has the shape {describe_shape(x.shape)}")
    return Type(DType.FLOAT, legal((x.shape[0], x.shape[0] if N is None else N)))


def _slopes(node: Node) -> Node:
    """p x**(p-1) for each power p, which is 0 for p = 0 whatever x is."""
    powers = OPS["arange"](start=node.shape[1])
    powers = powers if node.param("increasing") else OPS["flip"](powers)
    column = OPS["expand_dims"](node.inputs[0], axis=-1)
    return multiply(powers, power(column, powers - 1.0), strong=1)


def _vander_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    (tangent,) = tangents
    assert tangent is not None
    return strong_times(OPS["expand_dims"](tangent, axis=-1), _slopes(node))


vander: Op = declare(
    "vander",
    "x",
    _vander,
    _infer_vander,
    jvp=_vander_jvp,
    vjp=lambda node, g: (OPS["sum"](strong_times(g, _slopes(node)), axis=-1),),
    nanoseconds=12.0,
    scratch=copies(1),
    domain=((0.5, 2),),
    samples=(sample((3,)), sample((2,), N=4), sample((3,), N=2, increasing=True)),
    doc="The powers of each element in a row, from N - 1 down to 0, or upwards.",
)


def _polyval(p: Any, x: Any) -> Any:
    # As np.polyval does it.
    y: Any = np.zeros_like(x)
    for coefficient in p:
        tick()
        y = y * x + coefficient
    return np.asarray(y)[()]


def _infer_polyval(p: Type, x: Type) -> Type:
    if len(p.shape) != 1:
        raise ShapeMismatch(
            f"polyval takes the coefficients as a vector, and this has the shape {describe_shape(p.shape)}"
        )
    return Type(DType.FLOAT, x.shape)


def _derivative(node: Node) -> Node:
    """The polynomial's derivative at x."""
    p, x = node.inputs
    degree = max(p.shape[0] - 1, 0)
    falling = OPS["flip"](OPS["arange"](start=1, stop=degree + 1))
    return polyval(index(p, key=(("slice", None, degree, None),)) * falling, x)


def _powers(node: Node) -> Node:
    p, x = node.inputs
    return vander(reshaped(x, (x.type.size,)), N=p.shape[0])


def _polyval_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    dp, dx = tangents
    terms = []
    if dp is not None:
        terms.append(reshaped(matmul(_powers(node), dp, strong=2), node.shape))
    if dx is not None:
        terms.append(strong_times(dx, _derivative(node)))
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


def _polyval_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    by_p = matmul(reshaped(g, (g.type.size,)), _powers(node), strong=1)
    return by_p, strong_times(g, _derivative(node))


polyval: Op = declare(
    "polyval",
    "p x",
    _polyval,
    _infer_polyval,
    jvp=_polyval_jvp,
    vjp=_polyval_vjp,
    work=lambda node: 2 * node.type.size * node.inputs[0].shape[0] + 1,
    nanoseconds=lambda node: (2_500 + 3 * node.type.size) * node.inputs[0].shape[0],
    scratch=copies(2),
    domain=((-3, 3), (0.5, 2)),
    samples=(sample((4,), ()), sample((3,), (2,)), sample((3,), (2, 2)), sample((1,), (2,))),
    doc="The polynomial with the coefficients p, that of the highest power first, at x.",
)
