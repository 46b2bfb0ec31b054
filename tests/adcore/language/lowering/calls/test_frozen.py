"""Distributions with their parameters, as SciPy freezes them: wherever a tuple goes, and differentiable."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import lowered, result
from tests.adcore.language.marking import unmarked

X = 0.4
IMPORTS = "from scipy.stats import gamma, laplace, multivariate_normal, norm\n"

PROGRAMS: list[tuple[str, str, float]] = [
    ("at once", "norm(1, scale=2).pdf(x)", scipy.stats.norm(1, scale=2).pdf(X)),
    (
        "by a name",
        "rv = norm(loc=x)\nrv.logpdf(3) + rv.sf(1)",
        scipy.stats.norm.logpdf(3, X) + scipy.stats.norm.sf(1, X),
    ),
    (
        "in a loop",
        "rv = norm(x, 2)\ns = 0\nfor i in range(3): s = s + rv.logpdf(i*x)\ns",
        sum(scipy.stats.norm.logpdf(i * X, X, 2) for i in range(3)),
    ),
    ("in a branch", "rv = norm(x, 2) if x > 1 else norm(1, x)\nrv.cdf(0.3)", scipy.stats.norm.cdf(0.3, 1, X)),
    (
        "as an argument",
        "def f(d, y): return d.logpdf(y)\nf(gamma(2, scale=x), 3.0)",
        scipy.stats.gamma.logpdf(3.0, 2, scale=X),
    ),
    ("in a list", "sum([d.pdf(x) for d in [norm(0, 1), laplace(0, 1)]])", scipy.stats.norm.pdf(X) + math.exp(-X) / 2),
    (
        "of several numbers",
        "multivariate_normal([0, x], [[1, x], [x, 2]]).logpdf([1, 2])",
        scipy.stats.multivariate_normal.logpdf(np.array([1.0, 2.0]), np.array([0, X]), np.array([[1, X], [X, 2]])),
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in PROGRAMS], ids=[row[0] for row in PROGRAMS])
def test_frozen_distributions(text: str, expected: Any) -> None:
    assert result(IMPORTS + text, x=X) == pytest.approx(expected, rel=1e-12)
    agree(IMPORTS + text, {"x": X})


REFUSED = [
    ("«norm(0, 1).pfd(x)»", "scipy.stats.norm.pfd does not exist in this language", "did you mean pdf?"),
    ("«norm(0, 1).rvs(3)»", "scipy.stats.norm.rvs does not exist in this language", None),
    ("«norm(0, 1).pdf()»", "pdf of a distribution takes one argument", None),
]


@pytest.mark.parametrize(("marked", "message", "help"), REFUSED)
def test_what_a_distribution_has_not(marked: str, message: str, help: str | None) -> None:
    text, span = unmarked(marked)
    with pytest.raises(AdcoreError) as caught:
        lowered("from scipy.stats import norm; " + text, {"x": X})
    assert (caught.value.message, caught.value.help) == (message, help)
    assert caught.value.span is not None
    assert caught.value.span.end_column - caught.value.span.column == span.end_column - span.column
