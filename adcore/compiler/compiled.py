"""A compiled program: it evaluates and traces any inputs of the types it was compiled for, one point or many."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adcore import wengert
from adcore.clock import limited
from adcore.compiler.other_mode import completed, is_undefined
from adcore.derivatives.jacobian import Direction
from adcore.derivatives.query import Derivative, DerivativeKind
from adcore.derivatives.seeds import seed_values, sweep
from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.engines.notices import Notice, with_notices
from adcore.errors import (
    AdcoreError,
    BatchMismatch,
    BatchTooLarge,
    EvaluationTooLong,
    MemoryTooLarge,
    TraceTooLarge,
)
from adcore.graph import Array, Graph
from adcore.limits import Limits
from adcore.ops.strong import zero_wins

OTHER_SECONDS = 0.01
"""Predicted seconds that the other mode may always take, where a gradient is NaN in the first one."""
LONG = 0.0005
"""Predicted seconds from which an evaluation watches the clock; a shorter one is over before it could matter."""


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
    text: str = field(repr=False)
    kind: DerivativeKind
    graph: Graph = field(repr=False)
    """The program as it was written; what runs is an optimised form of it, or of its derivative."""
    inputs: tuple[str, ...]
    batched: tuple[bool, ...]
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]
    derivative: Derivative = field(repr=False)
    executable: Executable = field(repr=False)
    work: int
    """Scalar operations of one evaluation, of one point of a batch; those of its trace, where that is laid out."""
    seconds: float = field(repr=False)
    """The predicted time of one evaluation, as ``work`` counts it."""
    limits: Limits = field(repr=False)
    is_batch: bool
    """Whether any input has points."""
    may_notice: bool = False
    """Whether any of its ops may have notices."""
    notices: tuple[Notice, ...] = ()
    """What is worth knowing about every answer, whatever the inputs' values are."""
    in_other_mode: Callable[[Mapping[str, Array]], Compiled] | None = field(default=None, repr=False, compare=False)
    """The program compiled for inputs like these in the mode that it is not in, for gradients."""
    trace_plan: TracePlan | None = field(default=None, repr=False)
    """The trace's layout, where all runs have the same rows, and the query asks for a trace."""
    key: Hashable = field(default=None, repr=False)
    """Its key in the cache of the compiler that made it."""

    @property
    def engine(self) -> str:
        """The name of the engine that runs it."""
        return self.executable.name

    @property
    def mode(self) -> Direction | None:
        """The mode of the derivative; None where the query is for values only."""
        return self.derivative.mode

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
            points = self.points(inputs) if self.is_batch else 1
            if self.seconds * points > LONG:
                with limited(self.limits.evaluation_seconds, EvaluationTooLong):
                    results, noticed = self._results_and_notices(values, seeds, points)
            else:
                results, noticed = self._results_and_notices(values, seeds, points)
        except AdcoreError as error:
            error.located(self.text)
            raise
        assembled = self.derivative.assemble(results)
        if self.in_other_mode is not None and is_undefined(assembled):
            assembled, more = self._completed(assembled, inputs, points)
            noticed += more
        return Answer(assembled, self.notices + noticed)

    def _completed(
        self, results: dict[str, dict[str, Any]], inputs: Mapping[str, Array], points: int
    ) -> tuple[dict[str, dict[str, Any]], tuple[Notice, ...]]:
        """The gradients, by the other mode where they are NaN; as they are where that would take much more work."""
        assert self.in_other_mode is not None
        try:
            other = replace(self.in_other_mode(inputs), in_other_mode=None)
            if other.seconds * points > max(OTHER_SECONDS, 10 * self.seconds * points):
                return results, ()
            return completed(results, other.evaluate(inputs).results)
        except AdcoreError:
            return results, ()

    def _results_and_notices(
        self, values: list[Any], seeds: Mapping[str, Mapping[str, Array]], points: int
    ) -> tuple[list[Any], tuple[Notice, ...]]:
        if not self.may_notice:
            before = zero_wins()
            results = self._results(values, seeds, points)
            if zero_wins() == before:
                return results, ()
        return with_notices(lambda: self._results(values, seeds, points))

    def _results(self, values: list[Any], seeds: Mapping[str, Mapping[str, Array]], points: int) -> list[Any]:
        if seeds or self.derivative.seeds:
            return self._seeded_results(values, seeds, points)
        if self.is_batch:
            return self.executable.run_batch(values, self.batched, points)
        return self.executable.run(values)

    def _seeded_results(self, values: list[Any], seeds: Mapping[str, Mapping[str, Array]], points: int) -> list[Any]:
        """The results of a derivative with seeds: for the directions ``seeds``, or of a sweep over unit vectors."""
        derivative = self.derivative

        def run(directions: list[Any]) -> list[Any]:
            if not self.is_batch:
                return self.executable.run([*values, *directions])
            pairs = zip(directions, derivative.seed_inputs, strict=True)
            batched = (*self.batched, *[np.ndim(value) > x.ndim for value, x in pairs])
            return self.executable.run_batch([*values, *directions], batched, points)

        if derivative.swept and not seeds:
            return sweep(derivative, run, (points,) if self.is_batch else ())
        return run(seed_values(self.kind.name, derivative, seeds, points if self.is_batch else None))

    def trace(self, inputs: Mapping[str, Array]) -> wengert.Trace:
        """The Wengert list of the run on ``inputs``, a gradient's with its adjoints or tangents; not for batches.

        Raises BatchMismatch, EvaluationTooLong, TraceTooLarge, and what ops raise at run time, with their place.
        """
        if self.is_batch:
            raise BatchMismatch("a trace is of one point, not of a batch", help="leave out batch, or trace")
        try:
            with limited(self.limits.evaluation_seconds, EvaluationTooLong):
                values = [inputs[name][()] for name in self.inputs]
                plan = self.trace_plan
                if plan is None:
                    run = wengert.Straight(self.graph, {})
                    if not wengert.is_straight(self.graph):
                        run = wengert.straighten(self.graph, values, self.limits)
                    plan = plan_trace(run, self.wrt, self.kind, self.mode, self.limits)
                return wengert.fill(plan.layout, values, plan.executable.run)
        except AdcoreError as error:
            error.located(self.text)
            raise

    def points(self, inputs: Mapping[str, Array]) -> int:
        """The number of points of the inputs: 1 where there is no batch.

        Raises BatchMismatch, BatchTooLarge and MemoryTooLarge.
        """
        if not self.is_batch:
            return 1
        counts = {name: len(inputs[name]) for name, many in zip(self.inputs, self.batched, strict=True) if many}
        points = next(iter(counts.values()))
        if any(n != points for n in counts.values()):
            listed = ", ".join(f"{name} has {n}" for name, n in counts.items())
            raise BatchMismatch(
                f"the inputs of a batch have different numbers of points: {listed}",
                help="name the inputs of the batch, those with one value a point; the others are shared",
            )
        most = min(
            self.limits.batch_points,
            self.limits.array_elements // max(1, *(y.type.size for y in self.derivative.graph.outputs)),
        )
        if points > most:
            raise BatchTooLarge(f"a batch of {points} points, where {most} are allowed", help="send it in parts")
        self.check_memory(points)
        return points

    def elements(self, points: int) -> int:
        """The most numbers that an evaluation of so many points holds at one time."""
        derivative = self.derivative
        elements = sum(
            x.type.size * (points if many else 1) for x, many in zip(self.graph.inputs, self.batched, strict=True)
        )
        elements += self.executable.elements * min(points, self.executable.block)
        if self.is_batch:
            elements += points * sum(y.type.size for y in derivative.graph.outputs)
        directions = sum(x.type.size for x in derivative.seed_inputs)
        if derivative.swept:
            columns = sum(y.type.size for y in derivative.graph.outputs[-derivative.swept :])
            # The columns of each point; the seed of a run, and the zeros that it is at other times, for all points.
            elements += (points * columns + 2) * directions
        else:
            elements += points * directions
        return elements

    def check_memory(self, points: int) -> None:
        """Raise MemoryTooLarge where an evaluation of so many points would hold too much at one time."""
        elements = self.elements(points)
        if elements > self.limits.live_elements:
            raise MemoryTooLarge(
                f"the evaluation would hold {elements} numbers at one time, where {self.limits.live_elements} are "
                "allowed",
                help="send the batch in parts" if points > 1 else "work on smaller arrays, or on fewer of them",
            )


def plan_trace(
    run: wengert.Straight, wrt: Sequence[str], kind: DerivativeKind, mode: Direction | None, limits: Limits
) -> TracePlan:
    """The layout of the trace of a run; without derivatives where the run is cut, or the kind's are not traced.

    Its values are computed by the interpreter, whichever engine runs the program. Raises TraceTooLarge.
    """
    shown = mode if kind.shown_in_trace and not run.cut else None
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
