"""The table of the kinds of derivatives: what each gives, and how that is laid out."""

from __future__ import annotations

import math

import pytest

from adcore.derivatives.jacobian import Mode
from adcore.derivatives.query import KINDS, Derivative, DerivativeKind, Group, Seed, derive, kind_of
from adcore.errors import NotDifferentiable, OutputNotScalar, SeveralOutputs, UnknownDerivative
from adcore.graph import OPS, SCALAR, Graph, input_node
from adcore.graph.traversal import check, graph_of
from tests.adcore.graphs import Build, build, run

SIN, SUM = OPS["sin"], OPS["sum"]


def named(function: Build, *shapes: tuple[int, ...]) -> Graph:
    """A graph with inputs x1, x2, ... and outputs y, z."""
    graph = build(function, *shapes)
    return graph_of(graph.inputs, graph.outputs, ("y", "z")[: len(graph.outputs)], order=graph.nodes)


ONE = named(lambda x, a: SUM(SIN(x) * a), (2,), ())
TWO = named(lambda x, a: [SIN(x) * a, a * a], (2,), ())

# A kind, a mode, a graph, and what its inputs after the program's own and its outputs are called.
LAYOUTS = [
    ("none", "auto", TWO, [], ["y", "z"]),
    ("gradient", "reverse", ONE, [], ["y", "dy/dx1", "dy/dx2"]),
    ("gradient", "forward", ONE, ["tangents x1", "tangents x2"], ["y", "d(y)"]),  # swept by the caller
    ("jacobian", "auto", TWO, [], ["y", "z", "dy/dx1", "dy/dx2", "dz/dx1", "dz/dx2"]),
    (
        "hessian", "auto", ONE, [],
        ["y", "dy/dx1", "dy/dx2", "d2y/dx1 dx1", "d2y/dx1 dx2", "d2y/dx2 dx1", "d2y/dx2 dx2"],
    ),
    ("jvp", "forward", TWO, ["tangents x1", "tangents x2"], ["y", "z", "d(y)", "d(z)"]),
    ("vjp", "reverse", TWO, ["cotangents y", "cotangents z"], ["y", "z", "x1'", "x2'"]),
    ("hvp", "forward", ONE, ["tangents x1", "tangents x2"], ["y", "dy/dx1", "dy/dx2", "d(dy/dx1)", "d(dy/dx2)"]),
    ("hvp", "reverse", ONE, ["tangents x1", "tangents x2"], ["y", "dy/dx1", "dy/dx2", "d(dy/dx1)", "d(dy/dx2)"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "mode", "graph", "seeds", "outputs"), LAYOUTS)
def test_a_derivative_says_what_its_inputs_and_outputs_are(
    kind: str, mode: str, graph: Graph, seeds: list[str], outputs: list[str]
) -> None:
    derivative = derive(graph, kind, [0, 1], mode)  # type: ignore[arg-type]
    check(derivative.graph)
    assert derivative.graph.inputs[:2] == graph.inputs
    assert [f"{role} {name}" for role, name in derivative.seeds] == seeds
    assert len(derivative.seed_inputs) == len(seeds)
    assert list(derivative.graph.output_names) == outputs
    named_results = sum(len(names) * math.prod(map(len, inner)) for _, names, inner in derivative.groups)
    if not derivative.swept:
        assert named_results == len(outputs)


def test_every_kind_is_in_the_table_of_layouts() -> None:
    assert {layout[0] for layout in LAYOUTS} == set(KINDS)


@pytest.mark.parametrize(("kind", "mode"), [(kind.name, mode) for kind in KINDS.values() for mode in kind.modes])
def test_no_two_outputs_have_one_name(kind: str, mode: Mode) -> None:
    """A program may have outputs and inputs that are called what one would call a derivative: dy, d2y, dx."""
    names = ("y",) if kind in ("gradient", "hessian", "hvp") else ("y", "dy", "ddy", "d2y", "dy_dx", "x")
    x, dx = (input_node(name, SCALAR) for name in ("x", "dx"))
    graph = graph_of([x, dx], [SIN(x) * dx * n for n in range(len(names))], names)
    outputs = derive(graph, kind, [0, 1], mode).graph.output_names
    assert len(set(outputs)) == len(outputs)


def test_results_are_assembled_by_key_and_names() -> None:
    groups = Group("values", ("y", "z")), Group("jacobian", ("y", "z"), (("a", "b"),)), Group("empty", (), (("a",),))
    assert Derivative(None, ONE, groups).assemble(range(6)) == {
        "values": {"y": 0, "z": 1},
        "jacobian": {"y": {"a": 2, "b": 3}, "z": {"a": 4, "b": 5}},
        "empty": {},
    }


@pytest.mark.parametrize(
    ("kind", "function", "error", "message"),
    [
        ("gradient", lambda x: [x, x], SeveralOutputs, "several outputs: y, z"),
        ("gradient", lambda x: x, OutputNotScalar, r"a gradient is of one number, and y is an array of shape \(2,\)"),
        ("hessian", lambda x: x, OutputNotScalar, "a Hessian is of one number"),
        ("hvp", lambda x: x, OutputNotScalar, "a Hessian is of one number"),
        ("gradient", lambda x: OPS["all"](OPS["greater"](x, 0.0)), NotDifferentiable, "y is a condition"),
        ("jacobian", lambda x: [x, OPS["greater"](x, 0.0)], NotDifferentiable, "z is a condition"),
        ("jvp", OPS["argmax"], NotDifferentiable, "y is an index"),
        ("vjp", OPS["argmax"], NotDifferentiable, "y is an index"),
    ],
)
def test_outputs_without_such_a_derivative_are_refused(
    kind: str, function: Build, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        derive(named(function, (2,)), kind, [0])


def test_kinds_and_modes_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownDerivative, match="there is no derivative laplacian") as raised:
        derive(ONE, "laplacian", [0])
    assert raised.value.help is not None
    assert "hessian" in raised.value.help
    with pytest.raises(UnknownDerivative, match="jvp supports the mode forward, not reverse"):
        derive(ONE, "jvp", [0], "reverse")
    assert kind_of("none", "reverse").modes == ()
    for kind in ("none", "gradient"):
        with pytest.raises(UnknownDerivative, match=f"{kind} supports the modes forward and reverse, not sideways"):
            kind_of(kind, "sideways")  # type: ignore[arg-type]


def test_a_new_kind_is_one_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slope along one number: declared, it can be derived like any other."""

    def rule(graph: Graph, wrt: object, mode: object) -> Derivative:
        pushed = derive(graph, "jvp", [0])
        return Derivative("forward", pushed.graph, (Group("values", ("y",)), Group("slope", ("y",))), pushed.seeds)

    slope = DerivativeKind("slope", rule, ("forward",), lambda graph: None, lambda graph, wrt: ("forward",))
    monkeypatch.setitem(KINDS, "slope", slope)
    derivative = derive(named(lambda x: x * x, ()), "slope", [0])
    assert derivative.seeds == (Seed("tangents", "x1"),)
    assert derivative.assemble(run(derivative.graph, 3.0, 1.0))["slope"] == {"y": 6.0}
