"""Functions whose names mean something else in NumPy: they are called by their full names."""

from __future__ import annotations

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, Node
from adcore.ops.arrays.indexing import index
from adcore.ops.arrays.reductions import sum_
from adcore.ops.arrays.reshaping import flip
from adcore.ops.arrays.statistics import log_softmax, softmax
from adcore.ops.base import composed, sample
from adcore.ops.composed.arrays.turning import diagonal
from adcore.ops.elementwise.choice import maximum
from adcore.ops.elementwise.logic import isfinite
from adcore.ops.elementwise.rounding import absolute
from adcore.ops.products.convolution import convolve
from adcore.ops.products.polynomials import polyval
from adcore.ops.shapes import Axes, describe_shape


def _isclose(a: Node, b: Node, *, rel_tol: float = 1e-9, abs_tol: float = 0.0) -> Node:
    distance = absolute(a - b)
    is_near = OPS["less_equal"](distance, maximum(rel_tol * maximum(absolute(a), absolute(b)), abs_tol))
    return OPS["logical_or"](OPS["equal"](a, b), OPS["logical_and"](isfinite(distance), is_near))


isclose_to_python = composed(
    "math.isclose",
    _isclose,
    samples=(sample((), ()), sample((), (), rel_tol=0.5), sample((), (), abs_tol=2.0)),
    doc="Whether a and b are equal up to the larger tolerance, of which the first is relative to the larger number.",
)


def _diagonal(x: Node, *, offset: int = 0) -> Node:
    return diagonal(x, offset=offset, axis1=-2, axis2=-1)


def _trace(x: Node, *, offset: int = 0) -> Node:
    return sum_(_diagonal(x, offset=offset), axis=-1)


_MATRICES = (sample((3, 3)), sample((2, 3, 4)), sample((2, 2, 3), offset=1))
diagonals = composed(
    "numpy.linalg.diagonal", _diagonal, samples=_MATRICES, doc="The diagonal of each matrix, along the last axis."
)
traces = composed("numpy.linalg.trace", _trace, samples=_MATRICES, doc="The sum of the diagonal of each matrix.")


def _softmax(x: Node, *, axis: Axes = -1) -> Node:
    return softmax(x, axis=axis)


def _log_softmax(x: Node, *, axis: Axes = -1) -> Node:
    return log_softmax(x, axis=axis)


_ROWS = (sample((4,)), sample((2, 3)), sample((2, 3), axis=0))
softmax_of_rows = composed("jax.nn.softmax", _softmax, samples=_ROWS, doc="The softmax along an axis, the last one.")
log_softmax_of_rows = composed(
    "jax.nn.log_softmax", _log_softmax, samples=_ROWS, doc="The logarithm of the softmax along an axis, the last one."
)


def _polyval(x: Node, c: Node) -> Node:
    if c.ndim != 1:
        raise ShapeMismatch(f"polyval takes a vector of coefficients, and this one has shape {describe_shape(c.shape)}")
    return polyval(flip(c), x)


ascending_polyval = composed(
    "numpy.polynomial.polynomial.polyval",
    _polyval,
    samples=(sample((), (3,)), sample((2, 3), (4,)), sample((3,), (1,))),
    doc="The polynomial with the coefficients c, that of the lowest power first, at x.",
)


def _full(name: str, in1: Node, in2: Node, mode: str) -> Node:
    """SciPy's part of the full convolution of two vectors: of the length of the first one where that stays the same."""
    if in1.ndim != 1 or in2.ndim != 1:
        raise ShapeMismatch(f"{name} takes two vectors here")
    if mode not in ("full", "same", "valid"):
        raise BadCall(f"mode is 'full', 'same' or 'valid', and not {mode!r}")
    whole, short, long = convolve(in1, in2, mode="full"), *sorted((in1.type.size, in2.type.size))
    start = {"full": 0, "same": (in2.type.size - 1) // 2, "valid": short - 1}[mode]
    length = {"full": whole.type.size, "same": in1.type.size, "valid": long - short + 1}[mode]
    return index(whole, key=(("slice", start, start + length, None),))


def _convolve(in1: Node, in2: Node, *, mode: str = "full") -> Node:
    return _full("convolve", in1, in2, mode)


def _correlate(in1: Node, in2: Node, *, mode: str = "full") -> Node:
    return _full("correlate", in1, flip(in2), mode)


_VECTORS = (
    sample((4,), (3,)),
    *(sample(shape, other, mode=mode) for mode in ("same", "valid") for shape, other in (((5,), (2,)), ((2,), (5,)))),
)
signals_convolve = composed(
    "scipy.signal.convolve",
    _convolve,
    samples=_VECTORS,
    doc="The convolution of two vectors: all of it, the part of the length of the first, or that without edges.",
)
signals_correlate = composed(
    "scipy.signal.correlate",
    _correlate,
    samples=_VECTORS,
    doc="The correlation of two vectors: all of it, the part of the length of the first, or that without edges.",
)
