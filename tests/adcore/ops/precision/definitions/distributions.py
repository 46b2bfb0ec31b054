"""SciPy's distributions at location 0 and scale 1: the logarithm of the density, both tails, and the inverse."""

from __future__ import annotations

from collections.abc import Callable

import scipy.special as sc
from mpmath import mp

from adcore.graph import OPS
from tests.adcore.ops.precision.definitions.definition import ALL, SLOWEST, Definition, Interval
from tests.adcore.ops.precision.definitions.elementary import absolute, exp, expm1, log, log1p, sigmoid, square
from tests.adcore.ops.precision.definitions.incomplete import (
    FREEDOM,
    PROBABILITY,
    SHAPE,
    UNIT,
    beta_cdf,
    beta_log_density,
    beta_ppf,
    beta_sf,
    gamma_cdf,
    gamma_log_density,
    gamma_ppf,
    gamma_sf,
    student_cdf,
    student_log_density,
    student_ppf,
)
from tests.adcore.ops.precision.definitions.normal import inverse, log_ndtr, ndtr
from tests.adcore.ops.precision.jets import Jet

Function = Callable[..., Jet]
"""Of the number (for the inverse the probability) and the shapes."""


def _log(probability: Function, rest: Function) -> Function:
    def logarithm(*operands: Jet) -> Jet:
        p = probability(*operands)
        if p.value < PROBABILITY[0]:
            raise ValueError("the probability underflows")
        return log(p) if p.value < 0.5 else log1p(-rest(*operands))

    return logarithm


def family(
    name: str,
    log_density: Function,
    cdf: Function,
    sf: Function,
    ppf: Function,
    interval: Interval,
    shapes: tuple[Interval, ...] = (),
    log_cdf: Function | None = None,
    log_sf: Function | None = None,
    most: int = ALL,
) -> dict[str, Definition]:
    """The definitions of the functions of a distribution."""
    functions = {
        "pdf": lambda *operands: exp(log_density(*operands)),
        "logpdf": log_density,
        "cdf": cdf,
        "sf": sf,
        "logcdf": log_cdf or _log(cdf, sf),
        "logsf": log_sf or _log(sf, cdf),
        "ppf": ppf,
    }
    return {
        f"{name}.{kind}": Definition(
            function,
            (PROBABILITY if kind == "ppf" else interval, *shapes),
            op=f"{name}_{kind}",
            count=1 + len(shapes),
            most=most,
        )
        for kind, function in functions.items()
    }


def _mirrored(function: Function) -> Function:
    return lambda x, *shapes: function(-x, *shapes)


# --- closed forms


def _laplace(x: Jet) -> Jet:
    return exp(x) / 2 if x.value < 0 else 1 - exp(-x) / 2


def _laplace_inverse(q: Jet) -> Jet:
    return log(2 * q) if q.value < 0.5 else -log(2 * (1 - q))


def _laplace_log(x: Jet) -> Jet:
    return x - mp.log(2) if x.value < 0 else log1p(-exp(-x) / 2)


def _logistic_log_density(x: Jet) -> Jet:
    """In closed form, as the slope is small close to 0."""
    slope = -mp.tanh(x.value / 2)
    return x.mapped(-x.value - 2 * mp.log1p(mp.exp(-x.value)), slope, (slope**2 - 1) / 2)


def _cauchy(x: Jet) -> Jet:
    z, height = x.value, 1 / (mp.pi * (1 + x.value**2))
    return x.mapped(mp.acot(-z) / mp.pi if z < 0 else 1 - mp.acot(z) / mp.pi, height, -2 * mp.pi * z * height**2)


def _cauchy_log(x: Jet) -> Jet:
    return log(_cauchy(x)) if x.value < 0 else log1p(-_cauchy(-x))


def _cauchy_log_density(x: Jet) -> Jet:
    whole = 1 + x.value**2
    return x.mapped(
        -mp.log1p(x.value**2) - mp.log(mp.pi), -2 * x.value / whole, (x.value - 1) * (x.value + 1) * 2 / whole**2
    )


def _cauchy_inverse(q: Jet) -> Jet:
    y = -mp.cot(mp.pi * q.value)
    slope = mp.pi * (1 + y * y)
    return q.mapped(y, slope, 2 * mp.pi * y * slope)


def _lognorm_log_density(x: Jet, s: Jet) -> Jet:
    logarithm: Jet = -square(log(x) / s) / 2 - log(x) - log(s) - mp.log(2 * mp.pi) / 2
    return logarithm


def _lognorm_inverse(q: Jet, s: Jet) -> Jet:
    return exp(s * inverse(ndtr, sc.ndtri)(q))


