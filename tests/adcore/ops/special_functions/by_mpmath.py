"""Values, gradients and second derivatives of an elementwise function, against mpmath's own derivatives."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

from adcore.derivatives.reverse import gradient_graph
from adcore.graph import OPS, Node
from adcore.graph.traversal import graph_of
from tests.adcore.graphs import build, run


def derivatives(
    function: Callable[..., Node], columns: Sequence[Any], wrt: Sequence[int]
) -> dict[tuple[int, ...], Any]:
    """All derivatives up to order 2 by the operands ``wrt``, at many points at once, by multi-index."""
    shape = (len(columns[0]),)
    graph = build(lambda *xs: OPS["sum"](function(*xs)), *[shape] * len(columns))
    value = build(function, *[shape] * len(columns))
    first = gradient_graph(graph, wrt)
    out: dict[tuple[int, ...], Any] = {(0,) * len(columns): run(value, *columns)[0]}

    def index(*operands: int) -> tuple[int, ...]:
        return tuple(operands.count(i) for i in range(len(columns)))

    for place, i in enumerate(wrt):
        out[index(i)] = run(first, *columns)[1 + place]
        second = gradient_graph(graph_of(first.inputs, [OPS["sum"](first.outputs[1 + place])]), wrt)
        rows = run(second, *columns)[1:]
        for j, row in zip(wrt, rows, strict=True):
            out[index(i, j)] = row
    return out


def worst_error(
    function: Callable[..., Node],
    reference: Callable[..., Any],
    points: Sequence[tuple[float, ...]],
    wrt: Sequence[int] | None = None,
    digits: int = 30,
    floor: float = 1e-290,
) -> tuple[float, str]:
    """The largest relative error of the value and the derivatives up to order 2 by ``wrt``, and where it is.

    Numbers below ``floor`` count as 0.
    """
    columns = [np.array(column, float) for column in zip(*points, strict=True)]
    computed = derivatives(function, columns, range(len(columns)) if wrt is None else wrt)
    worst = (0.0, "nothing")
    with mpmath.workdps(digits):
        for (place, point), (order, values) in itertools.product(enumerate(points), computed.items()):
            exact = (
                mpmath.diff(reference, tuple(map(mpmath.mpf, point)), order)
                if any(order)
                else reference(*map(mpmath.mpf, point))
            )
            found, expected = float(values[place]), float(mpmath.re(exact))
            error = abs(found - expected) / max(abs(expected), floor)
            if not error <= worst[0] and not (found == expected or max(abs(found), abs(expected)) < floor):
                worst = (error if error == error else np.inf, f"{order} at {point}: {found!r}, not {expected!r}")
    return worst
