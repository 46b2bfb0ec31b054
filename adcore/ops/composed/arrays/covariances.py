"""Covariances of observations that have weights."""

from __future__ import annotations

from adcore.errors import ShapeMismatch
from adcore.graph import Node
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import reshape, reshaped, transpose
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.products.matmul import matmul
from adcore.ops.shapes import describe_shape


def _weighted_cov(
    m: Node,
    fweights: Node | None = None,
    aweights: Node | None = None,
    *,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
) -> Node:
    """NumPy's normalisation: V1 - ddof sum(w a) / V1, where w are all weights, a those of importance, V1 = sum(w)."""
    rows = reshape(m, shape=(1, m.type.size)) if m.ndim < 2 else m if rowvar else transpose(m)
    if rows.ndim != 2:
        raise ShapeMismatch(f"cov takes a vector or a matrix of observations, and this is {describe_shape(m.shape)}")
    n = rows.shape[1]
    for w in (fweights, aweights):
        if w is not None and w.shape != (n,):
            raise ShapeMismatch(f"weights of shape {describe_shape(w.shape)} are not one for each of {n} observations")
    parts = [w for w in (fweights, aweights) if w is not None]
    assert parts
    w = parts[0] if len(parts) == 1 else parts[0] * parts[1]
    total = sum_(w)
    free = int(not bias) if ddof is None else ddof
    if free == 0:
        freedom = total
    elif aweights is None:
        freedom = total - float(free)
    else:
        freedom = total - float(free) * sum_(w * aweights) / total
    line = reshape(w, shape=(1, n))
    d = rows - sum_(rows * line, axis=1, keepdims=True) / total
    size = rows.shape[0]
    return reshaped(divide(matmul(d * line, transpose(d)), freedom), (size, size) if size != 1 else ())


weighted_cov = composed(
    "weighted_cov",
    _weighted_cov,
    public=False,
    domain=((-3.0, 3.0), (1.0, 3.0), (0.5, 2.0)),
    samples=(
        sample((2, 4), (4,)),
        sample((2, 4), (4,), (4,)),
        sample((4, 2), (4,), (4,), rowvar=False, bias=True),
        sample((5,), (5,), ddof=2),
    ),
    nan_gradient="Weights so small or so large that their sum, squared, leaves the range of numbers.",
    doc="The covariance of rows of observations, which count as often and as much as their weights say.",
)
