"""Matrix functions: the exponential, the logarithm, the square root and the powers.

Their derivatives of every order are one op: the value of the function at a block triangular matrix holds them in its
corner (Higham and Relton, Higher order Frechet derivatives of matrix functions and the level-2 condition number, 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import linalg

from adcore.clock import expect, tick
from adcore.errors import ShapeMismatch
from adcore.graph import DType, Node, Op, Type
from adcore.ops.base import Hidden, copies, declare, sample
from adcore.ops.linalg.matrices import cubic, dense, infer_square, per_matrix, solved, square_size, turned
from adcore.ops.linalg.notices import singular
from adcore.ops.shapes import describe_shape


def _expm(a: Any) -> Any:
    if not a.size:
        return np.zeros(a.shape)
    # A matrix of a large norm is squared again for each doubling of it: beyond what the prediction has, ask the clock.
    doublings = np.frexp(np.abs(a).max((-2, -1), initial=0.0, where=np.isfinite(a)) * a.shape[-1])[1]
    squarings = int(np.maximum(doublings - FREE_DOUBLINGS, 0).sum())
    if squarings:
        expect(0.1e-9 * squarings * a.shape[-1] ** 3)
    return solved(linalg.expm, a)[0]


def _matrix_power(a: Any, *, n: int) -> Any:
    return solved(lambda x: np.linalg.matrix_power(x, n), a)[0]


def _each_principal(function: Callable[[Any, Any], Any], a: Any) -> Any:
    """``function`` of each matrix of a stack and of its eigenvalues; NaN where some are negative, which have none."""
    out = np.full(a.shape, np.nan)
    for place in np.ndindex(a.shape[:-2]) if a.size else ():
        tick()
        if np.isfinite(a[place]).all():
            w = np.linalg.eigvals(a[place])
            if not ((w.imag == 0) & (w.real < 0)).any():
                out[place] = function(a[place], w)
    return out


def _sqrtm(a: Any) -> Any:
    """By SciPy's, the diagonal form of singular matrices apart."""

    def one(a: Any, w: Any) -> Any:
        if np.linalg.cond(a) < 1 / np.finfo(float).eps:
            return linalg.sqrtm(a).real
        w, v = np.linalg.eigh(a) if np.array_equal(a, a.T) else np.linalg.eig(a)
        if np.linalg.cond(v) > SINGULAR_VECTORS:
            return np.full(a.shape, np.nan)
        return ((v * np.sqrt(w)) @ np.linalg.inv(v)).real

    return _each_principal(one, a)


def _logm(a: Any) -> Any:
    """By SciPy's, of the matrix scaled to a norm near 1."""

    def one(a: Any, w: Any) -> Any:
        size = _power_of_two(np.abs(a).max())
        if not np.linalg.cond(a / size) < 1 / np.finfo(float).eps:
            return np.full(a.shape, np.nan)
        return linalg.logm(a / size).real + np.log(size) * np.eye(len(a))

    return _each_principal(one, a)


FREE_DOUBLINGS = 10
"""Doublings of a matrix's norm, of 1, that are part of the prediction of its exponential."""
SINGULAR_VECTORS = 1e8
"""The condition number of eigenvectors from which a matrix has no diagonal form in practice."""

_NAMED: dict[str, Callable[[Any], Any]] = {"expm": _expm, "sqrtm": _sqrtm, "logm": _logm}


def _function(power: int | str) -> Callable[[Any], Any]:
    """The function of a name, or the power."""
    return _NAMED[power] if isinstance(power, str) else lambda a: _matrix_power(a, n=power)


