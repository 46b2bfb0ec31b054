"""What is declared of an op besides its rules: its signature, its notation, the facts that passes use, and where the
generated tests sample it. Plain data, which knows no graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adcore.graph.types import DType, Kind, Parameter


@dataclass(frozen=True, slots=True)
class Signature:
    """How an op is called."""

    operands: tuple[str, ...] = ()
    """The names of the operands; a last name with a leading ``*`` takes any number of them, given as one list."""
    parameters: tuple[Parameter, ...] = ()
    dtypes: tuple[DType | None, ...] = (DType.FLOAT,)
    """What each operand is converted to (the last entry serves all that follow); None leaves it as it is."""
    arguments: tuple[str, ...] = ()
    """The order of a call where it is not operands first, parameters after: ``full(shape, fill_value)``."""
    defaults: tuple[float | tuple[()] | None, ...] = ()
    """The values of operands that a call leaves out, in the order of ``operands``; None for required ones."""
    aliases: tuple[str, ...] = ()
    public: bool = True
    """Whether programs can call it by name."""
    method: bool = False
    """Whether it can be written ``x.name(...)``."""

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the arguments in the order of a positional call; hidden parameters are none."""
        if self.arguments:
            return self.arguments
        visible = (p.name for p in self.parameters if p.kind is not Kind.HIDDEN)
        return (*(name.lstrip("*") for name in self.operands), *visible)

    def usage(self, name: str) -> str:
        """How it is called, as Python writes it: ``sum(x, axis=None, keepdims=False)``."""
        defaults = (*self.defaults, *(None,) * len(self.operands))
        words = {
            operand.lstrip("*"): operand.lstrip("*") if default is None else f"{operand}={default!r}"
            for operand, default in zip(self.operands, defaults, strict=False)
        }
        for p in self.parameters:
            words[p.name] = p.name if p.required else f"{p.name}={p.default!r}"
        return f"{name}({', '.join(words[argument] for argument in self.order)})"


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
