"""Covariances and correlations of rows of observations."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, DType, Node, Op, Type
from adcore.ops.arrays.projections import mean_deviation
from adcore.ops.arrays.reshaping import reshaped, transpose
from adcore.ops.arrays.statistics import deviation
from adcore.ops.base import copies, declare, sample
from adcore.ops.elementwise.arithmetic import divide, multiply
from adcore.ops.linalg.matrices import after, diagonals, on_diagonals
from adcore.ops.shapes import describe_shape


def _freedom(n: int, bias: bool, ddof: int | None) -> float:
    return float(max(n - (int(not bias) if ddof is None else ddof), 0))


def _rows(x: Any, rowvar: bool) -> Any:
    """The observations with one variable a row."""
    if x.ndim < 2:
        return x.reshape(1, -1)
    return x if rowvar else x.T


def _covariances(m: Any, rowvar: bool, freedom: float) -> Any:
    d = mean_deviation(_rows(m, rowvar), axis=1)
    return (d @ d.T) / np.float64(freedom)


def _cov(m: Any, *, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Any:
    c = _covariances(m, rowvar, _freedom(_rows(m, rowvar).shape[1], bias, ddof))
    return c if len(c) != 1 else c[0, 0]


def _infer_matrix(name: str, m: Type, rowvar: bool) -> Type:
    if len(m.shape) not in (1, 2) or not m.size:
        raise ShapeMismatch(f"{name} takes a vector or a matrix of observations, and this is {describe_shape(m.shape)}")
    n = 1 if len(m.shape) == 1 else m.shape[0 if rowvar else 1]
    return Type(DType.FLOAT, (n, n) if n != 1 else ())


def _deviations(node: Node, x: Node) -> tuple[Node, float]:
    """The deviations of ``x`` from its means, one variable a row, and the divisor of the covariance."""
    if x.ndim < 2:
        x = reshaped(x, (1, x.type.size))
    elif not node.param("rowvar"):
        x = transpose(x)
    return deviation(x, axis=1), _freedom(x.shape[1], node.param("bias"), node.param("ddof"))


def _cov_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    assert tangents[0] is not None
    d, freedom = _deviations(node, node.inputs[0])
    moved, _ = _deviations(node, tangents[0])
    half = after(moved, transpose(d))
    return reshaped(divide(half + transpose(half), freedom, strong=True), node.shape)


def _cov_vjp(node: Node, g: Node) -> tuple[Node]:
    """Taking deviations is a projection, hence its own adjoint."""
    x = node.inputs[0]
    d, freedom = _deviations(node, x)
    square = reshaped(g, (d.shape[0], d.shape[0]))
    flow = deviation(after(divide(square + transpose(square), freedom, strong=True), d), axis=1)
    return (reshaped(flow if x.ndim < 2 or node.param("rowvar") else transpose(flow), x.shape),)


_OBSERVED = (sample((2, 4)), sample((4, 3), rowvar=False), sample((5,)), sample((1, 3)))


def _nanoseconds(node: Node) -> float:
    (x,) = node.inputs
    return 5e4 + 15 * x.type.size + 0.1 * max(1, node.type.size) * max(x.shape)


cov: Op = declare(
    "cov",
    "m",
    _cov,
    lambda m, *, rowvar, **_: _infer_matrix("cov", m, rowvar),
    jvp=_cov_jvp,
    vjp=_cov_vjp,
    work=lambda node: 2 * node.type.size * node.inputs[0].shape[-1] + node.inputs[0].type.size,
    nanoseconds=_nanoseconds,
    scratch=copies(2),
    samples=(*_OBSERVED, sample((2, 4), bias=True), sample((2, 4), ddof=2)),
    doc="The covariances of variables, each a row of observations; a column of them without rowvar.",
)


# --- correlations


def _corrcoef(x: Any, *, rowvar: bool = True) -> Any:
    c = _covariances(x, rowvar, 1.0)
    if len(c) == 1:
        return np.where(np.isfinite(c[0, 0]) & (c[0, 0] > 0), 1.0, np.nan)[()]
    lengths = np.sqrt(np.diag(c))
    return np.clip(c / lengths[:, None] / lengths[None, :], -1.0, 1.0)


def _parts(node: Node) -> tuple[Node, Node, Node, Node]:
    """The covariances, as the op gives them and as a matrix; the products of standard deviations; the variances."""
    inner = cov(node.inputs[0], rowvar=node.param("rowvar"), bias=True)
    n = 1 if inner.shape == () else inner.shape[0]
    c = reshaped(inner, (n, n))
    squares = diagonals(c)
    return inner, c, OPS["sqrt"](OPS["expand_dims"](squares, axis=1) * OPS["expand_dims"](squares, axis=0)), squares


def _corrcoef_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """dC / lengths - R (dC_ii / C_ii + dC_jj / C_jj) / 2."""
    inner, c, lengths, squares = _parts(node)
    dc = reshaped(_cov_jvp(inner, tangents), c.shape)
    shares = 0.5 * divide(diagonals(dc), squares, strong=True)
    both = OPS["expand_dims"](shares, axis=1) + OPS["expand_dims"](shares, axis=0)
    pushed = divide(dc, lengths, strong=True) - multiply(both, c / lengths, strong=1)
    return reshaped(pushed, node.shape)


def _corrcoef_vjp(node: Node, g: Node) -> tuple[Node]:
    inner, c, lengths, squares = _parts(node)
    square = reshaped(g, c.shape)
    weighted = multiply(square, c / lengths, strong=1)
    own = divide(OPS["sum"](weighted + transpose(weighted), axis=1), squares, strong=True)
    flow = divide(square, lengths, strong=True) - on_diagonals(0.5 * own)
    return _cov_vjp(inner, reshaped(flow, inner.shape))


corrcoef = declare(
    "corrcoef",
    "x",
    _corrcoef,
    lambda x, *, rowvar: _infer_matrix("corrcoef", x, rowvar),
    jvp=_corrcoef_jvp,
    vjp=_corrcoef_vjp,
    work=lambda node: 2 * node.type.size * node.inputs[0].shape[-1] + node.inputs[0].type.size,
    nanoseconds=_nanoseconds,
    scratch=copies(2),
    nan_gradient="The gradient divides by variances once more, which overflows where they are below 1e-300.",
    samples=(sample((2, 4)), sample((4, 3), rowvar=False)),
    doc="The correlations of variables, each a row of observations; NaN for one that does not vary.",
)
