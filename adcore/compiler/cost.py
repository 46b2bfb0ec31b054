"""What an evaluation needs, predicted before it runs: time, memory, and the bytes of what it answers.

All follow from the shapes that a program is compiled for, and from what its ops declare; a service admits work by them.
"""

from __future__ import annotations

import math

from adcore.compiler.compiled import Compiled
from adcore.engines.cost import seconds
from adcore.graph import Node

ELEMENT_BYTES = 8
"""The bytes of a number; a truth value takes one, and is counted as a number."""


def evaluation_seconds(compiled: Compiled, points: int = 1) -> float:
    """The seconds of an evaluation of so many points, on one core.

    A loop whose passes depend on the inputs' values counts as one of ``graph.UNKNOWN`` passes.
    """
    return compiled.seconds * points


def least_seconds(compiled: Compiled, points: int = 1) -> float:
    """The same, where a loop whose passes depend on the inputs' values has one."""
    return points * compiled.derivative.sweeps * seconds(compiled.derivative.graph, unknown=1)


def evaluation_bytes(compiled: Compiled, points: int = 1) -> int:
    """A bound on the bytes that an evaluation holds at one time: inputs, values, temporaries and results.

    That of a trace is part of it, where the trace is laid out when the program is compiled.
    """
    plan = compiled.trace_plan
    traced = plan.layout.elements(plan.executable.elements) if plan is not None else 0
    return ELEMENT_BYTES * (compiled.elements(points) + traced)


def answer_bytes(compiled: Compiled, points: int = 1) -> int:
    """The bytes of the arrays that an evaluation of so many points answers; a trace apart."""
    derivative = compiled.derivative
    outputs = derivative.graph.outputs
    fixed = len(outputs) - derivative.swept
    columns = sum(map(_nbytes, outputs[fixed:]))
    directions = sum(x.type.size for x in derivative.seed_inputs) if derivative.swept else 0
    return points * (sum(map(_nbytes, outputs[:fixed])) + columns * directions)


def _nbytes(node: Node) -> int:
    return ELEMENT_BYTES * math.prod(node.shape)
