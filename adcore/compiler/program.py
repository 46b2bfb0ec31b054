"""Programs for callers in Python: a text is compiled once, and called with numbers, lists or arrays.

All programs of a process share one compiler and its cache, so compiling the same text for the same shapes again costs
a look-up.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcore.compiler.compiled import Answer, Compiled
from adcore.compiler.compiler import Compiler
from adcore.compiler.query import Query, normalised, normalised_names
from adcore.derivatives.jacobian import Mode
from adcore.errors import BadInputValue
from adcore.graph import Array

_LOCK = threading.Lock()


@functools.cache
def _only_compiler() -> Compiler:
    return Compiler()


def shared_compiler() -> Compiler:
    """The compiler that all programs of the process share."""
    with _LOCK:
        return _only_compiler()


@dataclass(frozen=True, slots=True)
class Program:
    """A program's text and a query: called with inputs, it returns the answer. Safe to call in many threads at once.

    It may be called with inputs of other shapes than it was compiled for; it is compiled for them then.
    """

    text: str
    query: Query
    compiled: Compiled = field(repr=False)
    """The program, compiled for the inputs that ``compile`` had."""

    @property
    def engine(self) -> str:
        """The name of the engine that would run inputs like those it was compiled for."""
        return shared_compiler().latest(self.compiled).engine

    def __call__(self, inputs: Mapping[str, Any], **seeds: Mapping[str, Any]) -> Answer:
        """The answer for ``inputs``: numbers, nested lists or arrays by name.

        ``tangents`` by input (for a JVP and an HVP) and ``cotangents`` by output (for a VJP) are mappings, too; one
        that is left out is zero. Raises the errors of ``adcore.errors``.
        """
        arrays = normalised_names(_arrays(inputs, "inputs"))
        compiled, _ = shared_compiler().compile(self.text, arrays, self.query)
        return compiled.evaluate(
            arrays, **{role: normalised_names(_arrays(values, role)) for role, values in seeds.items()}
        )


def compile(
    text: str,
    inputs: Mapping[str, Any],
    *,
    kind: str = "gradient",
    wrt: str | Sequence[str] | None = None,
    outputs: str | Sequence[str] | None = None,
    mode: Mode = "auto",
    batch: bool | str | Sequence[str] = False,
) -> Program:
    """Compile a program's text for inputs of these shapes, and for a kind of derivative.

    ``kind`` is "none" (the values only), "gradient", "jacobian", "hessian", "jvp", "vjp" or "hvp": of the ``outputs``
    (default: the program's result) by the inputs ``wrt`` (default: all that can be differentiated by). ``batch`` True
    gives every array a leading axis of points; names give it to just these inputs. The answers of the program have
    ``values`` and ``notices``, and what the kind gives: ``gradients[input]``, ``jacobian[output][input]``,
    ``hessian[input][input]``, ``tangents[output]``, ``hvp[input]``, the shape of what is differentiated before that of
    what it is differentiated by. Raises the errors of ``adcore.errors``, with their places in the text.
    """
    if not isinstance(text, str):
        raise TypeError(f"a program is a str, not a {type(text).__name__}")
    query = Query(
        kind=kind,
        outputs=_names(outputs, "outputs"),
        wrt=_names(wrt, "wrt"),
        mode=mode,
        batch=batch if isinstance(batch, bool) else _names(batch, "batch") or (),
    )
    query, arrays = normalised(query, _arrays(inputs, "inputs"))
    compiled, _ = shared_compiler().compile(text, arrays, query)
    return Program(text, query, compiled)


def _names(names: object, where: str) -> tuple[str, ...] | None:
    """One name or several as a tuple, None as None. Raises TypeError."""
    if names is None:
        return None
    several = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else (names,)
    if not all(isinstance(name, str) for name in several):
        raise TypeError(f"{where} is a name or several, not {names!r}")
    return several


def _arrays(values: Mapping[str, Any], where: str) -> dict[str, Array]:
    if not isinstance(values, Mapping):
        raise TypeError(f"{where} is a mapping from names to values, not a {type(values).__name__}")
    for name in values:
        if not isinstance(name, str):
            raise TypeError(f"{where} is a mapping from names to values, and {name!r} is no name")
    return {name: _array_of(value, f"{where}.{name}") for name, value in values.items()}


def _array_of(value: Any, where: str) -> Array:
    """A copy as an array of float64, or of truth values. Raises BadInputValue."""
    try:
        array = np.array(value)
    except ValueError:
        raise BadInputValue(f"{where} is not a regular array of numbers") from None
    if array.dtype.kind not in "biuf":
        raise BadInputValue(f"{where} is a {type(value).__name__} that is not made of numbers")
    return array if array.dtype.kind == "b" else array.astype(np.float64, copy=False)
