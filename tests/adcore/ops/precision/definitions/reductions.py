"""Reductions and running sums of three elements."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from mpmath import mp

from adcore.graph import OPS, Node, constant
from tests.adcore.ops.precision.definitions.definition import (
    ELEMENTS,
    Apply,
    Definition,
    column,
    reduction,
    stacked,
)
from tests.adcore.ops.precision.definitions.elementary import absolute, exp, length, sqrt, square
from tests.adcore.ops.precision.jets import Jet, Number


def _var(*x: Jet) -> Jet:
    mean = sum(x, start=0 * x[0]) / len(x)
    return sum([square(each - mean) for each in x], start=0 * x[0]) / len(x)


def _logsumexp(*x: Jet) -> Jet:
    """In closed form, likewise."""
    *others, greatest = sorted(each.value for each in x)
    powers = [mp.exp(each.value - greatest) for each in x]
    y = [each / sum(powers) for each in powers]
    curvatures = [
        -v * w if i != j else v * sum(u for k, u in enumerate(y) if k != i)
        for (i, v), (j, w) in itertools.combinations_with_replacement(enumerate(y), 2)
    ]
    return Jet(greatest + _log_excess(others, greatest), tuple(y), tuple(curvatures))


def _log_excess(others: Sequence[Number], greatest: Number) -> Number:
    return mp.log1p(sum(mp.exp(each - greatest) for each in others))


def _log_softmax(*x: Jet) -> Jet:
    total = _logsumexp(*x)
    _, *others = total.slopes
    *rest, greatest = sorted(each.value for each in x)
    value = x[0].value - greatest - _log_excess(rest, greatest)
    return Jet(value, (sum(others), *[-y for y in others]), tuple([-c for c in total.curvatures]))


def _product(*x: Jet) -> Jet:
    return math.prod(x[1:], start=x[0])


def _sum(*x: Jet) -> Jet:
    return sum(x, start=0 * x[0])


def _mean(*x: Jet) -> Jet:
    return _sum(*x) / len(x)


def _softmax(*x: Jet) -> Jet:
    return exp(_log_softmax(*x))


def _sorted(place: int) -> Callable[..., Jet]:
    return lambda *x: sorted(x, key=lambda each: each.value)[place]


def _range(*x: Jet) -> Jet:
    return _sorted(-1)(*x) - _sorted(0)(*x)


def _cubic_norm(*x: Jet) -> Jet:
    root: Jet = sum([absolute(each) ** 3 for each in x], start=0 * x[0]) ** (mp.mpf(1) / 3)
    return root


def _weighted(a: Jet, b: Jet, c: Jet) -> Jet:
    return a * 2 + b * 3 + c * 0.5


def _quantile(*x: Jet) -> Jet:
    low, middle, _ = (_sorted(i)(*x) for i in range(3))
    return low + (middle - low) * 0.75


def _with_nan(name: str) -> Apply:
    """Of a row whose last element is NaN, beside the three."""

    def apply(inputs: Sequence[Node]) -> Node:
        rows = stacked([*inputs, OPS["full_like"](math.nan, inputs[0])])
        result = OPS[name](rows, axis=1)
        return column(result, ELEMENTS - 1) if result.ndim == 2 else result

    return apply


def _last(name: str) -> Apply:
    return lambda inputs: column(OPS[name](stacked(inputs), axis=1), -1)


def _on_row(rule: Callable[[Node], Node]) -> Apply:
    return lambda inputs: rule(stacked(inputs))


NAN_AWARE: dict[str, Callable[..., Jet]] = {
    "nansum": _sum,
    "nanprod": _product,
    "nancumsum": _sum,
    "nancumprod": _product,
    "nanmax": _sorted(-1),
    "nanmin": _sorted(0),
    "nanmean": _mean,
    "nanvar": _var,
    "nanstd": lambda *x: sqrt(_var(*x)),
    "nanmedian": _sorted(1),
}

REDUCTIONS: dict[str, Definition] = {
    "sum": reduction(_sum),
    "mean": reduction(_mean),
    "average": reduction(_mean),
    "prod": reduction(_product),
    "norm": reduction(length),
    "norm(ord=3)": reduction(_cubic_norm, op="norm", parameters={"ord": 3}),
    "var": reduction(_var),
    "std": reduction(lambda *x: sqrt(_var(*x))),
    "logsumexp": reduction(_logsumexp),
    "softmax": reduction(_softmax),
    "log_softmax": reduction(_log_softmax),
    "jax.nn.softmax": reduction(_softmax),
    "jax.nn.log_softmax": reduction(_log_softmax),
    "max": reduction(_sorted(-1)),
    "min": reduction(_sorted(0)),
    "ptp": reduction(_range),
    "median": reduction(_sorted(1)),
    "cumsum": reduction(_sum, apply=_last("cumsum")),
    "cumprod": reduction(_product, apply=_last("cumprod")),
    "cummax": reduction(_sorted(-1), apply=_last("cummax")),
    "cummin": reduction(_sorted(0), apply=_last("cummin")),
    **{name: reduction(function, apply=_with_nan(name)) for name, function in NAN_AWARE.items()},
    "quantile": reduction(_quantile, apply=_on_row(lambda rows: OPS["quantile"](rows, 0.375, axis=1))),
    "percentile": reduction(_quantile, apply=_on_row(lambda rows: OPS["percentile"](rows, 37.5, axis=1))),
    "nanquantile": reduction(_quantile, apply=_on_row(lambda rows: OPS["nanquantile"](rows, 0.375, axis=1))),
    "nanpercentile": reduction(_quantile, apply=_on_row(lambda rows: OPS["nanpercentile"](rows, 37.5, axis=1))),
    "dot": reduction(_weighted, apply=_on_row(lambda rows: OPS["dot"](rows, constant(np.array([2.0, 3.0, 0.5]))))),
    "trapezoid": reduction(
        lambda a, b, c: a / 2 + b + c / 2, apply=_on_row(lambda rows: OPS["trapezoid"](rows, 1.0, 1.0, axis=1))
    ),
    "simpson": reduction(lambda a, b, c: (a + b * 4 + c) / 3),
    "cumulative_trapezoid": reduction(lambda a, b, c: a / 2 + b + c / 2, apply=_last("cumulative_trapezoid")),
    "diff": reduction(lambda a, b, c: c - b, apply=_last("diff")),
    "polyval": Definition(
        lambda x: (x * 2 + 3) * x + 0.5,
        apply=lambda inputs: OPS["polyval"](constant(np.array([2.0, 3.0, 0.5])), *inputs),
        count=1,
    ),
}
