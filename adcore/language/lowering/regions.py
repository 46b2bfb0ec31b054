"""Regions: runs of nodes that become a graph of their own, inside a branch or a loop.

A region is lowered like anything else, in the midst of the nodes around it; what it reads from there becomes an input
of its graph afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adcore.errors import Span
from adcore.graph import CONSTANT, INPUT, OPS, Graph, Node, input_node
from adcore.graph.traversal import graph_of
from adcore.limits import Limits


def needed(nodes: Sequence[Node], outputs: Iterable[Node]) -> dict[Node, None]:
    """Those of ``nodes`` that the outputs depend on, in order."""
    wanted = set(outputs)
    for node in reversed(nodes):
        if node in wanted:
            wanted.update(node.inputs)
    return {node: None for node in nodes if node in wanted}


def outside(inside: Mapping[Node, None], outputs: Iterable[Node]) -> dict[Node, None]:
    """What the nodes of a region, and its outputs, read from around it; constants are copied instead."""
    found = {x: None for node in inside for x in node.inputs if x not in inside and x.op is not CONSTANT}
    return found | {x: None for x in outputs if x not in inside and x.op is not CONSTANT}


def closed(inside: Mapping[Node, None], outputs: Sequence[Node], operands: Sequence[Node]) -> Graph:
    """The nodes as a graph of their own, with fresh inputs in the place of what they read from outside."""
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
    body: tuple[Sequence[Node], Sequence[Node]],
    test: tuple[Sequence[Node], Node | None],
    limits: Limits,
    span: Span,
) -> Node:
    """The loop whose passes take ``position`` and what is ``carried``, each with what it starts from.

    ``body`` is the nodes of a pass, which may read those of the test, and what it carries on; ``test`` is the nodes of
    the condition under which there is another pass, and the condition, if there is one.
    """
    test_nodes, condition = test
    outputs, tests = body[1], [condition] if condition is not None else []
    asked = needed(test_nodes, tests)
    made = needed([*test_nodes, *body[0]], outputs)
    own = {position, *carried}
    constants = [x for x in outside(asked, tests) | outside(made, outputs) if x not in own]
    taken = [position, *carried, *constants]
    return OPS["loop"](
        count,
        *carried.values(),
        *constants,
        body=closed(made, outputs, taken),
        test=closed(asked, tests, taken) if tests else None,
        carried=len(carried),
        read=0,
        backwards=False,
        limit=limits.loop_steps,
        memory=limits.stack_elements,
        span=span,
    )


def _name(node: Node, i: int) -> str:
    return str(node.params[0][1]) if node.op is INPUT else f"u{i}"
