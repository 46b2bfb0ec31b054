"""Integrals of a program's own functions, by the adaptive quadrature of QUADPACK, ends at infinity included.

The derivative of an integral is the integral of the derivative, and the function at each end times the end's tangent
(Leibniz). So derivatives of any order are integrals again, each as exact as its own adaptive choice of points makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.graph import (
    OPS,
    SCALAR,
    Array,
    DType,
    Graph,
    Node,
    Op,
    Pullback,
    Push,
    RunGraph,
    Split,
    Structure,
    Type,
    input_node,
    items,
)
from adcore.graph.traversal import applied, graph_of
from adcore.ops.base import Hidden, declare, zero_array
from adcore.ops.control.activity import placed, present
from adcore.ops.strong import strong_times

TIGHT = 1e-11
"""The largest tolerance that the integration aims at: derivatives and differences of integrals need more than values.

The tolerances of the call say what is worth a notice."""
MOST_APART = 32
"""The most numbers that are integrated one by one, which takes singular ends best; more share their points."""
RUNS = 1000
"""The assumed number of evaluations of the function."""


def _quadrature(a: Any, b: Any, *constants: Any, graph: Hidden, epsabs: Hidden, epsrel: Hidden, limit: Hidden) -> Any:
    """``graph`` is the function of a number and of the constants that it captures; it may have several outputs."""
    raise NotImplementedError("an integral is computed by an engine, through its structure")


@dataclass(frozen=True, slots=True)
class QuadratureView:
    """A node of the op ``quadrature``: its operands and parameters by name."""

    a: Node
    b: Node
    constants: tuple[Node, ...]
    """The captured values, which follow the variable among the inputs of the graph."""
    graph: Graph
    epsabs: float
    epsrel: float
    limit: int


def quadrature_view(node: Node) -> QuadratureView:
    """A node of the op ``quadrature``, by role."""
    a, b, *constants = node.inputs
    return QuadratureView(a, b, tuple(constants), **dict(node.params))  # type: ignore[arg-type]


def _types(a: Type, b: Type, *constants: Type, graph: Graph, **_: Any) -> tuple[Type, ...]:
    """The integrals of the graph's outputs, then the largest estimated error of theirs."""
    assert [x.type for x in graph.inputs] == [SCALAR, *constants], "an integrand has other types than its operands"
    return (*[y.type for y in graph.outputs], SCALAR)


def _run(
    run: RunGraph,
    a: Array,
    b: Array,
    *constants: Any,
    graph: Graph,
    epsabs: float,
    epsrel: float,
    limit: int,
) -> Sequence[Any]:
    from scipy import integrate  # It takes long to load, and few programs integrate.

    sizes = [y.type.size for y in graph.outputs]
    evaluated: dict[float, Array] = {}

    def at(x: float) -> Array:
        """The outputs as one vector, computed once for each point."""
        values = evaluated.get(x)
        if values is None:
            values = np.concatenate([np.ravel(y) for y in run(graph, [np.float64(x), *constants])])
            evaluated[x] = values
        return values

    def component(i: int) -> Any:
        return lambda x: float(at(x)[i])

    low, high = float(a), float(b)
    total = np.zeros(sum(sizes))
    error = 0.0
    settings: dict[str, Any] = {"epsabs": min(epsabs, TIGHT), "epsrel": min(epsrel, TIGHT), "limit": limit}
    if np.isnan(low) or np.isnan(high):
        total[:] = error = np.nan
    elif low == high or not total.size:
        pass
    elif total.size <= MOST_APART:
        for i in range(total.size):
            # With full output it warns of nothing.
            total[i], one, *_ = integrate.quad(component(i), low, high, full_output=1, **settings)
            error = max(error, one)
    else:
        total, error, *_ = integrate.quad_vec(at, low, high, norm="max", **settings)
    parts = np.split(total, np.cumsum(sizes)[:-1])
    return [*[part.reshape(y.shape)[()] for part, y in zip(parts, graph.outputs, strict=True)], np.float64(error)]


def _inaccurate(
    result: Any, run: RunGraph, a: Array, b: Array, *_: Any, epsabs: float, epsrel: float, **__: Any
) -> tuple[str, str] | None:
    """The notice of an integral whose estimated error is beyond its tolerance."""
    *totals, error = result
    size = max((float(np.max(np.abs(x), initial=0.0)) for x in totals), default=0.0)
    if error <= max(epsabs, epsrel * size):
        return None
    message = (
        f"the integral from {float(a):g} to {float(b):g} is not exact: its error may be {float(error):.2g}; it may "
        "diverge, or oscillate or jump where no point shows it"
    )
    return "inaccurate_integral", message


