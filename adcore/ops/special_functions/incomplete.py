"""The incomplete gamma and beta functions, regularised as in SciPy, and their inverses: https://dlmf.nist.gov/8.

Their derivatives by the last operand are the densities; those by the parameters are integrals, see
``parameter_integrals``.
"""

from __future__ import annotations

from typing import Any

from scipy import special as sc

from adcore.graph import Node, Op
from adcore.ops.base import Hidden, copies, elementwise, moved, sample
from adcore.ops.elementwise.arithmetic import divide, multiply
from adcore.ops.elementwise.beta_functions import polygamma_drop
from adcore.ops.elementwise.elementary import log, log1p
from adcore.ops.elementwise.refusals import refuse_derivative
from adcore.ops.elementwise.special import digamma, polygamma
from adcore.ops.special_functions.densities import beta_density, gamma_density
from adcore.ops.special_functions.parameter_integrals import (
    LARGEST_ORDER,
    NODES,
    bell_polynomial,
    betainc_by_parameters,
    gammainc_by_parameter,
)


def _last_order(x: Node, name: str, parameter: str) -> Node:
    reason = f"the derivatives of {name} by {parameter} are computed up to order {LARGEST_ORDER}"
    return refuse_derivative(x, reason=reason)


def _work(node: Node) -> int:
    return 40 * len(NODES) * node.type.size


_PAIRS = (sample((), ()), sample((2, 1), (3,)))
_TRIPLES = (sample((), (), ()), sample((2, 1), (), (2,)))

# --- gamma


def _gammainc_by_a(a: Any, x: Any, *, n: Hidden) -> Any:
    return gammainc_by_parameter(a, x, n)


def _gammainc_by_a_partials(y: Node, a: Node, x: Node) -> tuple[Node, Node]:
    n = y.param("n")
    by_log = log(x) - digamma(a)
    density = gamma_density(a, x)
    factor = bell_polynomial(n, 0, lambda i, _: by_log if i == 1 else -polygamma(a, n=i - 1))
    above = _last_order(a, "gammainc", "a") if n + 1 == LARGEST_ORDER else a
    return moved(y, above, x, n=n + 1), multiply(density, factor, strong=1)


gammainc_by_a: Op = elementwise(
    "gammainc_by_a",
    _gammainc_by_a,
    _gammainc_by_a_partials,
    operands="a x",
    public=False,
    text=lambda a, x, *, n: f"gammainc_by_a({a}, {x}, n={n})",
    readable=False,
    work=_work,
    nanoseconds=5.0,
    scratch=copies(1_000),
    domain=((0.5, 3.0),),
    samples=(sample((2,), (2,), n=1),),
    nan_gradient="Derivatives of the density far out are infinities of either sign.",
    doc="The n-th derivative of gammainc by a.",
)
gammainc = elementwise(
    "gammainc",
    sc.gammainc,
    lambda y, a, x: (gammainc_by_a(a, x, n=1), gamma_density(a, x)),
    operands="a x",
    latex=r"P\left({0}, {1}\right)",
    nanoseconds=300.0,
    domain=((0.5, 3.0),),
    samples=_PAIRS,
    doc="The regularised lower incomplete gamma function.",
)
gammaincc = elementwise(
    "gammaincc",
    sc.gammaincc,
    lambda y, a, x: (-gammainc_by_a(a, x, n=1), -gamma_density(a, x)),
    operands="a x",
    latex=r"Q\left({0}, {1}\right)",
    nanoseconds=450.0,
    domain=((0.5, 3.0),),
    samples=_PAIRS,
    doc="The regularised upper incomplete gamma function, 1 - gammainc(a, x).",
)


def _gamma_inverse_partials(sign: float) -> Any:
    """By the theorem of the implicit function; ``sign`` is that of the density in the derivative of the function."""

    def partials(x: Node, a: Node, y: Node) -> tuple[Node, Node]:
        density = gamma_density(a, x)
        return -divide(gammainc_by_a(a, x, n=1), density, strong=True), sign / density

    return partials


gammaincinv = elementwise(
    "gammaincinv",
    sc.gammaincinv,
    _gamma_inverse_partials(1.0),
    operands="a y",
    nanoseconds=1000.0,
    domain=((0.5, 3.0), (0.2, 0.8)),
    samples=_PAIRS,
    doc="The x whose gammainc(a, x) is y; NaN outside 0 to 1.",
)
gammainccinv = elementwise(
    "gammainccinv",
    sc.gammainccinv,
    _gamma_inverse_partials(-1.0),
    operands="a y",
    nanoseconds=1500.0,
    domain=((0.5, 3.0), (0.2, 0.8)),
    samples=_PAIRS,
    doc="The x whose gammaincc(a, x) is y; NaN outside 0 to 1.",
)


