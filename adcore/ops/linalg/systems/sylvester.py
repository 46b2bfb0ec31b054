"""Sylvester's equation, a x + x b = q."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from adcore.errors import ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.base import Hidden, copies, declare, sample
from adcore.ops.linalg.matrices import after, before, square_size, turned
from adcore.ops.shapes import describe_shape

EPS = float(np.finfo(float).eps)


def _solve_sylvester(a: Any, b: Any, q: Any, *, strong: Hidden = False) -> Any:
    """NaN where an eigenvalue of a and one of -b are equal. ``strong``: zeros for q have zeros for a solution."""
    if not q.size or (strong and not q.any()):
        return np.zeros(q.shape)
    if not all(np.isfinite(x).all() for x in (a, b, q)):
        return np.full(q.shape, np.nan)
    sums = np.abs(np.linalg.eigvals(a)[:, None] + np.linalg.eigvals(b)[None, :])
    if not sums.min() > EPS * len(q) * (np.abs(a).max() + np.abs(b).max()):
        return np.full(q.shape, np.nan)
    return linalg.solve_sylvester(a, b, q)


def _infer_sylvester(a: Type, b: Type, q: Type, **_: Any) -> Type:
    shape = (square_size("solve_sylvester", a), square_size("solve_sylvester", b))
    if len(a.shape) > 2 or len(b.shape) > 2 or q.shape != shape:
        raise ShapeMismatch(
            f"solve_sylvester of shapes {describe_shape(a.shape)}, {describe_shape(b.shape)} and "
            f"{describe_shape(q.shape)}: q has the rows of a and the columns of b"
        )
    return Type(DType.FLOAT, q.shape)


def _solve_sylvester_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """The same equation for dx, with dq - da x - x db."""
    (a, b, _), (da, db, right) = node.inputs, tangents
    strong = 3 if node.param("strong") else None
    for term in (
        None if da is None else after(da, node, strong or 1),
        None if db is None else before(node, db, strong or 2),
    ):
        if term is not None:
            right = -term if right is None else right - term
    assert right is not None
    return solve_sylvester(a, b, right, strong=True)


def _solve_sylvester_vjp(node: Node, g: Node) -> tuple[Node, Node, Node]:
    """The transposed equation for the cotangent y of q; -y x' of a, -x' y of b."""
    a, b, _ = node.inputs
    back = solve_sylvester(turned(a), turned(b), g, strong=True)
    strong = 3 if node.param("strong") else None
    return -after(back, turned(node), strong or 1), -before(turned(node), back, strong or 2), back


def _notice(result: Any, a: Any, b: Any, q: Any, **_: Any) -> tuple[str, str] | None:
    if not np.isnan(result).any() or not all(np.isfinite(x).all() for x in (a, b, q)):
        return None
    return "singular_matrix", "an eigenvalue of a is that of -b: solve_sylvester has no answer there, and NaN says so"


solve_sylvester: Op = declare(
    "solve_sylvester",
    "a b q",
    _solve_sylvester,
    _infer_sylvester,
    jvp=_solve_sylvester_jvp,
    vjp=_solve_sylvester_vjp,
    work=lambda node: 30 * (node.inputs[0].type.size + node.inputs[1].type.size) * max(node.shape) + 1,
    nanoseconds=lambda node: (
        2e5 + (1_500 + 4 * max(node.shape)) * (node.inputs[0].type.size + node.inputs[1].type.size)
    ),
    scratch=copies(8),
    domain=((-1, 1, 2), (-1, 1, 2), (-3, 3)),
    samples=(sample((2, 2), (3, 3), (2, 3)), sample((2, 2), (2, 2), (2, 2)), sample((1, 1), (1, 1), (1, 1))),
    notice=_notice,
    doc="The solution x of a x + x b = q.",
)
