"""Batches: what many single runs give, in blocks where a program is of numbers alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from adcore.clock import limited
from adcore.derivatives.forward import jvp_graph
from adcore.derivatives.reverse import gradient_graph
from adcore.engines.batch import BLOCK, is_pointwise
from adcore.engines.interpreter import prepare
from adcore.errors import EvaluationTooLong, NotWholeNumber
from adcore.graph import OPS, SCALAR, Array, DType, Graph, Type, constant
from adcore.graph.traversal import check
from adcore.passes import optimise
from tests.adcore.graphs import SPECIAL, Build, build, graphs, if_else

pytestmark = pytest.mark.untraced

SIN, SUM = OPS["sin"], OPS["sum"]
VECTOR = Type(DType.FLOAT, (3,))


def batch(graph: Graph, points: int, *inputs: tuple[object, bool]) -> list[Array]:
    values = [np.asarray(x, g.type.dtype.value)[()] for (x, _), g in zip(inputs, graph.inputs, strict=True)]
    return prepare(graph).run_batch(values, [many for _, many in inputs], points)


def singles(graph: Graph, points: int, *inputs: tuple[object, bool]) -> list[Array]:
    executable = prepare(graph)
    rows = [
        executable.run([np.asarray(x)[i] if many else np.asarray(x)[()] for x, many in inputs]) for i in range(points)
    ]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def close(a: Array, b: Array, ulps: int) -> bool:
    """Equal, both NaN, or as near as the vector and the scalar forms of NumPy's functions are."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        return bool(np.all(same | (np.abs(a - b) <= ulps * np.spacing(np.maximum(np.abs(a), np.abs(b))))))


@pytest.mark.parametrize("points", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1])
def test_blocks_meet_without_seams(points: int) -> None:
    graph = optimise(gradient_graph(build(lambda x, y: OPS["log"](x) + x * y - SIN(y), SCALAR, SCALAR), [0, 1]))
    assert is_pointwise(graph)
    x, y = np.linspace(0.1, 5, points), np.linspace(-3, 3, points)
    value, by_x, by_y = batch(graph, points, (x, True), (y, True))
    assert value.shape == by_x.shape == by_y.shape == (points,)
    np.testing.assert_allclose(value, np.log(x) + x * y - np.sin(y), rtol=1e-14)
    np.testing.assert_allclose(by_x, 1 / x + y, rtol=1e-15)
    np.testing.assert_allclose(by_y, x - np.cos(y), rtol=1e-14, atol=1e-15)


def test_no_points_give_no_rows() -> None:
    for graph, shape in ((build(SIN, SCALAR), (0,)), (build(SIN, VECTOR), (0, 3))):
        (value,) = batch(graph, 0, (np.zeros(shape), True))
        assert value.shape == shape


def test_shared_inputs_serve_all_points() -> None:
    graph = build(lambda x, a: [x * a, a], SCALAR, SCALAR)
    scaled, same = batch(graph, 3, ([1, 2, 3], True), (10.0, False))
    assert scaled.tolist() == [10, 20, 30]
    assert same.tolist() == [10, 10, 10]


def test_outputs_that_do_not_depend_on_the_point_are_repeated() -> None:
    graph = build(lambda x: [constant(3.0), x, SIN(constant(1.0)), OPS["less"](constant(1.0), 2.0), SIN(x)])
    values = batch(optimise(graph), 5, (np.arange(5.0), True))
    assert [v.shape for v in values] == [(5,)] * 5
    assert values[0].tolist() == [3.0] * 5
    assert values[3].dtype == bool
    assert values[1].tolist() == [0, 1, 2, 3, 4]


PROGRAMS: dict[str, tuple[Build, tuple[Type, ...], bool]] = {
    "numbers": (lambda x, y: x * y + SIN(x), (SCALAR, SCALAR), True),
    "choices": (lambda x, y: OPS["where"](OPS["less"](x, y), x * x, SIN(y)), (SCALAR, SCALAR), True),
    "conditions": (lambda x, y: [OPS["less"](x, y), OPS["as_int"](OPS["floor"](x))], (SCALAR, SCALAR), True),
    "powers": (lambda x, y: x**2.0 + x**y, (SCALAR, SCALAR), True),
    "an array": (lambda x, y: x * y, (VECTOR, SCALAR), False),
    "an array inside": (lambda x, y: SUM(OPS["stack"](x, y)), (SCALAR, SCALAR), False),
    "branches": (lambda x, y: if_else(OPS["less"](x, y), SIN, lambda a: a * a, x), (SCALAR, SCALAR), False),
    "an array of constants": (lambda x, y: SUM(constant([1.0, 2.0]) * x) + y, (SCALAR, SCALAR), False),
}


