"""Derivatives of Python functions: a run of the function is recorded, and its graph differentiated.

A derivative is a Python function as well, which can be recorded and differentiated in its turn.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adcore.derivatives import forward, reverse
from adcore.derivatives.jacobian import Mode, jacobian_graph
from adcore.derivatives.query import derive
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
    """Run ``fn`` with the arguments at ``places`` overloaded; returns the recording, the result, and its parts."""
    recording = Recording()
    names = _name_inputs(fn, len(args))
    arguments = list(args)
    for i in places:
        arguments[i] = recording.input(names[i], value_as(DType.FLOAT, args[i]))
    result = fn(*arguments)
    return recording, result, list(result) if isinstance(result, tuple | list) else [result]


def trace(fn: PythonFunction, *example_inputs: Any) -> Graph:
    """The graph of a run of ``fn`` on these inputs, whose values decide which branches are recorded.

    A function that returns a tuple has a graph of as many outputs.
    """
    recording, _, parts = _run(fn, example_inputs, range(len(example_inputs)))
    names = tuple(f"y{i + 1}" for i in range(len(parts))) if len(parts) > 1 else ("y",)
    return recording.graph(parts, names)


def _splice(graph: Graph, arguments: Sequence[Any]) -> list[Any]:
    """The outputs of a graph applied to these arguments.

    Where any of them is being recorded, the graph is inserted into the innermost of their recordings.
    """
    if len(arguments) != len(graph.inputs):
        raise TypeError(f"{len(graph.inputs)} values are needed, and {len(arguments)} are given")
    values = [value_as(x.type.dtype, value) for x, value in zip(graph.inputs, arguments, strict=True)]
    for x, value in zip(graph.inputs, values, strict=True):
        if value.shape != x.shape:
            raise TypeError(f"a value of shape {x.shape} is needed, and this one has shape {value.shape}")
    results = prepare(graph).run(values)
    recordings = [x.recording for x in arguments if isinstance(x, Traced)]
    if not recordings:
        return results
    outer = max(recordings, key=lambda r: r.serial)
    nodes = {x: convert(outer.node_of(value), x.type.dtype) for x, value in zip(graph.inputs, arguments, strict=True)}
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


def _like(results: Sequence[Any], argnums: int | Sequence[int]) -> Any:
    """One result for one argument, a tuple for a sequence of them."""
    return results[0] if isinstance(argnums, int) else tuple(results)


def _chunks(results: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """The results in parts of ``size``."""
    return [results[i : i + size] for i in range(0, len(results), size)] if size else []


def _one_number(result: Any, noun: str) -> None:
    """Raise TypeError where a function does not return one number, which ``noun``, its derivative, is of."""
    if isinstance(result, tuple | list):
        raise TypeError(f"{noun} is of one number, and this is a {type(result).__name__}")
    if np.shape(result) != ():
        raise TypeError(f"{noun} is of one number, and this is an array of shape {np.shape(result)}")


def _derived(
    fn: PythonFunction,
    argnums: int | Sequence[int],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    differentiate: Callable[[Graph, Sequence[int]], Graph],
    noun: str | None = None,
) -> tuple[list[Any], Any, int]:
    """The outputs of ``differentiate(graph, wrt)`` of a run of ``fn``, the result of the run, and how many inputs.

    ``noun`` names a derivative that only functions have that return one number.
    """
    places = _places(argnums, len(args))
    recording, result, parts = _run(functools.partial(fn, **kwargs) if kwargs else fn, args, places)
    if noun is not None:
        _one_number(result, noun)
    derivative = optimise(differentiate(recording.graph(parts), range(len(places))))
    outer = [x for _, x in recording.captured.values()]
    return _splice(derivative, [*(args[i] for i in places), *outer]), result, len(places)


# --- derivatives, as functions


def value_and_grad(fn: PythonFunction, argnums: int | Sequence[int] = 0) -> PythonFunction:
    """A function that returns ``(value, gradient)``: of ``fn``, which returns a number, by its arguments ``argnums``.

    Reverse mode. The gradient has the argument's shape; several ``argnums`` give a tuple of gradients. ``fn`` is run,
    and recorded, anew at each call, so its branches and loops may depend on its arguments; keyword arguments are
    passed on to it as they are. Raises TypeError where ``fn`` returns something else than a number.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        (value, *gradients), _, _ = _derived(fn, argnums, args, kwargs, reverse.gradient_graph, "a gradient")
        return value, _like(gradients, argnums)

    return wrapped


def grad(fn: PythonFunction, argnums: int | Sequence[int] = 0) -> PythonFunction:
    """A function that returns the gradient of ``fn``: see ``value_and_grad``."""
    both = value_and_grad(fn, argnums)

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def jacobian(fn: PythonFunction, argnums: int | Sequence[int] = 0, mode: Mode = "auto") -> PythonFunction:
    """A function that returns the Jacobian of ``fn``, which returns a number or an array, by its arguments ``argnums``.

    An array of the result's shape, then the argument's; several ``argnums`` give a tuple, and where ``fn`` returns a
    tuple there is a tuple of that for each part. ``mode`` auto takes the fewer sweeps: forward mode has one for each
    element of the arguments, reverse mode one for each element of the result. ``fn`` is run as by ``value_and_grad``.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        def differentiate(graph: Graph, wrt: Sequence[int]) -> Graph:
            return jacobian_graph(graph, wrt, mode)

        results, result, count = _derived(fn, argnums, args, kwargs, differentiate)
        several = isinstance(result, tuple | list)
        parts = len(result) if several else 1
        rows = [_like(row, argnums) for row in _chunks(results[parts:], count)] if count else [()] * parts
        return tuple(rows) if several else rows[0]

    return wrapped


def hessian(fn: PythonFunction, argnums: int | Sequence[int] = 0, mode: Mode = "auto") -> PythonFunction:
    """A function that returns the Hessian of ``fn``, which returns a number, by its arguments ``argnums``.

    An array of the argument's shape twice; several ``argnums`` give a tuple of tuples, whose part ``[i][j]`` has the
    shape of the argument i, then that of the argument j. ``mode`` is that of the gradient's Jacobian: auto is forward
    over reverse. ``fn`` is run as by ``value_and_grad``. Raises TypeError where it returns no number.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        def differentiate(graph: Graph, wrt: Sequence[int]) -> Graph:
            return derive(graph, "hessian", wrt, mode).graph

        results, _, count = _derived(fn, argnums, args, kwargs, differentiate, "a Hessian")
        # The value and the gradients come first.
        return _like([_like(row, argnums) for row in _chunks(results[1 + count :], count)], argnums)

    return wrapped


# --- products with derivatives


def hvp(fn: PythonFunction, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The products of the Hessian of ``fn``, which returns a number, at ``primals`` with the direction ``tangents``.

    A tuple with an array of each argument's shape: the derivative of its gradient along the direction. Forward over
    reverse: a small multiple of the work of ``fn``, without the Hessian itself. Raises TypeError where ``fn`` returns
    something else than a number, and where a tangent has another shape than its argument.
    """
    places = range(len(primals))
    recording, result, parts = _run(fn, primals, places)
    _one_number(result, "a Hessian")
    product = optimise(derive(recording.graph(parts), "hvp", places).graph)
    outer = [x for _, x in recording.captured.values()]
    return tuple(_splice(product, [*primals, *outer, *tangents])[1 + len(primals) :])


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
