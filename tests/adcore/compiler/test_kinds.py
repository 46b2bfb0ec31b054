"""The kinds of derivatives of programs, against each other and against differences: both modes, batches, all shapes."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcore import errors
from adcore.compiler import Answer, Compiled, Compiler, Mode, Query
from adcore.derivatives.jacobian import Direction
from adcore.derivatives.query import KINDS, Derivative, Group, derive
from adcore.graph import Array, Graph
from adcore.graph.traversal import check, graph_of
from adcore.limits import Limits

pytestmark = pytest.mark.untraced

BOTH: list[Mode] = ["forward", "reverse"]
STEP = 1e-6
RANDOM = np.random.default_rng(5)

# Programs, their inputs, and why they are here: of the first sort those with one number to differentiate.
NUMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Table 1": ("log(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}),
    "arrays of all ranks": ("sum(exp(A @ x) * a) + a**3", {"A": [[0.1, 0.2], [0.3, -0.4]], "x": [0.5, 0.7], "a": 1.2}),
    "an empty array": ("sum(x**2) + a**2", {"x": np.zeros(0), "a": 1.5}),
    "linear": ("x[0] - 2*x[1]", {"x": [0.5, 0.7]}),
    "cond": ("sum(x**3) if a > 1 else sum(x)", {"x": [0.5, 0.7], "a": 1.2}),
    "for": ("s = a\nfor v in x:\n  s = s*v + sin(s)\ns", {"x": [0.5, 0.7, 0.2], "a": 1.2}),
    "while": ("s = a\nwhile s < 20:\n  s = s*x[0] + s**2*x[1]\ns", {"x": [1.5, 0.1], "a": 1.2}),
    "recursion": (
        "def f(s, n):\n  return s if n < 1 else f(sin(s)*a + s, n - 1)*x[0]\nf(a, 3)",
        {"x": [1.1], "a": 0.4},
    ),
    "a Hessian inside": ("sum(hessian(lambda v: sum(v**4)*a)(x))", {"x": [0.5, 0.7], "a": 1.2}),
}
OUTPUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "numbers": ("u = x*y\nv = x - y**2\nw = sin(u)*v\nreturn u, v, w", {"x": 0.4, "y": 1.7}),
    "arrays of all ranks": (
        "p = A @ x\nq = sum(p)*a\nr = A * a\nreturn p, q, r",
        {"A": [[0.1, 0.2], [0.3, -0.4], [1.0, 2.0]], "x": [0.5, 0.7], "a": 1.2},
    ),
    "an empty array": ("p = x*a\nq = a**2\nreturn p, q", {"x": np.zeros(0), "a": 1.5}),
    "while": ("y = x\nwhile sum(y) < 20:\n  y = y*a + y**2\nreturn y, sum(y)*a", {"x": [0.5, 0.7], "a": 1.3}),
}
numbers = pytest.mark.parametrize(("text", "inputs"), NUMBERS.values(), ids=NUMBERS)
outputs = pytest.mark.parametrize(("text", "inputs"), OUTPUTS.values(), ids=OUTPUTS)


def arrays(inputs: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(value, float) for name, value in inputs.items()}


def compiled(text: str, inputs: Mapping[str, Any], kind: str, mode: Mode = "auto", **more: Any) -> Compiled:
    limits = Limits(**{name: more.pop(name) for name in list(more) if name in Limits.__dataclass_fields__})
    result, _ = Compiler(limits).compile(text, arrays(inputs), Query(kind, mode=mode, **more))
    check(result.derivative.graph)
    return result


def answer(text: str, inputs: Mapping[str, Any], kind: str, mode: Mode = "auto", **seeds: Any) -> Answer:
    return compiled(text, inputs, kind, mode).evaluate(arrays(inputs), **seeds)


def directions(values: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(RANDOM.uniform(-1.0, 1.0, np.shape(value))) for name, value in values.items()}


def moved(inputs: Mapping[str, Any], way: Mapping[str, Array], step: float) -> dict[str, Array]:
    return {name: x + step * way[name] for name, x in arrays(inputs).items()}


def close(first: Any, second: Any, rtol: float = 1e-10, atol: float = 1e-11) -> None:
    """The same names, shapes and numbers, as deep as the mappings go."""
    if isinstance(second, Mapping):
        assert list(first) == list(second)
        for name, value in second.items():
            close(first[name], value, rtol, atol)
    else:
        assert np.shape(first) == np.shape(second)
        np.testing.assert_allclose(first, second, rtol=rtol, atol=atol)


def contracted(nested: Mapping[str, Array], way: Mapping[str, Array]) -> Any:
    """The sum over the inputs of an array, whose last axes are an input's, times a direction."""
    return sum(np.tensordot(part, way[name], axes=np.ndim(way[name])) for name, part in nested.items())


