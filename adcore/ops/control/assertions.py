"""Assertions: conditions that a program requires, and values that are only given where they hold.

A condition that holds gives a token; what is computed under it is guarded by the token, so that no engine and no
rewrite can leave the condition out and keep the value.
"""

from __future__ import annotations

from typing import Any

from adcore.errors import AssertionFailed
from adcore.graph import DType, Op, Type
from adcore.ops.base import Hidden, declare, sample

TOKEN = Type(DType.BOOL, ())
UNSAID = "an assertion does not hold"
"""The message of an assertion that has none."""


def _require(token: Any, condition: Any, *values: Any, message: Hidden, names: Hidden) -> Any:
    """Raises AssertionFailed."""
    if not condition:
        told = ", ".join(f"{name} is {value.item()!r}" for name, value in zip(names, values, strict=True))
        raise AssertionFailed(f"{message}: {told}" if told else message)
    return token


require: Op = declare(
    "require",
    "token condition *values",
    _require,
    lambda token, condition, *values, message, names: TOKEN,
    dtypes=(DType.BOOL, DType.BOOL, None),
    public=False,
    can_fail=True,
    samples=(sample((), (), message="x is positive", names=()),),
    doc="The token, if the condition holds.",
)

guard: Op = declare(
    "guard",
    "x token",
    lambda x, token: x,
    lambda x, token: x,
    jvp=lambda node, tangents: tangents[0],
    vjp=lambda node, g: (g, None),
    dtypes=(None, DType.BOOL),
    public=False,
    samples=(sample((), ()), sample((3,), ())),
    doc="x, once what the token stands for has been seen to hold.",
)
