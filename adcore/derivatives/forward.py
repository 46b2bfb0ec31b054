"""Forward mode: a graph with the tangent of every value computed right beside it.

Tangents are computed along with the values, so nothing is stored for later: an engine that frees a value after its last
reader needs memory that does not grow with the program's length.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Mapping, Sequence

from adcore.derivatives.joined import joined, terms
from adcore.derivatives.reverse import backpropagate
from adcore.graph import ITEM, DType, Graph, Node, Pushed, input_node
from adcore.graph.traversal import dependents, graph_of, schedule
from adcore.ops.base import fit
from adcore.ops.control.stacks import zeros_of


def tangents(graph: Graph, seeds: Mapping[Node, Node]) -> tuple[dict[Node, Node], dict[Node, Node]]:
    """Push the tangents ``seeds`` of inputs through the graph.

    Returns the new node of each node (a structured op is replaced by one that computes its tangents too) and the
    tangent of each node; a node without one has the exact tangent zero.
    """
    _require_rules(graph, seeds)
    primal: dict[Node, Node] = {x: x for x in graph.inputs}
    tangent: dict[Node, Node] = dict(seeds)
    several: dict[Node, tuple[Node | None, ...]] = {}
    replaced: dict[Node, tuple[Node, ...]] = {}
    powers = joined(graph.nodes)
    for node in graph.nodes:
        new = primal[node] = node.with_inputs(tuple([primal[x] for x in node.inputs]))
        if node.op is ITEM:
            whole, index = node.inputs[0], node.param("index")
            if whole in replaced:
                primal[node] = replaced[whole][index]
            result = several[whole][index] if whole in several else None
            if result is not None:
                tangent[node] = result
            continue
        operands = tuple([tangent.get(x) for x in node.inputs])
        if all(t is None for t in operands):
            continue
        if node in powers:
            added = [term for _, term in terms(powers[node], tangent, primal, node.span)]
            if added:
                tangent[node] = fit(functools.reduce(operator.add, added), node.shape)
            continue
        if node.op.rules.structure is not None:
            replaced[node], several[node] = node.op.rules.structure.push(new, operands, push)
        elif node.op.rules.jvp is None:
            continue
        elif node.op.facts.several:
            several[node] = node.op.rules.jvp(new, operands)
        else:
            result = node.op.rules.jvp(new, operands)
            if result is not None:
                tangent[node] = result
    return primal, tangent


def _require_rules(graph: Graph, inputs: Collection[Node]) -> None:
    """Raise NotDifferentiable where a derivative goes through an index, or through a number whose op has no rule.

    A value without a derivative is allowed where it only decides a condition or chooses an element, which only the way
    back from the outputs shows. So reverse mode is run for its errors, if there is any such value.
    """
    active = dependents(graph.nodes, inputs)
    if any(node in active and _lacks_tangent(node) for node in graph.nodes):
        backpropagate(graph, {y: y for y in graph.outputs if y.type.is_number}, inputs)


def _lacks_tangent(node: Node) -> bool:
    if node.op.rules.structure is not None or (node.op is ITEM and node.inputs[0].op.rules.structure is not None):
        return False
    kinds = {t.dtype for t in node.types}
    return DType.INT in kinds or (DType.FLOAT in kinds and not node.op.differentiable and node.op is not ITEM)


def _seed(x: Node) -> Node:
    return input_node(f"d{x.param('name')}", x.type, x.span)


def push(graph: Graph, active: Sequence[bool]) -> Pushed:
    """The graph from inputs, and tangents of the active ones, to outputs, and tangents of all that are numbers."""
    seeds = {x: _seed(x) for x, on in zip(graph.inputs, active, strict=True) if on}
    primal, tangent = tangents(graph, seeds)
    out = [tangent.get(y) or zeros_of(y.type) for y in graph.outputs if y.type.is_number]
    values = [primal[y] for y in graph.outputs]
    # Scheduled from the tangents, each primal value is computed just before the tangent that needs it; the last
    # tangent comes first, since in a tangent program it is the one that needs all the others.
    order = schedule([*reversed(out), *values])
    pushed = graph_of((*graph.inputs, *seeds.values()), (*values, *out), order=order)
    return Pushed(pushed, tuple(y in tangent for y in graph.outputs))


def jvp_graph(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The Jacobian-vector product: inputs, then a tangent for each of the inputs ``wrt``, to outputs, then tangents.

    The tangents come in the order of ``wrt``, whose places are distinct. Raises NotDifferentiable where the way from
    those inputs to an output goes through an op without a derivative.
    """
    pushed = push(graph, [i in wrt for i in range(len(graph.inputs))]).graph
    seed = dict(zip(sorted(set(wrt)), pushed.inputs[len(graph.inputs) :], strict=True))
    return graph_of((*graph.inputs, *[seed[i] for i in wrt]), pushed.outputs, order=pushed.nodes)
