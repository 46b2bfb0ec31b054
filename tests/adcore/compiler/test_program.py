"""Programs that are texts, compiled and called from Python."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import adcore
from adcore import errors
from adcore.compiler.program import shared_compiler
from adcore.engines.interpreter import prepare

TABLE_1 = "y = log(x1) + x1*x2 - sin(x2)"


def test_table_1() -> None:
    program = adcore.compile(TABLE_1, {"x1": 2, "x2": 5})
    assert program.engine == "interpreter"
    assert len(repr(program)) < 300
    assert len(repr(program.compiled)) < 300
    answer = program({"x1": 2, "x2": 5})
    assert answer.values == {"y": 11.652071455223084}
    assert answer.gradients == {"x1": 5.5, "x2": 1.7163378145367738}
    assert answer.notices == ()


@pytest.mark.parametrize(
    ("kind", "seeds", "key", "expected"),
    [
        ("none", {}, "values", {"y": 12.0}),
        ("gradient", {}, "gradients", {"a": 12.0, "x": 4.0}),
        ("jacobian", {}, "jacobian", {"y": {"a": 12.0, "x": 4.0}}),
        ("hessian", {}, "hessian", {"a": {"a": 6.0, "x": 4.0}, "x": {"a": 4.0, "x": 0.0}}),
        ("jvp", {"tangents": {"x": 2, "a": 0.5}}, "tangents", {"y": 14.0}),
        ("vjp", {"cotangents": {"y": 2}}, "gradients", {"a": 24.0, "x": 8.0}),
        ("hvp", {"tangents": {"a": 1}}, "hvp", {"a": 6.0, "x": 4.0}),
    ],
)
def test_every_kind(kind: str, seeds: dict[str, Any], key: str, expected: dict[str, Any]) -> None:
    answer = adcore.compile("y = a**2 * x", {"a": 2, "x": 3}, kind=kind)({"a": 2, "x": 3}, **seeds)
    assert getattr(answer, key) == expected


def test_numbers_lists_and_arrays_are_inputs() -> None:
    program = adcore.compile("sum(A @ x) if b else 0.0", {"A": [[1, 2], [3, 4]], "x": np.ones(2), "b": True})
    for x in ([5, 6], (5.0, 6.0), np.array([5, 6]), np.array([5, 6], np.float32)):
        answer = program({"A": np.array([[1, 2], [3, 4]]), "x": x, "b": np.True_})
        assert answer.gradients["A"].tolist() == [[5, 6], [5, 6]]
        assert answer.gradients["x"].dtype == np.float64
        assert "b" not in answer.gradients


def test_an_answer_does_not_change_with_the_callers_arrays() -> None:
    x = np.array([1.0, 2.0])
    answer = adcore.compile("x[::-1]", {"x": x}, kind="none")({"x": x})
    x[0] = 9.0
    assert answer.values["result"].tolist() == [2.0, 1.0]


def test_inputs_of_other_shapes_are_compiled_for_when_they_come() -> None:
    program = adcore.compile("sum(x**2) * sum(ones(n))", {"x": [1, 2], "n": 3})
    assert program({"x": [1, 2], "n": 3}).values == {"result": 15.0}
    assert program({"x": [1, 2, 3], "n": 3}).values == {"result": 42.0}
    assert program({"x": [1, 2], "n": 2}).values == {"result": 10.0}, "a count decides a shape"


def test_options_and_batches() -> None:
    text, inputs = "u = x*y\nv = x + y\nreturn u, v", {"x": [1.0, 2.0], "y": 3.0}
    program = adcore.compile(text, inputs, outputs="u", wrt="x", batch=True, mode="forward")
    answer = program(inputs)
    assert answer.values["u"].tolist() == [3.0, 6.0]
    assert answer.gradients["x"].tolist() == [3.0, 3.0]
    named = adcore.compile(text, inputs, kind="jacobian", outputs=["u", "v"], wrt=["y"], batch="x")(inputs)
    assert named.jacobian["u"]["y"].tolist() == [1.0, 2.0]
    assert named.jacobian["v"]["y"].tolist() == [1.0, 1.0]


def test_names_in_two_spellings_are_one() -> None:
    program = adcore.compile("\u00b5**2", {"\u00b5": 3.0}, kind="hvp", wrt="\u00b5")
    assert program({"\u03bc": 3.0}, tangents={"\u00b5": 1.0}).hvp == {"\u03bc": 2.0}
    with pytest.raises(errors.DuplicateInput):
        program({"\u00b5": 1.0, "\u03bc": 2.0}, tangents={"\u00b5": 1.0})


def test_programs_share_one_compiler_and_its_cache() -> None:
    text = "cos(x) * 1234.5"
    first = adcore.compile(text, {"x": 1.0})
    before = shared_compiler().cache_info()
    second = adcore.compile(text, {"x": 2.0})
    assert second.compiled is first.compiled
    assert shared_compiler().cache_info().misses == before.misses
    assert second == first


def test_the_engine_is_the_one_that_would_run_it_now() -> None:
    class Faster:
        """The interpreter under another name."""

        name = "faster"

        def __init__(self, graph: Any) -> None:
            self._plain = prepare(graph)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._plain, name)

    program = adcore.compile("sin(x) * 4321.0", {"x": 1.0})
    before = program({"x": 1.0})
    assert shared_compiler().replace_executable(program.compiled, Faster(program.compiled.derivative.graph))
    assert program.engine == "faster"
    assert program({"x": 1.0}) == before


def test_many_threads_may_call_one_program() -> None:
    program = adcore.compile("sum(sin(x))", {"x": [1.0, 2.0]})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: program({"x": np.ones(n % 5 + 1)}), range(40)))
    assert [len(answer.gradients["x"]) for answer in answers] == [n % 5 + 1 for n in range(40)]


def test_notices_come_with_the_answer() -> None:
    answer = adcore.compile("sum(inv(A))", {"A": np.eye(2)}, kind="none")({"A": np.ones((2, 2))})
    assert [notice.code for notice in answer.notices] == ["singular_matrix"]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("text", "unused"),
    [
        pytest.param("x*x", {"alpha"}, id="a name that the text does not have"),
        pytest.param("alpha = 3.0\nalpha*x", {"alpha"}, id="a value that is overwritten"),
        pytest.param("def alpha(a, b): return a*b\nalpha(x, x)", {"alpha"}, id="a function of this name"),
        pytest.param("y = alpha*x\nx*x", {"alpha"}, id="what no output depends on"),
        pytest.param("alpha*x", set(), id="one that is used"),
        pytest.param("sum(ones(alpha))*x", set(), id="one that decides a shape"),
        pytest.param("def f(x, alpha=1.0): return x", {"alpha"}, id="a parameter"),
    ],
)
def test_an_input_that_is_not_used_has_gradient_zero_and_a_notice(text: str, unused: set[str], mode: Any) -> None:
    inputs = {"x": 2.0, "alpha": 3.0}
    answer = adcore.compile(text, inputs, mode=mode)(inputs)
    assert {notice.message.split()[5] for notice in answer.notices if notice.code == "unused_input"} == unused
    assert all(answer.gradients[name] == 0 for name in unused)
    assert answer.gradients["x"] != 0


@pytest.mark.parametrize(
    ("text", "inputs", "options", "error", "message"),
    [
        ("sinn(x)", {"x": 1}, {}, errors.UnknownFunction, "no function sinn"),
        ("x*2", {"x": "two"}, {}, errors.BadInputValue, "inputs.x is a str that is not made of numbers"),
        ("x*2", {"x": [[1, 2], [3]]}, {}, errors.BadInputValue, "inputs.x is not a regular array of numbers"),
        ("x*2", {"x": None}, {}, errors.BadInputValue, "inputs.x is a NoneType"),
        ("x*2", {"x": 1j}, {}, errors.BadInputValue, "inputs.x is a complex"),
        ("x*2", {}, {}, errors.MissingInput, "the input x is missing"),
        ("x*2", {"x": 1}, {"kind": "slope"}, errors.UnknownDerivative, "there is no derivative slope"),
        ("x*2", {"x": 1}, {"mode": "sideways"}, errors.UnknownDerivative, "not sideways"),
        ("x*2", {"x": 1}, {"kind": "none", "mode": "sideways"}, errors.UnknownDerivative, "not sideways"),
        ("x*2", {"x": 1}, {"wrt": "y"}, errors.UnknownWrt, "wrt names y"),
        ("x*2", [1], {}, TypeError, "inputs is a mapping from names to values, not a list"),
        ("x*2", {1: 1}, {}, TypeError, "inputs is a mapping from names to values, and 1 is no name"),
        (b"x*2", {"x": 1}, {}, TypeError, "a program is a str, not a bytes"),
        ("x*2", {"x": 1}, {"wrt": [0]}, TypeError, r"wrt is a name or several, not \[0\]"),
        ("x*2", {"x": 1}, {"outputs": 0}, TypeError, "outputs is a name or several, not 0"),
        ("x*2", {"x": 1}, {"batch": 1}, TypeError, "batch is a name or several, not 1"),
    ],
)
def test_what_is_wrong_is_an_error(
    text: Any, inputs: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        adcore.compile(text, inputs, **options)
    if isinstance(raised.value, errors.ProgramError):
        assert raised.value.excerpt == "sinn(x)\n^^^^"
