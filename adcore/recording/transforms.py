"""Derivatives of Python functions: a run of the function is recorded, and its graph differentiated.

A derivative is a Python function as well, which can be recorded and differentiated in its turn.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from adcore.derivatives.jacobian import Mode
from adcore.derivatives.query import Derivative, derive
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


class _RecordedRun(NamedTuple):
    """A recorded run of a function."""

    graph: Graph
    captured: list[Traced]
    """The values of outer recordings that the function reads: the last inputs of the graph."""
    result: Any
    """What the function returned: a value of this recording, or a sequence of such."""


def _run(fn: PythonFunction, args: Sequence[Any], places: Sequence[int]) -> _RecordedRun:
    """Run ``fn`` with the arguments at ``places`` overloaded."""
    recording = Recording()
    names = _name_inputs(fn, len(args))
    arguments = list(args)
    for i in places:
        arguments[i] = recording.input(names[i], value_as(DType.FLOAT, args[i]))
    result = fn(*arguments)
    graph = recording.graph(result if _is_several(result) else [result])
    return _RecordedRun(graph, [x for _, x in recording.captured.values()], result)


def _is_several(result: Any) -> bool:
    return isinstance(result, tuple | list)


def trace(fn: PythonFunction, *example_inputs: Any) -> Graph:
    """The graph of a run of ``fn`` on these inputs, whose values decide which branches are recorded.

    It is a ``Graph``, which derivatives and exports take, and not the Wengert list of the run. A function that returns
    a tuple has a graph of as many outputs.
    """
    graph, _, result = _run(fn, example_inputs, range(len(example_inputs)))
    several = len(result) if _is_several(result) else 1
    return replace(graph, output_names=tuple(f"y{i + 1}" for i in range(several)) if several > 1 else ("y",))


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


def _like(results: Iterable[Any], argnums: int | Sequence[int]) -> Any:
    """One result for one argument, a tuple for a sequence of them."""
    return next(iter(results)) if isinstance(argnums, int) else tuple(results)


def _one_number(result: Any, noun: str) -> None:
    """Raise TypeError where a function does not return one number, which ``noun``, its derivative, is of."""
    if _is_several(result):
        raise TypeError(f"{noun} is of one number, and this is a {type(result).__name__}")
    if np.shape(result) != ():
        raise TypeError(f"{noun} is of one number, and this is an array of shape {np.shape(result)}")


def _tangent_each(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    """Raise TypeError unless there are as many tangents as arguments."""
    if len(tangents) != len(primals):
        raise TypeError(f"a tangent is needed for each of the {len(primals)} arguments, and {len(tangents)} are given")


def _answer(derivative: Derivative, arguments: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The results of a derivative applied to these arguments, by key and by names."""
    return derivative.assemble(_splice(optimise(derivative.graph), arguments))


def _derived(
    fn: PythonFunction,
    argnums: int | Sequence[int],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    kind: str,
    mode: Mode = "auto",
    noun: str | None = None,
) -> tuple[dict[str, dict[str, Any]], Any]:
    """The derivative of a run of ``fn`` by the arguments ``argnums``, and the result of the run.

    ``noun`` names a derivative that only functions have that return one number.
    """
    places = _places(argnums, len(args))
    graph, captured, result = _run(functools.partial(fn, **kwargs) if kwargs else fn, args, places)
    if noun is not None:
        _one_number(result, noun)
    derivative = derive(graph, kind, range(len(places)), mode)
    return _answer(derivative, [*(args[i] for i in places), *captured]), result


# --- derivatives, as functions


def value_and_grad(fn: PythonFunction, argnums: int | Sequence[int] = 0) -> PythonFunction:
    """A function that returns ``(value, gradient)``: of ``fn``, which returns a number, by its arguments ``argnums``.

    Reverse mode. The gradient has the argument's shape; several ``argnums`` give a tuple of gradients. ``fn`` is run,
    and recorded, anew at each call, so its branches and loops may depend on its arguments; keyword arguments are
    passed on to it as they are. Raises TypeError where ``fn`` returns something else than a number.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        answer, _ = _derived(fn, argnums, args, kwargs, "gradient", "reverse", "a gradient")
        (value,) = answer["values"].values()
        return value, _like(answer["gradients"].values(), argnums)

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
        answer, result = _derived(fn, argnums, args, kwargs, "jacobian", mode)
        parts = [_like(row.values(), argnums) for row in answer["jacobian"].values()]
        return tuple(parts) if _is_several(result) else parts[0]

    return wrapped


def hessian(fn: PythonFunction, argnums: int | Sequence[int] = 0, mode: Mode = "auto") -> PythonFunction:
    """A function that returns the Hessian of ``fn``, which returns a number, by its arguments ``argnums``.

    An array of the argument's shape twice; several ``argnums`` give a tuple of tuples, whose part ``[i][j]`` has the
    shape of the argument i, then that of the argument j. ``mode`` is that of the gradient's Jacobian: auto is forward
    over reverse. ``fn`` is run as by ``value_and_grad``. Raises TypeError where it returns no number.
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        answer, _ = _derived(fn, argnums, args, kwargs, "hessian", mode, "a Hessian")
        return _like([_like(row.values(), argnums) for row in answer["hessian"].values()], argnums)

    return wrapped


# --- products with derivatives


def hvp(fn: PythonFunction, primals: Sequence[Any], tangents: Sequence[Any], mode: Mode = "auto") -> tuple[Any, ...]:
    """The products of the Hessian of ``fn``, which returns a number, at ``primals`` with the direction ``tangents``.

    A tuple with an array of each argument's shape: the derivative of its gradient along the direction. ``mode`` is
    that of the gradient's derivative: auto is forward over reverse. A small multiple of the work of ``fn``, without the
    Hessian itself. Raises TypeError where ``fn`` returns something else than a number, and where a tangent has another
    shape than its argument.
    """
    _tangent_each(primals, tangents)
    places = range(len(primals))
    graph, captured, result = _run(fn, primals, places)
    _one_number(result, "a Hessian")
    answer = _answer(derive(graph, "hvp", places, mode), [*primals, *captured, *tangents])
    return tuple(answer["hvp"].values())


def jvp(fn: PythonFunction, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``fn(*primals)`` and its directional derivative along ``tangents``: forward mode.

    A function that returns a tuple gives tuples.
    """
    _tangent_each(primals, tangents)
    places = range(len(primals))
    graph, captured, result = _run(fn, primals, places)
    answer = _answer(derive(graph, "jvp", places), [*primals, *captured, *tangents])
    values, out = tuple(answer["values"].values()), tuple(answer["tangents"].values())
    return (values, out) if _is_several(result) else (values[0], out[0])


def vjp(fn: PythonFunction, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``fn(*primals)``, and its pullback: from a cotangent of the result to the cotangents of the arguments.

    Reverse mode. A function that returns a tuple takes a tuple of cotangents.
    """
    places = range(len(primals))
    graph, captured, result = _run(fn, primals, places)
    pulled = derive(graph, "vjp", places)
    pulled = replace(pulled, graph=optimise(pulled.graph))
    several = _is_several(result)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cotangents = list(cotangent) if several else [cotangent]
        if len(cotangents) != len(values):
            raise TypeError(f"a cotangent is needed for each of the {len(values)} results, not {len(cotangents)}")
        answer = pulled.assemble(_splice(pulled.graph, [*primals, *captured, *cotangents]))
        return tuple(answer["gradients"].values())

    values = _splice(graph, [*primals, *captured])
    return (tuple(values) if several else values[0]), pullback
