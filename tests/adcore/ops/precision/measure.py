"""The worst relative errors of an op's value, first and second derivatives, in all modes, on a grid of its domain."""

from __future__ import annotations

import contextlib
import itertools
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcore.derivatives import forward, reverse
from adcore.graph import OPS, DType, Graph, Type, constant, input_node
from adcore.graph.traversal import graph_of
from tests.adcore.graphs import run
from tests.adcore.ops.precision.definitions import DEFINITIONS, Definition, Interval
from tests.adcore.ops.precision.jets import exactly

SMALLEST = 1e-295
"""Below it, results are compared to it: the last bits before 0 are not worth more."""
PARAMETERS: dict[str, dict[str, Any]] = {"polygamma": {"n": 1}, "jv": {"v": 2}, "iv": {"v": 2}}
REDUCTIONS = ("sum", "mean", "prod", "norm", "var", "std", "logsumexp", "softmax", "log_softmax")
ELEMENTS = 3
"""The number of elements of what the reductions are measured on."""


@dataclass(frozen=True)
class Density:
    """How many numbers a grid has."""

    magnitudes: int
    """Over all doubles, evenly in the logarithm, for one operand."""
    ordinary: int
    """Between 1e-3 and 1e3, likewise."""
    distances: int
    """From each special point, on either side."""
    pairs: int
    """Magnitudes of each of two operands."""
    rows: int
    """Random rows of three."""


MODEST = Density(magnitudes=15, ordinary=8, distances=5, pairs=5, rows=20)
FULL = Density(magnitudes=121, ordinary=60, distances=25, pairs=15, rows=200)

# --- grids


def _inside(x: Any, interval: Interval) -> Any:
    return x[(x > interval[0]) & (x < interval[1])]


def _line(definition: Definition, density: Density) -> list[Any]:
    """The numbers for an op of one operand."""
    sizes = [np.geomspace(1.1e-300, 0.9e300, density.magnitudes), np.geomspace(1.3e-3, 0.9e3, density.ordinary)]
    distances = np.concatenate([[0.0], np.geomspace(1.1e-15, 0.3, density.distances)])
    parts = [*sizes, *[-x for x in sizes]]
    parts += [point + sign * distances for point in definition.special for sign in (-1.0, 1.0)]
    return [np.unique(_inside(np.concatenate(parts), definition.interval(0)))]


def _plane(definition: Definition, density: Density) -> list[Any]:
    """The pairs for an op of two operands: all magnitudes beside one another, and close ones."""
    half = density.pairs // 2
    sizes = np.concatenate([np.geomspace(1.1e-300, 0.9e300, density.pairs - half), np.geomspace(1.7e-3, 0.7e3, half)])
    first, second = (
        np.unique(_inside(np.concatenate([sizes, -sizes * 1.1]) * (1.0 + 0.03 * i), definition.interval(i)))
        for i in range(2)
    )
    a, b = (x.ravel() for x in np.meshgrid(first, second))
    close = [(first, sign * first * (1.0 + gap)) for sign in (1.0, -1.0) for gap in (1e-6, -1e-3)]
    a, b = np.concatenate([a, *[x for x, _ in close]]), np.concatenate([b, *[y for _, y in close]])
    low, high = definition.interval(1)
    inside = (b > low) & (b < high)
    return [a[inside], b[inside]]


def _rows(density: Density, rng: np.random.Generator) -> list[Any]:
    """Three elements: of any magnitudes, of one, one far larger than the others, and far from 0 but close together."""
    sizes, signs = 10.0 ** rng.uniform(-300, 300, (density.rows, 3)), rng.choice((-1.0, 1.0), (density.rows, 3))
    ordinary = rng.uniform(0.1, 3.0, (density.rows, 3)) * signs
    scale = 10.0 ** rng.uniform(-150, 140, (density.rows, 1))
    larger = np.where(np.arange(3) == rng.integers(0, 3, (density.rows, 1)), 10.0 ** rng.uniform(1, 9), 1.0)
    away = 10.0 ** rng.uniform(1, 9, (density.rows, 1))
    return list(np.concatenate([sizes * signs, ordinary, ordinary * scale, ordinary * larger, ordinary + away]).T)


def grid(name: str, density: Density) -> list[Any]:
    """The operands that an op is measured at, an array each."""
    definition = DEFINITIONS[name]
    if name in REDUCTIONS:
        return _rows(density, np.random.default_rng(zlib.crc32(name.encode())))
    return (_line if len(OPS[name].signature.operands) == 1 else _plane)(definition, density)


# --- derivatives


def application(name: str, count: int, length: int) -> Graph:
    """The op applied to arrays of one number a point; to three of them, stacked, where it is a reduction."""
    inputs = [input_node(f"x{i}", Type(DType.FLOAT, (length,))) for i in range(count)]
    if name not in REDUCTIONS:
        return graph_of(inputs, [OPS[name](*inputs, **PARAMETERS.get(name, {}))])
    result = OPS[name](OPS["stack"](*inputs, axis=1), axis=1)
    return graph_of(inputs, [OPS["take"](result, constant(0), axis=1) if result.ndim == 2 else result])


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


def references(name: str, density: Density) -> tuple[list[Any], Any]:
    """The operands where the op is defined, which it is not at a pole, and the exact derivatives, a row each."""
    points, rows = [], []
    for point in zip(*grid(name, density), strict=True):
        with contextlib.suppress(ValueError, ZeroDivisionError):
            rows.append([_double(x) for x in exactly(DEFINITIONS[name].function, point)])
            points.append(point)
    return list(np.array(points).T), np.array(rows).T


def measure(name: str, density: Density) -> list[Worst]:
    """The worst errors of the value, the first and the second derivatives of an op."""
    operands, exact = references(name, density)
    count, length = len(operands), len(operands[0])
    graph = application(name, count, length)
    worst = [Worst(0.0, "")] * 3
    for modes in MODES:
        order = len(modes)
        first = (0, 1, 1 + count)[order]
        for place, wrt in enumerate(itertools.combinations_with_replacement(range(count), order), start=first):
            values = run(derived(graph, modes, wrt), *operands, *[np.ones(length)] * order)[0]
            errors = relative_errors(values, exact[place])
            at = int(np.argmax(errors))
            where = f"{modes}{wrt} at {[float(x[at]) for x in operands]}: {values[at]} for {exact[place][at]}"
            worst[order] = max(worst[order], Worst(float(errors[at]), where))
    return worst
