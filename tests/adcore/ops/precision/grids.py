"""The operands that an op is measured at: numbers of all magnitudes and close to special points, pairs and rows."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.adcore.ops.precision.definitions import DEFINITIONS
from tests.adcore.ops.precision.definitions.definition import ALL, ELEMENTS, Definition, Interval


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
    random: int
    """Random points of more than two operands, or of two where ``most`` bounds them."""
    rows: int
    """Random rows of three elements, of each kind."""


FULL = Density(magnitudes=91, ordinary=46, distances=20, pairs=13, random=150, rows=45)


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


def _magnitudes(interval: Interval, count: int, rng: np.random.Generator) -> Any:
    """Numbers of an interval: half of them ordinary, the others evenly in the logarithm, or close to its end at 1."""
    low, high = max(interval[0], 0.0), min(interval[1], 0.9e300)
    wide, narrow = (
        np.exp(rng.uniform(np.log(max(low, a)), np.log(min(high, b)), count)) for a, b in ((1e-300, 1e300), (1e-3, 1e3))
    )
    x = np.where(rng.random(count) < 0.5, wide, narrow)
    if high == 1.0:
        x = np.where(rng.random(count) < 0.3, 1.0 - 10.0 ** rng.uniform(-12, -0.3, count), x)
    return np.where(rng.random(count) < 0.5, -x, x) if interval[0] < 0.0 else x


def _space(definition: Definition, density: Density, rng: np.random.Generator) -> list[Any]:
    """Random operands for a function of several; of some points, the first two are close to one another."""
    size = density.random
    operands = [_magnitudes(definition.interval(i), size, rng) for i in range(definition.operands)]
    close = operands[0] * (1.0 + rng.choice((-1.0, 1.0), size) * 10.0 ** rng.uniform(-6, -0.3, size))
    low, high = definition.interval(1)
    operands[1] = np.where((close > low) & (close < high) & (rng.random(size) < 0.3), close, operands[1])
    return operands


def _rows(density: Density, rng: np.random.Generator) -> list[Any]:
    """Rows of any magnitudes, of one, of one that is far larger than the others, and far from 0 but close together."""
    shape = (density.rows, ELEMENTS)
    sizes, signs = 10.0 ** rng.uniform(-300, 300, shape), rng.choice((-1.0, 1.0), shape)
    ordinary = rng.uniform(0.1, 3.0, shape) * signs
    scale = 10.0 ** rng.uniform(-150, 140, (density.rows, 1))
    is_larger = np.arange(ELEMENTS) == rng.integers(0, ELEMENTS, (density.rows, 1))
    larger = np.where(is_larger, 10.0 ** rng.uniform(1, 9), 1.0)
    away = 10.0 ** rng.uniform(1, 9, (density.rows, 1))
    return list(np.concatenate([sizes * signs, ordinary, ordinary * scale, ordinary * larger, ordinary + away]).T)


def grid(name: str, sample: int | None = None, density: Density = FULL) -> list[Any]:
    """The operands that an op is measured at, an array each; of a sample, that many of these points."""
    definition, rng = DEFINITIONS[name], np.random.default_rng(zlib.crc32(name.encode()))
    if definition.is_reduction:
        points = _rows(density, rng)
    elif definition.operands == 1:
        points = _line(definition, density)
    elif definition.operands == 2 and definition.most == ALL:
        points = _plane(definition, density)
    else:
        points = _space(definition, density, rng)
    chosen = rng.permutation(len(points[0]))[: min(definition.most, sample or ALL)]
    return [x[chosen] for x in points]
