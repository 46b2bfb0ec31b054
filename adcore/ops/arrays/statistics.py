"""Variances and standard deviations, and the smooth maxima: logsumexp and softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.graph import Node, Op, Type
from adcore.ops.arrays.projections import (
    from_mean,
    from_sum,
    mean_deviation,
    root_of_squares,
    spread_by_weight,
    unit,
)
from adcore.ops.arrays.reductions import OVER, total
from adcore.ops.base import copies, declare, linear, moved, reducing, sample
from adcore.ops.elementwise.arithmetic import divide
from adcore.ops.elementwise.elementary import exp
from adcore.ops.shapes import Axes, axes_of, count, reduced

# --- spreads


deviation = linear(
    "deviation",
    mean_deviation,
    lambda x, *, axis: x,
    lambda node, g: (moved(node, g),),
    public=False,
    nanoseconds=15.0,
    scratch=copies(0.5),
    samples=(sample((4,), axis=None), sample((2, 3), axis=0), sample((2, 3, 2), axis=(0, 2)), sample((), axis=None)),
    doc="Each element less the mean along the axes.",
)


def _freedom(x: Any, axis: Axes, ddof: float) -> float:
    return float(max(count(x.shape, axis) - ddof, 0))


def _var(x: Any, *, axis: Axes = None, ddof: float = 0, keepdims: bool = False) -> Any:
    deviations = np.asarray(mean_deviation(x, axis=axis))
    squares = np.square(deviations, out=deviations) if x.size else deviations
    return total(squares, axis=axis, keepdims=keepdims) / np.float64(_freedom(x, axis, ddof))


def _std(x: Any, *, axis: Axes = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return root_of_squares(mean_deviation(x, axis=axis), axis, keepdims, _freedom(x, axis, ddof))


def _var_weights(y: Node, x: Node, *, axis: Axes, ddof: float, **_: Any) -> Node:
    return divide(2.0 * deviation(x, axis=axis), _freedom(x, axis, ddof))


def _std_weights(y: Node, x: Node, *, axis: Axes, ddof: float, **_: Any) -> Node:
    """At equal elements 0, the mean of the one-sided derivatives."""
    return divide(unit(x, axis=axis, centred=True), math.sqrt(_freedom(x, axis, ddof)), strong=True)


_SPREADS = (
    *(s for s in OVER if s.params.get("axis") != () and math.prod(s.shapes[0]) > 1),
    sample((4,), ddof=1),
    sample((3, 2), axis=0, ddof=1),
)

var = reducing(
    "var",
    _var,
    _var_weights,
    method=True,
    nanoseconds=25.0,
    scratch=copies(1.2),
    samples=_SPREADS,
    doc="The mean squared deviation from the mean.",
)
std = reducing(
    "std",
    _std,
    _std_weights,
    method=True,
    nanoseconds=15.0,
    scratch=copies(2),
    samples=_SPREADS,
    doc="The square root of the variance; where all elements are equal its derivative is 0.",
)


# --- exponentials


def _logsumexp(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    """The greatest exponent is factored out, so that nothing overflows."""
    greatest = x.max(axis=axis, keepdims=True, initial=-math.inf)
    is_greatest = x == greatest
    ties = total(is_greatest, axis=axis, keepdims=True)
    rest = np.asarray(x - np.where(np.isfinite(greatest), greatest, 0.0))
    np.exp(rest, out=rest)  # In place, here and below: an array of millions more would count.
    rest[is_greatest] = 0.0
    out = np.where(
        ties == 0, greatest, np.log1p(total(rest, axis=axis, keepdims=True) / ties) + np.log(ties) + greatest
    )
    return np.reshape(out, reduced(x.shape, axis, keepdims))[()]


logsumexp = reducing(
    "logsumexp",
    _logsumexp,
    lambda y, x, *, axis, **_: exponential_shares(x, axis=axis),
    latex=r"\ln \sum e^{{{0}}}",
    nanoseconds=50.0,
    scratch=lambda node: int(1.5 * node.inputs[0].type.size) + 4 * node.type.size,
    samples=OVER,
    doc="The logarithm of the sum of the exponentials, without overflow.",
)


def _softmax(x: Any, *, axis: Axes = None) -> Any:
    return _divided_by_total(np.asarray(x - x.max(axis=axis, keepdims=True, initial=-math.inf)), axis)


def _divided_by_total(exponents: Any, axis: Axes) -> Any:
    """The exponentials over their sum, in the place of the exponents."""
    powers = np.exp(exponents, out=exponents)
    powers /= total(powers, axis=axis, keepdims=True)
    return powers[()]


def _log_softmax(x: Any, *, axis: Axes = None) -> Any:
    """By the distance from the greatest: where the elements are large, their differences keep their digits."""
    away = x - x.max(axis=axis, keepdims=True, initial=-math.inf)
    return (away - _logsumexp(away, axis=axis, keepdims=True))[()]


def _infer_normalised(x: Type, *, axis: Axes = None) -> Type:
    axes_of(axis, len(x.shape))
    return x


def _softmax_rule(node: Node, v: Node) -> Node:
    """The Jacobian, diag(y) - y y', is symmetric, so it is the rule of both modes."""
    return spread_by_weight(v, node, axis=node.param("axis"))


def _rules(rule: Callable[[Node, Node], Node], adjoint: Callable[[Node, Node], Node]) -> dict[str, Any]:
    return {"jvp": lambda node, tangents: rule(node, tangents[0]), "vjp": lambda node, g: (adjoint(node, g),)}


_NORMALISED = (sample((4,)), sample((2, 3)), sample((2, 3), axis=0), sample((2, 3, 2), axis=(0, 2)), sample(()))

softmax: Op = declare(
    "softmax",
    "x",
    _softmax,
    _infer_normalised,
    **_rules(_softmax_rule, _softmax_rule),
    nanoseconds=30.0,
    scratch=copies(0.2),
    samples=_NORMALISED,
    doc="The exponentials, divided by their sum.",
)


def _exponential_shares(x: Any, *, axis: Axes = None) -> Any:
    greatest = x.max(axis=axis, keepdims=True, initial=-math.inf)
    exponents = np.asarray(x - greatest)
    exponents[x == greatest] = 0.0
    return _divided_by_total(exponents, axis)


exponential_shares: Op = declare(
    "exponential_shares",
    "x",
    _exponential_shares,
    _infer_normalised,
    **_rules(_softmax_rule, _softmax_rule),
    public=False,
    nanoseconds=40.0,
    scratch=copies(0.5),
    samples=_NORMALISED,
    doc="As softmax, which is the derivative of logsumexp, but equal elements have equal shares where they are "
    "infinite, too.",
)


def _log_softmax_jvp(node: Node, t: Node) -> Node:
    return from_mean(t, exp(node), axis=node.param("axis"))


def _log_softmax_vjp(node: Node, g: Node) -> Node:
    return from_sum(g, exp(node), axis=node.param("axis"))


log_softmax = declare(
    "log_softmax",
    "x",
    _log_softmax,
    _infer_normalised,
    **_rules(_log_softmax_jvp, _log_softmax_vjp),
    nanoseconds=50.0,
    scratch=copies(2.5),
    samples=_NORMALISED,
    doc="The logarithm of softmax, which keeps its digits where softmax is close to 0.",
)