# --- the kinds against each other


@numbers
def test_hessians(text: str, inputs: dict[str, Any]) -> None:
    gradient = answer(text, inputs, "gradient", "reverse")
    forward, reverse = (answer(text, inputs, "hessian", mode) for mode in BOTH)
    way = directions(inputs)
    after, before = (answer(text, moved(inputs, way, step), "gradient", "reverse").gradients for step in (STEP, -STEP))
    for made in (forward, reverse):
        close(made.values, gradient.values, rtol=0)
        close(made.gradients, gradient.gradients, rtol=1e-14)
        for one, rows in made.hessian.items():
            assert set(rows) == set(inputs)
            for other, part in rows.items():
                assert part.shape == np.shape(inputs[one]) + np.shape(inputs[other])
                transposed = made.hessian[other][one]
                axes = (*range(np.ndim(inputs[other]), transposed.ndim), *range(np.ndim(inputs[other])))
                np.testing.assert_allclose(part, np.transpose(transposed, axes), rtol=1e-10, atol=1e-11)
            difference = (after[one] - before[one]) / (2 * STEP)
            np.testing.assert_allclose(contracted(rows, way), difference, rtol=1e-5, atol=1e-6)
    close(forward.hessian, reverse.hessian)


@numbers
def test_hvps_are_products_with_the_hessian(text: str, inputs: dict[str, Any]) -> None:
    way = directions(inputs)
    whole = answer(text, inputs, "hessian")
    expected = {name: contracted(rows, way) for name, rows in whole.hessian.items()}
    for mode in BOTH:
        made = answer(text, inputs, "hvp", mode, tangents=way)
        close(made.values, whole.values, rtol=0)
        close(made.gradients, whole.gradients, rtol=1e-14)
        close(made.hvp, expected)


@numbers
def test_the_jacobian_of_one_number_is_its_gradient(text: str, inputs: dict[str, Any]) -> None:
    gradient = answer(text, inputs, "gradient", "reverse")
    for mode in BOTH:
        made = answer(text, inputs, "jacobian", mode)
        (rows,) = made.jacobian.values()
        close(rows, gradient.gradients)
        close(made.values, gradient.values, rtol=0)


@outputs
def test_jacobians(text: str, inputs: dict[str, Any]) -> None:
    way = directions(inputs)
    values = answer(text, inputs, "none").values
    after, before = (answer(text, moved(inputs, way, step), "none").values for step in (STEP, -STEP))
    forward, reverse, auto = (answer(text, inputs, "jacobian", mode) for mode in (*BOTH, "auto"))
    for made in (forward, reverse, auto):
        close(made.values, values, rtol=0)
        for out, rows in made.jacobian.items():
            assert {name: np.shape(part) for name, part in rows.items()} == {
                name: np.shape(values[out]) + np.shape(x) for name, x in inputs.items()
            }
            difference = (after[out] - before[out]) / (2 * STEP)
            np.testing.assert_allclose(contracted(rows, way), difference, rtol=1e-6, atol=1e-7)
    close(forward.jacobian, reverse.jacobian)
    close(auto.jacobian, reverse.jacobian)


