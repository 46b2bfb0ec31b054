"""Define by run: a Python function is run on overloaded values, and the graph of what it did is recorded.

Operators, NumPy's ufuncs and NumPy's functions reach the values through Python's and NumPy's own protocols, and each
becomes the op of the same name; behind the graph everything is shared with the language. A value knows what it is
worth, so ``if`` and ``while`` of Python work, and the path taken is what is recorded.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adcore.derivatives import forward, reverse
from adcore.derivatives.reverse import gradient
from adcore.engines.interpreter import execute, plan
from adcore.graph import (
    OPS,
    Array,
    DType,
    Graph,
    Kind,
    Node,
    Op,
    constant,
    convert,
    graph_of,
    input_node,
    schedule,
    substitute,
    type_of,
)
from adcore.passes import optimise

Function = Callable[..., Any]


class Recording:
    """One run of a function: its inputs, its nodes in the order they were made, and what it read from outside.

    Runs nest, as in the gradient of a function that takes a gradient; the later recording is the inner one.
    """

    _serial = itertools.count()

    def __init__(self) -> None:
        self.serial = next(self._serial)
        self.inputs: list[Node] = []
        self.nodes: list[Node] = []
        self.captured: dict[Node, tuple[Node, Traced]] = {}

    def input(self, name: str, value: Array) -> Traced:
        """A new input of this value."""
        node = input_node(name, type_of(value))
        self.inputs.append(node)
        return Traced(self, node, value)

    def node_of(self, x: Any) -> Node:
        """What stands for ``x`` in this recording: its node, an input for a value from outside, else a constant."""
        if not isinstance(x, Traced):
            return constant(_array(x))
        if x.recording is self:
            return x.node
        if x.node not in self.captured:
            self.captured[x.node] = (input_node(f"outer{len(self.captured)}", x.node.type), x)
        return self.captured[x.node][0]

    def apply(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Traced:
        """Record an op on these operands, and compute its value."""
        nodes = [self.node_of(x) for x in operands]
        known = {node: _array(_value(x)) for node, x in zip(nodes, operands, strict=True)}
        node = op(*nodes, **params)
        return Traced(self, node, self._compute(node, known))

    def _compute(self, node: Node, known: dict[Node, Any]) -> Any:
        """The value of a new node; the conversions that the op put before its operands are recorded with it."""
        for x in node.inputs:
            if x not in known:
                known[x] = self._compute(x, known)
        self.nodes.append(node)
        assert node.op.value is not None
        with np.errstate(all="ignore"):
            return node.op.value(*[known[x] for x in node.inputs], **dict(node.params))

    def graph(self, outputs: Sequence[Any], names: tuple[str, ...] = ()) -> Graph:
        """The recorded graph of these outputs; inputs for what was captured come after the function's own."""
        nodes = [convert(self.node_of(y), DType.FLOAT) for y in outputs]
        captured = [inner for inner, _ in self.captured.values()]
        return graph_of((*self.inputs, *captured), nodes, names, order=schedule([*self.nodes, *nodes]))


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Traced) else x


def _array(x: Any) -> Any:
    """``x`` as the NumPy scalar or array that it means: Python's numbers are float64, NumPy's keep their kind."""
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{type(x).__name__} is no number, and no array of numbers")
    return (array if array.dtype.kind in "bi" and isinstance(x, np.generic | np.ndarray) else array.astype(float))[()]


# --- the value that is run on

_BY_NAME: Mapping[str, Op] = {name: op for op in OPS.values() if op.public for name in (op.name, *op.aliases)}
_NO_VALUE = (None, np._NoValue)
_STATIC: Mapping[Function, Function] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
}
"""NumPy's functions that ask for no more than what is known before a value is computed."""


