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


FOREIGN: Mapping[str, str] = {
    **dict.fromkeys(("PI", "Pi", "π"), "write pi"),
    **dict.fromkeys(("Inf", "Infinity", "INFINITY"), "write inf"),
    **dict.fromkeys(("NaN", "NA", "NAN"), "write nan"),
    **dict.fromkeys(("true", "TRUE", "T"), "write True"),
    **dict.fromkeys(("false", "FALSE"), "write False"),
    **dict.fromkeys(("null", "NULL", "nil", "nothing", "undefined"), "write None"),
    **dict.fromkeys(("Math", "console", "std"), "write NumPy's functions without a module: sin(x)"),
    **dict.fromkeys(("F", "tf", "torch", "mx", "sp", "sympy"), "write NumPy's functions: sin(x), x.sum()"),
    "ln": "write log(x)",
    "lg": "write log10(x)",
    "log_": "write log(x)",
    "sqr": "write square(x), or x**2",
    "tg": "write tan(x)",
    "arctg": "write arctan(x)",
    "sgn": "write sign(x)",
    "ceiling": "write ceil(x)",
    "fabs": "write abs(x)",
    "cbind": "write column_stack((a, b))",
    "rbind": "write vstack((a, b))",
    "c": "write a list, [1, 2, 3]",
    "rep": "write repeat(x, n)",
    "seq": "write linspace(start, stop, n), or arange(start, stop, step)",
    "pmax": "write maximum(x, y)",
    "pmin": "write minimum(x, y)",
    "crossprod": "write A.T @ B",
    "length": "write len(x)",
    "nrow": "write A.shape[0]",
    "ncol": "write A.shape[1]",
    "numel": "write x.size",
    "mod": "write a % b",
    "nchoosek": "write comb(n, k)",
    "choose": "write comb(n, k)",
    "normpdf": "write scipy.stats.norm.pdf(x)",
    "normcdf": "write scipy.stats.norm.cdf(x)",
    "pnorm": "write scipy.stats.norm.cdf(x)",
    "dnorm": "write scipy.stats.norm.pdf(x)",
    "qnorm": "write scipy.stats.norm.ppf(p)",
    "bsxfun": "operators broadcast by themselves: write a * b",
    **dict.fromkeys(("IF", "ifelse", "IIF", "iif"), "write a if condition else b, or where(condition, a, b)"),
    **dict.fromkeys(("AVERAGE", "avg"), "write mean(x)"),
    "STDEV": "write std(x, ddof=1)",
    "SUMPRODUCT": "write sum(x * y)",
    "MMULT": "write A @ B",
    "filter": "write [t for t in v if ...]",
    **dict.fromkeys(
        ("D", "derivative", "differentiate"), "the gradient is what the request asks for; inside, grad(f)(x)"
    ),
    **dict.fromkeys(("integrate", "integral"), "write quad(f, a, b)[0]"),
    **dict.fromkeys(("fsolve", "fzero", "nsolve", "uniroot"), "write root(f, x0)"),
    **dict.fromkeys(("fminsearch", "fminunc", "optim", "argmin_"), "write minimize(f, x0)"),
    **dict.fromkeys(("ode45", "ode", "solve_ivp", "rk4"), "write odeint(f, y0, t), for y' = f(y, t)"),
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), "write the program as it is: no text is run"),
    **dict.fromkeys(("open", "loadtxt", "genfromtxt", "read_csv", "load"), "post the data as an input"),
    **dict.fromkeys(
        ("rand", "randn", "random", "rnorm", "runif"), "draw random numbers before, and post them as an input"
    ),
    **dict.fromkeys(("float32", "float16", "single", "half"), "numbers are float64 here: leave it out"),
    **dict.fromkeys(("complex64", "complex128", "complex"), "write the real and the imaginary part as two numbers"),
    **dict.fromkeys(("asmatrix", "matrix", "mat", "DataFrame", "Series", "tensor", "Tensor"), "write array(...)"),
    "count": "write for i in range(n)",
    "cycle": "write x[i % len(x)]",
    "namedtuple": "write a dictionary: p['mass']",
    "defaultdict": "write p = {}, and p[k] = p.get(k, 0) + x",
    "Counter": "write p = {}, and p[k] = p.get(k, 0) + 1",
    "deque": "write a list",
    "hanning": "write 0.5 - 0.5*cos(2*pi*arange(n)/(n - 1))",
    "hamming": "write 0.54 - 0.46*cos(2*pi*arange(n)/(n - 1))",
    "ndenumerate": "write a loop over range(n) for each axis",
    "ndindex": "write a loop over range(n) for each axis",
}
"""What to write for names that other languages, or other libraries, have."""


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
    foreign = FOREIGN.get(name.rpartition(".")[2])
    if foreign is not None:
        return foreign
    return next((text for module, text in _REASONS.items() if name == module or name.startswith(f"{module}.")), None)
