"""The refusal of a derivative that does not exist here: by whole numbers, and by parameters without a method."""

from __future__ import annotations

from typing import Any

from adcore.errors import NotDifferentiable
from adcore.graph import Node
from adcore.ops.base import Hidden, declare
from adcore.ops.shapes import infer_elementwise


def _same(x: Any, *, reason: Hidden = "there is no derivative by it") -> Any:
    return x


def _refuse(node: Node, _: Any) -> Any:
    raise NotDifferentiable(
        node.param("reason"), span=node.span, help="leave it out of the inputs that a gradient is asked for"
    )


refuse_derivative = declare(
    "refuse_derivative",
    "x",
    _same,
    infer_elementwise(),
    jvp=_refuse,
    vjp=_refuse,
    elementwise=True,
    public=False,
    nanoseconds=0.0,
    domain=((1.0, 1.0),),
    text="{0}",
    readable=False,
    scalar=lambda b, x, reason: x,
    doc="x as it is; to differentiate by it is an error, which the reason explains.",
)
