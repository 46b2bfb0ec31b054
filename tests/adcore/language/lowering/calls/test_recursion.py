"""Functions that call themselves: as Python runs them, in both modes, at every order, compiled once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.engines.interpreter import execute, plan
from adcore.errors import AdcoreError, EvaluationTooLong
from adcore.graph import OPS
from adcore.language.printing.program import to_source
from adcore.limits import Limits
from tests.adcore.language.differentiating import Values, agree, graph_and_values, run
from tests.adcore.language.evaluating import lowered

# Why each is here, the program, its inputs; the result is y.
PROGRAMS: list[tuple[str, str, Values]] = [
    (
        "two calls in one expression, an early return",
        "def fib(n):\n  if n < 2:\n    return n*x\n  return fib(n - 1) + sin(fib(n - 2)*x)\ny = fib(n)",
        {"n": 7.0, "x": 0.3},
    ),
    (
        "a conditional expression, a literal argument",
        "def f(n): return 1 if n <= 1 else n*f(n - 1)*x\ny = f(5)",
        {"x": 1.1},
    ),
    (
        "functions that call each other",
        (
            "def even(n, t):\n  if n == 0:\n    return t\n  return odd(n - 1, t*t)\n"
            "def odd(n, t):\n  if n == 0:\n    return 2*t\n  return even(n - 1, sin(t))\ny = even(n, x)"
        ),
        {"n": 5.0, "x": 0.9},
    ),
    (
        "a call in the arguments of a call",
        (
            "def ack(m, n):\n  if m == 0:\n    return n + 1\n  if n == 0:\n    return ack(m - 1, 1)\n"
            "  return ack(m - 1, ack(m, n - 1))\ny = ack(2, 3)*x*x"
        ),
        {"x": 1.0},
    ),
    (
        "an array as argument and as result",
        "def f(n, v):\n  if n == 0:\n    return v\n  return sin(f(n - 1, v*a)) + v\ny = sum(f(4, v))",
        {"a": 0.7, "v": [0.2, 0.5, 0.9]},
    ),
    (
        "a tuple as result, unpacked",
        (
            "def f(n, t):\n  if n == 0:\n    return t, 1\n  a, b = f(n - 1, t*t)\n  return a + x, b*t\n"
            "u, w = f(3, x)\ny = u*w"
        ),
        {"x": 0.8},
    ),
    (
        "shapes that shrink from call to call, each a graph of its own",
        (
            "def tree(v):\n  if len(v) == 1:\n    return v[0]**2\n  h = len(v)//2\n"
            "  return tree(v[:h])*tree(v[h:])\ny = tree(v)"
        ),
        {"v": [1.0, 2.0, 3.0, 0.5, 1.5]},
    ),
    (
        "a function inside a function, which reads what is around it",
        (
            "def outer(n):\n  k = n*x\n  def inner(j):\n    if j == 0:\n      return k\n    return inner(j - 1)*x\n"
            "  return inner(n) + k\ny = outer(3)"
        ),
        {"x": 0.8},
    ),
    (
        "calls in a loop, whose number of passes is an argument",
        "def f(n):\n  s = x\n  for i in range(int(n)):\n    s = s + f(i)*x\n  return s\ny = f(4)",
        {"x": 0.5},
    ),
    (
        "a call in a branch without a return",
        "def f(n):\n  r = x\n  if n > 0:\n    r = f(n - 1)*x + r\n  return r\ny = f(4)",
        {"x": 0.5},
    ),
    (
        "a call where a condition does not decide",
        "def f(n): return n <= 0 or (f(n - 1) and x > 0)\ny = x if f(3) else 2*x",
        {"x": 0.5},
    ),
    (
        "recursion in a loop, and a loop in recursion, over an array",
        (
            "def horner(i, t):\n  if i == 4:\n    return 0\n  return c[int(i)] + t*horner(i + 1, t)\ns = 0\n"
            "for k in range(3):\n  s = s + horner(0, x + k)\ny = s"
        ),
        {"c": [1.0, -2.0, 0.5, 0.25], "x": 0.7},
    ),
    (
        "a base case of another kind than the rest",
        "def f(n):\n  if n == 0:\n    return [1, 2]\n  return np.array(f(n - 1))*x\ny = sum(f(3))",
        {"x": 0.5},
    ),
    (
        "a known number that decides a shape in each call",
        "def f(n):\n  if n == 0:\n    return 0\n  return np.sum(np.ones(n))*x + f(n - 1)\ny = f(3)",
        {"x": 0.5},
    ),
    (
        "bisection of an interval, adaptively: calls as deep as the values ask for",
        (
            "def simpson(a, b): return (b - a)/6*(np.exp(x*a) + 4*np.exp(x*(a + b)/2) + np.exp(x*b))\n"
            "def area(a, b):\n  m = (a + b)/2\n  whole, halves = simpson(a, b), simpson(a, m) + simpson(m, b)\n"
            "  if abs(whole - halves) < 1e-7:\n    return halves\n  return area(a, m) + area(m, b)\ny = area(0, 2)"
        ),
        {"x": 1.3},
    ),
    (
        "functions made anew in each call, as deep as a known number says",
        (
            "def make(n):\n  if n == 0:\n    return lambda t: t*x\n  g = make(n - 1)\n"
            "  return lambda t: g(t) + n*t\ny = make(3)(x)"
        ),
        {"x": 1.3},
    ),
    (
        "a function of the language as result",
        "def f(n):\n  if n > 3:\n    return np.sin\n  return f(n + 1)\ny = f(1)(x)",
        {"x": 1.3},
    ),
    (
        "a lambda, a tuple as argument, defaults and names",
        "g = lambda p, k=2, *, s=1: p[1]*s*k if p[0] <= 0 else g((p[0] - 1, p[1]*x), s=s*x, k=k + 1)\ny = g((3, x))",
        {"x": 1.3},
    ),
    (
        "a loop that may return, with a call after its condition",
        (
            "def f(n):\n  while True:\n    if n <= 0:\n      return x\n    n = n - 1\n    if n > 5:\n"
            "      return f(n - 2)*x\ny = f(10)"
        ),
        {"x": 1.3},
    ),
    (
        "names around the function that change between its calls",
        "a = 1\ndef f(n): return a if n <= 0 else f(n - 1)*a\nb = f(3)\na = x\ny = b + f(3)",
        {"x": 1.3},
    ),
    (
        "a function that calls itself inside one that does",
        (
            "def f(n):\n  if n <= 0:\n    return x\n  def g(m): return f(m - 1) + g(m - 1) if m > 0 else 1\n"
            "  return g(n)*x\ny = f(3)"
        ),
        {"x": 1.3},
    ),
    (
        "a function handed on from call to call",
        (
            "def apply(f, n, t):\n  if n == 0:\n    return t\n  return apply(f, n - 1, f(t))\n"
            "y = apply(lambda t: np.sin(t)*x, 3, x)"
        ),
        {"x": 1.3},
    ),
]
programs = pytest.mark.parametrize(("text", "inputs"), [row[1:] for row in PROGRAMS], ids=[row[0] for row in PROGRAMS])


def by_python(text: str, inputs: Values) -> float:
    """What Python makes of the text."""
    names: dict[str, Any] = {"np": np, "sin": np.sin, "sum": np.sum}
    names |= {name: np.array(x) if isinstance(x, list) else x for name, x in inputs.items()}
    exec(text, names)
    return float(names["y"])


@programs
def test_the_value_is_what_python_gives(text: str, inputs: Values) -> None:
    graph, values = graph_and_values(text, inputs)
    (value,) = run(graph, values)
    assert value == pytest.approx(by_python(text, inputs), rel=1e-14)
    np.testing.assert_array_equal(execute(plan(graph), values), [value])


@pytest.mark.untraced
@programs
def test_both_modes_agree_with_differences_at_order_one_and_two(text: str, inputs: Values) -> None:
    agree(text, inputs)


@programs
def test_the_graph_reads_back_from_its_text(text: str, inputs: Values) -> None:
    graph, values = graph_and_values(text, inputs)
    again = lowered(to_source(graph), inputs).graph
    assert again.input_names == graph.input_names
    np.testing.assert_array_equal(run(again, values), run(graph, values))


def test_one_compilation_serves_every_depth() -> None:
    text, compiler = PROGRAMS[0][1], Compiler()
    counts = []
    for n in (0, 1, 2, 12):
        inputs = {"n": np.array(float(n)), "x": np.array(0.3)}
        compiled, cached = compiler.compile(text, inputs, Query("gradient", wrt=("x",)))
        assert cached == (n > 0)
        counts.append(compiled.derivative.graph.count())
        assert compiled.evaluate(inputs).values["y"] == pytest.approx(by_python(text, {"n": n, "x": 0.3}), rel=1e-13)
    assert len(set(counts)) == 1


def test_the_trace_of_a_run_has_what_its_calls_computed() -> None:
    text = "def f(n): return x if n == 0 else sin(f(n - 1))*x\nf(2)"
    inputs = {"x": np.array(0.5)}
    compiled, _ = Compiler().compile(text, inputs, Query("gradient", mode="reverse", trace=True))
    trace = compiled.trace(inputs)
    assert [row.op for row in trace.primal if row.op in ("sin", "multiply")] == ["sin", "multiply", "sin", "multiply"]
    assert trace.adjoint is not None
    assert trace.primal[-1].value == compiled.evaluate(inputs).values["result"]


# --- what is wrong


def error_of(text: str, limits: Limits | None = None, **inputs: float) -> AdcoreError:
    arrays = {name: np.array(value) for name, value in inputs.items()}
    with pytest.raises(AdcoreError) as caught:
        Compiler(limits).compile(text, arrays, Query("gradient"))[0].evaluate(arrays)
    return caught.value


DOWN = "def f(n):\n  if n == 0:\n    return x\n  return f(n - 1)\nf(n)"

# Why each is here, the program, its inputs, the error's code, its line, and what its message says.
WRONG: list[tuple[str, str, dict[str, float], str, int, list[str]]] = [
    ("it never ends", DOWN, {"n": 0.5, "x": 1.0}, "recursion_too_deep", 4, ["1000", "f with n = -998.5"]),
    ("no way through it ends", "def f(n): return f(n - 1)\nf(x)", {"x": 1.0}, "recursion_too_deep", 2, ["f", "every"]),
    (
        "nor through two that call each other",
        "def f(t): return g(t)\ndef g(t): return f(t)\nf(x) + 1",
        {"x": 1.0},
        "recursion_too_deep",
        3,
        ["f", "every"],
    ),
    (
        "a value of another shape",
        "def f(n):\n  if n == 0:\n    return [1, 2]\n  return f(n - 1)[0]\nf(x)",
        {"x": 1.0},
        "branch_mismatch",
        2,
        ["shape (2,)"],
    ),
    (
        "a function made anew in each call, as deep as the inputs say",
        "def f(n):\n  if n <= 0:\n    return lambda t: t\n  g = f(n - 1)\n  return lambda t: g(t)*n\nf(x)(x)",
        {"x": 1.0},
        "not_constant",
        6,
        ["f calls itself", "anew"],
    ),
    (
        "an index out of bounds, deep inside",
        "v = [x, 2, 3]\ndef f(n):\n  if n == 0:\n    return v[int(n) + 5]\n  return f(n - 1)\nf(9)",
        {"x": 1.0},
        "index_out_of_bounds",
        4,
        ["index 5", "size 3", "f with n = 0"],
    ),
    (
        "an assertion, deep inside",
        "def f(n):\n  assert n > 3, 'too small'\n  return x if n == 0 else f(n - 1)\nf(9)",
        {"x": 1.0},
        "assertion_failed",
        2,
        ["too small", "n = 3"],
    ),
]


@pytest.mark.parametrize(
    ("text", "inputs", "code", "line", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_is_wrong_is_told_with_its_place_and_the_values(
    text: str, inputs: dict[str, float], code: str, line: int, says: list[str]
) -> None:
    error = error_of(text, None, **inputs)
    assert error.span is not None
    assert (error.code, error.span.line) == (code, line)
    for part in says:
        assert part in error.message


def test_calls_go_as_deep_as_is_allowed() -> None:
    limits = Limits(recursion_depth=10)
    inputs = {"n": np.array(9.0), "x": np.array(2.0)}
    compiled, _ = Compiler(limits).compile(DOWN, inputs, Query("gradient", mode="reverse"))
    assert compiled.evaluate(inputs).gradients["x"] == 1.0
    assert error_of(DOWN, limits, n=10.0, x=2.0).code == "recursion_too_deep"


def test_the_machine_s_stack_is_a_limit_too() -> None:
    error = error_of(DOWN, Limits(recursion_depth=10**9), n=0.5, x=1.0)
    assert error.code == "recursion_too_deep"
    assert "f with n =" in error.message


def test_what_calls_keep_for_the_adjoint_is_bounded() -> None:
    text = "def f(n): return x if n == 0 else sin(f(n - 1))\nf(n)"
    limits = Limits(live_elements=1_500)
    inputs = {"n": np.array(20.0), "x": np.array(2.0)}
    compiled, _ = Compiler(limits).compile(text, inputs, Query("gradient", mode="reverse"))
    compiled.evaluate(inputs)
    assert error_of(text, limits, n=150.0, x=1.0).code == "stack_too_large"


def test_calls_that_hold_large_arrays_are_bounded() -> None:
    text = "def f(n):\n  u = x + zeros(1000)\n  return sum(u) if n == 0 else f(n - 1) + sum(u)\nf(n)"
    limits = replace(Limits(), live_elements=50_000)
    assert error_of(text, limits, n=100.0, x=1.0).code == "memory_too_large"


def test_endless_branching_ends_in_time() -> None:
    text = "def f(n): return x if n < 2 else f(n - 1) + f(n - 2)\nf(n)"
    compiler = Compiler(Limits(evaluation_seconds=0.2))
    inputs = {"n": np.array(60.0), "x": np.array(1.0)}
    compiled, _ = compiler.compile(text, inputs, Query("gradient"))
    with pytest.raises(EvaluationTooLong):
        compiled.evaluate(inputs)


def test_a_call_is_one_node() -> None:
    graph = lowered(PROGRAMS[0][1], PROGRAMS[0][2]).graph
    assert [node.op for node in graph.nodes if node.op is OPS["call"]] == [OPS["call"]]
