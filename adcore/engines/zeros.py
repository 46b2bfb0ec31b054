"""Zeros that win: where, in a run, a zero of the chain rule was multiplied by an infinity or NaN and won.

Such a product is a limit 0 * inf, which may be other than 0: that of sqrt(x) * sin(sqrt(x)) at 0 is 1. So the
answer says where it happened, unless the zero is that of a choice: the branch of ``where`` that is not taken, a bound
of ``clip``, a constant; these are zero all around the point. Kernels only notice that some zero has won, which costs
nothing until it happens; the run is then repeated here, with the zeros by choice tracked beside the values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from adcore.clock import tick
from adcore.engines.apply import apply
from adcore.engines.notices import report
from adcore.errors import Span
from adcore.graph import CONSTANT, ITEM, OPS, DType, Graph, Node
from adcore.ops.strong import is_strong

_INNER_SEED = re.compile(r"[dags]\d+")
"""The names of tangents and cotangents that the derivatives of loops and branches give to inputs of inner graphs."""


def report_wins(graph: Graph, values: Sequence[Any]) -> None:
    """Run a program's graph, whose values are those of any engine, and collect its notices."""
    _run(graph, values, _seeds(graph))


def _run_inner(graph: Graph, values: Sequence[Any]) -> list[Any]:
    return _run(graph, values, {name for name in graph.input_names if _INNER_SEED.fullmatch(name)} | _seeds(graph))


def _seeds(graph: Graph) -> set[str]:
    """The inputs that are tangents, dx beside x, or cotangents, y': their zeros are directions not asked for."""
    names = set(graph.input_names)
    return {name for name in names if name.endswith("'") or (name[:1] == "d" and name[1:] in names)}


def _run(graph: Graph, values: Sequence[Any], seeds: Collection[str]) -> list[Any]:
    """The outputs' values."""
    value: dict[Node, Any] = dict(zip(graph.inputs, values, strict=True))
    chosen: dict[Node, Any] = {x: x.param("name") in seeds for x in graph.inputs}
    wins: list[tuple[Node, Any]] = []
    for node in graph.nodes:
        tick()
        operands = [value[x] for x in node.inputs]
        if node.op is ITEM:
            result = operands[0][node.param("index")]
            chosen[node] = True
        else:
            result = apply(node, operands, _run_inner)
            chosen[node] = _chosen(node, result, operands, [chosen[x] for x in node.inputs])
            if is_strong(node):
                won = _won(node, result, operands, [chosen[x] for x in node.inputs])
                if won.any():
                    wins.append((node, won))
        value[node] = result
    if wins:
        _report(graph, value, wins)
    return [value[y] for y in graph.outputs]


def _chosen(node: Node, result: Any, operands: Sequence[Any], chosen: Sequence[Any]) -> Any:
    """Where the result, if it is zero, is zero all around the point: True, False, or an array of them."""
    op = node.op
    if op is CONSTANT or node.type.dtype is not DType.FLOAT or not operands or op.facts.several or op.facts.on_stacks:
        return True
    if len(op.facts.flat) == len(operands):
        return True
    if op is OPS["where"]:
        return np.where(operands[0], chosen[1], chosen[2])
    if op is OPS["multiply"]:
        return _zeros(operands[0], chosen[0]) | _zeros(operands[1], chosen[1])
    if op is OPS["divide"]:
        return _zeros(operands[0], chosen[0])
    if op in (OPS["maximum"], OPS["minimum"]):
        (a, b), (first, second) = operands, (_zeros(x, c) for x, c in zip(operands, chosen, strict=True))
        return np.where(a == b, first & second, np.where(a == result, first, second))
    if op.facts.elementwise:
        zeros = [_zeros(x, c) for x, c in zip(operands, chosen, strict=True)]
        return np.logical_and.reduce(np.broadcast_arrays(*zeros))
    if op.facts.linear or is_strong(node):
        return apply(node, _alive(node, operands, chosen)) == 0
    return False


def _zeros(x: Any, chosen: Any) -> Any:
    return np.asarray(x == 0) & chosen


def _alive(node: Node, operands: Sequence[Any], chosen: Sequence[Any]) -> list[Any]:
    """Operands that are zero just where they are so by choice, and else numbers that do not cancel one another."""
    rng = np.random.default_rng(0)
    return [
        np.where(_zeros(value, c), 0.0, rng.uniform(1, 2, np.shape(value)))[()]
        if x.type.dtype is DType.FLOAT and i not in node.op.facts.flat
        else value
        for i, (x, value, c) in enumerate(zip(node.inputs, operands, chosen, strict=True))
    ]


def _won(node: Node, result: Any, operands: Sequence[Any], chosen: Sequence[Any]) -> Any:
    """Where the product is a number, and would be NaN but for a zero that is none by choice."""
    a, b = operands
    if node.op is OPS["divide"]:
        b = 1.0 / b
    lost = _lost(node, (a, b)) & ~np.isnan(result)
    if not lost.any():
        return lost
    ours, theirs = (np.asarray(x == 0) & ~np.asarray(c) for x, c in zip((a, b), chosen, strict=True))
    if node.op.facts.elementwise:
        return lost & (ours | theirs) & ~(_zeros(a, chosen[0]) | _zeros(b, chosen[1]))
    plain = node.with_params(strong=0)
    pairs = (ours, ~np.isfinite(b)), (~np.isfinite(a), theirs)
    first, second = (apply(plain, [x.astype(float)[()] for x in pair]) > 0.5 for pair in pairs)
    return lost & (first | second)


def _lost(node: Node, operands: Sequence[Any]) -> Any:
    if node.op.facts.elementwise:
        return np.isnan(operands[0] * operands[1])
    return np.isnan(apply(node.with_params(strong=0), operands))


def _report(graph: Graph, value: Mapping[Node, Any], wins: Sequence[tuple[Node, Any]]) -> None:
    """A notice for each product where a zero won, and which a result depends on: no choice passes it over."""
    needed: dict[Node, Any] = dict.fromkeys(graph.outputs, True)
    for node in reversed(graph.nodes):
        here = needed.get(node, False)
        if not np.any(here):
            continue
        for i, x in enumerate(node.inputs):
            part = here
            if node.op is OPS["where"] and i:
                condition = np.asarray(value[node.inputs[0]])
                part = here & (condition if i == 1 else ~condition)
            if not (node.op.facts.elementwise and np.shape(part) == np.shape(value[x])):
                part = np.any(part)
            needed[x] = needed.get(x, False) | part
    for node, won in wins:
        if np.any(won & needed.get(node, False)):
            infinite = any(np.isinf(value[x]).any() or np.all(value[x] == 0) for x in node.inputs)
            kind = "an infinite" if infinite else "an undefined"
            report(
                "zero_times_infinity",
                f"0 times {kind} derivative counts as 0 here, and its limit may be another number",
                _place(node),
            )


def _place(node: Node) -> Span | None:
    """The span of the node, or of the nearest one that it reads and that has one."""
    level: Mapping[Node, None] = {node: None}
    while level:
        for n in level:
            if n.span is not None:
                return n.span
        level = dict.fromkeys(x for n in level for x in n.inputs)
    return None
