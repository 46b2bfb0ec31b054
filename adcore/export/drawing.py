"""What drawings of graphs have in common: the label of a node, and boxes around the calls of functions."""

from __future__ import annotations

from collections.abc import Sequence

from adcore.export.description import Caller, NodeDescription


def nodes_by_call(
    nodes: Sequence[NodeDescription], depth: int
) -> tuple[list[NodeDescription], dict[Caller, list[NodeDescription]]]:
    """The nodes that stand in no deeper call than so many, and the others by the next call around them."""
    own: list[NodeDescription] = []
    called: dict[Caller, list[NodeDescription]] = {}
    for node in nodes:
        if len(node.calls) > depth:
            called.setdefault(node.calls[depth], []).append(node)
        else:
            own.append(node)
    return own, called


def call_label(call: Caller) -> str:
    """The title of the box around a call."""
    return f"{call.function}, called in line {call.line}"


def node_label(node: NodeDescription) -> str:
    """The name of a value, and the expression that computes it."""
    return f"{node.name} = {node.expression}"
