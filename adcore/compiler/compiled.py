"""A compiled program: it evaluates and traces any inputs of the types it was compiled for, one point or many."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcore import wengert
from adcore.derivatives.jacobian import Direction
from adcore.derivatives.query import Derivative, kind_of
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.engines.notices import Notice, collecting, notices
from adcore.errors import (
    AdcoreError,
    BadInputValue,
    BatchMismatch,
    BatchTooLarge,
    MemoryTooLarge,
    MissingInput,
    TraceTooLarge,
    UnknownInput,
)
from adcore.graph import Array, Graph
from adcore.language import did_you_mean
from adcore.limits import Limits
from adcore.ops.shapes import describe_shape

LONG = 100_000
"""Scalar operations from which an evaluation watches the clock; a shorter one is over before it could matter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program gives, by key and by name; in a batch each array with a leading axis of points.

    Each key is an attribute too: ``answer.values["y"]``, ``answer.gradients["x"]``, ``answer.jacobian["y"]["x"]``.
    """

    results: Mapping[str, dict[str, Any]]
    notices: tuple[Notice, ...] = ()

    @property
    def values(self) -> dict[str, Array]:
        """The values of the outputs."""
        return self.results["values"]

    @property
    def gradients(self) -> dict[str, Array]:
        """The gradients by input, of a VJP the cotangents of the inputs; empty for kinds without gradients."""
        return self.results.get("gradients", {})

    def __getattr__(self, key: str) -> Any:
        if key == "results" or key not in self.results:
            # ``results`` itself is missing only while the answer is being copied.
            raise AttributeError(f"the answer has no {key}", name=key, obj=self)
        return self.results[key]


@dataclass(frozen=True, slots=True)
class TracePlan:
    """The layout of a trace, and the executable of the graph that computes its values."""

    layout: wengert.Layout
    executable: Executable


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program, compiled for the types of its inputs and for a query; it runs on any inputs of those types."""

    program_id: str
    text: str
    kind: str
    graph: Graph
    """The program as it was written; what runs is an optimised form of it, or of its derivative."""
    inputs: tuple[str, ...]
    batched: tuple[bool, ...]
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]
    derivative: Derivative
    executable: Executable
    work: int
    """Scalar operations of one evaluation, of one point of a batch; those of its trace, where that is laid out."""
    limits: Limits
    many: bool
    """Whether any input has points."""
    watched: bool = False
    """Whether any of its ops may have notices."""
    traced: TracePlan | None = None
    """The trace's layout, where all runs have the same rows, and the query asks for a trace."""
    key: Hashable = None
    """Its key in the cache of the compiler that made it."""

    @property
    def engine(self) -> str:
        """The name of the engine that runs it."""
        return self.executable.name

    @property
    def mode(self) -> Direction | None:
        """The mode of the derivative; None where the query is for values only."""
        return self.derivative.mode

    @property
    def runs(self) -> Graph:
        """The graph that the executable runs."""
        return self.derivative.graph

    def evaluate(self, inputs: Mapping[str, Array], **seeds: Mapping[str, Array]) -> Answer:
        """The answer for ``inputs``, which have the types the program was compiled for.

        ``seeds`` are the further inputs of some kinds of derivatives: ``tangents`` by input, ``cotangents`` by output,
        of the shapes of what they belong to; in a batch they may have the leading axis of points, too. One that is left
        out is zero, but not all of them may be. Raises UnknownInput, MissingInput and BadInputValue for wrong seeds,
        EvaluationTooLong, BatchMismatch, BatchTooLarge, MemoryTooLarge, and what ops raise at run time, with their
        place.
        """
        try:
            values = [inputs[name][()] for name in self.inputs]
            points = self.points(inputs) if self.many else 1
            deadline = self._deadline() if self.work * points > LONG else None
            if self.watched:
                with collecting() as counts:
                    results = self._results(values, seeds, points, deadline)
                noticed = notices(counts)
            else:
                results, noticed = self._results(values, seeds, points, deadline), ()
        except AdcoreError as error:
            error.located(self.text)
            raise
        return Answer(self.derivative.assemble(results), noticed)

    def _results(
        self, values: list[Any], seeds: Mapping[str, Mapping[str, Array]], points: int, deadline: float | None
    ) -> list[Any]:
        derivative, batched = self.derivative, self.batched
        if seeds or derivative.seeds:
            if derivative.swept and not seeds:
                return self._sweep(values, points, deadline)
            directions = self._directions(seeds, points)
            pairs = zip(directions, derivative.seed_inputs, strict=True)
            batched += tuple([np.ndim(value) > x.ndim for value, x in pairs])
            values += directions
        if self.many:
            return self.executable.run_batch(values, batched, points, deadline)
        return self.executable.run(values, deadline)

    def _directions(self, seeds: Mapping[str, Mapping[str, Array]], points: int) -> list[Any]:
        """The values of the seeds, in the order of the graph's inputs."""
        wanted: dict[str, list[str]] = {}
        for seed in () if self.derivative.swept else self.derivative.seeds:
            wanted.setdefault(seed.role, []).append(seed.name)
        for role, values in seeds.items():
            if role not in wanted:
                raise UnknownInput(f"{self.kind} takes no {role}", help="leave them out")
            for name in values:
                if name not in wanted[role]:
                    listed = ", ".join(wanted[role]) or "none"
                    raise UnknownInput(
                        f"there is no {name} that has {role}; these have: {listed}",
                        help=did_you_mean(name, wanted[role]),
                    )
        for role, names in wanted.items():
            if not seeds.get(role):
                raise MissingInput(f"the {role} are missing", help=f"give one of: {', '.join(names)}")
        directions = []
        for (role, name), x in zip(self.derivative.seeds, self.derivative.seed_inputs, strict=True):
            value = seeds[role].get(name)
            if value is None:
                value = np.zeros(x.shape)
            elif value.shape != x.shape and not (self.many and value.shape == (points, *x.shape)):
                raise BadInputValue(
                    f"{role}.{name} has shape {describe_shape(value.shape)}, where {name} has shape "
                    f"{describe_shape(x.shape)}"
                )
            directions.append(value.astype(np.float64, copy=False)[()])
        return directions

    def _sweep(self, values: list[Any], points: int, deadline: float | None) -> list[Array]:
        """One run for each element of the seeds, this 1 and all others 0."""
        seeds, derivative = self.derivative.seed_inputs, self.derivative
        batched = (*self.batched, *[False] * len(seeds))
        run: Callable[[Sequence[Any]], list[Array]] = (
            (lambda values: self.executable.run_batch(values, batched, points, deadline))
            if self.many
            else (lambda values: self.executable.run(values, deadline))
        )
        fixed = len(derivative.graph.outputs) - derivative.swept
        zeros = [np.zeros(x.shape)[()] for x in seeds]
        leading = (points,) if self.many else ()
        columns = [[np.empty((*leading, *y.shape, *x.shape)) for x in seeds] for y in derivative.graph.outputs[fixed:]]
        results: list[Array] = []
        for place, x in enumerate(seeds):
            for index in np.ndindex(x.shape):
                one = np.zeros(x.shape)
                one[index] = 1.0
                results = run([*values, *zeros[:place], one[()], *zeros[place + 1 :]])
                for column, result in zip(columns, results[fixed:], strict=True):
                    column[place][(..., *index)] = result
        results = results or run([*values, *zeros])
        return [*results[:fixed], *(each[()] for column in columns for each in column)]

    def trace(self, inputs: Mapping[str, Array]) -> wengert.Trace:
        """The Wengert list of the run on ``inputs``, a gradient's with its adjoints or tangents; not for batches.

        Raises BatchMismatch, EvaluationTooLong, TraceTooLarge, and what ops raise at run time, with their place.
        """
        if self.many:
            raise BatchMismatch("a trace is of one point, not of a batch", help="leave out batch, or trace")
        deadline = self._deadline()
        try:
            values = [inputs[name][()] for name in self.inputs]
            traced = self.traced
            if traced is None:
                run = wengert.Straight(self.graph, {})
                if not wengert.is_straight(self.graph):
                    run = wengert.straighten(self.graph, values, self.limits, deadline)
                traced = plan_trace(run, self.wrt, self.kind, self.mode, self.limits)
            return wengert.fill(traced.layout, values, lambda values: traced.executable.run(values, deadline))
        except AdcoreError as error:
            error.located(self.text)
            raise

    def points(self, inputs: Mapping[str, Array]) -> int:
        """The number of points of the inputs: 1 where there is no batch.

        Raises BatchMismatch, BatchTooLarge and MemoryTooLarge.
        """
        if not self.many:
            return 1
        counts = {name: len(inputs[name]) for name, many in zip(self.inputs, self.batched, strict=True) if many}
        points = next(iter(counts.values()))
        if any(n != points for n in counts.values()):
            listed = ", ".join(f"{name} has {n}" for name, n in counts.items())
            raise BatchMismatch(
                f"the inputs of a batch have different numbers of points: {listed}",
                help='name those that have one value a point, as in "batch": ["x"]; the others are shared',
            )
        most = min(
            self.limits.batch_points, self.limits.array_elements // max(1, *(y.type.size for y in self.runs.outputs))
        )
        if points > most:
            raise BatchTooLarge(f"a batch of {points} points, where {most} are allowed", help="send it in parts")
        self.check_memory(points)
        return points

    def check_memory(self, points: int) -> None:
        """Raise MemoryTooLarge where an evaluation of so many points would hold too much at one time."""
        derivative = self.derivative
        elements = sum(
            x.type.size * (points if many else 1) for x, many in zip(self.graph.inputs, self.batched, strict=True)
        )
        elements += self.executable.elements * min(points, self.executable.block)
        if self.many:
            elements += points * sum(y.type.size for y in derivative.graph.outputs)
        directions = sum(x.type.size for x in derivative.seed_inputs)
        if derivative.swept:
            columns = sum(y.type.size for y in derivative.graph.outputs[-derivative.swept :])
            # The columns of each point; the seed of a run, and the zeros that it is at other times, for all points.
            elements += (points * columns + 2) * directions
        else:
            elements += points * directions
        if elements > self.limits.live_elements:
            raise MemoryTooLarge(
                f"the evaluation would hold {elements} numbers at one time, where {self.limits.live_elements} are "
                "allowed",
                help="send the batch in parts" if points > 1 else "work on smaller arrays, or on fewer of them",
            )

    def _deadline(self) -> float:
        return time.monotonic() + self.limits.evaluation_seconds


def plan_trace(
    run: wengert.Straight, wrt: Sequence[str], kind: str, mode: Direction | None, limits: Limits
) -> TracePlan:
    """The layout of the trace of a run; without derivatives where the run is cut, or the kind's are not traced.

    Raises TraceTooLarge.
    """
    shown = mode if kind_of(kind).traced and not run.cut else None
    indices = [run.graph.input_names.index(name) for name in wrt]
    layout = wengert.layout_of(run.graph, indices, shown, limits.trace_rows, run.places)
    if run.cut:
        layout = replace(layout, truncated=True)
    executable = prepare(layout.graph)
    elements = layout.elements(executable.elements)
    if elements > limits.trace_elements:
        raise TraceTooLarge(
            f"the trace would hold {elements} numbers, where {limits.trace_elements} are allowed",
            help="leave out trace, or trace a smaller case",
        )
    return TracePlan(layout, executable)
