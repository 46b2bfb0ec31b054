"""The predefined names: constants, modules, functions; and the likeliest correction of an unknown name."""

from __future__ import annotations

import difflib
import functools
import math
import unicodedata
from collections.abc import Iterable

from adcore.language.functionals import FUNCTIONALS, Functional
from adcore.ops import OPS, Op

CONSTANTS: dict[str, float | bool | None] = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
}

MODULE_CONSTANTS: dict[str, float | bool | None] = {
    **CONSTANTS,
    "tau": math.tau,
    "Inf": math.inf,
    "infty": math.inf,
    "NaN": math.nan,
    "euler_gamma": 0.5772156649015329,
    "newaxis": None,
}

_LIBRARIES = {"np": "numpy", "numpy": "numpy", "jnp": "jax.numpy", "math": "math", "scipy": "scipy", "jax": "jax"}
"""The modules behind the usual prefixes, imported or not."""

MODULES = frozenset(
    """numpy numpy.linalg math scipy scipy.special scipy.linalg jax jax.numpy jax.numpy.linalg jax.nn jax.lax
    jax.scipy jax.scipy.special jax.scipy.linalg autograd autograd.numpy autograd.numpy.linalg autograd.scipy
    autograd.scipy.special""".split()
)

PASSED_OVER = frozenset({"__future__", "typing", "collections.abc", "numpy.typing"})
"""Modules whose imports are ignored: what they define only appears in annotations."""

FLOAT_TYPES = frozenset({"float", "float64", "double", "float_"})
"""The names of float64 that ``dtype=`` accepts."""

BUILTINS = ("len", "float", "int", "bool", "list", "tuple", "divmod")
"""Python's own functions that are not ops."""

_CONVERSIONS = ("array", "asarray", "asanyarray", "atleast_1d", "float64", "copy", "ascontiguousarray")
"""NumPy's functions that convert to an array."""


@functools.cache
def functions() -> dict[str, str]:
    """Every name a program can call, with the op, the functional or the built-in function it stands for."""
    declared: list[Op | Functional] = [*FUNCTIONALS.values(), *(op for op in OPS.values() if op.signature.public)]
    names = {alias: each.name for each in declared for alias in (each.name, *each.signature.aliases)}
    built_in = {**{name: name for name in BUILTINS}, **dict.fromkeys(_CONVERSIONS, "array")}
    return {**built_in, "sorted": "sort", "fsum": "sum", **names}


@functools.cache
def methods() -> dict[str, Op]:
    """The ops that can be called as methods, by name and alias."""
    return {
        name: op
        for op in OPS.values()
        if op.signature.public and op.signature.method
        for name in (op.name, *op.signature.aliases)
    }


def module(dotted: str) -> str | None:
    """The full name of the module that a dotted name with a usual prefix stands for: ``np.linalg``, ``jnp``."""
    root, _, rest = dotted.partition(".")
    full = _LIBRARIES.get(root, root) + (f".{rest}" if rest else "")
    return full if full in MODULES else None


def is_module_name(name: str) -> bool:
    """Whether ``name``, where nothing assigns it, is a module."""
    return name in _LIBRARIES


def module_constant(name: str) -> tuple[float | bool | None] | None:
    """A constant of a module, ``np.pi``, in a tuple, since None (``np.newaxis``) is one of them; None otherwise."""
    return (MODULE_CONSTANTS[name],) if name in MODULE_CONSTANTS else None


def normal(name: str) -> str:
    """A name as Python's parser gives it: ``µ`` (the sign) and ``μ`` (the letter) are one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The help line that names the likeliest of ``known``, or None where none is near."""
    candidates = {word.lower(): word for word in sorted(set(known) - {name}, reverse=True)}
    near = difflib.get_close_matches(name.lower()[:50], candidates, n=1, cutoff=0.65)
    return f"did you mean {candidates[near[0]]}?" if near else None
