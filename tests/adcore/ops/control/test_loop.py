"""Loops: equal to the same passes written out, in both modes and at every order; bounded, and stopped by their test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.errors import IndexOutOfBounds, LoopTooLong
from adcore.graph import OPS, SCALAR, DType, Graph, Node, Type, constant, input_node, items
from adcore.graph.traversal import check, graph_of, substitute
from adcore.ops.control.loop import loop
from adcore.ops.control.loop_view import INDEX
from adcore.passes import optimise
from tests.adcore.graphs import Build, build, derive, run

pytestmark = pytest.mark.untraced

VECTOR = Type(DType.FLOAT, (3,))
BOOL = Type(DType.BOOL, ())

sin, tanh, exp = OPS["sin"], OPS["tanh"], OPS["exp"]


def as_float(x: Node) -> Node:
    return OPS["as_float"](x)


def repeat(
    count: Node,
    body: Build,
    carried: Sequence[Node],
    constants: Sequence[Node] = (),
    test: Build | None = None,
    **how: Any,
) -> list[Node]:
    """The final values of a loop whose pass is ``body(position, *carried, *constants)``."""
    types = [INDEX, *(x.type for x in (*carried, *constants))]
    node = loop(
        count,
        *carried,
        *constants,
        body=build(body, *types),
        test=None if test is None else build(test, *types),
        carried=len(carried),
        read=0,
        backwards=False,
        **how,
    )
    return list(items(node)[: len(carried)])


def looped(body: Build, types: Sequence[Type], passes: int, carried: int, test: Build | None = None) -> Graph:
    """A graph that repeats ``body`` and sums what it carries at the end."""

    def whole(*xs: Node) -> Node:
        out = repeat(OPS["as_int"](constant(float(passes))), body, xs[:carried], xs[carried:], test)
        return sum((OPS["sum"](y * y) for y in out[1:]), OPS["sum"](out[0] * out[0]))

    return build(whole, *types)


def unrolled(body: Build, types: Sequence[Type], passes: int, carried: int) -> Graph:
    """The same, written out pass by pass."""
    one = build(body, INDEX, *types)

    def whole(*xs: Node) -> Node:
        carry = xs[:carried]
        for i in range(passes):
            given = dict(zip(one.inputs, (constant(np.int64(i)), *carry, *xs[carried:]), strict=True))
            new = substitute(one, given)
            carry = tuple(new[y] for y in one.outputs)
        return sum((OPS["sum"](y * y) for y in carry[1:]), OPS["sum"](carry[0] * carry[0]))

    return build(whole, *types)


def inner_sum(i: Node, x: Node, w: Node) -> Node:
    """A pass that is a loop itself, which reads the outer position."""
    (y,) = repeat(
        OPS["as_int"](constant(3.0)), lambda j, z, v, k: tanh(z * v) + 0.1 * as_float(k) * sin(z), [x], [w, i]
    )
    return y * w + 0.5 * x


# Why each is here, the pass, the types of what is carried and then of what is constant, how many are carried.
BODIES: list[tuple[str, Build, list[Type], int]] = [
    ("a number, with the position", lambda i, x, a: sin(x) * a + 0.1 * as_float(i), [SCALAR, SCALAR], 1),
    ("linear: the adjoint needs nothing of a pass", lambda i, x, a: 2.0 * x + a, [SCALAR, SCALAR], 1),
    ("the constant alone is needed", lambda i, x, a: x * a, [SCALAR, SCALAR], 1),
    ("two values that feed each other", lambda i, x, y, a: [x + 0.1 * y, y - 0.1 * a * sin(x)], [SCALAR] * 3, 2),
    ("a value that becomes active in the loop", lambda i, s, x, a: [s + x, x * a], [SCALAR] * 3, 2),
    ("a value that never becomes active", lambda i, c, x, a: [c + 1.0, x * sin(c) + a], [SCALAR] * 3, 2),
    ("vectors against a matrix", lambda i, x, w: tanh(OPS["matmul"](w, x)), [VECTOR, Type(DType.FLOAT, (3, 3))], 1),
    ("a loop in a loop", inner_sum, [VECTOR, VECTOR], 1),
]


@pytest.mark.parametrize("passes", [0, 1, 4])
@pytest.mark.parametrize(("body", "types", "carried"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_loop_is_its_passes_written_out(body: Build, types: list[Type], carried: int, passes: int) -> None:
    random = np.random.default_rng(3)
    values = [random.uniform(0.3, 0.9, t.shape)[()] for t in types]
    # The first value is carried and the last one constant; both are differentiated by.
    wrt = [carried - 1, len(types) - 1]
    a, b = looped(body, types, passes, carried), unrolled(body, types, passes, carried)
    np.testing.assert_allclose(run(a, *values)[0], run(b, *values)[0], rtol=1e-13)
    seeds = [random.normal(size=types[i].shape)[()] for i in wrt]
    first, expected = gradient_graph(a, wrt), gradient_graph(b, wrt)
    for found, want in zip(run(optimise(first), *values), run(expected, *values), strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-14)
    for found, want in zip(
        run(jvp_graph(a, wrt), *values, *seeds), run(jvp_graph(b, wrt), *values, *seeds), strict=True
    ):
        np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-14)
    for made, wanted in ((jvp_graph(first, wrt), jvp_graph(expected, wrt)),):
        for found, want in zip(run(made, *values, *seeds), run(wanted, *values, *seeds), strict=True):
            np.testing.assert_allclose(found, want, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("modes", ["rr", "rf", "fr", "ff", "rrr", "frf", "ffr"])
def test_loops_differentiate_at_every_order(modes: str) -> None:
    """y -> x y**2 from x on, twice, is x**7; derivatives of either mode apply to those of any other."""
    graph = build(lambda x: repeat(OPS["as_int"](constant(2.0)), lambda i, y, x: x * y * y, [x], [x])[0])
    expected = {2: 42 * 0.7**5, 3: 210 * 0.7**4}
    assert run(derive(graph, modes), 0.7)[0] == pytest.approx(expected[len(modes)], rel=1e-12)


def test_the_test_stops_a_loop() -> None:
    """Newton's iteration for a square root stops where it no longer moves; its derivative is that of the root."""

    def root(a: Node) -> Node:
        endless = OPS["as_int"](constant(1e6))
        x, _ = repeat(
            endless,
            lambda i, x, old, a: [0.5 * (x + a / x), x],
            [a, a + 1.0],
            [a],
            lambda i, x, old, a: OPS["greater"](OPS["abs"](x - old), constant(1e-12)),
        )
        return x

    graph = build(root)
    assert run(gradient_graph(graph, [0]), 2.0) == pytest.approx([2**0.5, 0.5 / 2**0.5], rel=1e-12)
    assert run(jvp_graph(graph, [0]), 9.0, 1.0) == pytest.approx([3.0, 1 / 6], rel=1e-12)


