"""The cost of a run in scalar operations and in seconds, foreseen from shapes: by it the compiler chooses the cheaper
mode, the service decides where an evaluation runs, and partial evaluation gives up.

It stands beside the engines because the language, which is below the compiler, needs it too.
"""

from __future__ import annotations

import functools
from types import FunctionType

from adcore.graph import UNKNOWN, Graph, Node, inner_graphs

DISPATCH = 0.5e-6
"""The seconds that an application takes besides its operations: of a kernel in C, or of numbers alone."""
IN_PYTHON = 5e-6
"""The same where its kernel is a function written in Python that makes several arrays."""
WRITTEN = (FunctionType, functools.partial)
"""The types of kernels that are written in Python."""
MOVED = 2e-9
"""The seconds of an element that is read or written, where the operations are counted in another way."""


def work(graph: Graph) -> int:
    """Scalar operations of one run; of branches those of the dearer one, of loops those of all passes."""
    total = 0
    for node in graph.nodes:
        if node.op.rules.structure is not None and node.op.rules.work is None:
            inner = inner_graphs(node).values()
            total += node.op.rules.structure.times(node) * max(1, *map(work, inner), 0)
        else:
            total += work_of(node)
    return total


def seconds(graph: Graph, unknown: int = UNKNOWN) -> float:
    """The time of one run: a prediction, by the passes and branches that ``work`` counts.

    Passes that depend on the inputs' values are taken to be ``unknown``.
    """
    total = 0.0
    for node in graph.nodes:
        if node.op.rules.structure is not None and node.op.rules.work is None:
            inner = (seconds(each, unknown) for each in inner_graphs(node).values())
            times = node.op.rules.structure.times(node)
            total += (unknown if times == UNKNOWN else times) * max(DISPATCH, *inner, 0.0)
        else:
            total += seconds_of(node)
    return total


def work_of(node: Node) -> int:
    """Scalar operations of one application, graphs inside it apart: as many as its op declares, else as many as the
    largest array that it reads or writes has elements."""
    if node.op.rules.work is not None:
        return node.op.rules.work(node)
    return max([t.size for t in node.types] + [x.type.size for x in node.inputs if not x.op.facts.several])


def seconds_of(node: Node) -> float:
    """The time that one application of a node takes, graphs inside it apart: a prediction."""
    rules = node.op.rules
    is_short = not isinstance(rules.value, WRITTEN) or (node.op.facts.elementwise and not node.types[0].shape)
    overhead = DISPATCH if is_short else IN_PYTHON
    if not isinstance(rules.nanoseconds, float):
        return overhead + 1e-9 * rules.nanoseconds(node)
    seconds = overhead + 1e-9 * rules.nanoseconds * work_of(node)
    if rules.work is None:
        return seconds
    return seconds + MOVED * sum([t.size for t in node.types] + [x.type.size for x in node.inputs])
