"""The meaning test at large: what has the full name of a function of Python, math, NumPy or SciPy means that function.

For each full name of the language, calls are generated from the samples of its op, by position and by keyword with the
library's own names, or stand below; what the library gives is what the program has to give. Where they differ, a row of
the README says how.
"""

from __future__ import annotations

import builtins
import inspect
import math
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy
import scipy.integrate
import scipy.linalg
import scipy.special
from scipy.stats import norm

from adcore.errors import AdcoreError
from adcore.graph import OPS, DType, Op
from adcore.language import library, vocabulary
from tests.adcore.language.evaluating import run
from tests.adcore.ops.cases import Case, cases_of

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
DIFFERENT = set(re.findall(r"^\| `((?:builtins|math|numpy|scipy)\.[\w.]+)` \|", README, re.MULTILINE))
"""The full names in the README's table of differences."""

TESTS_OF_CALLS = "".join(
    path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "lowering" / "calls").rglob("test_*.py")
)

MODULES: dict[str, Any] = {"builtins": builtins, "math": math, "numpy": np, "scipy": scipy}
EDGES = np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, -3.0, 1e-300, 1e3, -1e3, 1e300, math.inf, -math.inf, math.nan])
MOST_SAMPLES = 5

x, v, w = 2.5, np.array([3.0, -1.0, 2.0, 0.0]), np.array([0.5, 1.5, 4.0, 2.0])
A, B = np.array([[4.0, 1.0, 0.2], [0.5, 3.0, 0.3], [0.1, 0.7, 2.0]]), np.sqrt(np.arange(12.0).reshape(4, 3))
C = np.arange(24.0).reshape(2, 3, 4)
INPUTS: dict[str, Any] = {"x": x, "v": v, "w": w, "A": A, "B": B, "C": C}

CALLS = """
len(set([2, 1, 2])); len(frozenset([1]))
all(v > 0); any(v > 0); bool(x); divmod(x, 0.7); float(x); int(x); int(-x); len(v); dict(a=x)['a']; list(v); tuple(v)
max(v); max(x, 3); v[slice(0, 2)]
min(v); min(x, 3); round(x); round(x*1.37, 1); sorted(v); sum(v); sum(A, 1); abs(-x); pow(x, 2); pow(base=x, exp=3)
math.comb(5, 2); math.factorial(5); math.gcd(12, 18); math.hypot(x, 2, 3); math.isqrt(17); math.lcm(4, 6); math.log(x)
math.log(x, 3); math.perm(5, 2); math.perm(4); math.prod(w); math.prod(w, start=2); math.dist(v, w); math.fsum(v)
math.isclose(x, x + 1e-10); math.remainder(x, 0.7); math.pow(x, 3); math.trunc(-x); math.floor(-x); math.gamma(x)
np.array(v); np.array([x, 1]); np.asarray(v); np.asanyarray(v); np.ascontiguousarray(v); np.copy(v); np.float64(x)
np.bool(x > 1); np.divmod(v, 0.7); np.argwhere(np.arange(3) > 0); np.flatnonzero(np.arange(3)); np.nonzero(np.arange(3))
np.array_split(v, 3)[0]; np.split(v, 2); np.split(v, [1, 3])[1]; np.hsplit(A, 3); np.vsplit(A, 3); np.dsplit(C, 2)
np.split(A, 3, axis=1); np.atleast_1d(x); np.atleast_2d(v); np.atleast_3d(A); np.broadcast_arrays(v, 1.0)[1]
np.delete(v, 1); np.delete(A, 0, axis=1); np.insert(v, 1, x); np.insert(A, 1, 5, axis=0); np.finfo(float).eps
np.gcd(12, 18); np.lcm(4, 6); np.isscalar(3.0); np.isscalar('a'); np.ix_([0, 1], [1, 2])[0]; np.meshgrid(v, w)
np.meshgrid(v, w, indexing='ij'); np.ndim(A); np.shape(A); np.size(A); np.size(A, 1); np.unique([3.0, 1.0, 3.0])
np.piecewise(v, [v < 0, v > 1], [-1.0, 1.0, 0.0]); np.select([v < 0, v > 1], [v, 2*v], 7); np.select([v > 0], [v])
np.linalg.cholesky(A); np.linalg.cholesky(A, upper=True); np.linalg.eigh(A)[0]; np.linalg.eigh(A, UPLO='U')[0]
np.linalg.eigvalsh(A); np.linalg.eigvalsh(A, 'U'); np.linalg.trace(C); np.linalg.trace(C, offset=1)
np.linalg.diagonal(C); np.linalg.diagonal(C, offset=1); np.diagonal(C); np.identity(3); np.identity(n=2)
scipy.linalg.cholesky(A); scipy.linalg.cholesky(A, lower=True); scipy.linalg.eigh(A)[0]; scipy.linalg.eigvalsh(A)
scipy.linalg.eigh(A, eigvals_only=True); scipy.linalg.eigh(A, lower=False)[0]; scipy.linalg.qr(A)
scipy.linalg.qr(B, mode='economic'); scipy.special.comb(5, 2); scipy.special.perm(5, 2)
scipy.interpolate.CubicSpline(np.arange(4), np.arange(4)**0.5)(0.7)
scipy.linalg.cho_solve(scipy.linalg.cho_factor(A), A[0])
np.einsum('ij,jk->ik', A, A); np.einsum('ij,j', A, A[0]); np.einsum('ii', A); np.arange(4); np.arange(stop=4, start=1)
np.trapezoid(B, axis=0); np.trapezoid(y=w, dx=0.5); np.trapezoid(w, v); np.linalg.cross(A[0], A[1])
np.vectorize(math.sin)(x); np.concat((v, w)); np.sum(A); np.prod(A, axis=0); np.std(A, ddof=1); np.cov(A); np.cov(v, w)
np.linalg.norm(A, 'fro'); np.linalg.norm(v, 1); np.linalg.pinv(A); np.linalg.qr(B); np.linalg.svd(A, compute_uv=False)
np.linalg.lstsq(B, w)[0]; np.linalg.lstsq(B, w, rcond=None)[0]; scipy.linalg.lstsq(B, w)[0]; scipy.linalg.pinv(B)
scipy.interpolate.CubicSpline(np.arange(4.0), w)(x); scipy.interpolate.interp1d(np.arange(4.0), w)(x)
scipy.integrate.quad(lambda t: t*t, 0, 2)[0]; scipy.stats.norm(1, 2).pdf(x); scipy.stats.expon(scale=2).logpdf(x)
np.polyval(v, x); np.correlate(v, w); np.correlate(v, w, 'full'); np.convolve(v, w); np.round(v*1.37, 1)
"""
"""Calls of what no sample of an op gives, and of what differs between libraries."""


