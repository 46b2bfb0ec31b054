"""The probabilities of whole numbers: Poisson's and the binomial distribution.

They have derivatives by the mean and the probability, and none by what is a whole number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from adcore.graph import OPS, Node
from adcore.ops.base import composed, sample
from adcore.ops.elementwise.choice import where
from adcore.ops.elementwise.entropies import xlog1py, xlogy
from adcore.ops.elementwise.refusals import refuse_derivative
from adcore.ops.elementwise.rounding import floor
from adcore.ops.elementwise.special import gammaln
from adcore.ops.special_functions.densities import beta_density, gamma_density


def _whole(x: Node, function: str, name: str) -> Node:
    reason = f"{name} of {function} is a whole number, by which there is no derivative"
    return refuse_derivative(x, reason=reason)


def _all(*conditions: Node) -> Node:
    first, *others = conditions
    for each in others:
        first = OPS["logical_and"](first, each)
    return first


def _is_whole(x: Node) -> Node:
    return OPS["equal"](floor(x), x)


def _where_possible(possible: Node, value: Node, otherwise: float, k: Node) -> Node:
    """NaN stays NaN."""
    return where(OPS["isnan"](k), k, where(possible, value, otherwise))


# --- Poisson


def _poisson(function: str, k: Node, mu: Node, loc: Node) -> Node:
    k = _whole(k - loc, f"poisson.{function}", "k")
    possible = _all(_is_whole(k), OPS["greater_equal"](k, 0.0))
    if function == "pmf":
        value = _where_possible(possible, gamma_density(k + 1.0, mu), 0.0, k)
    else:
        value = _where_possible(possible, xlogy(k, mu) - gammaln(k + 1.0) - mu, -math.inf, k)
    return where(OPS["greater_equal"](mu, 0.0), value, math.nan)


def _poisson_pmf(k: Node, mu: Node, loc: Node = 0.0) -> Node:  # type: ignore[assignment]
    return _poisson("pmf", k, mu, loc)


def _poisson_logpmf(k: Node, mu: Node, loc: Node = 0.0) -> Node:  # type: ignore[assignment]
    return _poisson("logpmf", k, mu, loc)


# --- binomial


def _binom(function: str, k: Node, n: Node, p: Node, loc: Node) -> Node:
    k, n = _whole(k - loc, f"binom.{function}", "k"), _whole(n, f"binom.{function}", "n")
    rest = n - k
    possible = _all(_is_whole(k), OPS["greater_equal"](k, 0.0), OPS["greater_equal"](rest, 0.0))
    if function == "pmf":
        value = _where_possible(possible, beta_density(k + 1.0, rest + 1.0, p) / (n + 1.0), 0.0, k)
    else:
        coefficient = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(rest + 1.0)
        value = _where_possible(possible, coefficient + xlogy(k, p) + xlog1py(rest, -p), -math.inf, k)
    legal = _all(OPS["greater_equal"](n, 0.0), _is_whole(n), OPS["greater_equal"](p, 0.0), OPS["less_equal"](p, 1.0))
    return where(legal, value, math.nan)


def _binom_pmf(k: Node, n: Node, p: Node, loc: Node = 0.0) -> Node:  # type: ignore[assignment]
    return _binom("pmf", k, n, p, loc)


def _binom_logpmf(k: Node, n: Node, p: Node, loc: Node = 0.0) -> Node:  # type: ignore[assignment]
    return _binom("logpmf", k, n, p, loc)


_rule: Callable[..., Node]
for _name, _rule, _doc in (
    ("pmf", _poisson_pmf, "The probability of the whole number k, where the mean is mu; 0 for other numbers."),
    ("logpmf", _poisson_logpmf, "The logarithm of the probability of the whole number k, where the mean is mu."),
):
    composed(
        f"poisson_{_name}",
        _rule,
        aliases=(f"scipy.stats.poisson.{_name}",),
        public=False,
        domain=((2.0, 2.0), (0.5, 3.0), (0.0, 0.0)),
        samples=(sample((), (3,), ()), sample((), ())),
        doc=_doc,
    )

for _name, _rule, _doc in (
    ("pmf", _binom_pmf, "The probability of k successes in n trials of probability p each; 0 for other numbers."),
    ("logpmf", _binom_logpmf, "The logarithm of the probability of k successes in n trials of probability p each."),
):
    composed(
        f"binom_{_name}",
        _rule,
        aliases=(f"scipy.stats.binom.{_name}",),
        public=False,
        domain=((2.0, 2.0), (5.0, 5.0), (0.2, 0.8), (0.0, 0.0)),
        samples=(sample((), (), (3,), ()), sample((), (), ())),
        doc=_doc,
    )
