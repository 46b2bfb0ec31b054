"""How an op or another function is called: its arguments, their order and defaults, and the binding of a call to them.

The language, recording and the texts of usage share this one binding; what an argument is (a value with its place in a
text, a Python value) is theirs to say.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from adcore.graph.types import DType, Kind, Parameter

_Argument = TypeVar("_Argument")


class Absent(Enum):
    """The default of an operand that may be left out: None to the program, and to the rule of a composed op."""

    ABSENT = None

    def __repr__(self) -> str:
        return "None"


class BindingFault(Enum):
    """The ways in which a call can fail to fit a signature."""

    TOO_MANY = "too many"
    UNKNOWN = "unknown name"
    REPEATED = "repeated"
    MISSING = "missing"


class BindingError(Exception):
    """A call that does not fit a signature. The message is a predicate, ``needs x``, which follows the callee's name.

    ``name`` is that of the argument, ``argument`` the first one too many, the unknown or the repeated one, ``earlier``
    the one that a repeated one repeats; None where there is none.
    """

    def __init__(
        self, fault: BindingFault, message: str, name: str | None = None, argument: Any = None, earlier: Any = None
    ) -> None:
        super().__init__(message)
        self.fault, self.name, self.argument, self.earlier = fault, name, argument, earlier


@dataclass(frozen=True)
class Signature:
    """How an op is called."""

    operands: tuple[str, ...] = ()
    """The names of the operands; a last name with a leading ``*`` takes any number of them, as one list."""
    parameters: tuple[Parameter, ...] = ()
    dtypes: tuple[DType | None, ...] = (DType.FLOAT,)
    """The dtype each operand is converted to (the last entry serves all that follow); None converts nothing."""
    arguments: tuple[str, ...] = ()
    """The order of a call where it is not operands first, parameters after: ``full(shape, fill_value)``."""
    defaults: tuple[float | tuple[()] | Absent | None, ...] = ()
    """The values of operands that a call leaves out, in the order of ``operands``; None for required ones."""
    aliases: tuple[str, ...] = ()
    public: bool = True
    """True if programs can call it by name."""
    method: bool = False
    """True if it can be written ``x.name(...)``."""

    @functools.cached_property
    def order(self) -> tuple[str, ...]:
        """The names of the arguments in the order of a positional call, without hidden parameters."""
        if self.arguments:
            return self.arguments
        visible = [p.name for p in self.parameters if p.kind is not Kind.HIDDEN]
        return (*[name.lstrip("*") for name in self.operands], *visible)

    @functools.cached_property
    def required(self) -> tuple[str, ...]:
        """The names of the arguments that have no default: operands first."""
        optional = len(self.defaults)
        return (
            *[name.lstrip("*") for i, name in enumerate(self.operands) if i >= optional or self.defaults[i] is None],
            *[p.name for p in self.parameters if p.required],
        )

    @functools.cached_property
    def optional(self) -> dict[str, Any]:
        """The defaults of the arguments that have one, by name."""
        operands = zip(self.operands, self.defaults, strict=False)
        return {
            **{name.lstrip("*"): default for name, default in operands if default is not None},
            **{p.name: p.default for p in self.parameters if not p.required},
        }

    def bind_arguments(
        self,
        positional: Sequence[_Argument],
        named: Iterable[tuple[str, _Argument]],
        join: Callable[[Sequence[_Argument]], _Argument],
        method: bool = False,
    ) -> dict[str, _Argument]:
        """The arguments of a call by the names of the operands and parameters they are for; defaults are not filled in.

        ``join`` makes one argument of several: of all that are left for a variadic operand which comes last,
        ``einsum(subscripts, a, b)``, and of the lengths or axes of a ``method``, ``x.reshape(2, 3)``. Raises
        BindingError.
        """
        order = self.order
        if method and len(positional) > len(order) == 2 and self._takes_many(order[1]):
            positional = (positional[0], join(positional[1:]))
        if len(positional) >= len(order) > 1 and f"*{order[-1]}" in self.operands:
            positional = (*positional[: len(order) - 1], join(positional[len(order) - 1 :]))
        bound = dict(zip(order, positional, strict=False))
        if len(positional) > len(order):
            most = "no arguments" if not order else "1 argument" if len(order) == 1 else f"{len(order)} arguments"
            raise BindingError(
                BindingFault.TOO_MANY,
                f"takes at most {most}, and this is number {len(order) + 1}",
                argument=positional[len(order)],
            )
        for name, argument in named:
            if name not in order:
                raise BindingError(BindingFault.UNKNOWN, f"takes no argument {name}", name, argument)
            if name in bound:
                raise BindingError(BindingFault.REPEATED, f"is given {name} twice", name, argument, bound[name])
            bound[name] = argument
        for name in self.required:
            if name not in bound:
                raise BindingError(BindingFault.MISSING, f"needs {name}", name)
        return bound

    def _takes_many(self, name: str) -> bool:
        return any(p.name == name and p.kind in (Kind.SHAPE, Kind.AXES) for p in self.parameters)

    def usage(self, name: str) -> str:
        """How it is called, as Python writes it: ``sum(x, axis=None, keepdims=False)``."""
        optional = self.optional
        words = [f"{argument}={optional[argument]!r}" if argument in optional else argument for argument in self.order]
        return f"{name}({', '.join(words)})"
