"""Derivatives of Python functions: a run of the function is recorded, and the graph of it differentiated.

A derivative is a function too, and can be recorded and differentiated in its turn.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from adcore.derivatives import forward, reverse
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.interpreter import prepare
from adcore.graph import DType, Graph, convert
from adcore.graph.traversal import substitute
from adcore.passes import optimise
from adcore.recording.values import PythonFunction, Recording, Traced, value_as


def _name_inputs(fn: PythonFunction, count: int) -> list[str]:
    """The names of the function's parameters, where it has as many."""
    try:
        names = [p.name for p in inspect.signature(fn).parameters.values() if p.kind is not p.VAR_KEYWORD]
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) and len(names) >= count else f"x{i + 1}" for i in range(count)]


def _run(fn: PythonFunction, args: Sequence[Any], places: Sequence[int]) -> tuple[Recording, Any, list[Any]]:
    """Run ``fn`` with the arguments at ``places`` overloaded; gives the recording, the result, and its parts."""
    recording = Recording()
    names = _name_inputs(fn, len(args))
    given = list(args)
    for i in places:
        given[i] = recording.input(names[i], value_as(DType.FLOAT, args[i]))
    result = fn(*given)
    return recording, result, list(result) if isinstance(result, tuple | list) else [result]


def trace(fn: PythonFunction, *example_inputs: Any) -> Graph:
    """The graph of what ``fn`` does with inputs like these: the path its branches take for them.

    A function that returns a tuple gives a graph of as many outputs.
    """
    recording, _, parts = _run(fn, example_inputs, range(len(example_inputs)))
    names = tuple(f"y{i + 1}" for i in range(len(parts))) if len(parts) > 1 else ("y",)
    return recording.graph(parts, names)


def _splice(graph: Graph, given: Sequence[Any]) -> list[Any]:
    """The outputs of a graph for these values of its inputs.

    Where a value belongs to a recording, the graph becomes a part of the innermost such one.
    """
    if len(given) != len(graph.inputs):
        raise TypeError(f"{len(graph.inputs)} values are needed, and {len(given)} are given")
    values = [value_as(x.type.dtype, value) for x, value in zip(graph.inputs, given, strict=True)]
    for x, value in zip(graph.inputs, values, strict=True):
        if value.shape != x.shape:
            raise TypeError(f"a value of shape {x.shape} is needed, and this one has shape {value.shape}")
    results = prepare(graph).run(values)
    recordings = [x.recording for x in given if isinstance(x, Traced)]
    if not recordings:
        return results
    outer = max(recordings, key=lambda r: r.serial)
    nodes = {x: convert(outer.node_of(value), x.type.dtype) for x, value in zip(graph.inputs, given, strict=True)}
    new = substitute(graph, nodes)
    outer.nodes += [new[node] for node in graph.nodes]
    return [Traced(outer, new[y], value) for y, value in zip(graph.outputs, results, strict=True)]


def _places(argnums: int | Sequence[int], count: int) -> list[int]:
    """The places of the arguments ``argnums`` among ``count``."""
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    places = [i % count for i in numbers if -count <= i < count]
    if len(set(places)) != len(numbers):
        raise TypeError(f"argnums={argnums} must name some of the {count} arguments, each once")
    return places


def _like(results: list[Any], argnums: int | Sequence[int]) -> Any:
    return results[0] if isinstance(argnums, int) else tuple(results)


def value_and_grad(fn: PythonFunction, argnums: int | Sequence[int] = 0) -> PythonFunction:
    """A function that gives ``(value, gradient)``: of ``fn``, which returns a number, by its arguments ``argnums``.

    Reverse mode. The gradient has the argument's shape; several ``argnums`` give a tuple of gradients. ``fn`` is run,
    and recorded, anew at each call, so its branches and loops may depend on its arguments; keyword arguments are
    handed on to it as they are.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        places = _places(argnums, len(args))
        recording, result, _ = _run(functools.partial(fn, **kwargs) if kwargs else fn, args, places)
        if isinstance(result, tuple | list):
            raise TypeError(f"a gradient is of one number, and this is a {type(result).__name__}")
        graph = recording.graph([result])
        if graph.outputs[0].shape != ():
            raise TypeError(f"a gradient is of one number, and this is an array of shape {graph.outputs[0].shape}")
        derivative = optimise(gradient_graph(graph, range(len(places))))
        outer = [x for _, x in recording.captured.values()]
        value, *gradients = _splice(derivative, [*(args[i] for i in places), *outer])
        return value, _like(gradients, argnums)

    return wrapped


def grad(fn: PythonFunction, argnums: int | Sequence[int] = 0) -> PythonFunction:
    """A function that gives the gradient of ``fn``: see ``value_and_grad``."""
    both = value_and_grad(fn, argnums)

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def jvp(fn: PythonFunction, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``fn(*primals)`` and its directional derivative along ``tangents``: forward mode.

    A function that returns a tuple gives tuples.
    """
    places = range(len(primals))
    recording, result, parts = _run(fn, primals, places)
    pushed = optimise(forward.jvp_graph(recording.graph(parts), places))
    # The tangents come after everything that the recorded graph takes.
    outer = [x for _, x in recording.captured.values()]
    results = _splice(pushed, [*primals, *outer, *tangents])
    values, out = results[: len(parts)], results[len(parts) :]
    return (tuple(values), tuple(out)) if isinstance(result, tuple | list) else (values[0], out[0])


def vjp(fn: PythonFunction, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``fn(*primals)``, and its pullback: from a cotangent of the result to the cotangents of the arguments.

    Reverse mode. A function that returns a tuple takes a tuple of cotangents.
    """
    places = range(len(primals))
    recording, result, parts = _run(fn, primals, places)
    graph = recording.graph(parts)
    pulled = optimise(reverse.vjp_graph(graph, places))
    outer = [x for _, x in recording.captured.values()]
    several = isinstance(result, tuple | list)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cotangents = list(cotangent) if several else [cotangent]
        return tuple(_splice(pulled, [*primals, *outer, *cotangents])[len(parts) :])

    values = _splice(graph, [*primals, *outer])
    return (tuple(values) if several else values[0]), pullback