def _operator(name: str, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Traced, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        return _record(OPS[name], operands, {})

    return method


class Traced:
    """A value of a function that is being recorded: it acts as the NumPy array ``value``, and remembers its node.

    An ``if`` on it takes the branch of its value, and the graph holds what that branch did.
    """

    __slots__ = ("node", "recording", "value")

    def __init__(self, recording: Recording, node: Node, value: Any) -> None:
        self.recording = recording
        self.node = node
        self.value = value

    __hash__ = None  # type: ignore[assignment]
    __add__, __radd__ = _operator("add"), _operator("add", True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", True)
    __mod__, __rmod__ = _operator("remainder"), _operator("remainder", True)
    __pow__, __rpow__ = _operator("power"), _operator("power", True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", True)
    __neg__, __pos__, __abs__ = _operator("negative"), _operator("positive"), _operator("abs")
    __lt__, __le__, __gt__, __ge__ = map(_operator, ("less", "less_equal", "greater", "greater_equal"))
    __eq__ = _operator("equal")
    __ne__ = _operator("not_equal")
    __and__, __or__, __invert__ = _operator("logical_and"), _operator("logical_or"), _operator("logical_not")

    @property
    def dtype(self) -> Any:
        return np.dtype(self.node.type.dtype.value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.node.shape

    @property
    def ndim(self) -> int:
        return self.node.ndim

    @property
    def size(self) -> int:
        return self.node.type.size

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return _record(OPS["transpose"], (self,), {})

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        raise TypeError("a float would forget where it came from: use NumPy's functions, as np.sin, not math.sin")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("an array of plain numbers would forget where they came from: use np.stack to join values")

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, Traced | np.ndarray | list) for k in keys):
            if len(keys) > 1:
                raise TypeError("only one computed index at a time: x[i][j], or x[:, j][i]")
            if _array(_value(keys[0])).dtype == bool:
                raise TypeError(_NO_MASK)
            return _record(OPS["take"], (self, keys[0]), {"axis": 0})
        return _record(OPS["index"], (self,), {"key": tuple(map(_static_key, keys))})

    def __getattr__(self, name: str) -> Any:
        op = _BY_NAME.get(name)
        if op is None or not op.method:
            raise AttributeError(f"a traced value has no {name}")
        return functools.partial(_call, op, self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = _BY_NAME.get(ufunc.__name__)
        if op is None or method != "__call__":
            return NotImplemented
        return _call(op, *inputs, **kwargs)

    def __array_function__(self, function: Function, _types: Any, args: Any, kwargs: Any) -> Any:
        if function in _STATIC:
            return _STATIC[function](*args, **kwargs)
        op = _BY_NAME.get(function.__name__)
        return NotImplemented if op is None else _call(op, *args, **kwargs)

    def __repr__(self) -> str:
        return f"Traced({self.value!r})"


def _static_key(key: Any) -> Any:
    """A key as the op ``index`` takes it, hashable."""
    if isinstance(key, slice):
        return ("slice", *(None if k is None else operator.index(k) for k in (key.start, key.stop, key.step)))
    if isinstance(key, bool):
        raise TypeError(_NO_MASK)
    return "..." if key is Ellipsis else key if key is None else operator.index(key)


_NO_MASK = "a condition is no index: use np.where to choose by one"


def _record(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Traced:
    """Record an op in the innermost recording that an operand belongs to."""
    recording = max((x.recording for x in operands if isinstance(x, Traced)), key=lambda r: r.serial)
    return recording.apply(op, operands, params)


def _call(op: Op, *args: Any, **kwargs: Any) -> Traced:
    """Record ``op(*args, **kwargs)``; an operand that is None, or left out, has its default."""
    given = _bind(op, args, kwargs)
    operands: list[Any] = []
    for name, default in itertools.zip_longest(op.operands, op.defaults):
        value = given.pop(name.removeprefix("*"), None)
        if value is None and default is None:
            raise TypeError(f"{op.signature} needs {name.removeprefix('*')}")
        operands += list(value) if name.startswith("*") else [default if value is None else value]
    kinds = {p.name: p.kind for p in op.parameters}
    for p in op.parameters:
        if p.required and p.name not in given:
            raise TypeError(f"{op.signature} needs {p.name}")
    return _record(op, operands, {name: _parameter(kinds[name], value) for name, value in given.items()})


def _bind(op: Op, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by the names of the operands and parameters that they are for, as Python binds them."""
    names = [name.removeprefix("*") for name in op.operands]
    order = op.arguments or (*names, *(p.name for p in op.parameters if p.kind is not Kind.HIDDEN))
    if len(args) > len(order) == 2 and any(p.kind in (Kind.SHAPE, Kind.AXES) for p in op.parameters):
        args = (args[0], args[1:])  # x.reshape(2, 3) means x.reshape((2, 3))
    if len(order) > 1 and f"*{order[-1]}" in op.operands:
        args = (*args[: len(order) - 1], args[len(order) - 1 :])  # einsum(subscripts, a, b)
    if len(args) > len(order):
        raise TypeError(f"{op.signature} takes no more arguments than these")
    given = dict(zip(order, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise TypeError(f"{op.signature} is given {name} twice")
        if name in order:
            given[name] = value
        elif not any(value is nothing for nothing in _NO_VALUE):
            raise TypeError(f"{op.signature} takes no {name}")
    return {name: value for name, value in given.items() if value is not np._NoValue}


def _parameter(kind: Kind, value: Any) -> Any:
    """The value of a static parameter, as its kind wants it; what is traced is not known in advance."""
    several = isinstance(value, tuple | list | np.ndarray)
    match kind:
        case Kind.INT | Kind.AXIS | Kind.AXES | Kind.SHAPE if several:
            return tuple(map(operator.index, value))
        case Kind.PAIRS if several:
            return tuple(_parameter(Kind.AXES, part) for part in value)
        case Kind.SHAPE:
            return (operator.index(value),)
        case Kind.INT | Kind.AXIS | Kind.AXES:
            return None if value is None else operator.index(value)
        case Kind.FLAG:
            return bool(value)
        case _:
            return float(value) if isinstance(value, Traced) else value


# --- derivatives of functions


def _name_inputs(fn: Function, count: int) -> list[str]:
    """The names of the function's parameters, where it has as many."""
    try:
        names = [p.name for p in inspect.signature(fn).parameters.values() if p.kind is not p.VAR_KEYWORD]
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) and len(names) >= count else f"x{i + 1}" for i in range(count)]


def _run(fn: Function, args: Sequence[Any], places: Sequence[int]) -> tuple[Recording, Any, list[Any]]:
    """Run ``fn`` with the arguments at ``places`` overloaded; gives the recording, the result, and its parts."""
    recording = Recording()
    names = _name_inputs(fn, len(args))
    given = list(args)
    for i in places:
        given[i] = recording.input(names[i], _as(DType.FLOAT, args[i]))
    result = fn(*given)
    return recording, result, list(result) if isinstance(result, tuple | list) else [result]


def trace(fn: Function, *example_inputs: Any) -> Graph:
    """The graph of what ``fn`` does with inputs like these: the path its branches take for them.

    A function that returns a tuple gives a graph of as many outputs.
    """
    recording, _, parts = _run(fn, example_inputs, range(len(example_inputs)))
    names = tuple(f"y{i + 1}" for i in range(len(parts))) if len(parts) > 1 else ("y",)
    return recording.graph(parts, names)


def _as(dtype: DType, x: Any) -> Any:
    """What ``x`` is worth, in this kind."""
    return _array(_value(x)).astype(dtype.value)[()]


def _splice(graph: Graph, given: Sequence[Any]) -> list[Any]:
    """The outputs of a graph for these values of its inputs.

    Where a value belongs to a recording, the graph becomes a part of the innermost such one.
    """
    if len(given) != len(graph.inputs):
        raise TypeError(f"{len(graph.inputs)} values are needed, and {len(given)} are given")
    values = [_as(x.type.dtype, value) for x, value in zip(graph.inputs, given, strict=True)]
    for x, value in zip(graph.inputs, values, strict=True):
        if value.shape != x.shape:
            raise TypeError(f"a value of shape {x.shape} is needed, and this one has shape {value.shape}")
    results = execute(plan(graph), values)
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


def value_and_grad(fn: Function, argnums: int | Sequence[int] = 0) -> Function:
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
        derivative = optimise(gradient(graph, range(len(places))))
        outer = [x for _, x in recording.captured.values()]
        value, *gradients = _splice(derivative, [*(args[i] for i in places), *outer])
        return value, _like(gradients, argnums)

    return wrapped


def grad(fn: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives the gradient of ``fn``: see ``value_and_grad``."""
    both = value_and_grad(fn, argnums)

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def jvp(fn: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``fn(*primals)`` and its directional derivative along ``tangents``: forward mode.

    A function that returns a tuple gives tuples.
    """
    places = range(len(primals))
    recording, result, parts = _run(fn, primals, places)
    pushed = optimise(forward.jvp(recording.graph(parts), places))
    # The tangents come after everything that the recorded graph takes.
    outer = [x for _, x in recording.captured.values()]
    results = _splice(pushed, [*primals, *outer, *tangents])
    values, out = results[: len(parts)], results[len(parts) :]
    return (tuple(values), tuple(out)) if isinstance(result, tuple | list) else (values[0], out[0])


def vjp(fn: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``fn(*primals)``, and its pullback: from a cotangent of the result to the cotangents of the arguments.

    Reverse mode. A function that returns a tuple takes a tuple of cotangents.
    """
    places = range(len(primals))
    recording, result, parts = _run(fn, primals, places)
    graph = recording.graph(parts)
    pulled = optimise(reverse.vjp(graph, places))
    outer = [x for _, x in recording.captured.values()]
    several = isinstance(result, tuple | list)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cotangents = list(cotangent) if several else [cotangent]
        return tuple(_splice(pulled, [*primals, *outer, *cotangents])[len(parts) :])

    values = _splice(graph, [*primals, *outer])
    return (tuple(values) if several else values[0]), pullback
