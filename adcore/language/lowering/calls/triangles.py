"""Factors of matrices as NumPy and SciPy have them: of a symmetric one they read one triangle, each by its parameter.

Without a prefix, as with JAX's, ``eigh`` and its kind take the symmetric part of a matrix instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

import numpy as np

from adcore.errors import BadCall
from adcore.graph import OPS, DType, Kind, Node, Parameter, Signature
from adcore.language.functionals import Functional
from adcore.language.lowering.builder import Lowering, several
from adcore.language.lowering.calls.arguments import bind_call, call_op
from adcore.language.lowering.calls.conventions import HARMLESS
from adcore.language.lowering.values import Argument, Tuple, Value

_Rule = Callable[[Lowering, str, Sequence[Argument], ast.Call], Value]


def _signature(name: str, *parameters: tuple[str, object]) -> Functional:
    of = [Parameter(key, Kind.FLAG, default, default is None) for key, default in parameters]
    return Functional(name, Signature(("a",), tuple(of)), "")


def _flag(low: Lowering, bound: dict[str, Argument], signature: Functional, name: str) -> object:
    argument = bound.get(name)
    default = signature.signature.optional[name]
    if argument is None:
        return default
    value: object = low.known.value(argument.value, argument.place, name)
    if isinstance(value, (list, tuple, dict)) or np.ndim(np.asarray(value)):
        raise BadCall(f"{name} of {signature.name} is one value, not several", span=low.span(argument.place))
    return value


def mirrored(low: Lowering, argument: Argument, lower: bool) -> Node:
    """The symmetric matrix that has this triangle of a matrix."""
    a, place = low.operand(low.array(argument.value, argument.place), DType.FLOAT, argument.place), argument.place
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        return a
    half = low.emit(OPS["tril" if lower else "triu"], (a,), place)
    strict = low.emit(OPS["tril" if lower else "triu"], (a,), place, (("k", -1 if lower else 1),))
    turned = low.emit(OPS["swapaxes"], (strict,), place, (("axis1", -2), ("axis2", -1)))
    return low.emit(OPS["add"], (half, turned), place)


def _of_one_triangle(signature: Functional, op: str) -> _Rule:
    """NumPy's and SciPy's ``eigh`` and ``eigvalsh``."""

    def lower(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
        bound = bind_call(low, signature, _without_harmless(arguments), place)
        if "UPLO" in signature.signature.order:
            which = _flag(low, bound, signature, "UPLO")
            if which not in ("L", "U", "l", "u"):
                raise BadCall(f"UPLO of {name} is 'L' or 'U'", span=low.span(bound["UPLO"].place))
            from_lower = which in ("L", "l")
        else:
            from_lower = bool(_flag(low, bound, signature, "lower"))
        a = Argument(None, mirrored(low, bound["a"], from_lower), bound["a"].place)
        values_only = "eigvals_only" in signature.signature.order and _flag(low, bound, signature, "eigvals_only")
        return call_op(low, OPS["eigvalsh" if values_only else op], [a], place)

    return lower


def _cholesky(signature: Functional, triangle: str) -> _Rule:
    """NumPy's and SciPy's ``cholesky``, which reads the triangle that it returns; ``triangle`` is their parameter."""

    def lower(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
        bound = bind_call(low, signature, _without_harmless(arguments), place)
        is_lower = bool(_flag(low, bound, signature, triangle)) == (triangle == "lower")
        a = mirrored(low, bound["a"], is_lower)
        return low.emit(OPS["cholesky"], (a,), place, (("upper", not is_lower),), (bound["a"].place,))

    return lower


def _qr(low: Lowering, name: str, arguments: Sequence[Argument], place: ast.Call) -> Value:
    """SciPy's ``qr``, whose default is the full factor, which a tall matrix does not determine."""
    bound = bind_call(low, _QR, _without_harmless(arguments), place)
    mode = _flag(low, bound, _QR, "mode")
    if mode not in ("full", "economic", "r") or _flag(low, bound, _QR, "pivoting"):
        raise BadCall("qr takes the modes 'full', 'economic' and 'r' here, without pivoting", span=low.span(place))
    a = low.operand(low.array(bound["a"].value, place), DType.FLOAT, place)
    if a.ndim == 2 and a.shape[0] > a.shape[1] and mode != "economic":
        raise BadCall(
            "of a matrix with more rows than columns, qr has only the economic factors here",
            span=low.span(bound.get("mode", bound["a"]).place),
            help="write scipy.linalg.qr(a, mode='economic')",
        )
    factors = call_op(low, OPS["qr"], [Argument(None, a, bound["a"].place)], place)
    assert isinstance(factors, Tuple)
    return factors if mode != "r" else several(low, Tuple, factors.items[1:], place)


_QR = _signature("scipy.linalg.qr", ("mode", "full"), ("pivoting", False))


def _without_harmless(arguments: Sequence[Argument]) -> Sequence[Argument]:
    return [a for a in arguments if a.name not in HARMLESS]


TRIANGLES: dict[str, _Rule] = {
    "numpy.linalg.eigh": _of_one_triangle(_signature("numpy.linalg.eigh", ("UPLO", "L")), "eigh"),
    "numpy.linalg.eigvalsh": _of_one_triangle(_signature("numpy.linalg.eigvalsh", ("UPLO", "L")), "eigvalsh"),
    "numpy.linalg.cholesky": _cholesky(_signature("numpy.linalg.cholesky", ("upper", False)), "upper"),
    "scipy.linalg.eigh": _of_one_triangle(
        _signature("scipy.linalg.eigh", ("lower", True), ("eigvals_only", False)), "eigh"
    ),
    "scipy.linalg.eigvalsh": _of_one_triangle(_signature("scipy.linalg.eigvalsh", ("lower", True)), "eigvalsh"),
    "scipy.linalg.qr": _qr,
    "scipy.linalg.cholesky": _cholesky(_signature("scipy.linalg.cholesky", ("lower", False)), "lower"),
}
"""How a call of each of them is lowered."""
