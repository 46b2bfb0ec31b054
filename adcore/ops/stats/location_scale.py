"""How a distribution of SciPy is declared: by functions of the standardised number (x - loc) / scale and the shapes.

Each declaration enters ``scipy.stats.norm.pdf`` and its kind as composed ops, with SciPy's arguments. Where the scale
or a shape is not positive, values are NaN as SciPy's. At an end of the support the derivative is the one from inside.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

from adcore.graph import OPS, Node, number
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.elementary import exp, expm1, log, log1p

Standard = Callable[..., Node]
"""The standardised number (for ``ppf`` the probability) and the shapes to a value of the standard distribution."""


@dataclass(frozen=True)
class Functions:
    """The functions of a distribution of location 0 and scale 1."""

    pdf: Standard
    logpdf: Standard
    cdf: Standard
    sf: Standard
    logcdf: Standard
    logsf: Standard
    ppf: Standard


DOCS = {
    "pdf": "The density of the {what} distribution.",
    "logpdf": "The logarithm of the density of the {what} distribution, which does not underflow.",
    "cdf": "The probability that a number of the {what} distribution is at most x.",
    "sf": "The probability that a number of the {what} distribution is greater than x.",
    "logcdf": "The logarithm of the probability that a number of the {what} distribution is at most x.",
    "logsf": "The logarithm of the probability that a number of the {what} distribution is greater than x.",
    "ppf": "The number that one of the {what} distribution is at most with probability q; NaN outside 0 to 1.",
}

EXTREME = "A scale or a shape at an end of the range of float64 has derivatives that are differences of infinities."


def distribution(
    name: str,
    what: str,
    functions: Functions,
    shapes: tuple[str, ...] = (),
    domain: tuple[float, float] = (-3.0, 3.0),
    shape_domain: tuple[float, float] = (1.5, 3.0),
    nan_at_extremes: tuple[str, ...] = (),
) -> None:
    """Enter the functions of a distribution; ``domain`` is that of x for location 0 and scale 1 to 2.

    ``nan_at_extremes`` are those whose gradient may be NaN at the ends of the range of float64.
    """
    for kind, doc in DOCS.items():
        first = "q" if kind == "ppf" else "x"
        composed(
            f"{name}_{kind}",
            _rule(kind, getattr(functions, kind), first, shapes),
            aliases=(f"scipy.stats.{name}.{kind}",),
            public=False,
            domain=(
                (0.2, 0.8) if kind == "ppf" else domain,
                *[shape_domain] * len(shapes),
                (-0.1, 0.0),
                (1.0, 2.0),
            ),
            samples=(sample((2,), *[()] * len(shapes), (), ()),),
            nan_gradient=EXTREME if kind in nan_at_extremes else "",
            doc=doc.format(what=what),
        )


def _rule(kind: str, standard: Standard, first: str, shapes: tuple[str, ...]) -> Callable[..., Node]:
    """The function with location and scale, and the signature that it has in SciPy."""

    def rule(x: Node, *parameters: Node) -> Node:
        *shape, loc, scale = parameters
        is_standard = number(loc) == 0.0 and number(scale) == 1.0
        if kind == "ppf":
            impossible = OPS["logical_or"](OPS["less"](x, 0.0), OPS["greater"](x, 1.0))
            value = where(impossible, math.nan, standard(x, *shape))
            if not is_standard:
                value = value * scale + loc
        else:
            value = standard(x if is_standard else (x - loc) / scale, *shape)
            if kind == "pdf" and not is_standard:
                value = value / scale
            if kind == "logpdf" and not is_standard:
                value = value - log(scale)
        return where_positive((*shape, scale), value)

    names = [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in (first, *shapes)]
    names += [
        inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for each, default in (("loc", 0.0), ("scale", 1.0))
    ]
    rule.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    return rule


def where_positive(parameters: tuple[Node, ...], value: Node) -> Node:
    """``value`` where all parameters are positive, else NaN."""
    for parameter in parameters:
        known = number(parameter)
        if known is None or not known > 0:
            value = where(OPS["greater"](parameter, 0.0), value, math.nan)
    return value


# --- pieces of distributions


def from_zero(value: float, inside: Standard) -> Standard:
    """``inside`` for numbers from 0 on, and a constant below."""

    def guarded(z: Node, *shapes: Node) -> Node:
        return where(OPS["less"](z, 0.0), value, inside(z, *shapes))

    return guarded


def up_to_one(value: float, inside: Standard) -> Standard:
    """``inside`` for numbers up to 1, and a constant above."""

    def guarded(z: Node, *shapes: Node) -> Node:
        return where(OPS["greater"](z, 1.0), value, inside(z, *shapes))

    return guarded


def log_probability(p: Node, rest: Node) -> Node:
    """log(p), where ``rest`` is 1 - p: exact for p near 1 too."""
    return where(OPS["greater"](p, 0.5), log1p(-rest), log(p))


def log_of_rest(u: Node) -> Node:
    """log(1 - exp(-u)) for u >= 0, exact on both sides."""
    return where(OPS["less"](u, math.log(2.0)), log(-expm1(-u)), log1p(-exp(-u)))
