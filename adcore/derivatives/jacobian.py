"""Jacobians: one pass of the cheaper mode for each element of the input or of the output, in a loop of the graph.

The graph does not grow with the number of elements.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph, vjp_graph
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Shape, Type, constant, convert, input_node, items
from adcore.graph.traversal import applied, graph_of
from adcore.ops.arrays.dynamic_indexing import AT
from adcore.ops.base import zero_array
from adcore.ops.control.loop import INDEX, loop


def jacobian_graph(graph: Graph, wrt: int) -> Graph:
    """The graph's inputs to its one output, then the output's Jacobian by the input ``wrt``: output's shape + input's.

    Raises NotDifferentiable where the way from the input to the output goes through an op without a derivative.
    """
    (y,) = graph.outputs
    x = graph.inputs[wrt]
    if y.type == SCALAR:
        return gradient_graph(graph, [wrt])
    if x.type == SCALAR:
        pushed = jvp_graph(graph, [wrt])
        return graph_of(graph.inputs, applied(pushed, (*graph.inputs, constant(1.0))))
    if x.type.size <= y.type.size:
        columns = _rows(graph, jvp_graph(graph, [wrt]), x.type, y.type)
        # The input's axes come first, and have to go last.
        axes = (*range(x.ndim, x.ndim + y.ndim), *range(x.ndim))
        full = OPS["transpose"](_reshaped(columns, x.shape + y.shape), axes=axes)
    else:
        full = _reshaped(_rows(graph, vjp_graph(graph, [wrt]), y.type, x.type), y.shape + x.shape)
    return graph_of(graph.inputs, [y, full])


def _rows(graph: Graph, product: Graph, seed: Type, result: Type) -> Node:
    """A row for each element of the seed: what the product of the Jacobian gives where that is 1 and the others 0."""
    count, width = seed.size, result.size

    def one_pass(position: Node, rows: Node, *inputs: Node) -> Node:
        places = OPS["reshape"](OPS["arange"](start=count), shape=seed.shape)
        one = convert(OPS["equal"](places, convert(position, DType.FLOAT)), DType.FLOAT)
        row = _reshaped(applied(product, (*inputs, one))[-1], (width,))
        return OPS["assign"](rows, row, position, key=(AT,))

    types = [INDEX, Type(DType.FLOAT, (count, width)), *(x.type for x in graph.inputs)]
    node = loop(
        constant(np.int64(count)),
        zero_array((count, width)),
        *graph.inputs,
        body=_graph(one_pass, types),
        carried=1,
    )
    return items(node)[0]


def _graph(build: Callable[..., Node], types: list[Type]) -> Graph:
    inputs = [input_node(f"x{i}", t) for i, t in enumerate(types)]
    return graph_of(inputs, [build(*inputs)])


def _reshaped(x: Node, shape: Shape) -> Node:
    return x if x.shape == shape else OPS["reshape"](x, shape=shape)
