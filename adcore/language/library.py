"""The libraries that programs are written for: their modules, and which names each module has.

The names are those of the modules installed here, listed once when this is imported; no name of a program is ever
looked up in a module.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import math
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np
import scipy.constants
import scipy.linalg
import scipy.special

PREFIXES: Mapping[str, str] = {
    "np": "numpy",
    "numpy": "numpy",
    "jnp": "jax.numpy",
    "math": "math",
    "scipy": "scipy",
    "jax": "jax",
}
"""The modules behind the usual prefixes, imported or not."""

_MIRRORS: Mapping[str, str] = {
    "jax.numpy": "numpy",
    "autograd.numpy": "numpy",
    "jax.scipy": "scipy",
    "autograd.scipy": "scipy",
}
"""The modules whose functions are those of another one, in their submodules as well."""

_INSTALLED: Mapping[str, ModuleType] = {
    "builtins": builtins,
    "math": math,
    "numpy": np,
    "numpy.linalg": np.linalg,
    "scipy.special": scipy.special,
    "scipy.linalg": scipy.linalg,
}

_FURTHER: Mapping[str, str] = {
    # Names of earlier versions, which are still written.
    "numpy": "Inf infty NaN trapz float_ float_power",
    "numpy.lib.stride_tricks": "sliding_window_view",
    "jax": "grad value_and_grad jacobian jacfwd jacrev hessian jvp",
    "jax.lax": "stop_gradient exp log sin cos tan sinh cosh tanh sqrt abs sign floor ceil erf erfc lgamma digamma",
    "jax.nn": "relu sigmoid softplus softmax log_softmax log_sigmoid logsumexp",
    "autograd": "grad value_and_grad jacobian hessian",
    "scipy.interpolate": "CubicSpline interp1d",
    "scipy.integrate": "odeint quad trapezoid simpson cumulative_trapezoid",
}
"""Names of modules that are not installed here, or not worth their time to load."""

PHYSICAL_CONSTANTS: Mapping[str, float] = {
    name: float(value)
    for name, value in vars(scipy.constants).items()
    if isinstance(value, int | float) and not name.startswith("_")
}
"""The constants of nature, units and prefixes of ``scipy.constants``."""

NAMES: Mapping[str, frozenset[str]] = {
    name: frozenset(
        [
            *(x for x in (dir(_INSTALLED[name]) if name in _INSTALLED else ()) if not x.startswith("_")),
            *_FURTHER.get(name, "").split(),
        ]
    )
    for name in {**_INSTALLED, **_FURTHER}
}
"""The public names of each module whose functions are looked up by their names here."""

MODULES = frozenset(
    {
        *NAMES,
        *_MIRRORS,
        *"""numpy.lib numpy.random numpy.fft numpy.polynomial numpy.ma numpy.testing scipy scipy.constants
        scipy.fft scipy.integrate scipy.interpolate scipy.ndimage scipy.optimize scipy.signal scipy.sparse scipy.spatial
        scipy.stats jax.random jax.scipy autograd cmath random""".split(),
    }
)
"""The modules that a dotted name can begin with, after an import."""


def canonical(full: str) -> str:
    """The full name of what a full name mirrors: ``numpy.sin`` for ``jax.numpy.sin``."""
    for mirror, module in _MIRRORS.items():
        if full == mirror or full.startswith(f"{mirror}."):
            return module + full[len(mirror) :]
    return full


def has(full: str) -> bool | None:
    """Whether the module of a full name has the name; None where its names are not known."""
    module, _, name = canonical(full).rpartition(".")
    names = NAMES.get(module)
    return None if names is None or module not in _INSTALLED else name in names


_REASONS: Mapping[str, str] = {
    "numpy.random": "a program has no random numbers; draw them before, and post them as an input",
    "jax.random": "a program has no random numbers; draw them before, and post them as an input",
    "random": "a program has no random numbers; draw them before, and post them as an input",
    "scipy.optimize": "root(f, x0), fixed_point(f, x0) and minimize(f, x0) are known without an import",
    "torch": "write NumPy's functions: sin(x), x.sum(); the gradient is what the request asks for",
    "tensorflow": "write NumPy's functions: sin(x), sum(x); the gradient is what the request asks for",
    "scipy.integrate": "odeint(f, y0, t) is known without an import",
}
"""What to do about the lack of a module's functions."""


class Convention(NamedTuple):
    """How the function of a library is called."""

    positional: tuple[str, ...]
    """The parameters that can be passed by position, in order."""
    required: tuple[str, ...]
    """The parameters without a default, in order."""
    defaults: Mapping[str, object]
    """All parameters; those without a default have ``inspect.Parameter.empty``."""


@functools.cache
def convention(full: str) -> Convention | None:
    """How the function of a full name is called; None where it is not known, and for functions of operands only.

    ``full`` is a name that the vocabulary has.
    """
    module, _, name = canonical(full).rpartition(".")
    function = vars(_INSTALLED[module]).get(name) if module in _INSTALLED else None
    if function is None or isinstance(function, (np.ufunc, type)):
        return None
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # Some functions written in C have none.
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    parameters = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    return Convention(
        tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY),
        tuple(p.name for p in parameters if p.default is p.empty),
        {p.name: p.default for p in parameters},
    )


def reason(full: str) -> str | None:
    """The help for a full name that the language lacks, by its module."""
    name = canonical(full)
    return next((text for module, text in _REASONS.items() if name == module or name.startswith(f"{module}.")), None)
