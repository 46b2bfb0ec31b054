"""Assertions: conditions that a program requires, and guards of the values that depend on them.

A condition that holds gives a token; the values computed after it are guarded by the token, so that no engine and no
rewrite can drop the condition without the value.
"""

from __future__ import annotations

from typing import Any

from adcore.errors import AssertionFailed
from adcore.graph import DType, Op, Type
from adcore.ops.base import Hidden, declare, sample

TOKEN = Type(DType.BOOL, ())
DEFAULT_MESSAGE = "an assertion does not hold"
"""The message of an assertion without one."""


def _require(token: Any, condition: Any, *values: Any, message: Hidden, names: Hidden) -> Any:
    """Raises AssertionFailed."""
    if not condition:
        operands = ", ".join(f"{name} is {value.item()!r}" for name, value in zip(names, values, strict=True))
        raise AssertionFailed(f"{message}: {operands}" if operands else message)
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
    nanoseconds=0.0,
    samples=(sample((), ()), sample((3,), ())),
    doc="x, computed only after the condition that gave the token.",
)
