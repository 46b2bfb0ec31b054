"""Programs, compiled: values and gradients in either mode, batches, what is kept, and what is refused."""

from __future__ import annotations

import gc
import json
import math
import re
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from adcore import errors
from adcore.compiler import Answer, Compiled, Compiler, Mode, Query, normalised, program_id
from adcore.compiler.compiled import LONG
from adcore.engines.cost import work
from adcore.errors import AdcoreError, Span
from adcore.graph.traversal import check
from adcore.limits import Limits
from adcore.recording.transforms import trace
from tests.adcore.graphs import bits, grows_linearly
from tests.adcore.strategies import Program, programs

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "textbook.json").read_text())
TABLE_1, FIGURE_1 = REFERENCE["table_1"], REFERENCE["figure_1"]
GRADIENT = Query("gradient")
MODES: list[Mode] = ["auto", "forward", "reverse"]


def arrays(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as the service hands them over: whole numbers are numbers."""
    made = {name: np.asarray(value) for name, value in inputs.items()}
    return {name: x.astype(float) if x.dtype.kind == "i" else x for name, x in made.items()}


def compiled(text: str, inputs: Mapping[str, Any], ask: Query = GRADIENT, **limits: Any) -> Compiled:
    made, _ = Compiler(Limits(**limits)).compile(text, arrays(inputs), ask)
    check(made.graph)
    check(made.derivative.graph)
    return made


def answer(text: str, inputs: Mapping[str, Any], ask: Query = GRADIENT, **limits: Any) -> Answer:
    return compiled(text, inputs, ask, **limits).evaluate(arrays(inputs))


def same(made: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    assert list(made) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(made[name], value)


# --- values and gradients


@pytest.mark.parametrize("mode", MODES)
def test_table_1(mode: Mode) -> None:
    made = answer(TABLE_1["program"], TABLE_1["inputs"], Query("gradient", mode=mode))
    same(made.values, {"y": TABLE_1["value"]})
    same(made.gradients, TABLE_1["gradients"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("output", ["Y", "W"])
def test_figure_1(mode: Mode, output: str) -> None:
    ask = Query("gradient", outputs=(output,), mode=mode)
    made = answer(FIGURE_1["program"], FIGURE_1["inputs"], ask)
    same(made.values, {output: FIGURE_1["values"][output]})
    same(made.gradients, FIGURE_1[f"gradient_of_{output}"])


def test_figure_1_has_two_ends() -> None:
    made = answer(FIGURE_1["program"], FIGURE_1["inputs"], Query(outputs=("W", "Y", "Z")))
    same(made.values, {"W": 11, "Y": 25, "Z": 7})
    assert made.gradients == {}


@given(programs())
def test_both_modes_agree_on_random_programs(program: Program) -> None:
    compiler = Compiler()
    made = {}
    for mode in MODES:
        ready, _ = compiler.compile(program.text, program.inputs, Query("gradient", mode=mode))
        made[mode] = ready.evaluate(program.inputs)
        if program.inputs and mode != "auto":
            assert ready.mode == mode
    (value,) = made["reverse"].values.values()
    assert value == pytest.approx(program.expected(), rel=1e-12, abs=1e-12)
    assert bits(list(made["forward"].values.values())) == bits([value])
    for name, slope in made["reverse"].gradients.items():
        assert slope.shape == program.inputs[name].shape
        np.testing.assert_allclose(made["forward"].gradients[name], slope, rtol=1e-10, atol=1e-12)
        chosen = compiler.compile(program.text, program.inputs, GRADIENT)[0].mode or "auto"
        np.testing.assert_array_equal(made["auto"].gradients[name], made[chosen].gradients[name])


@given(programs())
def test_tracing_never_changes_a_bit(program: Program) -> None:
    for mode in MODES:
        ready = compiled(program.text, program.inputs, Query("gradient", mode=mode))
        before = ready.evaluate(program.inputs)
        traced = ready.trace(program.inputs)
        after = ready.evaluate(program.inputs)
        assert bits([*before.values.values(), *before.gradients.values()]) == bits(
            [*after.values.values(), *after.gradients.values()]
        )
        assert all(row.name for row in traced.primal)


# --- the mode


@pytest.mark.parametrize(
    ("text", "inputs", "mode"),
    [
        ("y = sin(x) if x > 0 else x", {"x": 1}, "forward"),  # one branch forwards, where reverse mode takes two
        ("y = sin(sin(sin(x)))", {"x": 1}, "reverse"),  # as dear, and reverse is what a trace is read for
        ("y = x1 * x2", {"x1": 1, "x2": 2}, "reverse"),
        ("y = sum(sin(x))", {"x": [1, 2, 3]}, "reverse"),
        ("y = x1 * x2 + n[0]", {"x1": 1, "x2": 2, "n": [1.0]}, "reverse"),
        ("3.0", {}, "reverse"),
    ],
)
def test_auto_takes_the_cheaper_mode(text: str, inputs: dict[str, Any], mode: str) -> None:
    ready = compiled(text, inputs)
    assert ready.mode == mode
    assert ready.work <= compiled(text, inputs, Query("gradient", mode="forward")).work
    assert ready.work <= compiled(text, inputs, Query("gradient", mode="reverse")).work


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("text", "inputs", "wrt"),
    [("3.0", {}, None), ("x * x", {"x": 2.0}, ()), ("sum(x) + 1", {"x": np.ones((0, 2))}, None)],
    ids=["no input", "none asked", "no element"],
)
def test_the_mode_that_is_asked_for_is_kept(
    text: str, inputs: dict[str, Any], wrt: tuple[str, ...] | None, mode: Mode
) -> None:
    ready = compiled(text, inputs, Query("gradient", wrt=wrt, mode=mode))
    assert ready.mode == mode
    made = ready.evaluate(arrays(inputs))
    same(made.values, answer(text, inputs, Query()).values)
    assert [g.shape for g in made.gradients.values()] == ([(0, 2)] if "sum" in text else [])
    trace = ready.trace(arrays(inputs))
    assert (trace.tangents is not None) is (mode == "forward")


def test_forward_mode_takes_a_pass_for_each_element() -> None:
    inputs = {"x": [1.0, 2.0, 3.0], "a": 2.0}
    text = "y = a * sum(x**2) + norm(x)"
    forward = compiled(text, inputs, Query("gradient", mode="forward"))
    assert forward.work == 4 * work(forward.derivative.graph)
    made, other = forward.evaluate(arrays(inputs)), answer(text, inputs, Query("gradient", mode="reverse"))
    same(made.values, other.values)
    for name, slope in other.gradients.items():
        np.testing.assert_allclose(made.gradients[name], slope, rtol=1e-15)


# --- with respect to what


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        (None, {"x": 9.0, "y": 6.0, "z": 1.0}),
        (("x",), {"x": 9.0}),
        (("y", "x"), {"y": 6.0, "x": 9.0}),  # in the order that is asked for
        (("z", "y", "x"), {"z": 1.0, "y": 6.0, "x": 9.0}),
        (("x", "x"), {"x": 9.0}),
        ((), {}),
    ],
)
def test_wrt(mode: Mode, wrt: tuple[str, ...] | None, expected: dict[str, float]) -> None:
    ask = Query("gradient", wrt=wrt, mode=mode)
    same(answer("x*y**2 + z", {"x": 1, "y": 3, "z": 5}, ask).gradients, expected)


@pytest.mark.parametrize(
    ("text", "inputs", "wrt"),
    [
        ("x[i]", {"x": [1, 2, 4], "i": 1}, ("x",)),  # an index
        ("sum(x) * sum(ones(n))", {"x": [1, 2], "n": 3}, ("x",)),  # a shape
        ("x if b else -x", {"x": 2, "b": True}, ("x",)),  # a condition
        ("x if n > 1 else -x", {"x": 2, "n": 2}, ("x", "n")),  # a number that decides: its derivative is zero
        ("x * n", {"x": 2, "n": 2}, ("x", "n")),
    ],
)
def test_what_cannot_be_differentiated_by_is_left_out(text: str, inputs: dict[str, Any], wrt: tuple[str, ...]) -> None:
    assert compiled(text, inputs).wrt == wrt
    for name in set(inputs) - set(wrt):
        with pytest.raises(errors.NotDifferentiable, match=name):
            compiled(text, inputs, Query("gradient", wrt=(name,)))


# --- batches


BATCHES: dict[str, tuple[str, dict[str, Any], bool | tuple[str, ...]]] = {
    "numbers": ("log(x) + x*y - sin(y)", {"x": [1.0, 2.0, 3.0], "y": [5.0, 6.0, 7.0]}, True),
    "a shared number": ("log(x) + x*y - sin(y)", {"x": [1.0, 2.0, 3.0], "y": 5.0}, True),
    "arrays": ("sum(x * y)", {"x": np.arange(6.0).reshape(2, 3), "y": np.ones((2, 3))}, True),
    "by name": ("sum(x * y)", {"x": np.arange(6.0).reshape(2, 3), "y": np.ones(3)}, ("x",)),
    "branches": ("sin(x) if x > 2 else x*y", {"x": [1.0, 2.0, 3.0], "y": 5.0}, True),
    "a choice": ("where(x > 2, sin(x), x*y)", {"x": [1.0, 2.0, 3.0], "y": 5.0}, True),
    "an index": ("x[i]", {"x": [1.0, 2.0, 4.0], "i": [2.0, 0.0]}, ("i",)),
    "one point": ("x*y", {"x": [2.0], "y": 3.0}, True),
    "a shape": ("x * sum(ones(n))", {"x": [1.0, 2.0], "n": 3}, True),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "inputs", "batch"), BATCHES.values(), ids=BATCHES)
def test_a_batch_is_its_single_requests(
    text: str, inputs: dict[str, Any], batch: bool | tuple[str, ...], mode: Mode
) -> None:
    made = answer(text, inputs, Query("gradient", mode=mode, batch=batch))
    given = arrays(inputs)
    many = {name for name, x in given.items() if (x.ndim > 0 if batch is True else name in batch)}  # type: ignore[operator]
    points = len(given[next(iter(many))])
    for i in range(points):
        one = answer(text, {n: x[i] if n in many else x for n, x in given.items()}, Query("gradient", mode=mode))
        for part, other in ((made.values, one.values), (made.gradients, one.gradients)):
            assert list(part) == list(other)
            for name, value in other.items():
                assert part[name].shape == (points, *np.shape(value))
                np.testing.assert_allclose(part[name][i], value, rtol=1e-14, atol=1e-15)


def test_values_come_in_batches_too() -> None:
    made = answer("a = x + 1\nb = x > 1\nc = 3.0", {"x": [0.0, 1.0, 2.0]}, Query(outputs=("a", "b", "c"), batch=True))
    same(made.values, {"a": [1, 2, 3], "b": [False, False, True], "c": [3, 3, 3]})


def test_a_batch_without_arrays_is_one_point() -> None:
    assert answer("x*y", {"x": 2, "y": 3}, Query("gradient", batch=True)).values["result"].shape == ()


def test_the_same_types_with_and_without_points_are_told_apart() -> None:
    compiler = Compiler()
    ask = Query("gradient", batch=True)
    for x in ([1.0, 2.0], 3.0, [4.0]):
        inputs = arrays({"x": x, "y": 2.0})
        ready, _ = compiler.compile("x*y", inputs, ask)
        np.testing.assert_array_equal(ready.evaluate(inputs).values["result"], 2.0 * np.asarray(x))


@pytest.mark.parametrize(
    ("inputs", "batch", "error", "told"),
    [
        ({"x": [1.0, 2.0], "y": [1.0, 2.0, 3.0]}, True, errors.BatchMismatch, "x has 2, y has 3"),
        ({"x": 1.0, "y": 2.0}, ("x",), errors.BatchMismatch, "x is one number"),
        ({"x": [1.0], "y": 2.0}, ("z",), errors.UnknownInput, "batch names z"),
    ],
)
def test_a_batch_that_does_not_fit(
    inputs: dict[str, Any], batch: bool | tuple[str, ...], error: type[AdcoreError], told: str
) -> None:
    with pytest.raises(error, match=told):
        answer("x*y", inputs, Query("gradient", batch=batch))


@pytest.mark.parametrize(("limits", "most"), [({"batch_points": 4}, 4), ({"array_elements": 15}, 5)])
def test_the_limit_of_points(limits: dict[str, int], most: int) -> None:
    text, ask = "sum(x) * c[0]", Query("gradient", batch=("x",))
    for points, fits in ((most, True), (most + 1, False)):
        inputs = {"x": np.ones((points, 3)), "c": [2.0]}
        if fits:
            assert answer(text, inputs, ask, **limits).gradients["x"].shape == (points, 3)
        else:
            with pytest.raises((errors.BatchTooLarge, errors.ArrayTooLarge)):
                answer(text, inputs, ask, **limits)


def test_a_batch_has_no_trace() -> None:
    inputs = arrays({"x": [1.0, 2.0]})
    with pytest.raises(errors.BatchMismatch, match="trace"):
        compiled("x*x", inputs, Query("gradient", batch=True)).trace(inputs)


# --- what is kept


def test_the_cache_says_what_was_there() -> None:
    compiler = Compiler()
    inputs = arrays({"x": 2.0, "n": 3.0})

    def cached(text: str = "x * sum(ones(n))", ask: Query = GRADIENT, **changes: Any) -> bool:
        return compiler.compile(text, inputs | arrays(changes), ask)[1]

    assert not cached()
    assert cached()
    assert cached(x=7.0)  # another value of a number
    assert not cached(n=4.0)  # another value of what decides a shape
    assert cached(n=4.0)
    assert cached(n=3.0)
    assert not cached(ask=Query(), x=[1.0])  # another shape
    assert not cached(ask=Query())
    assert not cached(ask=Query("gradient", mode="forward"))
    assert not cached(ask=Query("gradient", wrt=("x",)))
    assert not cached(text="x * sum(ones(n)) ")


def test_a_static_input_changes_the_program() -> None:
    compiler = Compiler()
    for n in (3, 4, 3, 5):
        inputs = arrays({"x": 2.0, "n": n})
        ready, _ = compiler.compile("x * sum(ones(n))", inputs, GRADIENT)
        same(ready.evaluate(inputs).values, {"result": 2.0 * n})


def test_the_order_of_the_inputs_does_not_matter() -> None:
    compiler = Compiler()
    made, _ = compiler.compile("x * y", arrays({"x": 2.0, "y": 3.0}), GRADIENT)
    assert compiler.compile("x * y", arrays({"y": 3.0, "x": 2.0}), GRADIENT) == (made, True)
    assert compiler.lookup("x * y", arrays({"y": 3.0, "x": 2.0}), GRADIENT) is made


def test_names_are_normalised_as_pythons_parser_does() -> None:
    ask = Query("gradient", outputs=("\ufb01",), wrt=("\u00b5",), batch=("\u00b5",))
    ask, given = normalised(ask, {"\u00b5": np.array([1.0, 2.0]), "b": np.array(3.0)})
    assert list(given) == ["\u03bc", "b"]
    assert (ask.outputs, ask.wrt, ask.batch) == (("fi",), ("\u03bc",), ("\u03bc",))
    made, _ = Compiler().compile("\ufb01 = \u00b5**2 * b", given, ask)
    same(made.evaluate(given).gradients, {"\u03bc": [6.0, 12.0]})
    with pytest.raises(errors.DuplicateInput, match="\u03bc"):
        normalised(Query(), {"\u00b5": 1.0, "\u03bc": 2.0})
    plain = {"x": 1.0}
    assert normalised(Query(), plain) == (Query(), plain)


def test_lookup_compiles_nothing() -> None:
    compiler = Compiler()
    inputs = arrays({"x": 2.0, "n": 3.0})
    text = "x * sum(ones(n))"
    assert compiler.lookup(text, inputs, GRADIENT) is None
    made, _ = compiler.compile(text, inputs, GRADIENT)
    assert compiler.lookup(text, inputs, GRADIENT) is made
    assert compiler.lookup(text, inputs | arrays({"n": 4.0}), GRADIENT) is None


def test_errors_are_not_kept() -> None:
    compiler = Compiler()
    for _ in range(2):
        with pytest.raises(errors.OutputNotScalar):
            compiler.compile("x", arrays({"x": [1.0]}), GRADIENT)
    assert compiler.cache_info().entries == 0


def test_those_who_ask_together_compile_once() -> None:
    compiler = Compiler()
    text = "\n".join(["y = x", *["y = sin(y) * x + y"] * 300])
    inputs = arrays({"x": 0.5})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: compiler.compile(text, inputs, GRADIENT), range(4)))
    assert sorted(cached for _, cached in answers) == [False, True, True, True]
    assert len({id(made) for made, _ in answers}) == 1
    assert compiler.cache_info().misses == 1


def test_the_cache_is_bounded() -> None:
    compiler = Compiler(cache_entries=3)
    for i in range(5):
        compiler.compile(f"x + {i}", arrays({"x": 1.0}), GRADIENT)
    assert compiler.cache_info().entries == 3
    small = Compiler(cache_bytes=50_000)
    for i in range(50):
        small.compile(f"x + {i}", arrays({"x": 1.0}), GRADIENT)
    assert 0 < small.cache_info().entries < 50
    assert small.cache_info().bytes <= 50_000


def test_constants_in_branches_weigh_too() -> None:
    text = "y = sum(array([{}])*x) if x > 0 else x".format(", ".join(map(str, range(1000))))
    compiler = Compiler()
    compiler.compile(text, arrays({"x": 1.0}), GRADIENT)
    plain = compiler.cache_info().bytes - 4 * len(text)
    assert plain > 8_000


@pytest.mark.untraced
@pytest.mark.parametrize("statements", [1, 30, 300])
def test_what_is_kept_weighs_about_what_it_takes(statements: int) -> None:
    text = "\n".join(["y = x", *[f"y = sin(y) * x + {i}" for i in range(statements)]])
    Compiler().compile(text, arrays({"x": 0.5}), GRADIENT)  # what is made once for all programs is not counted
    gc.collect()
    tracemalloc.start()
    try:
        compiler = Compiler()
        compiler.compile(text, arrays({"x": 0.5}), Query("gradient", trace=True))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    told = compiler.cache_info().bytes + compiler._parsed.info().bytes + compiler._static.info().bytes
    assert taken / 2 < told < taken * 3


def test_a_program_is_named_after_its_text() -> None:
    assert program_id("x") == program_id("x") != program_id("x ")
    assert len(program_id("x")) == 32
    assert compiled("x*x", {"x": 1.0}).program_id == program_id("x*x")
    assert program_id("\ud800")  # a text that UTF-8 has not


# --- what is refused

X, XY = {"x": 1.0}, {"x": 1.0, "y": 2.0}
REFUSED: list[tuple[str, dict[str, Any], Query, type[AdcoreError], Span | None]] = [
    ("x*y", X, GRADIENT, errors.MissingInput, Span(1, 3, 1, 4)),
    ("def f(x): return x", XY, GRADIENT, errors.UnknownInput, None),
    ("x = x + 1\nx", {"y": 2.0}, GRADIENT, errors.UsedBeforeAssignment, Span(1, 5, 1, 6)),
    ("x", {"x": 1.0, "x y": 2.0}, GRADIENT, errors.UnknownInput, None),
    ("x", {"x": 1.0, "lambda": 2.0}, GRADIENT, errors.UnknownInput, None),
    ("x*y", XY, Query("gradient", wrt=("z",)), errors.UnknownWrt, None),
    ("a = x\nb = y\nreturn a, b", XY, GRADIENT, errors.SeveralOutputs, None),
    ("a = x", X, Query(outputs=("b",)), errors.UnknownOutput, None),
    ("x * 2", {"x": [1.0, 2.0]}, GRADIENT, errors.OutputNotScalar, Span(1, 1, 1, 6)),
    ("x > 2", X, GRADIENT, errors.NotDifferentiable, Span(1, 1, 1, 6)),
    ("y = 1\nargmax(x)", {"x": [1.0, 2.0]}, GRADIENT, errors.NotDifferentiable, Span(2, 1, 2, 10)),
    ("x +", X, GRADIENT, errors.SyntaxFault, None),
    ("frobnicate(x)", X, GRADIENT, errors.UnknownFunction, Span(1, 1, 1, 11)),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "inputs", "ask", "error", "span"), REFUSED)
def test_what_is_refused(
    text: str, inputs: dict[str, Any], ask: Query, error: type[AdcoreError], span: Span | None, mode: Mode
) -> None:
    asked = ask._replace(mode=mode)
    with pytest.raises(error) as caught:
        answer(text, inputs, asked)
    assert type(caught.value) is error
    if span is not None:
        assert caught.value.span == span
        assert caught.value.excerpt is not None


def test_errors_at_run_time_know_their_place_and_their_text() -> None:
    inputs = {"x": [1.0, 2.0], "i": 0.5}
    with pytest.raises(errors.NotWholeNumber) as caught:
        answer("y = 1\nx[i] + y", inputs)
    assert caught.value.excerpt is not None
    assert caught.value.span is not None
    assert caught.value.span.line == 2


@pytest.mark.parametrize(("elements", "fits"), [(10, True), (11, False)])
def test_the_limit_of_elements(elements: int, fits: bool) -> None:
    inputs = {"x": np.ones(elements)}
    if fits:
        answer("sum(x)", inputs, array_elements=10)
    else:
        with pytest.raises(errors.ArrayTooLarge, match="x"):
            answer("sum(x)", inputs, array_elements=10)


# One evaluation holds its inputs, then what is live at its dearest moment, then, of a batch, the results.
HELD: list[tuple[str, dict[str, Any], Query, int]] = [
    ("x * x", {"x": np.ones(10)}, Query(), 20),
    ("sum(x * x)", {"x": np.ones(10)}, Query(), 21),
    ("y = x + 1\nfor_all = sin(y)\nsum(for_all)", {"x": np.ones(10)}, Query(), 31),
    ("sum(x) if sum(x) > 0 else sum(sin(x))", {"x": np.ones(10)}, Query(), 23),
    ("x * x", {"x": np.ones(10)}, Query(batch=True), 10 + 1 * 10 + 10),
    ("sum(x * x)", {"x": np.ones((10, 3))}, Query(batch=True), 30 + 4 + 10),
]


@pytest.mark.parametrize(("text", "inputs", "ask", "most"), HELD)
def test_the_limit_of_what_an_evaluation_holds(text: str, inputs: dict[str, Any], ask: Query, most: int) -> None:
    answer(text, inputs, ask, live_elements=most)
    with pytest.raises(errors.MemoryTooLarge, match=f"{most} numbers.*{most - 1} are allowed") as caught:
        answer(text, inputs, ask, live_elements=most - 1)
    assert caught.value.source == text


@pytest.mark.untraced
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_a_gradient_holds_is_limited(mode: Mode) -> None:
    text, inputs, ask = (
        "\n".join(["y = x", *["y = sin(y)"] * 20, "sum(y)"]),
        {"x": np.ones(10)},
        Query("gradient", mode=mode),
    )

    def fits(most: int) -> bool:
        try:
            answer(text, inputs, ask, live_elements=most)
        except errors.MemoryTooLarge:
            return False
        return True

    least = next(most for most in range(10, 1000) if fits(most))
    # Reverse mode keeps the operand of every sine, forward mode a value and a tangent at a time.
    assert (least > 200) is (mode == "reverse")
    assert all(fits(most) for most in range(least, least + 20))


def test_many_large_arrays_at_once_are_refused_before_they_are_made() -> None:
    text = "\n".join(
        [f"a{i} = x + zeros(10**7) + {i}" for i in range(100)] + ["+".join(f"sum(a{i})" for i in range(100))]
    )
    with pytest.raises(errors.MemoryTooLarge):
        compiled(text, {"x": 1.0}, Query())


def test_a_long_program_runs_many_points_in_smaller_blocks() -> None:
    text = "\n".join(["y = x", *["y = sin(y)"] * 100])
    inputs = {"x": np.linspace(0, 1, 2000)}
    small, usual = (answer(text, inputs, Query("gradient", batch=True), live_elements=most) for most in (30_000, 10**9))
    np.testing.assert_allclose(small.gradients["x"], usual.gradients["x"], rtol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_an_evaluation_that_takes_too_long_is_stopped(mode: Mode) -> None:
    text = "\n".join(["y = x", *["y = sin(y)"] * 200, "sum(y)"])
    with pytest.raises(errors.EvaluationTooLong) as caught:
        answer(text, {"x": np.ones(10_000)}, Query("gradient", mode=mode), evaluation_seconds=0.001)
    assert caught.value.source == text


# --- strong zeros and kinks, as the acceptance table has them

NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# program, x, value, derivative; what needs a rewrite that keeps the value is not among them.
EDGES: list[tuple[str, float, float, float]] = [
    ("where(x > 0, sqrt(x), 0)", -1, 0, 0),
    ("where(x > 0, sqrt(x), 0)", 0, 0, 0),
    ("sqrt(x) if x > 0 else 0", -1, 0, 0),
    ("where(x > 0, log(x)**2, x)", -1, -1, 1),
    ("abs(x)", 0, 0, 0),
    ("maximum(x, 0)", 0, 0, 0.5),
    ("relu(x) - relu(-x)", 0, 0, 1),
    ("where(x == 1, 1, x**2)", 1, 1, 0),
    ("norm([x, 0*x])", 0, 0, 0),
    ("std([x, x, x])", 1, 0, 0),
    ("x**2.0", 0, 0, 0),
    ("x**1.0", 0, 0, 1),
    ("x**0.0", 0, 1, 0),
    ("prod([x, 2, 3])", 0, 0, 6),
    ("prod([x, x, 3])", 0, 0, 0),
    ("sqrt(x)", 0, 0, math.inf),
    ("log(x)", 0, -math.inf, math.inf),
    ("sin(x)/x", 0, math.nan, math.nan),
    ("sinc(x)", 0, 1, 0),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "x", "value", "slope"), EDGES)
def test_kinks_edges_and_branches_not_taken(text: str, x: float, value: float, slope: float, mode: Mode) -> None:
    made = answer(text, {"x": x}, Query("gradient", mode=mode))
    same({**made.values, **made.gradients}, {**dict.fromkeys(made.values, value), "x": slope})


# --- both front ends


@pytest.mark.parametrize(
    ("text", "fn"),
    [
        ("y = log(a) + a*b - sin(b)", lambda a, b: np.log(a) + a * b - np.sin(b)),
        ("y = (a - b)**2 / (1 + abs(a))", lambda a, b: (a - b) ** 2 / (1 + abs(a))),
        ("y = where(a > b, exp(a), -b)", lambda a, b: np.where(a > b, np.exp(a), -b)),
        ("y = hypot(a, 2*b) % 3", lambda a, b: np.hypot(a, 2 * b) % 3),
        ("y = sum(stack([a, b, a*b])**2)", lambda a, b: np.sum(np.stack([a, b, a * b]) ** 2)),
        ("y = maximum(a, b) + tanh(a) // 2", lambda a, b: np.maximum(a, b) + np.tanh(a) // 2),
    ],
)
def test_both_front_ends_record_the_same_ops_in_the_same_order(text: str, fn: Any) -> None:
    recorded = check(trace(fn, 2.0, 5.0))
    translated = check(Compiler().graph(text, {"a": (), "b": ()}))
    told = [[(n.op.name, n.params) for n in g.nodes if n.op.name != "constant"] for g in (recorded, translated)]
    assert told[0] == told[1]
    assert recorded.input_names == translated.input_names
    assert recorded.output_names == translated.output_names


def test_the_graph_of_a_gradient_is_what_runs() -> None:
    graph = check(Compiler().graph(TABLE_1["program"], {"x1": (), "x2": ()}, Query("gradient")))
    assert len(graph.outputs) == 3
    ready = compiled(TABLE_1["program"], TABLE_1["inputs"], Query("gradient", mode="reverse"))
    assert [n.op.name for n in graph.nodes] == [n.op.name for n in ready.derivative.graph.nodes]


@pytest.mark.untraced
def test_compiling_grows_linearly_with_the_program() -> None:
    def work(statements: int) -> None:
        compiled("\n".join(["y = x", *[f"y = sin(y) + {i}*x" for i in range(statements)]]), {"x": 0.5})

    assert grows_linearly(work, 100)


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("s = 0\nfor i in range(n):\n  s = s + x\ns", True),  # the inputs say how often
        ("s = x\nwhile s < 9:\n  s = s + 1\ns", True),
        ("def f(n): return x if n <= 0 else f(n - 1)\nf(n)", True),
        ("s = 0\nfor i in range(20):\n  s = s + x\ns", False),
        ("s = 0\nfor i in range(100000):\n  s = s + x\ns", True),
    ],
)
def test_what_may_run_long_is_watched_by_the_clock(text: str, long: bool) -> None:
    inputs = {name: np.array(1.0) for name in ("n", "x") if re.search(rf"\b{name}\b", text)}
    compiled, _ = Compiler().compile(text, inputs, Query("gradient"))
    assert (compiled.seconds > LONG) is long
