"""The declaration of an op besides signature and rules: its notation, facts for passes and engines, and samples for
the generated tests. Plain data, which knows no graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notation:
    """How an application is written, in programs and in formulas, and a description of the op."""

    text: str | Callable[..., str] | None = None
    """None is the call, ``name(operands, parameters)``.

    A template has ``{0}`` for the first operand's text, ``{name}`` for a parameter; a function takes the texts, and the
    parameters by name. Operands of a lower precedence than ``binding`` are put in brackets, unless they stand
    between brackets or commas.
    """
    binding: int = 100
    """The precedence of the text; 100 for a call or a name, which never needs brackets."""
    readable: bool = True
    """False where only traces and drawings show the text, and no program can contain it."""
    latex: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Properties of every application of an op, which passes, engines and printers ask instead of its name."""

    several: bool = False
    """True if it has several results: one node, from which ``item`` takes them; its rules then deal in tuples."""
    on_stacks: bool = False
    """True if it acts on the stacks of loops and tapes of calls, and not on arrays."""
    elementwise: bool = False
    """True if it acts on each element alone, so that it may run over many points at once."""
    commutative: bool = False
    neutral: tuple[float | None, float | None] = (None, None)
    """The left and the right neutral element, to the bit; None where there is none."""
    involution: bool = False
    """True if applying it twice, with the same parameters, is the identity, to the bit."""
    linear: bool = False
    """True if it is linear in its operands together, those that are ``flat`` apart."""
    flat: tuple[int, ...] = ()
    """The operands by which the derivative is zero wherever there is one: of a step, a rounding, a sign."""
    can_fail: bool = False
    """True if it may raise at run time, for some values of its operands."""
    contextual: bool = False
    """True if its value depends on the run around it too, as that of equal eigenvalues, which a run may split."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The operands that the generated tests apply an op to."""

    domain: tuple[Any, ...] = ((-3.0, 3.0),)
    """The interval that each operand is drawn from (the last one serves all that follow)."""
    samples: tuple[Any, ...] = ()
    """The applications, where scalars, broadcasts and a matrix do not do: see ``ops.base.Sample``."""
    nan_gradient: str = ""
    """Why the gradient may be NaN where the value is finite, one sentence; empty where it never is."""