@outputs
def test_products_with_the_jacobian(text: str, inputs: dict[str, Any]) -> None:
    """jvp = J v and vjp = w J, so that w (J v) = (w J) v."""
    whole = answer(text, inputs, "jacobian")
    way, weights = directions(inputs), directions(whole.values)
    pushed = answer(text, inputs, "jvp", tangents=way)
    pulled = answer(text, inputs, "vjp", cotangents=weights)
    close(pushed.tangents, {out: contracted(rows, way) for out, rows in whole.jacobian.items()})
    close(pushed.values, whole.values, rtol=0)
    close(pulled.values, whole.values, rtol=0)
    for name, gradient in pulled.gradients.items():
        expected = sum(np.tensordot(weights[y], rows[name], np.ndim(weights[y])) for y, rows in whole.jacobian.items())
        np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-12)
    forwards = sum(float(np.sum(weights[y] * t)) for y, t in pushed.tangents.items())
    backwards = sum(float(np.sum(way[x] * g)) for x, g in pulled.gradients.items())
    assert forwards == pytest.approx(backwards, rel=1e-10)


def test_closed_forms() -> None:
    made = answer("x**3 * y", {"x": 2.0, "y": 5.0}, "hessian")
    assert made.values == {"result": 40.0}
    assert made.gradients == {"x": 60.0, "y": 8.0}
    assert made.hessian == {"x": {"x": 60.0, "y": 12.0}, "y": {"x": 12.0, "y": 0.0}}
    made = answer("a = x*y\nb = x + y\nreturn a, b", {"x": 2.0, "y": 5.0}, "jacobian")
    assert made.jacobian == {"a": {"x": 5.0, "y": 2.0}, "b": {"x": 1.0, "y": 1.0}}


DEAR = {"shooting", "lotka_volterra_fit"}
"""Examples whose Hessians take seconds, and would show no more than the others."""


def example_programs() -> dict[str, tuple[str, dict[str, Any], tuple[str, ...]]]:
    """The text of the examples with few numbers to differentiate by, the inputs of the first case, and their names."""
    examples = {}
    for file in sorted((Path(__file__).parents[2] / "programs").glob("*.toml")):
        example = tomllib.loads(file.read_text(encoding="utf-8"))
        case = example["cases"][0]
        if file.stem not in DEAR and sum(np.size(case["inputs"][name]) for name in case["gradients"]) <= 12:
            examples[file.stem] = (example["program"], case["inputs"], tuple(case["gradients"]))
    return examples


EXAMPLES = example_programs()