# --- derivatives


def _again(node: Node, constants: Sequence[Node], graph: Graph) -> tuple[Node, ...]:
    """The integrals of another graph between the same ends, without their error."""
    view = quadrature_view(node)
    tolerances = {"epsabs": view.epsabs, "epsrel": view.epsrel, "limit": view.limit}
    return items(quadrature(view.a, view.b, *constants, span=node.span, graph=graph, **tolerances))[:-1]


def _at_end(node: Node, end: Node) -> tuple[Node, ...]:
    view = quadrature_view(node)
    return applied(view.graph, (end, *view.constants))


def _push(
    node: Node, tangents: tuple[Node | None, ...], push: Push
) -> tuple[tuple[Node, ...], tuple[Node | None, ...]]:
    view, results = quadrature_view(node), items(node)
    count = len(view.graph.outputs)
    terms: list[list[Node]] = [[] for _ in range(count)]
    active = [False, *(t is not None for t in tangents[2:])]
    if any(active):
        pushed = push(view.graph, active)
        on = [i for i in range(count) if pushed.active[i]]
        if on:
            slope = graph_of(pushed.graph.inputs, [pushed.graph.outputs[count + i] for i in on])
            for i, total in zip(on, _again(node, (*view.constants, *present(tangents[2:])), slope), strict=True):
                terms[i].append(total)
    for end, tangent, sign in ((view.b, tangents[1], 1.0), (view.a, tangents[0], -1.0)):
        if tangent is not None:
            for i, value in enumerate(_at_end(node, end)):
                terms[i].append(strong_times(tangent, sign * value))
    return results, (*[sum(some[1:], start=some[0]) if some else None for some in terms], None)


def _pull(node: Node, wanted: Sequence[bool], split: Split) -> tuple[tuple[Node, ...], Node, Pullback]:
    view, results = quadrature_view(node), items(node)
    mask = [False, *wanted[2:]]

    def pullback(cotangents: Sequence[Node | None]) -> tuple[Node | None, ...]:
        outputs = view.graph.outputs
        flows = cotangents[: len(outputs)]
        if all(g is None for g in flows):
            return tuple(None for _ in wanted)
        full = [zero_array(y.shape) if g is None else g for g, y in zip(flows, outputs, strict=True)]
        by_constants = _pulled(node, full, mask, split) if any(mask) else [None for _ in mask]
        by_ends: list[Node | None] = []
        for end, want, sign in ((view.a, wanted[0], -1.0), (view.b, wanted[1], 1.0)):
            terms = [strong_times(g, sign * value) for g, value in zip(full, _at_end(node, end), strict=True)]
            numbers = [OPS["sum"](term) if term.shape else term for term in terms]
            by_ends.append(sum(numbers[1:], start=numbers[0]) if want else None)
        return (*by_ends, *by_constants[1:])

    return results, node, pullback


def _pulled(node: Node, cotangents: Sequence[Node], mask: Sequence[bool], split: Split) -> list[Node | None]:
    """The cotangents of the variable, which has none, and of the constants: integrals of the cotangents at a point."""
    view = quadrature_view(node)
    halves = split(view.graph, mask)
    inputs = [input_node(f"x{i}", x.type) for i, x in enumerate(view.graph.inputs)]
    flows = [input_node(f"g{i}", g.type) for i, g in enumerate(cotangents)]
    residuals = applied(halves.forward, inputs)[len(view.graph.outputs) :]
    integrand = graph_of((*inputs, *flows), applied(halves.backward, (*residuals, *flows)))
    return placed(_again(node, (*view.constants, *cotangents), integrand), mask)


quadrature: Op = declare(
    "quadrature",
    "a b *constants",
    _quadrature,
    _types,
    structure=Structure(_run, _push, _pull, times=lambda node: RUNS, opaque=True),
    several=True,
    dtypes=(DType.FLOAT, DType.FLOAT, None),
    public=False,
    notice=_inaccurate,
    text=lambda a, b, *constants, **_: f"quad({', '.join(('f', a, b, *constants))})",
    doc="The integrals of a function of a number from a to b, and their estimated error.",
)
