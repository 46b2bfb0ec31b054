"""A second engine for the tests: it counts its runs, and has the interpreter do them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adcore.engines.executable import Executable
from adcore.engines.interpreter import prepare
from adcore.graph import Array, Graph


@dataclass(frozen=True)
class Counting:
    """An executable that counts its runs; ``runs`` has a word for each."""

    inner: Executable
    elements: int
    name: str = "counting"
    nbytes: int = 1_000
    block: int = 7
    runs: list[str] = field(default_factory=list)

    def run(self, values: Sequence[Any]) -> list[Any]:
        self.runs.append("one")
        return self.inner.run(values)

    def run_batch(self, values: Sequence[Any], batched: Sequence[bool], points: int) -> list[Array]:
        self.runs.append("batch")
        return self.inner.run_batch(values, batched, points)


def counting(graph: Graph, room: int = sys.maxsize) -> Counting:
    inner = prepare(graph, room)
    return Counting(inner, inner.elements)
