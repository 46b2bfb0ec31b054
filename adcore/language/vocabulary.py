"""The predefined names: constants and functions, by name and by full name; the likeliest correction of an unknown one.

A dotted name is resolved whole. ``scipy.special.gamma`` is an op since its module has a function of the op's name;
where a module means something else by a name, another declaration has the full name, or none has it.
"""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from adcore.language import library
from adcore.language.builtins import BUILTIN_FUNCTIONS
from adcore.language.functionals import FUNCTIONALS
from adcore.ops import OPS, Op

CONSTANTS: dict[str, float | bool | None] = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
}
"""The constants that need no prefix."""

MODULE_CONSTANTS: dict[str, float | bool | None] = {
    **{f"{module}.{name}": value for module in ("math", "numpy") for name, value in CONSTANTS.items()},
    "math.tau": math.tau,
    "numpy.Inf": math.inf,
    "numpy.infty": math.inf,
    "numpy.NaN": math.nan,
    "numpy.euler_gamma": 0.5772156649015329,
    "numpy.newaxis": None,
    **{f"scipy.constants.{name}": value for name, value in library.PHYSICAL_CONSTANTS.items()},
}
"""The constants of modules, by full name."""

FLOAT_TYPES = frozenset({"float", "float64", "double", "float_"})
"""The names of float64 that ``dtype=`` accepts."""

BUILTINS: Mapping[str, tuple[str, ...]] = {
    "len": (),
    "float": (),
    "int": (),
    "bool": (),
    "list": (),
    "tuple": (),
    "divmod": (),
    "dict": (),
    "set": ("frozenset",),
    "sorted": (),
    "slice": (),
    "collections.OrderedDict": (),
    "functools.partial": (),
    "functools.reduce": (),
    "itertools.accumulate": (),
    "builtins.sum": (),
    "builtins.max": (),
    "builtins.min": (),
    "builtins.any": (),
    "builtins.all": (),
    "builtins.round": (),
    "numpy.linalg.eigh": (),
    "numpy.linalg.eigvalsh": (),
    "numpy.linalg.cholesky": (),
    "scipy.linalg.eigh": (),
    "scipy.linalg.eigvalsh": (),
    "scipy.linalg.cholesky": (),
    "scipy.linalg.qr": (),
    "array": ("asarray", "asanyarray", "float64", "copy", "ascontiguousarray"),
}
"""The functions that are no ops, with their aliases. A name with a dot is a full name, and none without it."""

CONCATENATORS = frozenset({"numpy.r_", "numpy.c_", "numpy.mgrid", "numpy.ogrid"})
"""What is subscripted like an array, and gives one."""

TYPES = frozenset("str object complex bytes type range slice ndarray".split())
"""Python's types that are no functions here: ``isinstance`` asks for them."""

PYTHONS = frozenset("sum max min abs round pow any all".split())
"""The functions that are Python's own where a program uses NumPy by its name, and NumPy's where it does not."""

_ALSO: Mapping[str, str] = {
    "fsum": "sum",
    "operator.add": "add",
    "operator.sub": "subtract",
    "operator.mul": "multiply",
    "operator.truediv": "divide",
    "operator.pow": "power",
    "operator.neg": "negative",
    "operator.matmul": "matmul",
}
"""Names of ops in Python's own modules."""


@functools.cache
def distributions() -> frozenset[str]:
    """The full names of the distributions: ``scipy.stats.norm``, whose functions are ops."""
    full = [alias for op in OPS.values() for alias in op.signature.aliases if alias.startswith("scipy.stats.")]
    return frozenset(name for alias in full if (name := alias.rpartition(".")[0]) != "scipy.stats")


class Declared(NamedTuple):
    """The names of one function of the language."""

    name: str
    names: tuple[str, ...]
    """The name and its aliases; those with a dot are full names."""
    modules: frozenset[str]
    """The modules whose functions of these names are this one."""


