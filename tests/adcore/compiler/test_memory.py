"""The memory of an evaluation at its peak is at most what is predicted of it, temporaries of kernels included."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from adcore.clock import limited
from adcore.compiler import Compiler, Query, evaluation_bytes
from adcore.errors import EvaluationTooLong, MemoryTooLarge
from adcore.limits import Limits

pytestmark = pytest.mark.untraced

SLACK = 50_000
"""Bytes of everything that is no array."""


def peak(run: Callable[[], object]) -> int:
    """The bytes that are allocated at the peak of a run, what it returns included."""
    tracemalloc.start()
    try:
        with limited(60, EvaluationTooLong):
            run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("sum(expm(x))", [(90, 90)]),
        ("u, s, v = svd(x, full_matrices=False)\nsum(u) + sum(s * s) + sum(v)", [(90, 80)]),
        ("w, v = eigh(x)\nsum(w * w) + sum(v ** 2)", [(90, 90)]),
        ("sum(solve(x + 9 * eye(90), y))", [(90, 90), (90, 30)]),
        ("sum(cholesky(x @ x.T + eye(90)))", [(90, 90)]),
        ("det(x) + norm(x, 2)", [(90, 90)]),
        ("sum(np.linalg.lstsq(x, y)[0])", [(120, 60), (120,)]),
        ("sum(einsum('ijk,kl,lm->im', x, y, y))", [(20, 30, 40), (40, 40)]),
        ("sum(einsum('i,j,k->ijk', x, x, x))", [(30,)]),
        ("sum(convolve(x, y))", [(9_000,), (8_000,)]),
        ("sum(sort(x) * y)", [(20_000,), (20_000,)]),
        ("quantile(x, 0.3) + median(x)", [(20_000,)]),
        ("sum(interp(x, arange(500), sin(arange(500))))", [(20_000,)]),
        ("logsumexp(x) + std(x) + sum(softmax(x) ** 2) + var(x)", [(20_000,)]),
        ("sum(cumprod(1 + x / 1e4)) + sum(cumsum(x) ** 2)", [(20_000,)]),
        ("sum(x[argsort(x)] * y) + norm(x, 3)", [(20_000,), (20_000,)]),
        ("sum(gammaln(2 + x * x) * betaln(2 + x * x, 3.0))", [(20_000,)]),
        ("sum(np.tanh(x) * np.sqrt(1 + x * x) / np.hypot(x, 2) + log_softmax(x))", [(150_000,)]),  # in pieces
        ("polyval(x, 0.5) + sum(polyval(y, x))", [(3_000,), (9,)]),
    ],
)
@pytest.mark.parametrize("kind", ["none", "gradient"])
def test_peaks_are_within_the_prediction(text: str, shapes: list[tuple[int, ...]], kind: str) -> None:
    rng = np.random.default_rng(1)
    inputs = {name: rng.normal(size=shape) for name, shape in zip("xy", shapes, strict=False)}
    compiled, _ = Compiler().compile(text, inputs, Query(kind))
    compiled.evaluate(inputs)  # What is made once, a cache, say, is no part of it.
    given = sum(x.nbytes for x in inputs.values())
    assert peak(lambda: compiled.evaluate(inputs)) <= evaluation_bytes(compiled) - given + SLACK


@pytest.mark.parametrize(
    "text", ["sum(sort(x))", "sum(expm(x[:30, None] * x[None, :30]))", "sin(x[0]) * gammaln(x[1])"]
)
def test_peaks_of_batches_are_within_the_prediction(text: str) -> None:
    inputs = {"x": np.random.default_rng(1).uniform(0.1, 1, size=(50, 1_000))}
    compiled, _ = Compiler().compile(text, inputs, Query("gradient", batch=True))
    compiled.evaluate(inputs)
    needed = evaluation_bytes(compiled, 50) - inputs["x"].nbytes
    assert peak(lambda: compiled.evaluate(inputs)) <= needed + SLACK


def test_temporaries_count_against_the_limit() -> None:
    """The exponential of a matrix takes seven of its size, besides itself."""
    inputs = {"x": np.zeros((100, 100))}
    limits = Limits(live_elements=90_000)
    Compiler(limits).compile("expm(x)", inputs, Query())
    with pytest.raises(MemoryTooLarge):
        Compiler(Limits(live_elements=89_999)).compile("expm(x)", inputs, Query())
