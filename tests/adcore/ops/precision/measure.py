"""The worst relative errors of an op's value, first and second derivatives, in all modes, on a grid of its domain."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, DType, Graph, Type, input_node
from adcore.graph.traversal import graph_of
from tests.adcore.graphs import run
from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.definitions.definition import SLOWEST, column, stacked
from tests.adcore.ops.precision.grids import grid
from tests.adcore.ops.precision.jets import DIGITS, FEWER_DIGITS, NoAgreement, exactly

SMALLEST = 1e-295
"""Below it, results are compared to it: the last bits before 0 are not worth more."""

# --- derivatives


def application(name: str, length: int) -> Graph:
    """The op applied to arrays of one number a point; to rows of them, where it is a reduction."""
    definition = DEFINITIONS[name]
    inputs = [input_node(f"x{i}", Type(DType.FLOAT, (length,))) for i in range(definition.operands)]
    if definition.apply is not None:
        result = definition.apply(inputs)
    elif definition.is_reduction:
        result = OPS[definition.op](stacked(inputs), axis=1, **definition.parameters)
        result = column(result, 0) if result.ndim == 2 else result
    else:
        result = OPS[definition.op](*inputs, **definition.parameters)
    return graph_of(inputs, [result])


def derived(graph: Graph, modes: str, operands: Sequence[int]) -> Graph:
    """One derivative of the last output a letter, the innermost first: "rf" is forward over reverse. Inputs are added
    for the tangents and cotangents."""
    for mode, operand in zip(modes, operands, strict=True):
        derive = forward.jvp_graph if mode == "f" else reverse.vjp_graph
        graph = derive(graph_of(graph.inputs, graph.outputs[-1:]), [operand])
    return graph_of(graph.inputs, graph.outputs[-1:])


MODES = ("", "f", "r", "ff", "rf", "fr", "rr")


class Worst(NamedTuple):
    """The worst relative error of one order, and where."""

    error: float
    place: str


def relative_errors(values: Any, exact: Any) -> Any:
    """Relative to the exact values, or to ``SMALLEST``. What exceeds the range of doubles is infinite."""
    with np.errstate(all="ignore"):
        errors = np.abs(values - exact) / np.maximum(np.abs(exact), SMALLEST)
    return np.where(values == exact, 0.0, np.where(np.isnan(errors), math.inf, errors))


def _double(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def references(name: str, points: Sequence[Any]) -> tuple[list[Any], Any]:
    """The operands where the op is defined, which it is not at a pole, and the exact derivatives, a row each.

    Of the slowest definitions, points that would need hundreds of digits are left out."""
    definition, inside, rows = DEFINITIONS[name], [], []
    is_slowest = definition.most == SLOWEST
    digits, refusals = (FEWER_DIGITS, (NoAgreement,)) if is_slowest else (DIGITS, ())
    for point in zip(*points, strict=True):
        with contextlib.suppress(ValueError, ZeroDivisionError, *refusals):
            rows.append([_double(x) for x in exactly(definition.function, point, digits)])
            inside.append(point)
    return list(np.array(inside).T), np.array(rows).T


class Measurement(NamedTuple):
    """At how many points an op is measured, and the worst errors of the value, the first and second derivatives."""

    points: int
    errors: list[Worst]


def measure(name: str, sample: int | None = None) -> Measurement:
    """At the whole grid of an op, or a sample of it."""
    operands, exact = references(name, grid(name, sample))
    worst = [Worst(0.0, "")] * 3
    if not operands:
        return Measurement(0, worst)
    count, length = len(operands), len(operands[0])
    graph = application(name, length)
    for modes in MODES:
        order = len(modes)
        first = (0, 1, 1 + count)[order]
        for place, wrt in enumerate(itertools.combinations_with_replacement(range(count), order), start=first):
            values = run(derived(graph, modes, wrt), *operands, *[np.ones(length)] * order)[0]
            errors = relative_errors(values, exact[place])
            at = int(np.argmax(errors))
            where = f"{modes}{wrt} at {[float(x[at]) for x in operands]}: {values[at]} for {exact[place][at]}"
            worst[order] = max(worst[order], Worst(float(errors[at]), where))
    return Measurement(length, worst)