def _declared() -> Iterator[Declared]:
    everywhere = frozenset(library.NAMES)
    for name, aliases in BUILTINS.items():
        yield Declared(name, (name, *aliases), everywhere)
    for name in distributions():
        yield Declared(name, (name,), everywhere)
    for name in BUILTIN_FUNCTIONS:
        yield Declared(name, (name,), everywhere)
    for alias, name in _ALSO.items():
        yield Declared(name, (alias,), everywhere)
    for functional in FUNCTIONALS.values():
        # SciPy has another jvp, a derivative of a Bessel function.
        modules = frozenset({"jax", "autograd", "scipy.integrate", "numpy"})
        yield Declared(functional.name, (functional.name, *functional.signature.aliases), modules)
    for op in OPS.values():
        names = (op.name, *op.signature.aliases)
        yield Declared(op.name, names if op.signature.public else tuple(x for x in names if "." in x), everywhere)


@functools.cache
def functions() -> dict[str, str]:
    """Every name a program can call without a prefix, with the op, the functional or the built-in it stands for."""
    return {alias: each.name for each in _declared() for alias in each.names if "." not in alias}


@functools.cache
def full_names() -> dict[str, str]:
    """Every full name a program can call, with the op, the functional or the built-in it stands for."""
    declared = list(_declared())
    implied = {
        f"{module}.{alias}": each.name
        for each in declared
        for alias in each.names
        if "." not in alias
        for module in each.modules
        if alias in library.NAMES[module]
    }
    return implied | {alias: each.name for each in declared for alias in each.names if "." in alias}


def function_of(full: str) -> str | None:
    """The op, the functional or the built-in that a full name stands for; None where there is none."""
    known = full_names()
    return known.get(full) or known.get(library.canonical(full))


def constant_of(full: str) -> tuple[float | bool | None] | None:
    """A constant of a module, ``numpy.pi``, in a tuple, since None (``numpy.newaxis``) is one; None otherwise."""
    name = library.canonical(full)
    return (MODULE_CONSTANTS[name],) if name in MODULE_CONSTANTS else None


def names_in(module: str) -> set[str]:
    """The functions and constants of a module that the language has."""
    prefix = f"{library.canonical(module)}."
    return {x.removeprefix(prefix) for x in (*full_names(), *MODULE_CONSTANTS) if x.startswith(prefix)}


def modules_with(name: str) -> list[str]:
    """The full names of functions that are called like this in their modules."""
    return sorted(x.removeprefix("builtins.") for x in full_names() if x.endswith(f".{name}"))


@functools.cache
def methods() -> dict[str, Op]:
    """The ops that can be called as methods, by name and alias."""
    return {
        name: op
        for op in OPS.values()
        if op.signature.public and op.signature.method
        for name in (op.name, *op.signature.aliases)
        if "." not in name
    }


def is_module_name(name: str) -> bool:
    """Whether ``name``, where nothing assigns it, is a module."""
    return name in library.PREFIXES


def normal(name: str) -> str:
    """A name as Python's parser gives it: ``µ`` (the sign) and ``μ`` (the letter) are one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The help line that names the likeliest of ``known``, or None where none is near.

    Near is one slip of the keyboard in a name of three letters, two from six letters on, three from twelve on; names of
    one or two letters are near to those with one letter more, and to those that differ in case alone. Of equally near
    names it is the shortest.
    """
    short = len(name) < 3
    most = 1 if len(name) < 6 else 2 if len(name) < 12 else 3
    if len(name) > 50:
        return None
    distances = [
        (distance, len(word), word)
        for word in set(known) - {name}
        if (not short or word.lower().startswith(name.lower()))
        and abs(len(word) - len(name)) <= most
        and (distance := _slips(name.lower(), word.lower())) <= most
    ]
    return f"did you mean {min(distances)[2]}?" if distances else None


def _slips(a: str, b: str) -> int:
    """How many letters are to be added, left out, replaced or swapped with the next to turn ``a`` into ``b``.

    The distance of optimal string alignment (Damerau 1964), row by row.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        previous, row = row, [i]
        for j, other in enumerate(b, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != other))
            if before and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = previous
    return row[-1]