@pytest.mark.parametrize(("function", "types", "pointwise"), PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("shared", [False, True])
def test_a_batch_equals_its_single_runs(
    function: Build, types: tuple[Type, ...], pointwise: bool, shared: bool
) -> None:
    graph = check(build(function, *types))
    assert is_pointwise(graph) is pointwise
    points = 57
    generator = np.random.default_rng(7)
    x = generator.uniform(0.2, 3, (points, *types[0].shape))
    y = 1.5 if shared else generator.uniform(0.2, 3, points)
    inputs = ((x, True), (y, not shared))
    for many, one in zip(batch(graph, points, *inputs), singles(graph, points, *inputs), strict=True):
        assert many.dtype == one.dtype
        assert many.shape == one.shape
        assert close(many.astype(float), one.astype(float), 4)


@given(
    graphs(depth=1),
    arrays.arrays(float, 5, elements=st.floats(-10, 10) | st.sampled_from(SPECIAL)),
    st.floats(-10, 10) | st.sampled_from(SPECIAL),
)
def test_batches_of_random_programs_and_of_their_derivatives_equal_single_runs(
    graph: Graph, x: Array, y: float
) -> None:
    only = Graph(graph.inputs, graph.nodes, graph.outputs[:1])
    for made in (graph, optimise(gradient_graph(only, [0, 1]))):
        inputs = ((x, True), (y, False))
        for many, one in zip(batch(made, 5, *inputs), singles(made, 5, *inputs), strict=True):
            # Each op is within 4 ulp, and a program may amplify that: what is asked here is no more than likeness.
            np.testing.assert_allclose(
                many, one, rtol=1e-6, atol=1e-6 * min(1e300, float(np.nanmax(np.abs(one), initial=1)))
            )


def test_a_tangent_is_shared_by_all_points() -> None:
    graph = optimise(jvp_graph(build(lambda x: x * x, SCALAR), [0]))
    _, tangent = batch(graph, 3, ([1, 2, 3], True), (1.0, False))
    assert tangent.tolist() == [2, 4, 6]


def test_strong_zeros_are_zeros_point_by_point() -> None:
    graph = optimise(
        gradient_graph(build(lambda x: OPS["where"](OPS["greater"](x, 0.0), OPS["sqrt"](x), 0.0), SCALAR), [0])
    )
    assert is_pointwise(graph)
    _, by_x = batch(graph, 4, ([-1, 0, 1, 4], True))
    assert by_x.tolist() == [0, 0, 0.5, 0.25]


def test_a_point_at_fault_is_an_error_of_the_batch() -> None:
    graph = build(OPS["as_int"], SCALAR)
    assert is_pointwise(graph)
    with pytest.raises(NotWholeNumber, match=r"2\.5"):
        batch(graph, 3, ([1, 2.5, 3], True))


@pytest.mark.parametrize("function", [SIN, lambda x: if_else(OPS["less"](x, 0.0), SIN, SIN, x)])
def test_a_batch_stops_at_its_deadline(function: Build) -> None:
    graph = build(lambda x: [x := y for _ in range(50) for y in [build_step(function, x)]][-1], SCALAR)
    points = 3_000_000
    # In full it would take seconds or minutes: that it ends at all within the test says that it was stopped.
    with pytest.raises(EvaluationTooLong), limited(0.05, EvaluationTooLong):
        prepare(graph).run_batch([np.ones(points)], [True], points)


def test_blocks_are_smaller_where_there_is_no_room() -> None:
    graph = build(lambda x: SIN(SIN(x)), SCALAR)
    assert prepare(graph).elements == 2
    assert [prepare(graph, room).block for room in (0, 2, 3, 4, 200, 2 * BLOCK, 10**9)] == [
        1, 1, 1, 2, 100, BLOCK, BLOCK,
    ]  # fmt: skip
    x = np.linspace(0, 1, 10)
    for block in (1, 3, 10, BLOCK):
        (values,) = replace(prepare(graph), block=block).run_batch([x], [True], 10)
        np.testing.assert_allclose(values, np.sin(np.sin(x)), rtol=1e-15)


def build_step(function: Build, x: object) -> object:
    made = function(x)
    return made[0] if isinstance(made, tuple) else made


def test_a_gradient_of_numbers_goes_in_blocks_and_one_with_a_branch_does_not() -> None:
    graph = optimise(gradient_graph(build(lambda x, y: OPS["log"](x) + x * y - SIN(y), SCALAR, SCALAR), [0, 1]))
    assert prepare(graph).block == BLOCK
    branching = build(lambda x: if_else(OPS["less"](x, 0.0), SIN, SIN, x), SCALAR)
    assert prepare(branching).block == 1