def _power(x: Jet, c: Jet) -> Jet:
    power = exp(c * log(x))
    if power.value > 700:
        raise ValueError("the tail underflows")
    return power


def _weibull_log_density(x: Jet, c: Jet) -> Jet:
    return log(c) + (c - 1) * log(x) - _power(x, c)


# --- probabilities of whole numbers, by their parameter


def _poisson(mu: Jet) -> Jet:
    logarithm: Jet = 3 * log(mu) - mu - mp.log(6)
    return logarithm


def _binomial(p: Jet) -> Jet:
    logarithm: Jet = 3 * log(p) + 4 * log1p(-p) + mp.log(35)
    return logarithm


def _whole(
    name: str, log_probability: Function, numbers: tuple[float, ...], interval: Interval
) -> dict[str, Definition]:
    functions = {"pmf": lambda x: exp(log_probability(x)), "logpmf": log_probability}
    return {
        f"{name}.{kind}": Definition(
            function,
            (interval,),
            op=f"{name}_{kind}",
            count=1,
            apply=lambda inputs, op=f"{name}_{kind}": OPS[op](*numbers, *inputs, 0.0),  # type: ignore[misc]
        )
        for kind, function in functions.items()
    }


DISTRIBUTIONS: dict[str, Definition] = {
    **family(
        "norm",
        lambda x: -square(x) / 2 - mp.log(2 * mp.pi) / 2,
        ndtr,
        _mirrored(ndtr),
        inverse(ndtr, sc.ndtri),
        (-1e8, 1e8),
        log_cdf=log_ndtr,
        log_sf=_mirrored(log_ndtr),
    ),
    **family("uniform", lambda x: 0 * x, lambda x: x, lambda x: 1 - x, lambda q: q, UNIT),
    **family(
        "expon",
        lambda x: -x,
        lambda x: -expm1(-x),
        lambda x: exp(-x),
        lambda q: -log1p(-q),
        (0.0, 700.0),
        log_sf=lambda x: -x,
    ),
    **family(
        "laplace",
        lambda x: -absolute(x) - mp.log(2),
        _laplace,
        _mirrored(_laplace),
        _laplace_inverse,
        (-600.0, 600.0),
        log_cdf=_laplace_log,
        log_sf=_mirrored(_laplace_log),
    ),
    **family(
        "logistic",
        _logistic_log_density,
        sigmoid,
        _mirrored(sigmoid),
        lambda q: log(q) - log1p(-q),
        (-600.0, 600.0),
    ),
    **family(
        "cauchy",
        _cauchy_log_density,
        _cauchy,
        _mirrored(_cauchy),
        _cauchy_inverse,
        (-1e140, 1e140),
        log_cdf=_cauchy_log,
        log_sf=_mirrored(_cauchy_log),
    ),
    **family(
        "lognorm",
        _lognorm_log_density,
        lambda x, s: ndtr(log(x) / s),
        lambda x, s: ndtr(-log(x) / s),
        _lognorm_inverse,
        (1e-100, 1e100),
        ((1e-2, 1e3),),
        log_cdf=lambda x, s: log_ndtr(log(x) / s),
        log_sf=lambda x, s: log_ndtr(-log(x) / s),
    ),
    **family(
        "weibull_min",
        _weibull_log_density,
        lambda x, c: -expm1(-_power(x, c)),
        lambda x, c: exp(-_power(x, c)),
        lambda q, c: exp(log(-log1p(-q)) / c),
        (1e-100, 1e100),
        ((1e-3, 1e2),),
        log_sf=lambda x, c: -_power(x, c),
    ),
    **family("gamma", gamma_log_density, gamma_cdf, gamma_sf, gamma_ppf, (1e-100, 1e5), (SHAPE,), most=SLOWEST),
    **family(
        "chi2",
        lambda x, df: gamma_log_density(x / 2, df / 2) - mp.log(2),
        lambda x, df: gamma_cdf(x / 2, df / 2),
        lambda x, df: gamma_sf(x / 2, df / 2),
        lambda q, df: 2 * gamma_ppf(q, df / 2),
        (1e-100, 1e5),
        (SHAPE,),
        most=SLOWEST,
    ),
    **family("beta", beta_log_density, beta_cdf, beta_sf, beta_ppf, UNIT, (SHAPE, SHAPE), most=SLOWEST),
    **family(
        "t",
        student_log_density,
        student_cdf,
        _mirrored(student_cdf),
        student_ppf,
        (-1e5, 1e5),
        (FREEDOM,),
        most=SLOWEST,
    ),
    **_whole("poisson", _poisson, (3.0,), (0.0, 700.0)),
    **_whole("binom", _binomial, (3.0, 7.0), UNIT),
}
