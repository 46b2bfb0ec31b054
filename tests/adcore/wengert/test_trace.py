"""The Wengert list: Table 1 of the report row by row, and what holds for any trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from adcore.compiler import Compiled, Compiler, Mode, Query
from adcore.errors import EvaluationTooLong, NotWholeNumber, Span, TraceTooLarge
from adcore.limits import Limits
from adcore.wengert.trace import Row, Trace
from adcore.wengert.unfolding import straighten
from tests.adcore.graphs import bits
from tests.adcore.strategies import Program, programs

TABLE_1 = json.loads((Path(__file__).parents[2] / "reference" / "textbook.json").read_text())["table_1"]
MODES: list[Mode] = ["forward", "reverse"]


def arrays(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value, None if isinstance(value, bool) else float) for name, value in inputs.items()}


def compiled(text: str, inputs: Mapping[str, Any], mode: Mode = "reverse", rows: int = 10_000, **ask: Any) -> Compiled:
    return Compiler(Limits(trace_rows=rows)).compile(
        text, arrays(inputs), Query(**{"kind": "gradient", "mode": mode, **ask})
    )[0]


def traced(text: str, inputs: Mapping[str, Any], mode: Mode = "reverse", rows: int = 10_000, **ask: Any) -> Trace:
    return compiled(text, inputs, mode, rows, **ask).trace(arrays(inputs))


def told(rows: tuple[Row, ...] | None) -> list[list[Any]]:
    return [[r.name, r.expression, r.value] for r in rows or ()]


# --- Table 1


def test_the_primal_rows_of_table_1() -> None:
    rows = traced(TABLE_1["program"], TABLE_1["inputs"]).primal
    assert told(rows) == TABLE_1["primal"]
    assert [r.op for r in rows] == [None, None, "log", "multiply", "sin", "add", "subtract"]
    assert [r.args for r in rows] == [
        (),
        (),
        ("v-1",),
        ("v-1", "v0"),
        ("v0",),
        ("v1", "v2"),
        ("v4", "v3"),
    ]
    assert [r.input for r in rows] == ["x1", "x2", None, None, None, None, None]


def test_the_adjoint_rows_of_table_1() -> None:
    trace = traced(TABLE_1["program"], TABLE_1["inputs"])
    assert told(trace.adjoint) == TABLE_1["adjoint"]
    assert [r.origin for r in trace.adjoint or ()] == [None, "v5", "v5", "v4", "v4", "v3", "v2", "v2", "v1"]
    assert trace.tangents is None
    assert not trace.truncated


def test_the_tangent_rows_of_table_1() -> None:
    trace = traced(TABLE_1["program"], TABLE_1["inputs"], "forward")
    assert trace.adjoint is None
    assert trace.tangents is not None
    assert [s.seed for s in trace.tangents] == ["x1", "x2"]
    first, second = trace.tangents
    assert [r.name for r in first.rows] == ["dv-1", "dv0", "dv1", "dv2", "dv3", "dv4", "dv5"]
    assert [r.expression for r in first.rows[:4]] == ["1", "0", "dv-1 / v-1", "dv-1 * v0 + dv0 * v-1"]
    assert [r.expression for r in second.rows[:2]] == ["0", "1"]
    assert first.rows[-1].value == TABLE_1["gradients"]["x1"]
    assert second.rows[-1].value == TABLE_1["gradients"]["x2"]
    assert told(trace.primal) == TABLE_1["primal"]


def test_rows_say_where_they_come_from() -> None:
    trace = traced("y = sin(x)\ny * x", {"x": 2.0})
    assert [r.span for r in trace.primal[1:]] == [Span(1, 5, 1, 11), Span(2, 1, 2, 6)]
    assert all(r.span in (Span(1, 5, 1, 11), Span(2, 1, 2, 6)) for r in trace.adjoint or ())


# --- what holds for any trace


def evaluate(rows: list[Row], known: dict[str, Any]) -> None:
    """Each row's expression, evaluated by Python from the rows before it, gives the row's value."""
    functions = "sin cos log exp sqrt tanh cosh square where power nan"
    space: dict[str, Any] = {name: getattr(np, name) for name in functions.split()}
    for row in rows:
        if row.input is None:
            text = row.expression
            names = sorted(known, key=len, reverse=True)
            for i, name in enumerate(names):
                text = text.replace(name, f"N{i}N")
            value = eval(text, space, {f"N{i}N": known[name] for i, name in enumerate(names)})
            assert value == row.value, row
        known[row.name] = row.value


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text",
    [
        "log(x1) + x1*x2 - sin(x2)",
        "exp(sin(x1) * x2) / x1",
        "sqrt(x1) * sqrt(x1) + x2 * x2 * x2",
        "tanh(x1 - x2) * (x1 + x2)",
    ],
)
def test_rows_follow_from_the_rows_above_them(text: str, mode: Mode) -> None:
    trace = traced(text, {"x1": 2.0, "x2": 5.0}, mode)
    known: dict[str, Any] = {}
    evaluate(list(trace.primal), known)
    if mode == "reverse":
        evaluate(list(trace.adjoint or ()), dict(known))
    for seed in trace.tangents or ():
        evaluate(list(seed.rows), dict(known))


@given(programs())
def test_a_trace_ends_with_the_values_and_gradients_of_the_answer(program: Program) -> None:
    made = Compiler().compile(program.text, program.inputs, Query("gradient", mode="reverse"))[0]
    answer, trace = made.evaluate(program.inputs), made.trace(program.inputs)
    (value,) = answer.values.values()
    last = {row.name: row.value for row in trace.primal}
    if trace.primal and trace.primal[-1].op is not None:
        assert bits([list(last.values())[-1]]) == bits([value]) or any(
            bits([v]) == bits([value]) for v in last.values()
        )
    names = {row.input: row.name for row in trace.primal if row.input}
    adjoint = {row.name: row.value for row in trace.adjoint or ()}
    for name, slope in answer.gradients.items():
        # The rows are of the program as it was written; the optimiser may have added the same terms in another order.
        np.testing.assert_allclose(adjoint.get(f"{names[name]}'", np.zeros(slope.shape)), slope, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("mode", MODES)
def test_only_the_branch_that_is_taken_is_traced(mode: Mode) -> None:
    text = "y = sin(x) * x if x > 0 else exp(x)"
    taken = traced(text, {"x": 2.0}, mode)
    assert [r.op for r in taken.primal] == [None, "greater", "sin", "multiply"]
    other = traced(text, {"x": -2.0}, mode)
    assert [r.op for r in other.primal] == [None, "greater", "exp"]
    rows = (taken.adjoint or ()) if mode == "reverse" else (taken.tangents or ())[0].rows
    assert rows[-1].value == pytest.approx(np.sin(2.0) + 2 * np.cos(2.0), rel=1e-15)


def test_nested_branches_are_laid_out_in_a_line() -> None:
    text = "if x > 0:\n    if x > 1:\n        y = x*x\n    else:\n        y = exp(x)\nelse:\n    y = sin(x)\ny * 2"
    assert [r.op for r in traced(text, {"x": 2.0}).primal] == [None, "greater", "greater", "multiply", "multiply"]
    assert [r.op for r in traced(text, {"x": 0.5}).primal] == [None, "greater", "greater", "exp", "multiply"]
    assert [r.op for r in traced(text, {"x": -1.0}).primal] == [None, "greater", "sin", "multiply"]


def test_a_branch_not_taken_is_not_run() -> None:
    text = "y = v[i] if i > 0.6 else 2*v[0]"
    assert traced(text, {"v": [1.0, 2.0], "i": 0.5}, wrt=("v",)).primal[-1].value == 2.0
    with pytest.raises(NotWholeNumber) as caught:
        traced(text, {"v": [1.0, 2.0], "i": 0.75}, wrt=("v",))
    assert caught.value.span is not None
    assert caught.value.source == text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text", ["s = 0\nfor i in range(3):\n  s = s + i * u[i]\ns", "sum(i * a for i, a in enumerate(u))"]
)
def test_the_positions_of_a_loop_are_constants_of_its_trace(text: str, mode: Mode) -> None:
    trace = traced(text, {"u": [1.0, 2.0, -3.0]}, mode)
    assert trace.primal[-1].value == -4.0


def test_arrays_are_values_of_rows() -> None:
    trace = traced("sum(x * x)", {"x": [1.0, 2.0, 3.0]})
    assert [np.shape(r.value) for r in trace.primal] == [(3,), (3,), ()]
    np.testing.assert_array_equal((trace.adjoint or ())[-1].value, [2, 4, 6])


def test_forward_mode_has_a_pass_for_each_element() -> None:
    trace = traced("sum(x * x) + a", {"x": [[1.0, 2.0]], "a": 3.0}, "forward")
    assert [s.seed for s in trace.tangents or ()] == ["x[0, 0]", "x[0, 1]", "a"]
    assert [s.rows[-1].value for s in trace.tangents or ()] == [2.0, 4.0, 1.0]


def test_an_input_that_nothing_depends_on_has_no_adjoint() -> None:
    trace = traced("y = x\nz = n", {"x": 1.0, "n": 2.0}, outputs=("y",))
    assert [r.name for r in trace.primal] == ["v-1", "v0"]
    assert [r.name for r in trace.adjoint or ()] == ["v-1'"]


def test_values_alone_have_no_derivative_rows() -> None:
    trace = traced("a = x + 1\nb = a * x", {"x": 2.0}, kind="none", outputs=("a", "b"))
    assert [r.value for r in trace.primal] == [2, 3, 6]
    assert trace.adjoint is None
    assert trace.tangents is None


def test_a_program_of_constants() -> None:
    trace = traced("3.0", {})
    assert trace.primal == ()
    assert not trace.adjoint


@pytest.mark.parametrize(("rows", "cut"), [(9, False), (8, True), (7, True), (3, True)])
def test_the_limit_of_rows(rows: int, cut: bool) -> None:
    trace = traced(TABLE_1["program"], TABLE_1["inputs"], rows=rows)
    assert trace.truncated is cut
    assert told(trace.primal) == TABLE_1["primal"][:rows]
    assert told(trace.adjoint) == TABLE_1["adjoint"][:rows]


@pytest.mark.parametrize(("rows", "lengths"), [(14, [7, 7]), (13, [7, 6]), (7, [7]), (5, [5])])
def test_the_limit_of_rows_is_of_all_passes_together(rows: int, lengths: list[int]) -> None:
    trace = traced(TABLE_1["program"], TABLE_1["inputs"], "forward", rows=rows)
    assert [len(s.rows) for s in trace.tangents or ()] == lengths
    assert trace.truncated is (rows < 14)


def test_passes_past_the_limit_are_not_made() -> None:
    # All of the passes together would take minutes.
    trace = traced("sum(sin(x))", {"x": np.ones(20_000)}, "forward", rows=10)
    assert sum(len(s.rows) for s in trace.tangents or ()) == 10
    assert trace.truncated


# --- other limits

BRANCH = "y = sin(x) * x if sum(x) > 0 else x\nsum(y)"


@pytest.mark.untraced
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["sum(sin(x) * x)", BRANCH], ids=["straight", "branch"])
@pytest.mark.parametrize("wanted", [True, False], ids=["laid out", "on the fly"])
def test_the_limit_of_what_a_trace_holds(text: str, mode: Mode, wanted: bool) -> None:
    inputs = arrays({"x": [1.0, 2.0, 3.0]})
    ask = Query("gradient", mode=mode, trace=wanted)

    def held(most: int) -> str | None:
        try:
            trace = Compiler(Limits(trace_elements=most)).compile(text, inputs, ask)[0].trace(inputs)
        except TraceTooLarge as error:
            return error.message if error.source == text else "without its text"
        # A run with control flow is cut where it is too much, and has no derivatives then.
        return f"cut, since there may be {most}" if trace.truncated and not trace.adjoint else None

    told = [held(most) for most in range(61)]
    least = told.index(None)
    assert all(message is None for message in told[least:])
    assert all(message is not None and str(most) in message for most, message in enumerate(told[:least]))
    # Two arrays and a number, then five adjoints, two of them numbers, or three passes of three arrays and a number.
    assert 7 + 11 <= least <= 60


def test_a_run_too_long_to_trace() -> None:
    text = "\n".join(["y = x", "if x > 0:", *["    y = sin(y)"] * 30, "y"])
    inputs = arrays({"x": 1.0})
    ready = Compiler(Limits(graph_nodes=500)).compile(text, inputs, Query("gradient"))[0]
    assert len(ready.trace(inputs).primal) == 32
    run = straighten(ready.graph, [np.float64(1.0)], Limits(graph_nodes=30))
    assert run.cut
    assert len(run.graph.nodes) >= 30


MILLION = "y = x\ni = 0\nwhile i < n:\n  y = sin(y) + x\n  i += 1\ny"


def test_a_long_run_gives_its_first_rows_and_says_that_it_is_cut() -> None:
    inputs = arrays({"x": 1.0, "n": 50_000.0})
    compiled = Compiler(Limits(graph_nodes=2_000, trace_rows=50)).compile(
        MILLION, inputs, Query("gradient", mode="reverse")
    )[0]
    trace = compiled.trace(inputs)
    assert (len(trace.primal), trace.truncated, trace.adjoint, trace.tangents) == (50, True, None, None)
    assert trace.primal[-1].iteration
    short = compiled.trace(arrays({"x": 1.0, "n": 3.0}))
    assert not short.truncated
    assert short.adjoint


def test_rows_say_in_which_pass_and_in_which_call_they_were_computed() -> None:
    text = "def f(t):\n  return sin(t)\ns = x\nfor i in range(2):\n  for j in range(2):\n    s = f(s)*x\nexp(s)"
    for mode in MODES:
        trace = traced(text, {"x": 0.5}, mode)
        told = [(r.op, r.iteration, [(c.function, c.span.line) for c in r.calls]) for r in trace.primal]
        assert [row for row in told if row[0] == "sin"] == [
            ("sin", (i, j), [("f", 6)]) for i in range(2) for j in range(2)
        ]
        assert [row[1:] for row in told if row[0] == "multiply"] == [((i, j), []) for i in range(2) for j in range(2)]
        assert [row for row in told if row[0] == "exp"] == [("exp", (), [])]
        rows = trace.adjoint or (trace.tangents or ())[0].rows
        assert {row.iteration for row in rows} == {(), (0, 0), (0, 1), (1, 0), (1, 1)}
        assert {tuple(c.function for c in row.calls) for row in rows} == {(), ("f",)}


def test_rows_in_functions_that_call_themselves_have_all_the_calls() -> None:
    text = "def f(n):\n  if n == 0:\n    return sin(x)\n  return f(n - 1)*x\ndef g(n): return f(n)\ng(2)"
    trace = traced(text, {"x": 0.5})
    chains = {row.op: [(c.function, c.span.line) for c in row.calls] for row in trace.primal if row.op == "sin"}
    assert chains == {"sin": [("g", 6), ("f", 5), ("f", 4), ("f", 4)]}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["sum(sin(x) * x)", BRANCH], ids=["straight", "branch"])
def test_a_trace_that_takes_too_long_is_stopped(text: str, mode: Mode) -> None:
    inputs = arrays({"x": [1.0, 2.0]})
    ready = Compiler(Limits(evaluation_seconds=1e-9)).compile(text, inputs, Query("gradient", mode=mode, trace=True))[0]
    with pytest.raises(EvaluationTooLong) as caught:
        ready.trace(inputs)
    assert caught.value.source == text


@given(programs())
def test_a_trace_that_was_laid_out_before_is_the_same(program: Program) -> None:
    for mode in MODES:
        before, now = (
            Compiler().compile(program.text, program.inputs, Query("gradient", mode=mode, trace=wanted))[0]
            for wanted in (True, False)
        )
        assert before.work >= now.work
        one, other = before.trace(program.inputs), now.trace(program.inputs)
        for rows, same in [
            (one.primal, other.primal),
            (one.adjoint or (), other.adjoint or ()),
            *((a.rows, b.rows) for a, b in zip(one.tangents or (), other.tangents or (), strict=True)),
        ]:
            assert [(r.name, r.expression, r[3:]) for r in rows] == [(r.name, r.expression, r[3:]) for r in same]
            assert bits([r.value for r in rows]) == bits([r.value for r in same])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("derivative", ["grad(lambda t: f(3, t))(x)", "hessian(lambda t: f(3, t))(x)"])
def test_the_derivative_of_a_function_that_calls_itself_is_traced(derivative: str, mode: Mode) -> None:
    text = f"def f(n, t):\n  return t if n == 0 else t*f(n - 1, t)\n{derivative}"
    trace = traced(text, {"x": 1.5}, mode)
    value = 4 * 1.5**3 if "grad" in derivative else 12 * 1.5**2
    assert any(row.value == pytest.approx(value, rel=1e-14) for row in trace.primal)
    last = (trace.adjoint or (trace.tangents or ())[0].rows)[-1].value
    assert last == pytest.approx(12 * 1.5**2 if "grad" in derivative else 24 * 1.5, rel=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_an_integration_is_traced(mode: Mode) -> None:
    trace = traced("odeint(lambda y, t: -x*y, 1.0, [0.0, 0.5], rtol=1e-4, atol=1e-4)[-1]", {"x": 1.0}, mode)
    assert any(row.op == "reached" for row in trace.primal)
    last = (trace.adjoint or (trace.tangents or ())[0].rows)[-1].value
    assert last == pytest.approx(-0.5 * np.exp(-0.5), rel=1e-3)
