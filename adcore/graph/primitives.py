"""The primitive ops of every graph: inputs, constants, and items, the single results of nodes of several results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adcore.errors import Span
from adcore.graph.declaration import Facts, Notation
from adcore.graph.node import Node, Op, Rules, register
from adcore.graph.signature import Signature
from adcore.graph.types import Kind, Parameter, Type, type_of


def _no_type(**_: Any) -> Type:
    raise AssertionError("the types of inputs and items are set by input_node and items")


_NAMELESS = Signature(public=False)

INPUT = register(
    Op("input", replace(_NAMELESS, parameters=(Parameter("name", Kind.HIDDEN, required=True),)), Rules(None, _no_type))
)
CONSTANT = register(
    Op(
        "constant",
        replace(_NAMELESS, parameters=(Parameter("literal", Kind.HIDDEN, required=True),)),
        Rules(lambda *, literal: literal.array, lambda *, literal: type_of(literal.array)),
        facts=Facts(elementwise=True),
    )
)
ITEM = register(
    Op(
        "item",
        replace(_NAMELESS, operands=("results",), parameters=(Parameter("index", Kind.HIDDEN, required=True),)),
        Rules(lambda results, *, index: results[index], _no_type),
        notation=Notation(text="{0}[{index}]"),
    )
)


def input_node(name: str, type: Type, span: Span | None = None) -> Node:
    """An input of a graph. Inputs are distinguished by identity; the name is for people."""
    return Node(INPUT, (), (("name", name),), (type,), span)


def items(node: Node) -> tuple[Node, ...]:
    """The results of a node of several results, one node each."""
    return tuple(Node(ITEM, (node,), (("index", i),), (t,), node.span) for i, t in enumerate(node.types))


def literal(node: Node) -> Any | None:
    """The value of a constant; None for any other node."""
    return node.params[0][1].array if node.op is CONSTANT else None  # type: ignore[attr-defined]


def number(node: Node) -> float | None:
    """The value of a constant that is one number; None for any other node."""
    value = literal(node)
    return None if value is None or value.shape != () else float(value)
