"""Regions: sequences of nodes that become a graph of their own, inside a branch, a loop or a function.

A region is lowered in place; afterwards its graph is closed: whatever it captures from outside becomes an input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from adcore.errors import Span
from adcore.graph import CONSTANT, INPUT, OPS, Graph, Node, input_node
from adcore.graph.traversal import graph_of
from adcore.limits import Limits


class Region(NamedTuple):
    """The nodes of a region in order, and those of them, or outside, that its graph returns."""

    nodes: Sequence[Node]
    outputs: Sequence[Node]


def needed(nodes: Sequence[Node], outputs: Iterable[Node]) -> dict[Node, None]:
    """The ``nodes`` that the outputs depend on, in order."""
    wanted = set(outputs)
    for node in reversed(nodes):
        if node in wanted:
            wanted.update(node.inputs)
    return {node: None for node in nodes if node in wanted}


def outside(inside: Mapping[Node, None], outputs: Iterable[Node]) -> dict[Node, None]:
    """The nodes outside a region that it captures: operands or outputs, but for constants, which are copied."""
    captured = {x: None for node in inside for x in node.inputs if x not in inside and x.op is not CONSTANT}
    return captured | {x: None for x in outputs if x not in inside and x.op is not CONSTANT}


def closed(inside: Mapping[Node, None], outputs: Sequence[Node], operands: Sequence[Node]) -> Graph:
    """A region as a graph, with fresh inputs in place of ``operands``, and captured constants copied."""
    new: dict[Node, Node] = {x: input_node(_name(x, i), x.type, x.span) for i, x in enumerate(operands)}
    inputs = tuple(new.values())
    order: list[Node] = []
    for node in (*inside, None):
        for x in node.inputs if node is not None else outputs:
            if x not in new:
                new[x] = Node(CONSTANT, (), x.params, x.types, x.span)
                order.append(new[x])
        if node is not None:
            new[node] = node.with_inputs(tuple([new[x] for x in node.inputs]))
            order.append(new[node])
    return graph_of(inputs, [new[x] for x in outputs], order=order)


def repeated(
    count: Node,
    position: Node,
    carried: Mapping[Node, Node],
    body: Region,
    test: Region,
    limits: Limits,
    span: Span,
) -> Node:
    """The loop of ``count`` passes at most, over ``position`` and the ``carried`` inputs, each with its initial value.

    ``body`` is a pass, which may read the nodes of the test; its outputs are the next carried values. The output of
    ``test``, if it has one, is the condition of another pass.
    """
    test_nodes = needed(test.nodes, test.outputs)
    body_nodes = needed([*test.nodes, *body.nodes], body.outputs)
    own = {position, *carried}
    constants = [x for x in outside(test_nodes, test.outputs) | outside(body_nodes, body.outputs) if x not in own]
    inputs = [position, *carried, *constants]
    return OPS["loop"](
        count,
        *carried.values(),
        *constants,
        body=closed(body_nodes, body.outputs, inputs),
        test=closed(test_nodes, test.outputs, inputs) if test.outputs else None,
        carried=len(carried),
        read=0,
        backwards=False,
        limit=limits.loop_steps,
        memory=limits.stack_elements,
        span=span,
    )


def _name(node: Node, i: int) -> str:
    return str(node.params[0][1]) if node.op is INPUT else f"u{i}"