@pytest.mark.parametrize(("text", "case", "wrt"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_hessians_of_the_example_programs(text: str, case: dict[str, Any], wrt: tuple[str, ...]) -> None:
    """Symmetric, and what HVPs give."""
    inputs, compiler = arrays(case), Compiler()
    whole = compiler.compile(text, inputs, Query("hessian", wrt=wrt))[0].evaluate(inputs)
    way = directions({name: inputs[name] for name in wrt})
    product = compiler.compile(text, inputs, Query("hvp", wrt=wrt))[0].evaluate(inputs, tangents=way)
    scale = max(np.max(np.abs(part), initial=0.0) for rows in whole.hessian.values() for part in rows.values())
    expected = {name: contracted(rows, way) for name, rows in whole.hessian.items()}
    close(product.hvp, expected, rtol=1e-9, atol=1e-10 * (1 + scale))
    for one in wrt:
        for other in wrt:
            rows, columns = (whole.hessian[a][b].reshape(-1, inputs[b].size) for a, b in ((one, other), (other, one)))
            rows, columns = rows.reshape(inputs[one].size, -1), columns.reshape(inputs[other].size, -1)
            np.testing.assert_allclose(rows, columns.T, rtol=1e-8, atol=1e-9 * (1 + scale))


# --- batches


BATCHED: list[tuple[str, str, dict[str, str]]] = [
    ("none", "u = x*sin(y)\nv = x - y\nreturn u, v", {}),
    ("gradient", "x*sin(y)", {}),
    ("jacobian", "u = x*sin(y)\nv = x - y\nreturn u, v", {}),
    ("hessian", "x*sin(y) + x**3", {}),
    ("jvp", "u = x*sin(y)\nv = x - y\nreturn u, v", {"tangents": "xy"}),
    ("vjp", "u = x*sin(y)\nv = x - y\nreturn u, v", {"cotangents": "uv"}),
    ("hvp", "x*sin(y) + x**3", {"tangents": "xy"}),
]


@pytest.mark.parametrize("mode", ["auto", *BOTH])
@pytest.mark.parametrize("arrays_in_it", [False, True], ids=["numbers", "arrays"])
@pytest.mark.parametrize(("kind", "text", "roles"), BATCHED, ids=[row[0] for row in BATCHED])
def test_a_batch_is_its_single_points(
    kind: str, text: str, roles: dict[str, str], arrays_in_it: bool, mode: Mode
) -> None:
    """Seeds are of one point, for all, or have the axis of points; a number among the inputs is for all."""
    if (kind, mode) in {("jvp", "reverse"), ("vjp", "forward")}:
        return
    points = 3
    shape = (2,) if arrays_in_it else ()
    inputs = {"x": RANDOM.uniform(0.5, 1.5, (points, *shape)), "y": np.asarray(0.7)}
    if arrays_in_it:
        text = text.replace("x*sin(y)", "sum(x*sin(x*y))").replace("x**3", "sum(x**3)")
    sizes = {"x": shape, "y": (), "u": (), "v": shape}
    seeds = {role: {name: RANDOM.uniform(-1.0, 1.0, sizes[name]) for name in names} for role, names in roles.items()}
    for each in seeds.values():
        first = next(iter(each))
        each[first] = RANDOM.uniform(-1.0, 1.0, (points, *sizes[first]))
    seeds = {role: arrays(each) for role, each in seeds.items()}
    made = compiled(text, inputs, kind, mode, batch=True).evaluate(inputs, **seeds)
    single = compiled(text, {"x": inputs["x"][0], "y": inputs["y"]}, kind, mode)
    for i in range(points):
        own = {"x": np.asarray(inputs["x"][i]), "y": inputs["y"]}
        one = {
            role: {name: value[i] if value.ndim > len(sizes[name]) else value for name, value in each.items()}
            for role, each in seeds.items()
        }
        expected = single.evaluate(own, **{role: arrays(each) for role, each in one.items()})
        close(picked(made.results, i), dict(expected.results), rtol=1e-13)


def picked(nested: Any, i: int) -> Any:
    return {name: picked(each, i) for name, each in nested.items()} if isinstance(nested, Mapping) else nested[i]


def test_derivatives_of_numbers_run_many_points_at_once() -> None:
    inputs = {"x": np.linspace(0.5, 1.5, 10), "y": np.linspace(1.0, 2.0, 10)}
    for kind, mode in [("gradient", "forward"), ("jacobian", "forward"), ("jacobian", "reverse"), ("hessian", "auto")]:
        assert compiled("x*sin(y) + x**3", inputs, kind, mode, batch=True).executable.block > 1  # type: ignore[arg-type]


# --- seeds


def test_seeds_left_out_are_zero() -> None:
    inputs = {"x": 2.0, "y": 5.0}
    assert answer("x*y", inputs, "jvp", tangents={"y": np.asarray(3.0)}).tangents == {"result": 6.0}
    two = "a = x*y\nb = x + y\nreturn a, b"
    assert answer(two, inputs, "vjp", cotangents={"b": np.asarray(3.0)}).gradients == {"x": 3.0, "y": 3.0}


ONE = np.asarray(1.0)


@pytest.mark.parametrize(
    ("kind", "seeds", "error", "message"),
    [
        ("jvp", {}, errors.MissingInput, "the tangents are missing"),
        ("jvp", {"tangents": {}}, errors.MissingInput, "the tangents are missing"),
        ("vjp", {"tangents": {"x": ONE}}, errors.UnknownInput, "vjp takes no tangents"),
        ("gradient", {"tangents": {"x": ONE}}, errors.UnknownInput, "gradient takes no tangents"),
        ("jvp", {"tangents": {"z": ONE}}, errors.UnknownInput, "there is no z that has tangents; these have: x"),
        (
            "jvp",
            {"tangents": {"x": ONE}},
            errors.BadInputValue,
            r"tangents.x has shape \(\) .*, where x has shape \(2,\)",
        ),
        ("vjp", {"cotangents": {"y": np.ones(2)}}, errors.BadInputValue, r"cotangents.y has shape \(2,\)"),
        ("hvp", {"tangents": {"x": np.ones((3, 2))}}, errors.BadInputValue, "tangents.x has shape"),
    ],
)
def test_wrong_seeds_are_refused(kind: str, seeds: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        answer("y = sum(x**2)", {"x": [1.0, 2.0]}, kind, **seeds)


def test_gradients_in_forward_mode_take_no_seeds() -> None:
    with pytest.raises(errors.UnknownInput, match="gradient takes no tangents"):
        answer("y = sum(x**2)", {"x": [1.0, 2.0]}, "gradient", "forward", tangents={"x": np.ones(2)})


# --- what is asked


def test_wrt_chooses_the_inputs() -> None:
    inputs = {"x": 2.0, "y": 5.0, "n": 3.0}
    made = compiled("x*y*sum(ones(n))", inputs, "hessian", wrt=("y", "x"))
    assert made.wrt == ("y", "x")
    assert made.evaluate(arrays(inputs)).hessian == {"y": {"y": 0.0, "x": 3.0}, "x": {"y": 3.0, "x": 0.0}}
    assert compiled("x*y*sum(ones(n))", inputs, "jacobian").wrt == ("x", "y")
    none = compiled("x*y", {"x": 2.0, "y": 5.0}, "jacobian", wrt=()).evaluate(arrays({"x": 2.0, "y": 5.0}))
    assert none.results == {"values": {"result": 10.0}, "jacobian": {"result": {}}}


@pytest.mark.parametrize(
    ("text", "query", "error"),
    [
        ("x*2", Query("laplacian"), errors.UnknownDerivative),
        ("x*2", Query("vjp", mode="forward"), errors.UnknownDerivative),
        ("x*2", Query("hessian"), errors.OutputNotScalar),
        ("a = x\nb = x > 1", Query("jacobian", outputs=("a", "b")), errors.NotDifferentiable),
        ("argsort(x) * 1.0", Query("jacobian", wrt=("y",)), errors.UnknownWrt),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, query: Query, error: type[Exception]) -> None:
    with pytest.raises(error):
        Compiler().compile(text, {"x": np.array([1.0, 2.0])}, query)


def test_a_jacobian_too_large_for_an_array_is_refused() -> None:
    inputs = {"x": np.ones(30)}
    assert compiled("sin(x)", inputs, "jacobian", array_elements=900).wrt == ("x",)
    with pytest.raises(errors.ArrayTooLarge, match="dresult/dx has 900 elements, where 899 are allowed"):
        compiled("sin(x)", inputs, "jacobian", array_elements=899)


def test_a_trace_of_other_kinds_shows_the_values() -> None:
    inputs = {"x": 2.0, "y": 5.0}
    for kind in ("jacobian", "hessian", "jvp", "hvp"):
        trace = compiled("x*y + sin(x)", inputs, kind, trace=True).trace(arrays(inputs))
        assert [row.name for row in trace.primal] == ["v-1", "v0", "v1", "v2", "v3"]
        assert (trace.adjoint, trace.tangents) == (None, None)


def test_a_new_kind_needs_no_more_than_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of the second derivatives, as a kind: it compiles, runs in batches and is in the answer."""

    def rule(graph: Graph, wrt: Sequence[int], mode: Direction) -> Derivative:
        whole = derive(graph, "hessian", wrt, mode).graph
        count = len(wrt)
        diagonal = [whole.outputs[1 + count + i * (count + 1)] for i in range(count)]
        total = sum(diagonal[1:], diagonal[0])
        outs = graph.output_names
        laplacian = graph_of(whole.inputs, (whole.outputs[0], total), (*outs, "laplacian"))
        return Derivative(mode, laplacian, (Group("values", outs), Group("laplacian", outs)))

    hessians = KINDS["hessian"]
    monkeypatch.setitem(KINDS, "laplacian", replace(hessians, name="laplacian", rule=rule))
    inputs = {"x": [2.0, 3.0], "y": 5.0}
    made = compiled("x**3 * y**2", inputs, "laplacian", batch=True).evaluate(arrays(inputs))
    assert made.laplacian["result"].tolist() == [6 * 2 * 25 + 2 * 8, 6 * 3 * 25 + 2 * 27]


def test_an_answer_has_what_its_kind_gives() -> None:
    made = answer("x*2", {"x": 2.0}, "jacobian")
    assert made.gradients == {}
    with pytest.raises(AttributeError, match="the answer has no hessian"):
        made.hessian  # noqa: B018
    assert copy.copy(made).jacobian == made.jacobian
