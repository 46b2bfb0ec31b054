"""Jacobians: one sweep of the cheaper mode for each element of the inputs or of the outputs, in one loop of the graph.

Forward mode sweeps over the elements of all inputs, reverse mode over those of all outputs. What does not depend on the
swept element stays outside the loop, so reverse mode runs the program once. The graph does not grow with the number of
elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal

import numpy as np

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import pull, vjp_graph
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Shape, Type, constant, convert, input_node, items
from adcore.graph.traversal import applied, dependents, graph_of
from adcore.ops.arrays.dynamic_indexing import AT
from adcore.ops.base import zero_array
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import INDEX

Direction = Literal["forward", "reverse"]
Mode = Literal["auto", "forward", "reverse"]

WRITTEN_OUT = 2_000
"""The most nodes of sweeps over single numbers that stand side by side; beyond, and for arrays, the sweeps are a loop.

Side by side they are plain arithmetic, which engines run for many points at once.
"""


def cheaper_mode(inputs: Sequence[Node], outputs: Sequence[Node]) -> Direction:
    """The mode that takes fewer sweeps for the Jacobian; one number is always differentiated in reverse mode."""
    one = [y.type for y in outputs] == [SCALAR]
    return "reverse" if one or _elements(outputs) < _elements(inputs) else "forward"


def jacobian_graph(
    graph: Graph, wrt: Sequence[int], mode: Mode = "auto", of: Sequence[int] | None = None, hoist: bool = True
) -> Graph:
    """The graph's inputs to its outputs, then the Jacobians of the outputs ``of`` (None: all) by the inputs ``wrt``.

    Output by output, and for each input by input: arrays of the output's shape + the input's. The outputs are float64.
    ``hoist`` moves what all sweeps share out of their loop; without it the loop reads the graph's inputs and nothing
    else. Raises NotDifferentiable where the way from an input to an output goes through an op without a derivative.
    """
    of = range(len(graph.outputs)) if of is None else of
    inputs, outputs = [graph.inputs[i] for i in wrt], [graph.outputs[j] for j in of]
    chosen = cheaper_mode(inputs, outputs) if mode == "auto" else mode
    values, jacobians = (_by_columns if chosen == "forward" else _by_rows)(graph, wrt, of, hoist)
    return graph_of(graph.inputs, [*values, *jacobians])


def _by_columns(graph: Graph, wrt: Sequence[int], of: Sequence[int], hoist: bool) -> tuple[Sequence[Node], list[Node]]:
    """The outputs and the Jacobians, in forward mode: a column for each element of the inputs."""
    inputs, count = [graph.inputs[i] for i in wrt], len(graph.outputs)
    if _beside_one_another(graph, inputs):
        pushed = [applied(jvp_graph(graph, [i]), (*graph.inputs, constant(1.0))) for i in wrt]
        return (pushed[0] if pushed else graph.outputs)[:count], [each[count + j] for j in of for each in pushed]
    product = jvp_graph(graph, wrt)
    columns = _sweep(product, len(graph.inputs), [product.outputs[count + j] for j in of], hoist)
    jacobians = []
    for j, rows in zip(of, columns, strict=True):
        y = graph.outputs[j]
        for x, part in zip(inputs, _parts(rows, inputs), strict=True):
            full = _reshaped(part, x.shape + y.shape)
            # The input's axes come first, and have to go last.
            axes = (*range(x.ndim, x.ndim + y.ndim), *range(x.ndim))
            jacobians.append(OPS["transpose"](full, axes=axes) if x.shape and y.shape else full)
    return graph.outputs, jacobians


def _by_rows(graph: Graph, wrt: Sequence[int], of: Sequence[int], hoist: bool) -> tuple[Sequence[Node], list[Node]]:
    """The outputs and the Jacobians, in reverse mode: a row for each element of the outputs ``of``."""
    outputs, count = [graph.outputs[j] for j in of], len(graph.outputs)
    straight = not any(node.op.rules.structure is not None for node in graph.nodes)
    if _beside_one_another(graph, outputs) and (straight or len(outputs) == 1):
        pulled = [pull(graph, {y: constant(1.0)}, wrt) for y in outputs]
        return (pulled[0][0] if pulled else graph.outputs), [g for _, gradients in pulled for g in gradients]
    product = vjp_graph(graph, wrt, of)
    swept = _sweep(product, len(graph.inputs), product.outputs[count:], hoist)
    inputs = [graph.inputs[i] for i in wrt]
    parts = [_parts(rows, outputs) for rows in swept]
    return product.outputs[:count], [
        _reshaped(next(part), y.shape + x.shape) for y in outputs for x, part in zip(inputs, parts, strict=True)
    ]


def _beside_one_another(graph: Graph, swept: Sequence[Node]) -> bool:
    """Whether the sweeps over these inputs or outputs are written out, and not a loop."""
    return all(x.type == SCALAR for x in swept) and (len(swept) == 1 or len(swept) * graph.count() <= WRITTEN_OUT)


def _sweep(product: Graph, arity: int, results: Sequence[Node], hoist: bool) -> tuple[Node, ...]:
    """For each of ``results`` a matrix, with a row for each element of the seeds: the flat result where that element is
    1 and all others are 0.

    ``product`` is linear in the seeds, which are its inputs after the first ``arity``.
    """
    inputs, seeds = product.inputs[:arity], product.inputs[arity:]
    count = _elements(seeds)
    late, early = dependents(product.nodes, seeds), dependents(product.nodes, inputs)
    stacked = [y for y in dict.fromkeys(results) if y in late]
    if not stacked or count == 0:
        # A result that does not depend on a seed is exactly zero.
        return tuple(zero_array((count, y.type.size)) for y in results)
    inside = late if hoist else late | early
    reads = dict.fromkeys(x for node in product.nodes if node in inside for x in node.inputs)
    outside = [x for x in reads if x in early and x not in inside] if hoist else list(inputs)

    position = input_node("position", INDEX)
    rows = [input_node(f"rows{i}", Type(DType.FLOAT, (count, y.type.size))) for i, y in enumerate(stacked)]
    same = [input_node(f"c{i}", x.type, x.span) for i, x in enumerate(outside)]
    new: dict[Node, Node] = dict(zip(outside, same, strict=True))
    for seed, start in zip(seeds, _starts(seeds), strict=True):
        new[seed] = _one_hot(position, start, seed)
    for node in product.nodes:
        if node in inside:
            new[node] = node.with_inputs(tuple([new.get(x, x) for x in node.inputs]))
    written = [
        OPS["assign"](row, _reshaped(new[y], (y.type.size,)), position, key=(AT,))
        for row, y in zip(rows, stacked, strict=True)
    ]
    node = loop(
        constant(np.int64(count)),
        *(zero_array(row.shape) for row in rows),
        *outside,
        body=graph_of((position, *rows, *same), written),
        carried=len(rows),
    )
    swept = dict(zip(stacked, items(node), strict=False))
    return tuple(swept.get(y) or zero_array((count, y.type.size)) for y in results)


def _one_hot(position: Node, start: int, x: Node) -> Node:
    """An array like ``x``: 1 in the element that has the position, counted from ``start``, and 0 in the others."""
    numbers = OPS["arange"](start=x.type.size) if start == 0 else OPS["arange"](start=start, stop=start + x.type.size)
    places = OPS["reshape"](numbers, shape=x.shape)
    return convert(OPS["equal"](places, convert(position, DType.FLOAT)), DType.FLOAT)


def _starts(nodes: Sequence[Node]) -> list[int]:
    """The positions of each node's first element among the elements of all."""
    return [0, *accumulate(x.type.size for x in nodes)][: len(nodes)]


def _parts(rows: Node, swept: Sequence[Node]) -> Iterator[Node]:
    """The rows of each of the swept inputs or outputs."""
    if len(swept) == 1:
        yield rows
        return
    for x, start in zip(swept, _starts(swept), strict=True):
        yield OPS["index"](rows, key=(("slice", start, start + x.type.size, None),))


def _elements(nodes: Sequence[Node]) -> int:
    return sum(x.type.size for x in nodes)


def _reshaped(x: Node, shape: Shape) -> Node:
    return x if x.shape == shape else OPS["reshape"](x, shape=shape)
