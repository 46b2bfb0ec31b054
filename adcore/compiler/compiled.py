"""A compiled program: it runs on any inputs of the types it was compiled for, one point or many, and tells the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from typing import Literal as OneOf

import numpy as np

from adcore import wengert
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.engines.notices import Notice, collecting, notices
from adcore.errors import AdcoreError, BatchMismatch, BatchTooLarge, MemoryTooLarge, TraceTooLarge
from adcore.graph import Array, Graph
from adcore.limits import Limits

Direction = OneOf["forward", "reverse"]

LONG = 100_000
"""Scalar operations from which an evaluation watches the clock; a shorter one is over before it could matter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outputs' values and, where asked, the gradients by input; in a batch each with a leading axis of points."""

    values: dict[str, Array]
    gradients: dict[str, Array]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class TracePlan:
    """The layout of a trace, and the executable of the graph that computes its values."""

    layout: wengert.Layout
    executable: Executable


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program, compiled for the shapes of its inputs and for what was asked; it runs on any inputs of those."""

    program_id: str
    text: str
    graph: Graph
    """The program as it was written; what runs is an optimised form of it, or of its derivative."""
    inputs: tuple[str, ...]
    batched: tuple[bool, ...]
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]
    mode: Direction | None
    runs: Graph
    executable: Executable
    work: int
    """Scalar operations of one evaluation, of one point of a batch; those of its trace, where that is laid out."""
    limits: Limits
    many: bool
    """Whether any input has points."""
    watched: bool = False
    """Whether any of its ops may have notices."""
    traced: TracePlan | None = None
    """The trace's layout, where every run of the program does the same, and it is known that a trace is wanted."""
    key: Hashable = None
    """Its key in the cache of the compiler that made it."""

    @property
    def engine(self) -> str:
        """The name of the engine that runs it."""
        return self.executable.name

    def evaluate(self, inputs: Mapping[str, Array]) -> Answer:
        """The answer for ``inputs``, which have the types the program was compiled for.

        Raises EvaluationTooLong, BatchMismatch, BatchTooLarge, MemoryTooLarge, and what ops raise at run time, with
        their place.
        """
        try:
            values = [inputs[name][()] for name in self.inputs]
            points = self.points(inputs) if self.many else 1
            deadline = self._deadline() if self.work * points > LONG else None
            if self.watched:
                with collecting() as counts:
                    results = self._results(values, points, deadline)
                noticed = notices(counts)
            else:
                results, noticed = self._results(values, points, deadline), ()
        except AdcoreError as error:
            error.located(self.text)
            raise
        # The gradients come after the values.
        named = iter(results)
        return Answer(dict(zip(self.outputs, named, strict=False)), dict(zip(self.wrt, named, strict=True)), noticed)

    def _results(self, values: list[Any], points: int, deadline: float | None) -> list[Any]:
        if self.mode == "forward":
            return self._forward(values, points, deadline)
        if self.many:
            return self._batch(values, points, deadline)
        return self.executable.run(values, deadline)

    def trace(self, inputs: Mapping[str, Array]) -> wengert.Trace:
        """The Wengert list of the run on ``inputs``, with its adjoints or tangents; not for batches.

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
                traced = plan_trace(run, [self.inputs.index(name) for name in self.wrt], self.mode, self.limits)
            return wengert.fill(traced.layout, values, lambda values: traced.executable.run(values, deadline))
        except AdcoreError as error:
            error.located(self.text)
            raise

    def points(self, inputs: Mapping[str, Array]) -> int:
        """How many points the inputs hold: 1 where there is no batch.

        Raises BatchMismatch, BatchTooLarge and MemoryTooLarge.
        """
        counts = {name: len(inputs[name]) for name, many in zip(self.inputs, self.batched, strict=True) if many}
        if not counts:
            return 1
        points = next(iter(counts.values()))
        if any(n != points for n in counts.values()):
            told = ", ".join(f"{name} has {n}" for name, n in counts.items())
            raise BatchMismatch(
                f"the inputs of a batch have different numbers of points: {told}",
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
        given = sum(
            x.type.size * (points if many else 1) for x, many in zip(self.graph.inputs, self.batched, strict=True)
        )
        held = given + self.executable.elements * min(points, self.executable.block)
        if self.many:
            held += points * sum(y.type.size for y in self.runs.outputs)
        if self.mode == "forward":
            # A gradient for each point; the tangents, and the zeros they are when it is not their turn, for all.
            tangents = sum(x.type.size for x in self.runs.inputs[len(self.inputs) :])
            held += (points + 2) * tangents
        if held > self.limits.live_elements:
            raise MemoryTooLarge(
                f"the evaluation would hold {held} numbers at one time, where {self.limits.live_elements} are allowed",
                help="send the batch in parts" if points > 1 else "work on smaller arrays, or on fewer of them",
            )

    def _deadline(self) -> float:
        return time.monotonic() + self.limits.evaluation_seconds

    def _batch(self, values: Sequence[Any], points: int, deadline: float | None) -> list[Array]:
        # What is added to the program's inputs, tangents, is shared by all points.
        batched = (*self.batched, *[False] * (len(values) - len(self.batched)))
        return self.executable.run_batch(values, batched, points, deadline)

    def _forward(self, values: list[Any], points: int, deadline: float | None) -> list[Array]:
        """One pass an element of the inputs ``wrt``, its tangent 1 and all others 0."""
        run: Callable[[Sequence[Any]], list[Array]] = (
            (lambda values: self._batch(values, points, deadline))
            if self.many
            else (lambda values: self.executable.run(values, deadline))
        )
        seeds = self.runs.inputs[len(self.inputs) :]
        zeros = [np.zeros(x.shape)[()] for x in seeds]
        gradients = [np.empty((points, *x.shape) if self.many else x.shape) for x in seeds]
        value: list[Array] = []
        for place, x in enumerate(seeds):
            for index in np.ndindex(x.shape):
                one = np.zeros(x.shape)
                one[index] = 1.0
                *value, tangent = run([*values, *zeros[:place], one[()], *zeros[place + 1 :]])
                gradients[place][(..., *index)] = tangent
        value = value or run([*values, *zeros])[:-1]
        return [*value, *(g[()] for g in gradients)]


def plan_trace(run: wengert.Straight, wrt: Sequence[int], mode: Direction | None, limits: Limits) -> TracePlan:
    """The layout of the trace of a run, without derivatives where the run is cut. Raises TraceTooLarge."""
    layout = wengert.layout_of(run.graph, wrt, None if run.cut else mode, limits.trace_rows, run.places)
    if run.cut:
        layout = replace(layout, truncated=True)
    executable = prepare(layout.graph)
    held = layout.elements(executable.elements)
    if held > limits.trace_elements:
        raise TraceTooLarge(
            f"the trace would hold {held} numbers, where {limits.trace_elements} are allowed",
            help="leave out trace, or trace a smaller case",
        )
    return TracePlan(layout, executable)