# --- beta


def _betainc_by(a: Any, b: Any, x: Any, *, n: Hidden, m: Hidden) -> Any:
    return betainc_by_parameters(a, b, x, n, m)


def _betainc_by_partials(y: Node, a: Node, b: Node, x: Node) -> tuple[Node, Node, Node]:
    n, m = y.param("n"), y.param("m")

    def cumulant(i: int, j: int) -> Node:
        if i + j == 1:
            return log(x) - polygamma_drop(a, b, n=0) if i else log1p(-x) - polygamma_drop(b, a, n=0)
        if i and j:
            return polygamma(a + b, n=i + j - 1)
        return -polygamma_drop(*((a, b) if i else (b, a)), n=i + j - 1)

    # A derivative of the highest order is computed, and refuses the next one.
    last = n + m + 1 == LARGEST_ORDER
    c, d = (_last_order(a, "betainc", "a"), _last_order(b, "betainc", "b")) if last else (a, b)
    density = multiply(beta_density(a, b, x), bell_polynomial(n, m, cumulant), strong=1)
    return moved(y, c, d, x, n=n + 1), moved(y, c, d, x, m=m + 1), density


betainc_by: Op = elementwise(
    "betainc_by",
    _betainc_by,
    _betainc_by_partials,
    operands="a b x",
    public=False,
    text=lambda a, b, x, *, n, m: f"betainc_by({a}, {b}, {x}, n={n}, m={m})",
    readable=False,
    work=_work,
    nanoseconds=7.0,
    scratch=copies(1_700),
    domain=((0.5, 3.0), (0.5, 3.0), (0.2, 0.8)),
    samples=(sample((2,), (2,), (2,), n=1, m=0), sample((), (), (), n=0, m=1)),
    nan_gradient="Derivatives of the density far out are infinities of either sign.",
    doc="The derivative of betainc of order n by a and m by b.",
)


def _betainc_partials(sign: float) -> Any:
    def partials(y: Node, a: Node, b: Node, x: Node) -> tuple[Node, Node, Node]:
        values = betainc_by(a, b, x, n=1, m=0), betainc_by(a, b, x, n=0, m=1), beta_density(a, b, x)
        return values if sign > 0 else (-values[0], -values[1], -values[2])

    return partials


_UNIT = ((0.5, 3.0), (0.5, 3.0), (0.2, 0.8))
_NO_MODE = "The density of parameters whose ratio is beyond the range of float64 has no mode."

betainc = elementwise(
    "betainc",
    sc.betainc,
    _betainc_partials(1.0),
    operands="a b x",
    latex=r"I_{{{2}}}\left({0}, {1}\right)",
    nanoseconds=550.0,
    domain=_UNIT,
    samples=_TRIPLES,
    nan_gradient=_NO_MODE,
    doc="The regularised incomplete beta function; NaN for x outside 0 to 1.",
)
betaincc = elementwise(
    "betaincc",
    sc.betaincc,
    _betainc_partials(-1.0),
    operands="a b x",
    latex=r"1 - I_{{{2}}}\left({0}, {1}\right)",
    nanoseconds=4000.0,
    domain=_UNIT,
    samples=_TRIPLES,
    nan_gradient=_NO_MODE,
    doc="1 - betainc(a, b, x), which keeps its digits for x near 1.",
)


def _beta_inverse_partials(sign: float) -> Any:
    def partials(x: Node, a: Node, b: Node, y: Node) -> tuple[Node, Node, Node]:
        density = beta_density(a, b, x)
        by_a, by_b = betainc_by(a, b, x, n=1, m=0), betainc_by(a, b, x, n=0, m=1)
        return -divide(by_a, density, strong=True), -divide(by_b, density, strong=True), sign / density

    return partials


betaincinv = elementwise(
    "betaincinv",
    sc.betaincinv,
    _beta_inverse_partials(1.0),
    operands="a b y",
    nanoseconds=3500.0,
    domain=_UNIT,
    samples=_TRIPLES,
    nan_gradient="Where a parameter is tiny, density and derivative by it are beyond the range of float64.",
    doc="The x whose betainc(a, b, x) is y; NaN outside 0 to 1.",
)
betainccinv = elementwise(
    "betainccinv",
    sc.betainccinv,
    _beta_inverse_partials(-1.0),
    operands="a b y",
    nanoseconds=3000.0,
    domain=_UNIT,
    samples=_TRIPLES,
    nan_gradient="Where a parameter is tiny, density and derivative by it are beyond the range of float64.",
    doc="The x whose betaincc(a, b, x) is y; NaN outside 0 to 1.",
)
