"""What the generated tests apply the ops to: one row for each op and sample, with values drawn from the op's domain."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcore.graph import CONSTANT, INPUT, ITEM, OPS, Array, DType, Graph, Kind, Op, Shape, Type, input_node, items
from adcore.graph.traversal import check, graph_of
from adcore.ops.base import Sample, sample

# An assertion is there to refuse operands; the language's tests have it.
_APART = (INPUT, CONSTANT, ITEM, OPS["require"], OPS["reached"])
GENERATED = [op for op in OPS.values() if op not in _APART and op.rules.structure is None and not op.facts.on_stacks]


@dataclass(frozen=True, slots=True)
class Case:
    """One application of an op."""

    op: Op
    sample: Sample

    def __str__(self) -> str:
        shapes = ",".join("x".join(map(str, shape)) or "0-d" for shape in self.sample.shapes)
        params = ",".join(f"{name}={value}" for name, value in self.sample.params.items())
        return ";".join(filter(None, (self.op.name, shapes, params)))

    def dtype(self, i: int) -> DType:
        """The kind of the i-th operand."""
        return self.op.signature.dtypes[min(i, len(self.op.signature.dtypes) - 1)] or DType.FLOAT

    def interval(self, i: int) -> tuple[float, float]:
        low, high, *_ = self.op.sampling.domain[min(i, len(self.op.sampling.domain) - 1)]
        return low, high

    def added(self, i: int) -> float:
        """What is added on the diagonal of the i-th operand, where it is matrices; to a vector, times the index."""
        _, _, *added = self.op.sampling.domain[min(i, len(self.op.sampling.domain) - 1)]
        return float(sum(added))

    @property
    def varied(self) -> list[int]:
        """The operands that differences may vary."""
        return [
            i
            for i in range(len(self.sample.shapes))
            if self.dtype(i) is DType.FLOAT and self.interval(i)[0] != self.interval(i)[1]
        ]

    def graph(self, shapes: tuple[Shape, ...] | None = None) -> Graph:
        """The graph of this one application, with all its results."""
        given = self.sample.shapes if shapes is None else shapes
        inputs = [input_node(f"x{i}", Type(self.dtype(i), shape)) for i, shape in enumerate(given)]
        node = self.op(*inputs, **self.sample.params)
        return check(graph_of(inputs, items(node) if self.op.facts.several else [node]))

    def numbers(self) -> Graph:
        """The graph of those results that are numbers, which may have a derivative."""
        graph = self.graph()
        return check(graph_of(graph.inputs, [y for y in graph.outputs if y.type.dtype is DType.FLOAT]))

    def operands(self) -> list[Any]:
        """Values of the operands, always the same ones; those of one operand keep a distance from one another."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [self._operand(rng, i, shape) for i, shape in enumerate(self.sample.shapes)]

    def _operand(self, rng: np.random.Generator, i: int, shape: Shape) -> Any:
        low, high = self.interval(i)
        if self.dtype(i) is DType.BOOL:
            return rng.integers(0, 2, shape).astype(bool)[()]
        if self.dtype(i) is DType.INT:
            return np.asarray(rng.integers(int(low), int(high), shape, endpoint=True))[()]
        size = int(np.prod(shape))
        places = rng.permutation(size) + rng.uniform(0.2, 0.8, size)
        values = (low + (high - low) * places / max(size, 1)).reshape(shape)[()]
        if len(shape) == 1:
            return values + self.added(i) * np.arange(size)
        return values + self.added(i) * np.eye(shape[-2], shape[-1]) if len(shape) > 1 else values


def samples(op: Op) -> Iterator[Sample]:
    """The op's own samples, or scalars, arrays and broadcasts of them for as many operands as it takes."""
    if op.sampling.samples:
        yield from op.sampling.samples
        return
    count = len(op.signature.operands)
    yield sample(*[()] * count)
    yield sample(*[(3,)] * count)
    yield sample(*[(2, 3)] * count)
    if count > 1:
        yield sample((2, 3), *[()] * (count - 1))
        yield sample(*[()] * (count - 1), (3,))
        yield sample((2, 1), *[(3,)] * (count - 1))
        yield sample((1, 3), *[(2, 1, 1)] * (count - 1))


@functools.cache
def cases_of(op: Op) -> tuple[Case, ...]:
    return tuple(Case(op, s) for s in samples(op))


def all_cases() -> list[Case]:
    return [case for op in GENERATED for case in cases_of(op)]


def emptied(case: Case) -> Iterator[tuple[Shape, ...]]:
    """The operands' shapes with the axes of one length, 2 or more, made empty."""
    for length in sorted({n for shape in case.sample.shapes for n in shape} - {0, 1}):
        yield tuple(tuple(0 if n == length else n for n in shape) for shape in case.sample.shapes)


def differentiable_cases(op: Op) -> list[Case]:
    """The cases of an op that has derivatives, with something to differentiate by."""
    return [case for case in cases_of(op) if op.differentiable and case.varied and case.numbers().outputs]


def is_written(case: Case) -> bool:
    """Whether a program can make this application: no parameter of it is hidden."""
    hidden = {p.name for p in case.op.signature.parameters if p.kind is Kind.HIDDEN}
    return case.op.signature.public and not hidden & set(case.sample.params)


def directional(rng: np.random.Generator, like: list[Any]) -> list[Array]:
    """One direction for each array, its entries between a quarter and one, of either sign."""
    return [rng.uniform(0.25, 1.0, np.shape(x)) * rng.choice((-1.0, 1.0), np.shape(x)) for x in like]