class Call(NamedTuple):
    """A call as a program, and what the library makes of it."""

    text: str
    inputs: dict[str, Any]
    function: Any
    arguments: list[Any]
    keywords: dict[str, Any]


def library_function(full: str) -> Any:
    """What a full name stands for in the library; None for names of earlier versions."""
    root, *parts = full.split(".")
    value = MODULES[root]
    for part in parts:
        value = getattr(value, part, None)
    return value


def calls_of(full: str, op: Op, case: Case) -> Iterator[Call]:
    """A sample of an op as calls of the library's function: by position as far as possible, and by keyword."""
    function, convention = library_function(full), library.convention(full)
    operands, names = case.operands(), [name.lstrip("*") for name in op.signature.operands]
    inputs = {f"x{i}": value for i, value in enumerate(operands)}
    rest: list[str] = []
    values: dict[str, tuple[str, Any]] = dict(zip(names, inputs.items(), strict=False))
    if op.signature.operands and op.signature.operands[-1].startswith("*"):
        first = len(names) - 1
        rest = list(inputs)[first:]
        values[names[-1]] = (f"[{', '.join(rest)}]", [inputs[name] for name in rest])
    values |= {name: (repr(value), value) for name, value in case.sample.params.items()}
    order: tuple[str, ...] = op.signature.order
    forms: list[tuple[list[str], list[str]]] = []
    if convention is not None:
        own = [name for name in order if name in op.signature.required and name not in convention.defaults]
        theirs = dict(zip(own, [name for name in convention.required if name not in order], strict=False))
        values = {theirs.get(name, name): pair for name, pair in values.items()}
        order = convention.positional
        only = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_ONLY]
        named = [name for name in only if name in values]
        forms.append((named, [name for name in values if name not in named]))
    count = next((i for i, name in enumerate(order) if name not in values), len(order))
    forms.append((list(order[:count]), [name for name in values if name not in order[:count]]))
    for positional, keywords in forms:
        texts, arguments = [values[name][0] for name in positional], [values[name][1] for name in positional]
        if convention is None and texts and texts[-1].startswith("["):
            texts[-1:], arguments[-1:] = rest, arguments[-1]
        texts += [f"{name}={values[name][0]}" for name in keywords]
        yield program(full, texts, inputs, function, arguments, {name: values[name][1] for name in keywords})


def program(
    full: str, texts: list[str], inputs: dict[str, Any], function: Any, arguments: list[Any], keywords: dict[str, Any]
) -> Call:
    text = f"import numpy as np\n{full.removeprefix('builtins.')}({', '.join(texts)})"
    return Call(text, inputs, function, arguments, keywords)


def methods_of(full: str) -> Iterator[Call]:
    """A method of a ufunc of two numbers, at numbers that all of them take."""
    function = library_function(full)
    for keywords in [{}] if full.endswith("outer") else [{}, {"axis": 1}]:
        arguments = [w, v] if full.endswith("outer") else [np.array([w, w + 1.0, 2.0 * w])]
        inputs = dict(zip(("x0", "x1"), arguments, strict=False))
        yield program(
            full, [*inputs, *(f"{k}={n}" for k, n in keywords.items())], inputs, function, arguments, keywords
        )


