"""The rules of every op with a derivative, against differences and against each other.

Both modes come from one rule, so that they agree says nothing about a wrong partial derivative: differences do. They
are taken of the derivative graphs too, which makes them tests of the second and the third order. One test makes all
checks of one op, so that each graph is derived and planned once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from adcore.derivatives import forward, reverse
from adcore.graph import Graph, Op
from adcore.ops.base import sample
from tests.adcore.graphs import run
from tests.adcore.ops.cases import GENERATED, Case, differentiable_cases, directional
from tests.tables import for_each

pytestmark = pytest.mark.untraced


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    return float(sum(np.sum(np.asarray(x) * y) for x, y in zip(a, b, strict=True)))


def difference(function: Callable[[float], float], step: float = 0.005) -> float:
    """The derivative at 0 by central differences, extrapolated twice (Richardson)."""
    steps = [step / 2**i for i in range(3)]
    rows = [(function(h) - function(-h)) / (2 * h) for h in steps]
    for order in range(1, 3):
        rows = [b + (b - a) / (4**order - 1) for a, b in itertools.pairwise(rows)]
    (limit,) = rows
    return float(limit)


class Derived:
    """One application of an op and the graphs of its derivatives up to an order, each derived once for all checks."""

    def __init__(self, case: Case, order: int) -> None:
        rng = np.random.default_rng(1)
        graph, inputs, wrt = case.numbers(), case.operands(), case.varied
        tangents = directional(rng, [inputs[i] for i in wrt])
        cotangents = directional(rng, run(graph, *inputs))
        n = len(inputs)
        self.case, self.graph, self.inputs, self.wrt = case, graph, inputs, wrt
        self.jvp, self.vjp = forward.jvp_graph(graph, wrt), reverse.vjp_graph(graph, wrt)
        self.points: dict[str, tuple[Graph, list[Any], list[int]]] = {
            "value": (graph, inputs, wrt),
            "jvp": (self.jvp, inputs + tangents, [*wrt, *range(n, n + len(tangents))]),
            "vjp": (self.vjp, inputs + cotangents, [*wrt, *range(n, n + len(cotangents))]),
        }
        """The op's graph and its derivative graphs, each with inputs and what to differentiate by."""
        self.forward, self.reverse = {"value": self.jvp}, {"value": self.vjp}
        for of in ("jvp", "vjp") if order > 1 else ():
            derivative, _, by = self.points[of]
            self.forward[of] = forward.jvp_graph(derivative, by)
            self.reverse[of] = reverse.vjp_graph(derivative, by)
        if order > 2:
            twice = self.reverse["vjp"]
            inputs = self.points["vjp"][1]
            self.points["vjp of vjp"] = twice, [*inputs, *directional(rng, run(self.vjp, *inputs))], wrt
            self.forward["vjp of vjp"] = forward.jvp_graph(twice, wrt)

    def filled_with(self, numbers: float | Sequence[float]) -> list[Any]:
        """The inputs, but these numbers in those that are differentiated by."""
        return [np.full(np.shape(x), numbers)[()] if i in self.wrt else x for i, x in enumerate(self.inputs)]


# --- the checks of one application


def slopes_are_right(derived: Derived) -> None:
    """The derivatives of the op's graph and of its derivative graphs, in one direction and weighted to one number.

    Forward mode against differences along that direction: the last graph is the cotangent of the cotangent, whose
    tangent is of the third order. Reverse mode against forward mode, to rounding: <w, J v> = <J^T w, v>.
    """
    for of, pushed in derived.forward.items():
        rng = np.random.default_rng(4)
        graph, inputs, wrt = derived.points[of]
        v = directional(rng, [inputs[i] for i in wrt])
        outputs = run(graph, *inputs)
        w = directional(rng, outputs)

        def along(t: float) -> float:
            moved = list(inputs)  # noqa: B023
            for i, x in zip(wrt, v, strict=True):  # noqa: B023
                moved[i] = inputs[i] + t * x  # noqa: B023
            return dot(w, run(graph, *moved))  # noqa: B023

        tangents = run(pushed, *inputs, *v)[len(outputs) :]
        slope = dot(w, tangents)
        close = pytest.approx(difference(along), rel=2e-8, abs=2e-8 * (1 + abs(dot(w, outputs))))
        assert slope == close, f"{derived.case}: the tangent of the {of}"
        if of in derived.reverse:
            pulled = run(derived.reverse[of], *inputs, *w)[len(outputs) :]
            scale = dot([np.abs(x) for x in w], [np.abs(x) for x in tangents]) + dot(
                [np.abs(x) for x in pulled], [np.abs(x) for x in v]
            )
            adjoint = pytest.approx(slope, abs=1e-12 * max(scale, 1e-12))
            assert dot(pulled, v) == adjoint, f"{derived.case}: the modes of the {of}"


