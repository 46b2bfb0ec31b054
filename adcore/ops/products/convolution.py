"""Convolutions, correlations and windows of vectors; gradients and integrals of samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcore.errors import BadCall, ShapeMismatch
from adcore.graph import OPS, DType, Node, Op, Shape, Type
from adcore.ops.arrays.indexing import embed, stretch
from adcore.ops.base import Hidden, bilinear, copies, declare, fit, linear, moved, sample
from adcore.ops.elementwise.arithmetic import multiply
from adcore.ops.products.contraction import counted_product, strong_product
from adcore.ops.products.fast_convolution import convolved, extent, fast_scratch, fast_work, is_direct, selected
from adcore.ops.shapes import describe_shape, one_axis
from adcore.ops.strong import BOTH, strong_times

# --- convolutions

_MODES = ("full", "same", "valid")


def _infer_sliding(name: str) -> Callable[..., Type]:
    def infer(a: Type, v: Type, *, mode: str, **_: Any) -> Type:
        if len(a.shape) != 1 or len(v.shape) != 1 or not a.size or not v.size:
            raise ShapeMismatch(
                f"{name} takes two vectors, and these have the shapes {describe_shape(a.shape)} and "
                f"{describe_shape(v.shape)}"
            )
        if mode not in _MODES:
            raise BadCall(f"mode is 'full', 'same' or 'valid', and not {mode!r}")
        return Type(DType.FLOAT, (extent(a.size, v.size, mode)[1],))

    return infer


def _in_full(node: Node, g: Node, start: int) -> Node:
    """A cotangent padded to that of the full convolution."""
    length = node.inputs[0].shape[0] + node.inputs[1].shape[0] - 1
    if g.shape[0] == length:
        return g
    return embed(g, key=stretch(0, start, start + g.shape[0]), shape=(length,))


def _work(node: Node) -> int:
    a, v = (x.type.size for x in node.inputs)
    return 2 * a * v if is_direct(a, v) else fast_work(a, v)


def _nanoseconds(node: Node) -> float:
    a, v = (x.type.size for x in node.inputs)
    return 0.15 * a * v + 10 * (a + v) if is_direct(a, v) else 0.6 * fast_work(a, v)


def _scratch(node: Node) -> int:
    a, v = (x.type.size for x in node.inputs)
    return 2 * (a + v) if is_direct(a, v) else fast_scratch(a, v)


def _convolve(a: Any, v: Any, *, mode: str = "full", strong: Hidden = 0) -> Any:
    if is_direct(len(a), len(v)):
        return strong_product(lambda p, q: np.convolve(p, q, mode), a, v, strong)  # type: ignore[call-overload]

    def product(p: Any, q: Any) -> Any:
        return selected(convolved(p, q), len(p), len(q), mode)

    # A transform spreads an inf or a NaN over all elements.
    finite = np.isfinite(a).all() and np.isfinite(v).all()
    return product(a, v) if finite else counted_product(product, a, v, strong)


def _convolve_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    a, v = node.inputs
    start, _ = extent(a.shape[0], v.shape[0], node.param("mode"))
    full = _in_full(node, g, start)
    return (
        convolve(full, OPS["flip"](v), mode="valid", strong=BOTH),
        convolve(full, OPS["flip"](a), mode="valid", strong=BOTH),
    )


_SLIDING = (
    *(sample((4,), (3,), mode=mode) for mode in _MODES),
    *(sample((2,), (5,), mode=mode) for mode in _MODES),
    sample((4,), (2,), mode="same"),
    sample((3,), (4,), mode="same"),
)

convolve: Op = bilinear(
    "convolve",
    _convolve,
    _infer_sliding("convolve"),
    _convolve_vjp,
    operands="a v",
    latex="{0} * {1}",
    work=_work,
    nanoseconds=_nanoseconds,
    scratch=_scratch,
    samples=_SLIDING,
    doc="The convolution of two vectors: all of it, as much as the longer has, or where they overlap wholly. That of "
    "long ones is computed by fast Fourier transforms, to an accuracy relative to the largest elements.",
)


def _correlate(a: Any, v: Any, *, mode: str = "valid", strong: Hidden = 0) -> Any:
    if is_direct(len(a), len(v)):
        return strong_product(lambda p, q: np.correlate(p, q, mode), a, v, strong)  # type: ignore[call-overload]
    if len(a) < len(v):
        return _convolve(np.flip(a), v, mode=mode, strong=strong)[::-1]
    return _convolve(a, np.flip(v), mode=mode, strong=strong)


def _correlate_vjp(node: Node, g: Node) -> tuple[Node, Node]:
    """A correlation is a convolution with the second vector flipped; NumPy counts from the end if that is longer."""
    a, v = node.inputs
    start, length = extent(a.shape[0], v.shape[0], node.param("mode"))
    if v.shape[0] > a.shape[0]:
        start = a.shape[0] + v.shape[0] - 1 - start - length
    full = _in_full(node, g, start)
    return (
        convolve(full, v, mode="valid", strong=BOTH),
        OPS["flip"](convolve(full, OPS["flip"](a), mode="valid", strong=BOTH)),
    )


correlate = bilinear(
    "correlate",
    _correlate,
    _infer_sliding("correlate"),
    _correlate_vjp,
    operands="a v",
    work=_work,
    nanoseconds=_nanoseconds,
    scratch=_scratch,
    samples=_SLIDING,
    doc="The sums of the products of a and v as v slides along a.",
)


# --- integrals by the rule of trapezoids


def _spans(x: Any, *, axis: Hidden, back: Hidden = False) -> Any:
    """``back`` is the transpose: the same with the other sign, except at both ends."""
    x = np.moveaxis(x, axis, -1)
    out = np.zeros(x.shape)
    if x.shape[-1] > 1:
        sign = -0.5 if back else 0.5
        out[..., 1:-1] = sign * (x[..., 2:] - x[..., :-2])
        out[..., 0], out[..., -1] = sign * x[..., 1], -sign * x[..., -2]
        out[..., 0] -= 0.5 * x[..., 0]
        out[..., -1] += 0.5 * x[..., -1]
    return np.moveaxis(out, -1, axis)


spans: Op = linear(
    "spans",
    _spans,
    lambda x, **_: x,
    lambda node, g: (moved(node, g, back=not node.param("back")),),
    public=False,
    nanoseconds=10.0,
    scratch=copies(1),
    samples=(sample((4,), axis=0), sample((2, 3), axis=1), sample((2,), axis=0), sample((3, 2), axis=0, back=True)),
    doc="Half of the distance between the neighbours of each point along an axis; at the ends, to the only neighbour.",
)


def _points(y: Shape, axis: int) -> Shape:
    """The shape in which one vector of points broadcasts against y."""
    return tuple(n if i == one_axis(axis, len(y)) else 1 for i, n in enumerate(y))


def _trapezoid(y: Any, x: Any, dx: Any, *, axis: int = -1) -> Any:
    if x.ndim == 0:
        return np.asarray(np.trapezoid(y, dx=x * dx, axis=axis))[()]
    return np.asarray(np.trapezoid(y, x, axis=axis))[()]


def _infer_trapezoid(y: Type, x: Type, dx: Type, *, axis: int) -> Type:
    place = one_axis(axis, len(y.shape))
    if dx.shape:
        raise ShapeMismatch(f"dx is one number, and this has the shape {describe_shape(dx.shape)}")
    if x.shape not in ((), y.shape, (y.shape[place],)):
        raise ShapeMismatch(
            f"the points of shape {describe_shape(x.shape)} do not fit the values of shape {describe_shape(y.shape)}"
        )
    return Type(DType.FLOAT, (*y.shape[:place], *y.shape[place + 1 :]))


def _weights(node: Node) -> Node:
    """The weight of each value, shaped to broadcast against the values."""
    y, x, dx = node.inputs
    axis = node.param("axis")
    if x.ndim:
        return _spans_of(x, y.shape, axis)
    return _unit(y.shape, axis) * (x * dx)


def _unit(y: Shape, axis: int) -> Node:
    return _spans_of(OPS["arange"](start=y[axis]), y, axis)


def _spans_of(x: Node, y: Shape, axis: int) -> Node:
    if x.shape == y:
        return spans(x, axis=axis)
    return OPS["reshape"](spans(x, axis=0), shape=_points(y, axis))


def _total(node: Node, terms: Node) -> Node:
    return OPS["sum"](fit(terms, node.inputs[0].shape), axis=node.param("axis"))


def _trapezoid_jvp(node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
    (y, x, dx), (ty, tx, tdx) = node.inputs, tangents
    axis = node.param("axis")
    terms = [] if ty is None else [_total(node, strong_times(ty, _weights(node)))]
    if x.ndim and tx is not None:
        terms.append(_total(node, multiply(_spans_of(tx, y.shape, axis), y, strong=1)))
    if not x.ndim:
        whole = _total(node, _unit(y.shape, axis) * y)
        terms += [strong_times(strong_times(t, other), whole) for t, other in ((tx, dx), (tdx, x)) if t is not None]
    return sum(terms[1:], start=terms[0]) if terms else None


def _trapezoid_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    y, x, dx = node.inputs
    axis = node.param("axis")
    wide = OPS["expand_dims"](g, axis=axis)
    by_y = fit(strong_times(wide, _weights(node)), y.shape)
    if x.ndim:
        flow = fit(multiply(wide, y, strong=1), x.shape if x.shape == y.shape else _points(y.shape, axis))
        return by_y, spans(OPS["reshape"](flow, shape=x.shape), axis=axis if x.shape == y.shape else 0, back=True), None
    flow = OPS["sum"](strong_times(g, _total(node, _unit(y.shape, axis) * y)))
    return by_y, strong_times(flow, dx), strong_times(flow, x)


trapezoid = declare(
    "trapezoid",
    "y x dx",
    _trapezoid,
    _infer_trapezoid,
    jvp=_trapezoid_jvp,
    vjp=_trapezoid_vjp,
    aliases=("trapz",),
    defaults=(None, 1.0, 1.0),
    nanoseconds=8.5,
    scratch=copies(2),
    domain=((-3, 3), (0.5, 3), (0.5, 3)),
    samples=(
        sample((4,), (4,), ()),
        sample((2, 3), (3,), ()),
        sample((3, 2), (3,), (), axis=0),
        sample((2, 3), (2, 3), ()),
        sample((2, 3), (), ()),
        sample((1,), (1,), ()),
    ),
    doc="The integral of the values y at the points x, or dx apart, by the rule of trapezoids.",
)


# --- windows


def _windows(x: Any, *, window_shape: int) -> Any:
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(x, window_shape))


def _infer_windows(x: Type, *, window_shape: int) -> Type:
    if len(x.shape) != 1:
        raise ShapeMismatch(f"sliding_window_view takes a vector, and this has the shape {describe_shape(x.shape)}")
    if not 1 <= window_shape <= x.shape[0]:
        raise ShapeMismatch(f"a window of {window_shape} elements does not fit a vector of {x.shape[0]}")
    return Type(DType.FLOAT, (x.shape[0] - window_shape + 1, window_shape))


def _windows_vjp(node: Node, g: Node) -> tuple[Node]:
    """Each element stands in several windows."""
    rows, width = node.shape
    places = OPS["expand_dims"](OPS["arange"](start=rows), axis=1) + OPS["arange"](start=width)
    return (OPS["put"](g, places, axis=0, shape=node.inputs[0].shape),)


sliding_window_view = linear(
    "sliding_window_view",
    _windows,
    _infer_windows,
    _windows_vjp,
    nanoseconds=8.0,
    samples=(sample((5,), window_shape=3), sample((3,), window_shape=1), sample((4,), window_shape=4)),
    doc="The windows of so many elements that slide along a vector, one in each row.",
)
