"""The interface that every engine meets: a graph, made ready to run.

The compiler, the cache and the service know an engine by this interface only, so one executable of a graph can take
the place of another at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from adcore.graph import Array, Graph


class Executable(Protocol):
    """A graph that an engine can run: immutable, and safe to run in many threads at once.

    Values are NumPy scalars or arrays of the types of the graph's inputs and outputs. A run reports the notices of its
    ops to ``notices.with_notices``, and raises what ops raise at run time, with the span of the node, and what the
    current clock raises (EvaluationTooLong, ``clock.Cancelled``): it ticks at least once in each pass of a loop.
    """

    @property
    def name(self) -> str:
        """The engine's name, as answers state it."""

    @property
    def elements(self) -> int:
        """The most elements that are live at one time in a run of one point, the inputs apart."""

    @property
    def nbytes(self) -> int:
        """The memory that the executable takes beside its graph, constants included."""

    @property
    def block(self) -> int:
        """The number of points of a batch that are computed together."""

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The values of the outputs for the values of the inputs."""

    def run_batch(self, values: Sequence[Any], batched: Sequence[bool], points: int) -> list[Array]:
        """The values of the outputs for every point, stacked along a leading axis of length ``points``.

        ``values`` whose ``batched`` is set have that leading axis; all points share the others.
        """


Prepare = Callable[[Graph, int], Executable]
"""An engine: a graph, and the most elements that the blocks of a batch may hold, to the graph's executable."""