def filled(graph: Graph, number: float) -> list[Any]:
    """Cotangents of a graph's outputs, one number everywhere."""
    return [np.full(y.shape, number)[()] for y in graph.outputs]


def all_zero(results: Sequence[Any]) -> bool:
    return not any(np.any(x) for x in results)


def zeros_are_strong(derived: Derived, inputs: list[Any], second: bool = True) -> None:
    """A tangent or a cotangent of zeros gives zeros, whatever the operands are: not even NaN comes through.

    The same for the derivatives of the cotangents. And where no cotangent arrives, the operands' cotangents are zero
    whatever the operands are: so is their derivative, in both modes. This is what keeps the branch not taken out of
    second derivatives.
    """
    graph, vjp, wrt = derived.graph, derived.vjp, derived.wrt
    count, counted = len(graph.outputs), len(vjp.outputs)
    zeros, tangents = filled(graph, 0.0), [np.zeros_like(inputs[i]) for i in wrt]
    ones = [np.ones(np.shape(inputs[i]))[()] for i in wrt]
    results = {"tangents": run(derived.jvp, *inputs, *tangents)[count:]}
    if "vjp" not in derived.reverse or not second:
        results["cotangents"] = run(vjp, *inputs, *zeros)[count:]
    else:
        # This graph gives the values, the cotangents, and the tangents of both.
        pushed = run(derived.forward["vjp"], *inputs, *zeros, *ones, *zeros)
        results["cotangents"], results["tangents of cotangents"] = pushed[count:counted], pushed[counted + count :]
        twice = derived.reverse["vjp"]
        results["cotangents of cotangents"] = run(twice, *inputs, *filled(graph, 1.0), *filled(vjp, 0.0))[counted:]
        pulled = run(twice, *inputs, *zeros, *zeros, *ones)[counted:]
        results["cotangents of zeros"] = pulled[: len(wrt)]
    assert [of for of, numbers in results.items() if not all_zero(numbers)] == [], f"{derived.case} at {inputs}"


# --- the cases

SPECIAL = (0.0, -1.0, 1.0, 1e308, math.inf, -math.inf, math.nan)


def orders(op: Op) -> list[tuple[Case, int]]:
    """The cases of an op and the order to which their derivatives are tested.

    The derivative of an op is a graph of ops whose derivatives are tested too, so the third order wants one case. The
    derivatives of a composed op are those of the ops in it. An elementwise op treats the shapes of its operands as all
    others do: of its cases with the same parameters, only the last, which broadcasts, goes beyond the first order.
    """
    cases = differentiable_cases(op)
    most = 2 if op.rules.compose is not None else 3
    if not op.facts.elementwise:
        return [(case, most if i == 0 else 2) for i, case in enumerate(cases)]
    last = {str(case.sample.params): i for i, case in enumerate(cases)}.values()
    return [(case, most if i in last else 1) for i, case in enumerate(cases)]


@pytest.mark.parametrize("op", [op for op in GENERATED if differentiable_cases(op)], ids=lambda op: op.name)
def test_derivatives(op: Op) -> None:
    for case, order in orders(op):
        derived = Derived(case, order)
        slopes_are_right(derived)
        if not op.facts.elementwise:
            for number in SPECIAL:
                # The others reach the second order as one of these: beyond the domain NaN, beyond the range inf.
                zeros_are_strong(
                    derived, derived.filled_with(number), number in (0.0, 1.0, math.inf) or number != number
                )


@for_each(op for op in GENERATED if op.facts.elementwise and differentiable_cases(op))
def test_zeros_of_elementwise_ops_are_strong(op: Op) -> None:
    """At all special numbers in one run."""
    for params in {str(case.sample.params): case.sample.params for case in differentiable_cases(op)}.values():
        derived = Derived(Case(op, sample(*[(len(SPECIAL),)] * len(op.signature.operands), **params)), 2)
        zeros_are_strong(derived, derived.filled_with(SPECIAL))
