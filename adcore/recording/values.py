"""Define by run: a Python function runs on values with overloaded operators, which record the graph of the run.

Operators, NumPy's ufuncs and NumPy's functions reach the values through Python's and NumPy's own protocols, and each
becomes the op of the same name; from the graph on, everything is shared with the language. A traced value has its
number at hand, so Python's ``if`` and ``while`` work, and the path of the run is recorded.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adcore.engines.apply import apply
from adcore.graph import (
    OPS,
    Absent,
    Array,
    BindingError,
    DType,
    Graph,
    Kind,
    Node,
    Op,
    constant,
    convert,
    input_node,
    type_of,
)
from adcore.graph.traversal import graph_of, schedule

PythonFunction = Callable[..., Any]


class Recording:
    """One run of a function: its inputs, its nodes in the order of recording, and the outer values it captured.

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
        """The node of ``x`` in this recording: its own, an input for a value of an outer recording, else a constant."""
        if not isinstance(x, Traced):
            return constant(_array(x))
        if x.recording is self:
            return x.node
        if x.node not in self.captured:
            self.captured[x.node] = (input_node(f"outer{len(self.captured)}", x.node.type), x)
        return self.captured[x.node][0]

    def apply(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Traced:
        """Record an op on these operands, and compute its value."""
        nodes = [None if x is None else self.node_of(x) for x in operands]
        known = {n: _array(_value(x)) for n, x in zip(nodes, operands, strict=True) if n is not None}
        node = op(*nodes, **params)
        return Traced(self, node, known[node] if node in known else self._compute(node, known))

    def _compute(self, node: Node, known: dict[Node, Any]) -> Any:
        """The value of a new node; the conversions that the op put before its operands are recorded with it."""
        for x in node.inputs:
            if x not in known:
                known[x] = self._compute(x, known)
        self.nodes.append(node)
        with np.errstate(all="ignore"):
            return apply(node, [known[x] for x in node.inputs])

    def graph(self, outputs: Sequence[Any], names: tuple[str, ...] = ()) -> Graph:
        """The recorded graph of these outputs; inputs for captured values come after the function's own."""
        nodes = [convert(self.node_of(y), DType.FLOAT) for y in outputs]
        captured = [inner for inner, _ in self.captured.values()]
        return graph_of((*self.inputs, *captured), nodes, names, order=schedule([*self.nodes, *nodes]))


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Traced) else x


def value_as(dtype: DType, x: Any) -> Any:
    """The value of ``x`` as an array of this dtype."""
    return _array(_value(x)).astype(dtype.value)[()]


def _array(x: Any) -> Any:
    """``x`` as a NumPy scalar or array: Python's numbers are float64, NumPy's keep their kind."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise TypeError(f"this {type(x).__name__} is no regular array of numbers") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{type(x).__name__} is no number, and no array of numbers")
    return (array if array.dtype.kind in "bi" and isinstance(x, np.generic | np.ndarray) else array.astype(float))[()]


# --- the value that is run on

_BY_NAME: Mapping[str, Op] = {
    name: op for op in OPS.values() if op.signature.public for name in (op.name, *op.signature.aliases)
}
_STATIC: Mapping[PythonFunction, PythonFunction] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
}
"""NumPy's functions of the shape alone, which is known before a value is computed."""


def _operator(name: str, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Traced, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        return _record(OPS[name], operands, {})

    return method


class Traced:
    """A value of a function that is being recorded: it acts as the NumPy array ``value``, and has a node.

    An ``if`` on it takes the branch of its value, and that branch is recorded.
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
        if op is None or not op.signature.method:
            raise AttributeError(f"a traced value has no {name}")
        return lambda *args, **kwargs: _call(op, (self, *args), kwargs, method=True)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = _BY_NAME.get(ufunc.__name__)
        if op is None or method != "__call__":
            return NotImplemented
        return _call(op, inputs, kwargs)

    def __array_function__(self, function: PythonFunction, _types: Any, args: Any, kwargs: Any) -> Any:
        if function in _STATIC:
            return _STATIC[function](*args, **kwargs)
        op = _BY_NAME.get(function.__name__)
        return NotImplemented if op is None else _call(op, args, kwargs)

    def __repr__(self) -> str:
        return f"Traced({self.value!r})"


def _static_key(key: Any) -> Any:
    """A key as the op ``index`` takes it, hashable."""
    if isinstance(key, slice):
        return ("slice", *(None if k is None else operator.index(k) for k in (key.start, key.stop, key.step)))
    if isinstance(key, bool):
        raise TypeError(_NO_MASK)
    return "..." if key is Ellipsis else key if key is None else operator.index(key)


_NO_MASK = "a condition is not an index: use np.where to choose by one"


def _record(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Traced:
    """Record an op in the innermost recording among those of its operands."""
    recording = max((x.recording for x in operands if isinstance(x, Traced)), key=lambda r: r.serial)
    return recording.apply(op, operands, params)


def _call(op: Op, args: Sequence[Any], kwargs: Mapping[str, Any], method: bool = False) -> Traced:
    """Record a call; an operand that is None, or left out, has its default. Raises TypeError, as Python's calls do."""
    signature = op.signature
    order = signature.order
    # NumPy's functions pass on further arguments, which mean nothing here at their defaults: out=None.
    named = [
        (name, value)
        for name, value in kwargs.items()
        if value is not np._NoValue and (value is not None or name in order)
    ]
    try:
        bound = signature.bind_arguments(args, named, tuple, method)
    except BindingError as error:
        raise TypeError(f"{op.name} {error}; it is called as {op.usage}") from None
    operands: list[Any] = []
    for name, default in itertools.zip_longest(signature.operands, signature.defaults):
        value = bound.pop(name.removeprefix("*"), None)
        if value is None and default is None:
            raise TypeError(f"{op.name} needs {name.removeprefix('*')}; it is called as {op.usage}")
        operands += list(value) if name.startswith("*") else [_default(default) if value is None else value]
    kinds = {p.name: p.kind for p in signature.parameters}
    return _record(op, operands, {name: _parameter(kinds[name], value) for name, value in bound.items()})


def _default(default: Any) -> Any:
    return None if default is Absent.ABSENT else default


def _parameter(kind: Kind, value: Any) -> Any:
    """The value of a static parameter, converted to its kind. Raises TypeError where a traced value is not allowed."""
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
