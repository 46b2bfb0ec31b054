"""Expansion of the derivatives and equations inside programs: plain graphs take the place of derivatives, and equations
get the graphs that their solvers need.

Both are nodes with a graph among their parameters. The innermost is expanded first, so only plain graphs are ever
differentiated.
"""

from __future__ import annotations

from adcore.derivatives.jacobian import jacobian_graph
from adcore.derivatives.query import derive
from adcore.errors import AdcoreError, GraphTooLarge
from adcore.graph import ITEM, OPS, Graph, Node
from adcore.graph.traversal import applied, graph_of, schedule, with_graphs
from adcore.ops.functionals.derivative import GRADIENT, DerivativeView, derivative, derivative_view
from adcore.ops.functionals.solution import FIXED_POINT, MINIMUM, SolutionView, solution, solution_view


def expand(graph: Graph, most: int | None = None) -> Graph:
    """The graph with its derivatives, at any depth, replaced by plain graphs; the graph itself where it has none.

    ``most`` bounds the nodes of all differentiated graphs together: each derivative of a derivative is a few times as
    large as its function. Raises NotDifferentiable and GraphTooLarge.
    """

    def bounded(size: int, node: Node) -> None:
        if most is not None and size > most:
            raise GraphTooLarge(
                f"derivatives inside one another make more than {most} operations of the program", span=node.span
            )

    def expanded(graph: Graph) -> Graph:
        if not any(node.op.rules.structure is not None for node in graph.nodes):
            return graph
        new: dict[Node, Node] = {x: x for x in graph.inputs}
        replaced: dict[Node, tuple[Node, ...]] = {}
        size = 0
        for node in graph.nodes:
            if node.op is ITEM and node.inputs[0] in replaced:
                new[node] = replaced[node.inputs[0]][node.param("index")]
                continue
            moved = node.with_inputs(tuple([new[x] for x in node.inputs]))
            if node.op.rules.structure is not None:
                moved = with_graphs(moved, expanded)
            if node.op is not derivative and node.op is not solution:
                new[node] = moved
                continue
            view = derivative_view(moved) if node.op is derivative else solution_view(moved)
            size += view.graph.count()
            bounded(size, node)
            try:
                if isinstance(view, DerivativeView):
                    derived = derive(view.graph, view.kind, range(view.wrt)).graph
                    replaced[node] = applied(derived, moved.inputs)
                else:
                    new[node] = _prepared(moved, view)
            except AdcoreError as error:
                error.span = error.span or node.span
                raise
        outputs = [new[y] for y in graph.outputs]
        order = schedule([n for n in new.values() if n not in replaced])
        return graph_of(graph.inputs, outputs, graph.output_names, order)

    return expanded(graph)


def _prepared(node: Node, view: SolutionView) -> Node:
    """An equation node with the graphs that its solver and its derivatives need: the residual, and its Jacobian."""
    graph = view.graph
    if view.kind == MINIMUM:
        slope = derive(graph, GRADIENT, [0]).graph
        condition = graph_of(slope.inputs, slope.outputs[1:])
    elif view.kind == FIXED_POINT:
        condition = graph_of(graph.inputs, [OPS["subtract"](graph.outputs[0], graph.inputs[0])])
    else:
        condition = graph
    # Everything stays inside the loop, so that a trace shows it as a function of the equation's own operands.
    return node.with_params(condition=condition, jacobian=jacobian_graph(condition, [0], hoist=False))
