"""The gradients of every op at extreme points: where the value is finite they are not NaN, unless the op says why.

Elementwise ops meet all combinations of the points at once; of the others each application is made at each point.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.engines.interpreter import execute, plan
from adcore.graph import DType, Op
from tests.adcore.graphs import run
from tests.adcore.ops.cases import GENERATED, Case, differentiable_cases

pytestmark = pytest.mark.untraced

POINTS = [
    sign * x for x in (0.0, 5e-324, 1e-310, 1e-300, 1e-150, 1e150, 1e300, np.finfo(float).max) for sign in (1, -1)
]
SCALES = (1e-310, 1e-300, 1e-150, 1e150, 1e300)
"""Factors of ordinary operands, which keep what the op asks of them: matrices stay regular, points ascending."""

CASES: dict[Op, list[Case]] = {op: cases for op in GENERATED if (cases := differentiable_cases(op))}


def elementwise_failures(case: Case) -> Iterator[str]:
    """The points with a finite value and a NaN among the partial derivatives, all combinations in one run a mode."""
    kinds = [case.dtype(i) for i in range(len(case.sample.shapes))]
    points = POINTS if len(kinds) < 3 else [x for x in POINTS if abs(x) not in (1e-310, 1e300)]
    choices = {DType.FLOAT: (*points, 1.0, -1.0), DType.INT: (0, 1, 2), DType.BOOL: (False, True)}
    rows = itertools.product(*(choices[kind] for kind in kinds))
    operands = [np.array(column, kind.value) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    graph = case.graph(tuple(x.shape for x in operands))
    (value,) = run(graph, *operands)
    ones = np.ones(value.shape)
    by_reverse = run(reverse.vjp_graph(graph, case.varied), *operands, ones)[1:]
    for i, pulled in zip(case.varied, by_reverse, strict=True):
        _, pushed = run(forward.jvp_graph(graph, [i]), *operands, ones)
        for place in np.flatnonzero(np.isfinite(value) & (np.isnan(pulled) | np.isnan(pushed))):
            yield f"{case} by operand {i} at {[x[place] for x in operands]}"


def extreme_operands(case: Case) -> Iterator[list[Any]]:
    """Operands that are one extreme number everywhere, and ordinary ones scaled: all of them, and one of several."""
    ordinary = case.operands()
    several = [[i] for i in case.varied] if len(case.varied) > 1 else []
    for moved in (case.varied, *several):
        for point in POINTS:
            yield [np.full(np.shape(x), point)[()] if i in moved else x for i, x in enumerate(ordinary)]
        for scale in SCALES:
            yield [x * scale if i in moved else x for i, x in enumerate(ordinary)]


def array_failures(case: Case, finite: list[str]) -> Iterator[str]:
    """The operands with finite values and a NaN in the gradient or in the tangents.

    Adds to ``finite`` the operands that have finite values.
    """
    graph, wrt = case.numbers(), case.varied
    count = len(graph.outputs)
    values, pulled, pushed = map(plan, (graph, reverse.vjp_graph(graph, wrt), forward.jvp_graph(graph, wrt)))
    cotangents = [np.ones(y.shape)[()] for y in graph.outputs]
    tangents = [np.ones(graph.inputs[i].shape)[()] for i in wrt]
    for operands in extreme_operands(case):
        if all(np.isfinite(y).all() for y in execute(values, operands)):
            finite.append(str(case))
            gradient = execute(pulled, [*operands, *cotangents])[count:]
            tangent = execute(pushed, [*operands, *tangents])[count:]
            if any(np.isnan(x).any() for x in (*gradient, *tangent)):
                yield f"{case} at {operands}"


@pytest.mark.parametrize("op", CASES, ids=lambda op: op.name)
def test_no_gradient_is_nan_where_the_value_is_finite(op: Op) -> None:
    """Where one is, the op's declaration gives the reason; a reason that is no longer needed is to go."""
    cases, finite = CASES[op], list[str]()
    if op.facts.elementwise:
        # Samples that differ in shapes alone make one case.
        cases = list({str(case.sample.params): case for case in cases}.values())
    by_case = elementwise_failures if op.facts.elementwise else functools.partial(array_failures, finite=finite)
    failure = next(itertools.chain.from_iterable(map(by_case, cases)), None)
    if op.sampling.nan_gradient:
        assert failure is not None, "the reason is not needed"
        assert op.sampling.nan_gradient.endswith(".")
    else:
        assert failure is None
    assert finite or op.facts.elementwise, "nothing has been compared"