def _frechet(a: Any, *directions: Any, power: Hidden) -> Any:
    """By block triangular matrices: each direction, scaled for accuracy, doubles the size.

    It is scaled to unit norm, or to that of the matrix for functions that have other scales at each size of it.
    """
    n = a.shape[-1]
    blocks = a
    scale = np.ones((*a.shape[:-2], 1, 1))
    zero = np.zeros(scale.shape, bool)
    unit = _power_of_two(np.abs(a).max((-2, -1), keepdims=True, initial=0.0)) if power in ("sqrtm", "logm") else 1.0
    for e in directions:
        largest = np.abs(e).max((-2, -1), keepdims=True, initial=0.0)
        zero |= largest == 0
        size = _power_of_two(largest) / unit
        scale = scale * size
        m = blocks.shape[-1]
        doubled = np.zeros((*a.shape[:-2], 2 * m, 2 * m))
        doubled[..., :m, :m] = doubled[..., m:, m:] = blocks
        doubled[..., :m, m:] = np.kron(np.eye(m // max(n, 1)), e / size)
        blocks = doubled
    corner = _function(power)(blocks)[..., :n, blocks.shape[-1] - n :]
    return np.where(zero, 0.0, scale * corner)


def _power_of_two(size: Any) -> Any:
    return np.where(np.isfinite(size) & (size > 0), np.ldexp(1.0, np.frexp(size)[1]), 1.0)


def _infer_frechet(a: Type, *directions: Type, power: Hidden) -> Type:
    square_size("frechet", a)
    for e in directions:
        if e.shape != a.shape:
            raise ShapeMismatch(f"a direction of shape {describe_shape(e.shape)} is none for {describe_shape(a.shape)}")
    return Type(DType.FLOAT, a.shape)


def _replaced(directions: Sequence[Node], i: int, e: Node) -> tuple[Node, ...]:
    return (*directions[:i], e, *directions[i + 1 :])


def _along(node: Node, tangents: tuple[Node | None, ...]) -> Node:
    """Linear in each direction; a tangent of the matrix is one direction more."""
    a, *directions = node.inputs
    power = _power_of(node)
    terms = [] if tangents[0] is None else [frechet(a, *directions, tangents[0], power=power)]
    terms += [
        frechet(a, *_replaced(directions, i, t), power=power) for i, t in enumerate(tangents[1:]) if t is not None
    ]
    return sum(terms[1:], start=terms[0])


def _back(node: Node, g: Node) -> tuple[Node, ...]:
    """The adjoint of the derivative at a is the derivative at a', as it is for every power of a, and for their sums."""
    a, *directions = (turned(x) for x in node.inputs)
    power = _power_of(node)
    return (
        frechet(a, *directions, g, power=power),
        *(frechet(a, *_replaced(directions, i, g), power=power) for i in range(len(directions))),
    )


def _power_of(node: Node) -> int | str:
    name = {"frechet": "power", "matrix_power": "n"}.get(node.op.name)
    power: int | str = node.op.name if name is None else node.param(name)
    return power


def _frechet_work(node: Node) -> int:
    shape = node.inputs[0].shape
    return int(60 * node.inputs[0].type.size * shape[-1] * 8 ** (len(node.inputs) - 1)) + 1


_COSTS = {"expm": (17_000, 50, 1.05), "sqrtm": (300_000, 1_000, 1.2), "logm": (2_000_000, 3_000, 5.0)}
"""The costs of functions as ``dense`` takes them; those of a power follow from it."""


def _products(n: int) -> int:
    """The products of a power by squaring."""
    return max(0, abs(n).bit_length() + abs(n).bit_count() - 2)


def _power_work(node: Node) -> int:
    """Products, and the inverse of a negative power."""
    n = node.param("n")
    return cubic(2.0 * _products(n) + (8 / 3 if n < 0 else 0))(node)


def _power_nanoseconds(node: Node) -> float:
    return dense(200 * (1 + _products(node.param("n"))), 10, 0.0)(node) + 0.04 * _power_work(node)


def _frechet_nanoseconds(node: Node) -> float:
    """That of the function at the block matrices."""
    (a, *directions), power = node.inputs, node.param("power")
    each, element, cube = _COSTS.get(str(power)) or (10_000, 50, 0.08 * (2 + 2 * abs(power).bit_length()))
    blocks: int = 2 ** len(directions)
    size = blocks**2 * a.type.size
    return each * math.prod(a.shape[:-2]) + (element + 20) * size + cube * size * blocks * a.shape[-1]


def _frechet_scratch(node: Node) -> int:
    """The block matrices, of half the size and of the whole, those of one direction, and what the function needs."""
    a, *directions = node.inputs
    return int(4 ** len(directions) * (4 * a.type.size + 8 * math.prod(a.shape[-2:])))


frechet: Op = declare(
    "frechet",
    "a *directions",
    _frechet,
    _infer_frechet,
    jvp=_along,
    vjp=_back,
    public=False,
    text=lambda a, *directions, power: f"frechet({', '.join((a, *directions))}, power={power})",
    readable=False,
    work=_frechet_work,
    nanoseconds=_frechet_nanoseconds,
    scratch=_frechet_scratch,
    domain=((-1, 1, 2), (-1, 1)),
    samples=(
        sample((2, 2), (2, 2), power="expm"),
        sample((2, 2), (2, 2), power=3),
        sample((2, 2), (2, 2), (2, 2), power=-2),
        sample((2, 2, 2), (2, 2, 2), power="expm"),
    ),
    doc="The derivative of a matrix function along directions, one order for each; zeros where a direction is zeros.",
)
expm = declare(
    "expm",
    "a",
    _expm,
    infer_square("expm"),
    jvp=_along,
    vjp=_back,
    latex=r"\exp\left({0}\right)",
    work=cubic(60),
    nanoseconds=dense(*_COSTS["expm"]),
    scratch=per_matrix(7),
    domain=((-1, 1),),
    nan_gradient="The scaling of the derivative overflows where the norm is beyond 1e150.",
    samples=(sample((2, 2)), sample((3, 3)), sample((2, 2, 2)), sample((1, 1))),
    doc="The exponential of a square matrix.",
)
matrix_power = declare(
    "matrix_power",
    "a",
    _matrix_power,
    infer_square("matrix_power"),
    jvp=_along,
    vjp=_back,
    latex=r"{{{0}}}^{{{n}}}",
    work=_power_work,
    nanoseconds=_power_nanoseconds,
    scratch=copies(3),
    domain=((-1, 1, 2),),
    samples=(
        sample((3, 3), n=3),
        sample((2, 2), n=-2),
        sample((2, 2), n=0),
        sample((2, 2, 2), n=2),
        sample((2, 2), n=1),
    ),
    notice=singular("matrix_power"),
    doc="A square matrix times itself, n times in all; of its inverse for a negative n.",
)


def no_principal(result: Any, a: Any) -> tuple[str, str] | None:
    """The notice of matrices that have no real principal square root, or logarithm."""
    if not np.isnan(result).any() or not np.isfinite(a).all():
        return None
    return (
        "no_principal_value",
        "a matrix of negative eigenvalues, or a singular one, has no real value here, and NaN says so",
    )


_NEAR_IDENTITY = {
    "domain": ((-0.6, 0.6, 2),),
    "nan_gradient": "A singular matrix has no derivative of its root or logarithm.",
    "notice": no_principal,
}

sqrtm = declare(
    "sqrtm",
    "a",
    _sqrtm,
    infer_square("sqrtm"),
    jvp=_along,
    vjp=_back,
    latex=r"{{{0}}}^{{1/2}}",
    work=cubic(60),
    nanoseconds=dense(*_COSTS["sqrtm"]),
    scratch=per_matrix(8),
    samples=(sample((2, 2)), sample((3, 3)), sample((2, 2, 2)), sample((1, 1))),
    doc="The principal square root of a square matrix; NaN where it is not real.",
    **_NEAR_IDENTITY,
)
logm = declare(
    "logm",
    "a",
    _logm,
    infer_square("logm"),
    jvp=_along,
    vjp=_back,
    latex=r"\ln\left({0}\right)",
    work=cubic(120),
    nanoseconds=dense(*_COSTS["logm"]),
    scratch=per_matrix(15),
    samples=(sample((2, 2)),),
    doc="The principal logarithm of a square matrix; NaN where it is not real.",
    **_NEAR_IDENTITY,
)
