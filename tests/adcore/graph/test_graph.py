"""The graph: its invariants, and the functions that order, rewrite and name it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from adcore.errors import ShapeMismatch, Span
from adcore.graph import (
    CONSTANT,
    INPUT,
    ITEM,
    OPS,
    SCALAR,
    DType,
    Graph,
    Literal,
    Node,
    Type,
    constant,
    input_node,
    items,
    literal,
    number,
    register,
)
from adcore.graph.traversal import by_level, check, graph_of, levels, rewrite, schedule, substitute, wengert_names
from adcore.ops.control.cond import cond
from tests.adcore.graphs import build, grows_linearly, if_else, run

ADD, MULTIPLY, SIN = OPS["add"], OPS["multiply"], OPS["sin"]
X, Y = input_node("x", SCALAR), input_node("y", SCALAR)
SINE = SIN(X)
VECTOR = Type(DType.FLOAT, (3,))
TRUE = constant(np.True_)
IDENTITY = build(lambda x: x)
PAIR = cond(TRUE, X, then=build(lambda x: [x, x * 2.0]), otherwise=build(lambda x: [x, x]))


def chain(length: int) -> tuple[Node, Node]:
    """An input, and the end of as many sines of sines."""
    x = end = input_node("x", SCALAR)
    for _ in range(length):
        end = SIN(end)
    return x, end


# --- nodes and constants


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (2, SCALAR),
        (2.5, SCALAR),
        (True, SCALAR),  # Python's own number: it takes part in arithmetic
        (np.float32(0.1), SCALAR),
        (np.int32(3), Type(DType.INT, ())),
        (np.True_, Type(DType.BOOL, ())),
        ([1, 2, 3], Type(DType.INT, (3,))),
        ([1.0, 2.0, 3.0], VECTOR),
        (np.ones((2, 0), np.float32), Type(DType.FLOAT, (2, 0))),
        (np.arange(3, dtype=np.uint8), Type(DType.INT, (3,))),
    ],
)
def test_constants_are_of_one_of_the_three_kinds_at_full_width(value: object, type: Type) -> None:
    node = constant(value)
    assert node.type == type
    assert literal(node).dtype == type.dtype.value  # type: ignore[union-attr]
    np.testing.assert_array_equal(literal(node), value)


def test_constants_do_not_follow_the_array_they_were_made_from() -> None:
    array = np.zeros(3)
    node = constant(array)
    array[0] = 1.0
    assert literal(node)[0] == 0.0  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        literal(node)[0] = 1.0  # type: ignore[index]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (0.0, 0.0, True),
        (0.0, -0.0, False),  # equal, but of other bits
        (float("nan"), float("nan"), True),  # unequal, but of the same bits
        (np.int64(1), 1.0, False),
        (np.zeros(2), np.zeros((2, 1)), False),
        (np.zeros(2), np.zeros(2), True),
    ],
)
def test_literals_are_equal_where_their_bits_are(a: object, b: object, same: bool) -> None:
    first, second = (Literal(np.asarray(x)) for x in (a, b))
    assert (first == second) is same
    assert (hash(first) == hash(second)) is same
    assert first != a


@pytest.mark.parametrize(
    ("node", "expected"),
    [(constant(2.5), 2.5), (constant([1.0]), None), (X, None), (SINE, None), (constant(np.int64(2)), 2.0)],
)
def test_number_is_what_a_scalar_constant_is_worth(node: Node, expected: float | None) -> None:
    assert number(node) == expected


@pytest.mark.parametrize(
    ("made", "op", "operands"),
    [
        (X + 1.0, "add", (None, 1.0)),
        (1.0 + X, "add", (1.0, None)),
        (X - 1.0, "subtract", (None, 1.0)),
        (1.0 - X, "subtract", (1.0, None)),
        (X * 2.0, "multiply", (None, 2.0)),
        (2.0 * X, "multiply", (2.0, None)),
        (X / 2.0, "divide", (None, 2.0)),
        (2.0 / X, "divide", (2.0, None)),
        (X**3.0, "power", (None, 3.0)),
        (-X, "negative", (None,)),
    ],
)
def test_rules_are_written_with_pythons_operators(made: Node, op: str, operands: tuple[float | None, ...]) -> None:
    assert made.op is OPS[op]
    assert tuple(number(x) for x in made.inputs) == operands


def test_op_and_node_name_themselves() -> None:
    assert repr(SIN) == "<op sin>"
    assert repr(SIN(input_node("x", VECTOR))) == "<sin float64[3]>"


def test_a_shape_error_carries_the_span_of_the_application() -> None:
    span = Span(1, 3, 1, 8)
    with pytest.raises(ShapeMismatch) as caught:
        ADD(constant(np.zeros(2)), constant(np.zeros(3)), span=span)
    assert caught.value.span == span


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="two ops are named sin"):
        register(SIN)


@pytest.mark.parametrize("thing", [SIN, SINE, IDENTITY, SCALAR])
def test_everything_is_immutable(thing: object) -> None:
    fields = [f.name for f in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else ["shape"]
    for name in fields:
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(thing, name, None)


def test_with_inputs_gives_the_same_node_for_the_same_inputs() -> None:
    total = ADD(X, Y, span=Span(1, 1, 1, 6))
    assert total.with_inputs((X, Y)) is total
    moved = total.with_inputs((Y, X))
    assert (moved.inputs, moved.op, moved.types, moved.span) == ((Y, X), ADD, total.types, total.span)


# --- what check() refuses


def node(op: object, *inputs: Node, params: tuple[tuple[str, object], ...] = (), types: tuple[Type, ...]) -> Node:
    return Node(op, inputs, params, types)  # type: ignore[arg-type]


BROKEN: dict[str, tuple[Graph, str]] = {
    "an input twice": (Graph((X, X), (), (X,)), "an input stands twice"),
    "an input that is computed": (Graph((SINE,), (), (SINE,)), "an input is a computed value"),
    "a node twice": (Graph((X,), (SINE, SINE), (SINE,)), "stands twice"),
    "an input among the nodes": (Graph((X,), (Y,), (Y,)), "does not list"),
    "an input that is not listed": (Graph((Y,), (SINE,), (SINE,)), "before it is computed"),
    "an order that cannot run": (
        Graph((X,), ((outer := SIN(SINE)), SINE), (outer,)),
        "before it is computed",
    ),
    "an output that is not computed": (Graph((X,), (), (SINE,)), "is not computed"),
    "an output of several values": (Graph((X,), (TRUE, PAIR), (PAIR,)), "several values"),
    "more names than outputs": (Graph((X,), (), (X,), ("a", "b")), "names and outputs differ"),
    "a wrong shape": (Graph((X,), ((bad := node(SIN, X, types=(VECTOR,))),), (bad,)), "type"),
    "a wrong kind": (Graph((X,), ((bad := node(SIN, X, types=(Type(DType.BOOL, ()),))),), (bad,)), "type"),
    "shapes that do not fit": (
        Graph(
            (u := input_node("u", Type(DType.FLOAT, (2,))), v := input_node("v", VECTOR)),
            ((bad := node(ADD, u, v, types=(VECTOR,))),),
            (bad,),
        ),
        "type",
    ),
    "an operand too many": (Graph((X,), ((bad := node(SIN, X, X, types=(SCALAR,))),), (bad,)), "operands"),
    "an operand too few": (Graph((X,), ((bad := node(ADD, X, types=(SCALAR,))),), (bad,)), "operands"),
    "an operand that was not converted": (
        Graph((b := input_node("b", Type(DType.BOOL, ())),), ((bad := node(SIN, b, types=(SCALAR,))),), (bad,)),
        "operands",
    ),
    "several values as one operand": (
        Graph((X,), (TRUE, PAIR, bad := node(SIN, PAIR, types=(SCALAR,))), (bad,)),
        "operands",
    ),
    "an item of one value": (
        Graph((X,), (SINE, bad := node(ITEM, SINE, params=(("index", 0),), types=(SCALAR,))), (bad,)),
        "operands",
    ),
    "an item that is not there": (
        Graph((X,), (TRUE, PAIR, bad := node(ITEM, PAIR, params=(("index", 2),), types=(SCALAR,))), (bad,)),
        "type",
    ),
    "a parameter missing": (Graph((X,), ((bad := node(MULTIPLY, X, X, types=(SCALAR,))),), (bad,)), "parameters"),
    "a parameter of another name": (
        Graph((X,), ((bad := node(MULTIPLY, X, X, params=(("weak", 0),), types=(SCALAR,))),), (bad,)),
        "parameters",
    ),
    "a mutable parameter": (
        Graph((X,), ((bad := node(MULTIPLY, X, X, params=(("strong", ([],)),), types=(SCALAR,))),), (bad,)),
        "mutable",
    ),
    "a constant of another type": (
        Graph((), ((bad := node(CONSTANT, params=(("literal", Literal(np.zeros(3))),), types=(SCALAR,))),), (bad,)),
        "type",
    ),
    "a branch that is broken": (
        Graph(
            (X,),
            (TRUE, bad := cond(TRUE, X, then=IDENTITY, otherwise=Graph((Y,), (), (Y,), ("a", "b")))),
            items(bad)[:0],
        ),
        "names and outputs differ",
    ),
    "two outputs of one name": (Graph((X,), (), (X, X), ("a", "a")), "two outputs have one name"),
}


@pytest.mark.parametrize(("graph", "told"), BROKEN.values(), ids=BROKEN)
def test_check_refuses_a_broken_graph(graph: Graph, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check(graph)


@pytest.mark.parametrize(
    ("then", "otherwise", "told"),
    [
        (IDENTITY, build(lambda x: [x, x]), "different types"),
        (IDENTITY, build(lambda x: OPS["greater"](x, 0.0)), "different types"),
        (IDENTITY, build(OPS["sum"], VECTOR), "other types than the operands"),
        (build(lambda x, y: x + y), IDENTITY, "other types than the operands"),
    ],
)
def test_the_branches_of_a_cond_take_and_give_the_same(then: Graph, otherwise: Graph, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        cond(TRUE, X, then=then, otherwise=otherwise)


def test_check_gives_back_a_sound_graph() -> None:
    graph = build(lambda x, y: if_else(OPS["less"](x, y), lambda a: a * 2.0, SIN, x))
    assert check(graph) is graph


# --- orders


def test_schedule_goes_depth_first_and_through_operands_in_order() -> None:
    a, b = SIN(X), SIN(Y)
    total = a * b
    diamond = total + a
    assert schedule([diamond]) == [X, a, Y, b, total, diamond]
    assert schedule([b, diamond]) == [Y, b, X, a, total, diamond]
    assert schedule([diamond, diamond, a]) == schedule([diamond])
    assert schedule([]) == []


def test_graph_of_leaves_out_what_no_output_needs_and_keeps_an_order_it_is_given() -> None:
    a, b = SIN(X), SIN(Y)
    total = a + b
    assert check(graph_of([X, Y], [total])).nodes == (a, b, total)
    given = check(graph_of([X, Y], [total], ("t",), order=[b, SIN(b), a, total]))
    assert given.nodes == (b, a, total)
    assert given.output_names == ("t",)
    assert given.input_names == ("x", "y")
    assert check(graph_of([X, Y], [a])).inputs == (X, Y)  # the signature stays


def test_levels_number_what_becomes_fireable_together() -> None:
    # Harrison 2019, Table 1: the logarithm, the product and the sine, then the sum, then the difference.
    log, product, sine = OPS["log"](X), X * Y, SIN(Y)
    total = log + product
    result = total - sine
    graph = check(graph_of([X, Y], [result]))
    assert [levels(graph)[n] for n in (X, Y, log, product, sine, total, result)] == [0, 0, 1, 1, 1, 2, 3]
    assert by_level(graph) == [log, product, sine, total, result]
    assert list(wengert_names(graph).values()) == ["v-1", "v0", "v1", "v2", "v3", "v4", "v5"]


def test_levels_leave_constants_out_and_take_the_longest_way() -> None:
    two = constant(2.0)
    short, long = two * X, SIN(SIN(X))
    graph = check(graph_of([X], [short + long]))
    assert levels(graph)[two] == 0
    assert levels(graph)[graph.outputs[0]] == 3
    assert two not in by_level(graph)
    assert [levels(graph)[n] for n in by_level(graph)] == [1, 1, 2, 3]


def test_rewrite_keeps_the_order_and_shares_what_does_not_change() -> None:
    a, b = SIN(X), SIN(Y)
    graph = check(graph_of([X, Y], [a + b, b], ("s", "b")))
    assert rewrite(graph, lambda n: n).nodes == graph.nodes

    def doubled(n: Node) -> Node:
        return n if n.op is not SIN or n.inputs[0] is not Y else 2.0 * n

    new = check(rewrite(graph, doubled))
    assert new.output_names == ("s", "b")
    assert new.nodes[0] is a
    assert [n.op.name for n in new.nodes] == ["sin", "constant", "sin", "multiply", "add"]
    assert run(new, 0.5, 0.25) == [np.sin(0.5) + 2 * np.sin(0.25), 2 * np.sin(0.25)]


def test_rewrite_leaves_out_what_is_no_longer_used() -> None:
    graph = build(lambda x: SIN(OPS["cos"](x)) + x)
    new = check(rewrite(graph, lambda n: n.inputs[0].inputs[0] if n.op is SIN else n))
    assert [n.op.name for n in new.nodes] == ["add"]


def test_substitute_puts_a_graph_inside_another() -> None:
    inner = build(lambda a, b: [a * b, a])
    outer = X + 1.0
    new = substitute(inner, dict(zip(inner.inputs, [outer, Y], strict=True)))
    graph = check(graph_of([X, Y], [new[y] for y in inner.outputs]))
    assert run(graph, 2.0, 5.0) == [15.0, 3.0]


def test_items_take_results_apart() -> None:
    graph = build(lambda x: if_else(OPS["greater"](x, 0.0), lambda a: [a, 2.0 * a], lambda a: [-a, a], x))
    assert run(graph, 3.0) == [3.0, 6.0]
    assert run(graph, -3.0) == [3.0, -3.0]


def test_subgraphs_are_listed_and_counted_at_all_depths() -> None:
    def inner(a: Node) -> tuple[Node, ...]:
        return if_else(OPS["less"](a, 1.0), SIN, lambda b: b + b, a)

    graph = build(lambda x: if_else(OPS["less"](x, 0.0), inner, SIN, x))
    branches = list(graph.subgraphs())
    assert [len(g.nodes) for g in branches] == [4, 1]  # 1.0, less, cond, item; and the sine
    assert [len(g.nodes) for g in branches[0].subgraphs()] == [1, 1]
    assert graph.count() == len(graph.nodes) + 4 + 1 + 1 + 1


# --- long programs


@pytest.mark.untraced
def test_deep_chains_need_no_recursion_and_linear_time() -> None:
    def walk(length: int) -> None:
        x, end = chain(length)
        graph = check(graph_of([x], [end]))
        assert max(levels(graph).values()) == len(by_level(graph)) == length
        assert len(rewrite(graph, lambda n: n).nodes) == length
        assert len(substitute(graph, {x: X})) == length + 1

    assert grows_linearly(walk, 1_000)


def test_a_wide_diamond_is_walked_once() -> None:
    end: Node = X
    for _ in range(1000):
        end = end + end  # 2**1000 paths
    graph = check(graph_of([X], [end]))
    assert len(graph.nodes) == 1000


@pytest.mark.parametrize("op", [INPUT, CONSTANT, ITEM])
def test_the_ops_every_graph_is_made_with_are_not_for_programs(op: object) -> None:
    assert op in OPS.values()
    assert not op.signature.public  # type: ignore[attr-defined]