def test_conditions_and_indices_are_carried_too() -> None:
    def whole(x: Node) -> Node:
        y, _, _ = repeat(
            OPS["as_int"](constant(10.0)),
            lambda i, x, on, k: [x * 1.5, OPS["less"](x, constant(4.0)), i],
            [x, OPS["less"](x, constant(4.0)), OPS["as_int"](constant(0.0))],
            test=lambda i, x, on, k: on,
        )
        return y

    assert run(gradient_graph(build(whole), [0]), 1.0) == [pytest.approx(1.5**5), pytest.approx(1.5**5)]


def test_the_count_is_a_value() -> None:
    graph = build(lambda x, n: repeat(n, lambda i, x: x * x, [x])[0], SCALAR, INDEX)
    compiled = optimise(gradient_graph(graph, [0]))
    for n in range(5):
        assert run(compiled, 1.1, n) == pytest.approx([1.1**2**n, 2**n * 1.1 ** (2**n - 1)])
    assert run(compiled, 1.1, -3) == pytest.approx([1.1, 1.0])


def test_the_graph_does_not_grow_with_the_passes() -> None:
    counts = {
        optimise(gradient_graph(looped(BODIES[0][1], BODIES[0][2], n, 1), [0, 1])).count() for n in (10, 1_000_000)
    }
    assert len(counts) == 1


def test_a_pass_keeps_nothing_that_is_known_outside() -> None:
    """x -> a x needs x of each pass for the constant's adjoint; 2 x + a needs nothing at all."""

    def stacks(body: Build) -> int:
        graph = gradient_graph(looped(body, [SCALAR, SCALAR], 3, 1), [0, 1])
        return max(sum(t.depth for t in node.types) for node in graph.nodes if node.op is loop)

    assert stacks(lambda i, x, a: x * a) == 1
    assert stacks(lambda i, x, a: 2.0 * x + a) == 0


def test_zero_adjoints_stay_zero_through_a_loop() -> None:
    """The square root of 0 has an infinite derivative, which an adjoint of exactly zero does not see."""

    def whole(x: Node, y: Node) -> Node:
        a, _ = repeat(OPS["as_int"](constant(2.0)), lambda i, a, b: [a * 2.0, OPS["sqrt"](b)], [x, y])
        return a

    assert run(gradient_graph(build(whole), [0, 1]), 1.0, 0.0) == [4.0, 4.0, 0.0]


def test_endless_loops_are_stopped() -> None:
    graph = build(lambda x: repeat(OPS["as_int"](constant(1e9)), lambda i, x: x + 1.0, [x], limit=100)[0])
    with pytest.raises(LoopTooLong):
        run(graph, 0.0)
    exact = build(lambda x: repeat(OPS["as_int"](constant(100.0)), lambda i, x: x + 1.0, [x], limit=100)[0])
    assert run(exact, 0.0) == [100.0]


def test_an_error_says_in_which_iteration() -> None:
    def whole(x: Node) -> Node:
        (s,) = repeat(OPS["as_int"](constant(10.0)), lambda i, s, x: s + OPS["take"](x, i), [constant(0.0)], [x])
        return s

    with pytest.raises(IndexOutOfBounds, match="in iteration 3 of the loop"):
        run(build(whole, VECTOR), [1.0, 2.0, 3.0])


def test_stacks_are_checked() -> None:
    """A pass that gives another type than it takes is no loop."""
    x, i = input_node("x", SCALAR), input_node("i", INDEX)
    body = graph_of([i, x], [OPS["less"](x, constant(0.0))])
    with pytest.raises(AssertionError, match="carries on other types"):
        loop(constant(np.int64(1)), x, body=body, test=None, carried=1, read=0, backwards=False, limit=None)
    check(body)
