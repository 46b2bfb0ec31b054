"""How the tests of the language run a program: by the ops' own values, node after node."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcore.graph import Graph, type_of
from adcore.graph.traversal import check
from adcore.language import Lowered, lower, parse
from adcore.language.lowering.partial_evaluation import Budget
from adcore.limits import Limits

LIMITS = Limits()


def lowered(
    text: str,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[str] | None = None,
    shapes_only: bool = False,
    limits: Limits = LIMITS,
) -> Lowered:
    """A program's graph, checked."""
    arrays = {name: np.asarray(value, None if _keeps(value) else float) for name, value in (inputs or {}).items()}
    given: Any = {name: type_of(a) for name, a in arrays.items()} if shapes_only else arrays
    result = lower(parse(text, limits), given, outputs, limits)
    check(result.graph)
    return result


def _keeps(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic, bool))


def values(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a graph by name."""
    with np.errstate(all="ignore"):
        arrays = [
            np.asarray(inputs[name], x.type.dtype.value)[()]
            for name, x in zip(graph.input_names, graph.inputs, strict=True)
        ]
        results = Budget(math.inf).run(graph, arrays)
    return dict(zip(graph.output_names, results, strict=True))


def run(text: str, inputs: Mapping[str, Any] | None = None, outputs: Sequence[str] | None = None) -> dict[str, Any]:
    """The outputs of a program by name."""
    return values(lowered(text, inputs, outputs).graph, inputs or {})


def result(text: str, **inputs: Any) -> Any:
    """The one output of a program."""
    (value,) = run(text, inputs).values()
    return value


def function(body: str, inputs: dict[str, Any]) -> str:
    """A program that is one function."""
    return "\n".join([f"def program({', '.join(inputs)}):", *(f"  {line}" for line in body.splitlines())])


def python(text: str, inputs: dict[str, Any]) -> Any:
    """What Python makes of a program that is one function; inputs that are whole numbers stay such."""
    space: dict[str, Any] = {name: getattr(np, name) for name in ("zeros", "array", "sin", "cos", "exp", "where")}
    space |= {"np": np, "prod": math.prod}
    exec(text, space)
    return space["program"](*(np.array(x) if isinstance(x, list) else x for x in inputs.values()))
