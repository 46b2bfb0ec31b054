"""The methods of NumPy's functions of two numbers: ``np.add.reduce``, ``np.maximum.accumulate``, ``np.power.outer``.

A reduction that is an op, a sum, say, becomes it; any other joins one element after the other.
"""

from __future__ import annotations

from adcore.errors import ShapeMismatch
from adcore.graph import OPS, Node
from adcore.language.builtins import UFUNCS
from adcore.language.lowering.calls.library.bound import Bound, Rule
from adcore.language.lowering.values import Value
from adcore.ops.arrays.indexing import ALL
from adcore.ops.shapes import one_axis

REDUCTIONS_OF = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
    "logaddexp": "logsumexp",
}
"""The op that reduces by each function."""
SCANS_OF = {"add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin"}
"""The op that accumulates by each function."""
_ALIASES = {alias: op.name for op in OPS.values() for alias in op.signature.aliases}


def _along(call: Bound) -> tuple[Node, int]:
    """The array and the one axis, counted from the front."""
    array, axis = call.array("array"), call.static("axis")
    if isinstance(axis, tuple):
        if len(axis) != 1:
            raise call.wrong(f"{call.builtin.name} goes along one axis here", "axis")
        (axis,) = axis
    if axis is None:
        if array.ndim != 1:
            array = call.emit("ravel", array)
        axis = 0
    return array, one_axis(axis, array.ndim)


def _rows(call: Bound, array: Node, axis: int) -> list[Node]:
    if array.shape[axis] > call.low.limits.graph_nodes:
        raise call.wrong(f"{array.shape[axis]} elements are more operations than a program may have", "array")
    return [call.emit("index", array, key=(*(ALL,) * axis, i)) for i in range(array.shape[axis])]


def _joined(call: Bound, op: str, axis: int, array: Node) -> list[Node]:
    """The elements along an axis, each joined with those before it."""
    rows = _rows(call, array, axis)
    if not rows:
        raise ShapeMismatch(f"{call.builtin.name} takes at least one element", span=call.low.span(call.at("array")))
    results = [call.low.operand(rows[0], OPS[op].signature.dtypes[0], call.place)]
    for row in rows[1:]:
        results.append(call.emit(op, results[-1], row))
    return results


def _reduce(op: str) -> Rule:
    def rule(call: Bound) -> Value:
        keepdims, initial = call.static("keepdims"), call.value("initial")
        if op in REDUCTIONS_OF:
            value = call.emit(REDUCTIONS_OF[op], call.array("array"), axis=call.static("axis"), keepdims=keepdims)
        else:
            array, axis = _along(call)
            value = _joined(call, op, axis, array)[-1]
            if keepdims:
                value = call.emit("expand_dims", value, axis=axis)
        return value if initial is None else call.emit(op, initial, value)

    return rule


def _accumulate(op: str) -> Rule:
    def rule(call: Bound) -> Value:
        array, axis = _along(call)
        if op in SCANS_OF:
            return call.emit(SCANS_OF[op], array, axis=axis)
        return call.emit("stack", *_joined(call, op, axis, array), axis=axis)

    return rule


def _outer(op: str) -> Rule:
    def rule(call: Bound) -> Value:
        a, b = call.array("A"), call.array("B")
        column = call.emit("reshape", a, shape=(*a.shape, *(1,) * b.ndim)) if b.ndim and a.ndim else a
        return call.emit(op, column, b)

    return rule


_METHODS = {"reduce": _reduce, "accumulate": _accumulate, "outer": _outer}

RULES: dict[str, Rule] = {
    f"numpy.{name}.{method}": _METHODS[method](_ALIASES.get(name, name))
    for name, methods in UFUNCS.items()
    for method in methods
}
"""The rules of this theme, by full name."""
