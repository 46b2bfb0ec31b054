"""The normal distribution of several numbers, by the Cholesky factor of their covariances."""

from __future__ import annotations

import math

from adcore.errors import ShapeMismatch
from adcore.graph import Node, constant
from adcore.ops.arrays.creation import diag, eye
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshaped, transpose
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import square
from adcore.ops.elementwise.elementary import exp, log
from adcore.ops.linalg.matrices import diagonals
from adcore.ops.linalg.systems.factorisations import cholesky
from adcore.ops.linalg.systems.solve import solve_triangular
from adcore.ops.shapes import describe_shape


def _dimension(mean: Node | None, cov: Node | None) -> int:
    """As SciPy: that of the mean, else that of the covariances, else 1."""
    if mean is not None:
        return mean.type.size
    return cov.shape[0] if cov is not None and cov.ndim else 1


def _covariances(cov: Node | None, n: int) -> Node:
    """The matrix that a number (times the identity), the diagonal, or a matrix stands for. Raises ShapeMismatch."""
    if cov is None or cov.ndim == 0:
        return eye(N=n) * (1.0 if cov is None else cov)
    matrix = diag(cov) if cov.ndim == 1 else cov
    if matrix.shape != (n, n):
        raise ShapeMismatch(
            f"the covariances of {n} numbers have shape ({n}, {n}), and these have {describe_shape(cov.shape)}"
        )
    return matrix


def _logpdf(x: Node, mean: Node | None = None, cov: Node | None = None) -> Node:
    n = _dimension(mean, cov)
    # A vector is one point, or as many as it has elements where points are numbers.
    shape = x.shape if x.ndim and n > 1 else (*x.shape, 1)
    if shape[-1] != n:
        raise ShapeMismatch(
            f"the last axis of points of {n} numbers has length {n}, and x has shape {describe_shape(x.shape)}"
        )
    centre = constant(0.0) if mean is None else reshaped(mean, (n,))
    deviations = reshaped(x, shape) - centre
    points = deviations.type.size // n
    factor = cholesky(_covariances(cov, n))
    white = solve_triangular(factor, transpose(reshaped(deviations, (points, n))), lower=True)
    distance = reshaped(sum_(square(white), axis=0), shape[:-1])
    return -0.5 * distance - sum_(log(diagonals(factor))) - 0.5 * n * math.log(2.0 * math.pi)


def _pdf(x: Node, mean: Node | None = None, cov: Node | None = None) -> Node:
    return exp(_logpdf(x, mean, cov))


for _name, _rule, _doc in (
    ("pdf", _pdf, "The density of normal numbers with these means and covariances, at points along the last axis."),
    ("logpdf", _logpdf, "The logarithm of the density of normal numbers with these means and covariances."),
):
    composed(
        f"multivariate_normal_{_name}",
        _rule,
        aliases=(f"scipy.stats.multivariate_normal.{_name}",),
        public=False,
        domain=((-2.0, 2.0), (-1.0, 1.0), (-0.3, 0.3, 2.0)),
        samples=(sample((3,), (3,), (3, 3)), sample((2, 2), (2,), (2, 2)), sample((2,), (2,))),
        nan_gradient="Covariances below 1e-150 have no inverse in float64.",
        doc=_doc,
    )
