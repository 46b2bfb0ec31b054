"""What is declared of an op besides its signature and its rules: its notation, the facts that passes use, and where the
generated tests sample it. Plain data, which knows no graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notation:
    """How an application is written, in programs and in formulas, and what the op is in words."""

    text: str | Callable[..., str] | None = None
    """None is the call, ``name(operands, parameters)``.

    A template has ``{0}`` for the first operand's text, ``{name}`` for a parameter; a function takes the texts, and the
    parameters by name. Operands that hold together less tightly than ``binding`` come in brackets, unless they stand
    between brackets or commas.
    """
    binding: int = 100
    """How tightly the text holds together; a call or a name, 100, never needs brackets."""
    readable: bool = True
    """False where only traces and drawings show the text, and no program can contain it."""
    latex: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for every application of an op: what passes, engines and printers ask instead of its name."""

    several: bool = False
    """Whether it has several results, as one node that ``item`` takes them out of; its rules then speak in tuples."""
    on_stacks: bool = False
    """Whether it acts on the stacks of loops, and not on arrays."""
    elementwise: bool = False
    """Acts on each element alone, so it may run over many points at once."""
    commutative: bool = False
    neutral: tuple[float | None, float | None] = (None, None)
    """The left and the right operand that leaves the other one as it is, to the bit."""
    involution: bool = False
    """Whether applying it twice, with the same parameters, gives the operand back, to the bit."""
    can_fail: bool = False
    """May raise at run time, for some values of its operands."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Where and on what the generated tests apply an op."""

    domain: tuple[Any, ...] = ((-3.0, 3.0),)
    """The interval that each operand is sampled from (the last one serves all that follow)."""
    samples: tuple[Any, ...] = ()
    """The applications, where scalars, broadcasts and a matrix do not serve: see ``ops.base.Sample``."""
    nan_gradient: str = ""
    """Why the gradient may be NaN where the value is finite, one sentence; empty where it never is."""
