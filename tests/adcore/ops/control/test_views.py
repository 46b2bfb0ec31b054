"""Views of structured nodes: operands, inputs of passes and results by role."""

from __future__ import annotations

import numpy as np

from adcore.graph import OPS, SCALAR, DType, Function, Type, constant, input_node, items
from adcore.ops.control.call import call, call_view
from adcore.ops.control.cond import cond, cond_view
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import INDEX, loop_view
from tests.adcore.graphs import build

VECTOR = Type(DType.FLOAT, (3,))
STACK = SCALAR._replace(depth=1)


def test_loop() -> None:
    """A pass that carries x, reads an entry of a stack, adds a constant c to it, and stacks a vector."""
    body = build(lambda i, x, entry, c: [x + entry * c, c * OPS["ones"](shape=(3,))], INDEX, SCALAR, SCALAR, SCALAR)
    start, stack, c = input_node("x", SCALAR), input_node("s", STACK), input_node("c", SCALAR)
    count = constant(np.int64(5))
    node = loop(count, start, stack, c, body=body, carried=1, read=1, backwards=True, limit=9)
    view = loop_view(node)
    assert view.count is count
    assert view.operands == ((start,), (stack,), (c,))
    assert view.position is body.inputs[0]
    assert view.inputs == ((body.inputs[1],), (body.inputs[2],), (body.inputs[3],))
    assert (view.carries, view.stacks) == (body.outputs[:1], body.outputs[1:])
    assert (view.test, view.backwards, view.limit, view.memory) == (None, True, 9, None)
    results = view.results(node.types)
    assert results == ((SCALAR,), INDEX, (VECTOR._replace(depth=1),))
    assert view.by_role([start, stack, c]) == ([start], [stack], [c])


def test_cond() -> None:
    then, otherwise = build(lambda x: 2.0 * x), build(lambda x: x)
    predicate, x = input_node("p", Type(DType.BOOL, ())), input_node("x", SCALAR)
    view = cond_view(cond(predicate, x, then=then, otherwise=otherwise))
    assert (view.predicate, view.operands, view.branches) == (predicate, (x,), (then, otherwise))


def test_call() -> None:
    function = Function("f", frozenset({"x"}), (SCALAR,), (SCALAR,), lambda: build(lambda x: 2.0 * x), 10)
    x = input_node("x", SCALAR)
    (result,) = items(call(x, function=function))
    view = call_view(result.inputs[0])
    assert (view.function, view.operands) == (function, (x,))