def edges_of(full: str, op: Op) -> Iterator[Call]:
    """An elementwise op of one operand or two at zeros, infinities, NaN, and small and large numbers."""
    count = len(op.signature.operands)
    if op.facts.elementwise and op.rules.value is not None and count <= 2 and op.signature.dtypes[0] is DType.FLOAT:
        grids = [EDGES] if count == 1 else [np.repeat(EDGES, len(EDGES)), np.tile(EDGES, len(EDGES))]
        function = library_function(full)
        if full.startswith("math."):
            # Outside of the domain math raises an error.
            rows = [row for row in zip(*grids, strict=True) if _takes(function, row)]
            grids = [np.array(column) for column in zip(*rows, strict=True)]
            function = np.vectorize(function)
        names = ["x0", "x1"][:count]
        yield program(full, names, dict(zip(names, grids, strict=True)), function, grids, {})


def _takes(function: Any, numbers: tuple[float, ...]) -> bool:
    try:
        function(*numbers)
    except (ValueError, OverflowError, ZeroDivisionError):
        return False
    return True


def real(value: Any) -> Any:
    """Numbers as the language has them: NaN where the library has complex ones."""
    array = np.asarray(value)
    return np.where(array.imag == 0, array.real, np.nan) if array.dtype.kind == "c" else array.astype(float)


def parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def differs(call: Call) -> str | None:
    """Where the library takes the call, how the program's values differ from the library's, or an empty string."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected = call.function(*call.arguments, **call.keywords)
    except (TypeError, ValueError, OverflowError, np.linalg.LinAlgError, np.exceptions.AxisError):
        return None
    try:
        values = list(run(call.text, call.inputs).values())
    except AdcoreError as error:
        return f"{call.text}: {error.message}"
    if len(values) == 1 and not isinstance(expected, tuple):
        expected = [expected]
    for value, other in zip(values, parts(expected), strict=True):
        value, other = np.asarray(value, float), real(other)
        if value.shape != other.shape:
            return f"{call.text}: the shape {value.shape}, and not {other.shape}"
        with np.errstate(all="ignore"):
            wrong = ~np.isclose(value, other, rtol=2e-12, atol=1e-14, equal_nan=True)
        if wrong.any():
            where = [{name: x[wrong][:3] for name, x in call.inputs.items() if np.shape(x) == wrong.shape}]
            return f"{call.text}: {value[wrong][:3]}, and not {other[wrong][:3]}, at {where}"
    return ""


FULL_NAMES = sorted(
    full
    for full in vocabulary.full_names()
    # A distribution is no function of numbers.
    if full.partition(".")[0] in MODULES and not hasattr(library_function(full) or norm, "rvs")
)


@pytest.mark.untraced
@pytest.mark.parametrize("module", ["builtins", "math", "numpy", "numpy.linalg", "scipy"])
def test_full_names_mean_what_the_library_means(module: str) -> None:
    untested: list[str] = []
    differences: list[str] = []
    for full in FULL_NAMES:
        home = full.rpartition(".")[0] if not full.startswith("scipy.") else "scipy"
        if home != module and not (module == "numpy" and home.startswith("numpy.") and home != "numpy.linalg"):
            continue
        op = OPS.get(vocabulary.full_names()[full]) if full not in DIFFERENT else None
        calls = [] if op is None else [c for case in cases_of(op)[:MOST_SAMPLES] for c in calls_of(full, op, case)]
        calls += edges_of(full, op) if op is not None else methods_of(full) if _METHOD.search(full) else ()
        results = [differs(call) for call in calls]
        differences += [result for result in results if result]
        is_called = full in DIFFERENT or re.search(rf"(?<![\w.]){_short(full)}\(", CALLS) or _is_tested(full, op)
        if all(result is None for result in results) and not is_called:
            untested.append(full)
    assert differences == []
    assert untested == []


def _is_tested(full: str, op: Op | None) -> bool:
    """Whether the tests of calls have one of a function that is no op, which no sample could give."""
    return op is None and re.search(rf"\b{full.rpartition('.')[2]}\(", TESTS_OF_CALLS) is not None


_METHOD = re.compile(r"^numpy\.\w+\.(reduce|accumulate|outer)$")


def _short(full: str) -> str:
    """A full name as the calls above have it."""
    return re.escape(re.sub(r"^numpy\.", "np.", full.removeprefix("builtins.")))


@pytest.mark.untraced
def test_calls_mean_what_the_library_means() -> None:
    space = {"np": np, "math": math, "scipy": scipy, **INPUTS}
    for text in filter(None, (part.strip() for part in re.split(r"[;\n]", CALLS))):
        with np.errstate(all="ignore"):
            expected = eval(text, space)
        values = list(run(f"import numpy as np\n{text}", INPUTS).values())
        if len(values) == 1:
            expected = [expected] if not isinstance(expected, tuple) or len(expected) != 1 else expected
        for value, other in zip(values, parts(expected), strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-12, atol=1e-13, err_msg=text)
