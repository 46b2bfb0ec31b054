"""Functions of functions: derivatives inside programs, which cannot be confused, and equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.language import vocabulary
from adcore.language.functionals import FUNCTIONALS
from adcore.language.lowering.calls.dispatch import RULES
from adcore.language.printing.program import to_source
from adcore.limits import Limits
from tests.adcore.language.differentiating import Values, agree, graph_and_values, run
from tests.adcore.language.evaluating import lowered

# --- perturbation confusion: the published tests, where each comes from, the program, its inputs, the value

SHIFTED = """
def s(u): return lambda f: lambda t: f(t + u)
def d(f, a, y): return grad(lambda u: s(u)(f)(y))(a)
"""

CONFUSION: list[tuple[str, str, Values, float]] = [
    (
        "Siskind & Pearlmutter 2005, Perturbation confusion and referential transparency: x * D(y -> x + y)",
        "grad(lambda t: t*grad(lambda y: t + y)(1.0))(x)",
        {"x": 1.0},
        1.0,
    ),
    (
        "Siskind & Pearlmutter 2008, Nesting forward-mode AD in a functional framework: x * D(y -> x*y)",
        "grad(lambda t: t*grad(lambda y: t*y)(2.0))(x)",
        {"x": 1.0},
        2.0,
    ),
    (
        "the same, where the inner derivative is taken at the outer variable",
        "grad(lambda t: grad(lambda y: t*y*y)(t))(x)",
        {"x": 3.0},
        12.0,
    ),
    (
        # A derivative by a shift, used twice: the second must see nothing of the first one's perturbation.
        "after Manzyuk et al. 2019, Perturbation confusion in forward AD of higher-order functions: the amazing bug",
        SHIFTED + "d(lambda z: d(exp, 0.0, z), 0.0, x)",
        {"x": 1.0},
        math.e,
    ),
    (
        "the same for sin: twice differentiated, and not four times or once",
        SHIFTED + "d(lambda z: d(sin, 0.0, z), 0.0, x)",
        {"x": 0.7},
        -math.sin(0.7),
    ),
    (
        "after Pearlmutter & Siskind's saddle: a minimum inside the function that is minimised",
        "inner = lambda a: minimize(lambda b: b**2 - a*b*x, 0.0)\nminimize(lambda a: (a - 1)**2 + inner(a)**2, 0.0)",
        {"x": 2.0},
        0.5,
    ),
    (
        "a tower: the fourth derivative, each inside the next, of a function that closes over the one outside",
        "grad(lambda a: a*grad(lambda b: a*b*grad(lambda c: a*b*c*grad(lambda d: a*b*c*d)(d0))(b))(a))(x)",
        {"x": 1.5, "d0": 9.0},
        # d: abc; c: d/dc of (abc)^2 = 2c (ab)^2 at c = b: 2 a^2 b^3; b: d/db of 2 a^3 b^4 at b = a: 8 a^6; a: 56 a^6.
        56 * 1.5**6,
    ),
]
confusion = pytest.mark.parametrize(
    ("text", "inputs", "value"), [row[1:] for row in CONFUSION], ids=[r[0] for r in CONFUSION]
)


@pytest.mark.untraced
@confusion
def test_perturbations_are_not_confused(text: str, inputs: Values, value: float) -> None:
    graph, values = graph_and_values(text, inputs)
    assert run(graph, values)[0] == pytest.approx(value, rel=1e-12)
    agree(text, inputs)


# --- derivatives in programs: why each is here, the program, its inputs, the value by a closed form

DERIVATIVES: list[tuple[str, str, Values, float]] = [
    ("a function of the program", "def f(t): return t**3\ngrad(f)(x)", {"x": 2.0}, 12.0),
    ("a function of the language", "grad(sin)(x)", {"x": 0.3}, math.cos(0.3)),
    ("of a derivative", "grad(grad(sin))(x)", {"x": 0.3}, -math.sin(0.3)),
    ("kept under a name", "df = grad(lambda t: t**2)\ndf(x) + df(2*x)", {"x": 0.5}, 3.0),
    ("handed on", "def at(f, t): return f(t)\nat(grad(lambda t: t**2), x)", {"x": 0.5}, 1.0),
    ("as JAX has it", "import jax\njax.grad(jax.numpy.sin)(x)", {"x": 0.5}, math.cos(0.5)),
    (
        "by several arguments, arrays among them",
        "def f(a, b): return sum(a**2)*b\ng, h = grad(f, (0, 1))(v, x)\nsum(g*v) + h",
        {"v": [1.0, 2.0, 3.0], "x": 2.0},
        70.0,
    ),
    ("by the last argument", "grad(lambda a, b: a*b**2, argnums=-1)(x, 3)", {"x": 2.0}, 12.0),
    ("by a tuple", "a, b = grad(lambda p: p[0]*p[1]**2)((x, 3.0))\na*b", {"x": 2.0}, 9.0 * 12.0),
    ("value and gradient", "y, g = value_and_grad(lambda a: a*a*x)(3.0)\ny + g", {"x": 2.0}, 30.0),
    ("of a constant", "grad(lambda t: 3)(x) + x", {"x": 2.0}, 2.0),
    ("with an argument by its name", "grad(lambda a, k=1: a**k)(x, k=3)", {"x": 2.0}, 12.0),
    (
        "the Jacobian of many by few",
        "sum(jacobian(lambda v: [v[0]*x, v[1], v[0]*v[1]])(v))",
        {"v": [2.0, 5.0], "x": 3.0},
        11.0,
    ),
    (
        "the Jacobian of few by many",
        "sum(jacobian(lambda v: [sum(v)*x, prod(v)])(v))",
        {"v": [2.0, 3.0, 5.0], "x": 3.0},
        40.0,
    ),
    ("the Jacobian by a number", "sum(jacobian(lambda t: [t, t**2])(x))", {"x": 3.0}, 7.0),
    (
        "the Jacobian of a matrix",
        "sum(jacobian(lambda A: A @ A)(A)*x)",
        {"A": [[1.0, 2.0], [3.0, 4.0]], "x": 1.0},
        40.0,
    ),
    ("the Hessian", "sum(hessian(lambda v: sum(v**3)*x)(v) @ v)", {"v": [1.0, 2.0, 3.0], "x": 2.0}, 168.0),
    ("a derivative in a direction", "y, dy = jvp(lambda a, b: a*b, (x, 3), (1, x))\ny + dy", {"x": 2.0}, 13.0),
    (
        "of a function that calls itself",
        "def f(n, a): return a if n <= 0 else a*f(n - 1, a)*x\ngrad(f, 1)(3, x)",
        {"x": 0.9},
        4 * 0.9**6,
    ),
    (
        "in a function that calls itself",
        "def f(n, a): return a if n <= 0 else grad(lambda t: t**2*x)(f(n - 1, a))\nf(3, x)",
        {"x": 0.9},
        8 * 0.9**4,
    ),
    (
        "in a loop, of what it carries",
        "s = x\nfor i in range(3):\n  s = grad(lambda a: a**2*s*x)(s)\ns",
        {"x": 1.1},
        # s -> 2 x s^2, three times from x on.
        2 * 1.1 * (2 * 1.1 * (2 * 1.1 * 1.1**2) ** 2) ** 2,
    ),
    ("of a loop", "def f(t):\n  for i in range(4):\n    t = t*x\n  return t\ngrad(f)(x)", {"x": 0.9}, 0.9**4),
    ("in a branch", "y = grad(lambda t: t**2)(x) if x > 0 else x\ny", {"x": 0.9}, 1.8),
    ("of a branch", "grad(lambda t: t**2 if t > 0 else t)(x)", {"x": 0.9}, 1.8),
    ("in a comprehension", "sum(grad(lambda t: t**k)(x) for k in range(1, 4))", {"x": 2.0}, 17.0),
]


@pytest.mark.parametrize(
    ("text", "inputs", "value"), [row[1:] for row in DERIVATIVES], ids=[row[0] for row in DERIVATIVES]
)
def test_derivatives_in_programs_are_differentiated_again(text: str, inputs: Values, value: float) -> None:
    graph, values = graph_and_values(text, inputs)
    assert run(graph, values)[0] == pytest.approx(value, rel=1e-13)
    agree(text, inputs)


# --- equations: why each is here, the program, its inputs, the value, gradients by closed forms

# The slope of a straight line through points (t, v) is m = S_tv / S_tt.
SLOPES = [(v - 9.5 / 3) / 2 - 2 * 2.25 * (t - 1) / 2 for t, v in ((0, 1.0), (1, 3.0), (2, 5.5))]

EQUATIONS: list[tuple[str, str, Values, float, dict[str, Any]]] = [
    ("a square root", "root(lambda t: t**2 - x, 1.0)", {"x": 2.0}, math.sqrt(2), {"x": 0.5 / math.sqrt(2)}),
    (
        "a system",
        "v = root(lambda t: [t[0]**2 - x, t[0]*t[1] - y], [1.0, 1.0])\nv[1]",
        {"x": 4.0, "y": 3.0},
        1.5,
        {"x": -3 / 16, "y": 0.5},
    ),
    (
        "an unknown matrix",
        "sum(root(lambda X: X @ X - A, eye(2)))",
        {"A": [[2.0, 0.0], [0.0, 2.0]]},
        2 * math.sqrt(2),
        # X = A^(1/2) near 2 I: dX = dA / (2 sqrt 2).
        {"A": np.full((2, 2), 0.5 / math.sqrt(2))},
    ),
    (
        "far from the start, where the function is flat",
        "root(lambda t: arctan(t - x), 50.0)",
        {"x": 0.9},
        0.9,
        {"x": 1.0},
    ),
    (
        "through SciPy's name, with arguments",
        "root(lambda t, a: t**3 - a, 2.0, args=(x,))",
        {"x": 8.0},
        2.0,
        {"x": 1 / 12},
    ),
    (
        "a fixed point",
        "fixed_point(lambda t: 0.5*(t + x/t), 1.0)",
        {"x": 9.0},
        3.0,
        {"x": 1 / 6},
    ),
    (
        "a fixed point that repels",
        "fixed_point(lambda t: x*t*(1 - t), 0.6)",
        {"x": 3.9},
        1 - 1 / 3.9,
        {"x": 1 / 3.9**2},
    ),
    (
        "a minimum: least squares",
        "p = minimize(lambda p: sum((p[0] + p[1]*t - v)**2), [0.0, 0.0])\np[1]",
        {"t": [0.0, 1.0, 2.0], "v": [1.0, 3.0, 5.5]},
        2.25,
        {"v": [-0.5, 0.0, 0.5], "t": SLOPES},
    ),
    (
        "a minimum inside the function of a root",
        "root(lambda a: minimize(lambda b: (b - a)**2 + b*x, 0.0) - 1, 0.0)",
        {"x": 3.0},
        2.5,
        {"x": 0.5},
    ),
]


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("text", "inputs", "value", "gradients"), [row[1:] for row in EQUATIONS], ids=[row[0] for row in EQUATIONS]
)
def test_equations_are_implicit_functions(text: str, inputs: Values, value: float, gradients: dict[str, Any]) -> None:
    graph, values = graph_and_values(text, inputs)
    assert run(graph, values)[0] == pytest.approx(value, rel=1e-11)
    found = agree(text, inputs)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.untraced
def test_rosenbrock_is_minimised_where_scipy_finds_the_minimum() -> None:
    text = "x = minimize(lambda x: sum(100*(x[1:] - x[:-1]**2)**2 + (a - x[:-1])**2) + b*sum(x), zeros(4))\nsum(x*x)"
    inputs = {"a": 1.0, "b": 0.3}
    graph, values = graph_and_values(text, inputs)
    minimize: Any = optimize.minimize
    best = minimize(
        lambda x: optimize.rosen(x) + 0.3 * np.sum(x),
        np.zeros(4),
        method="Newton-CG",
        jac=lambda x: optimize.rosen_der(x) + 0.3,
        hess=optimize.rosen_hess,
        options={"xtol": 1e-12},
    )
    assert run(graph, values)[0] == pytest.approx(np.sum(best.x**2), rel=1e-9)
    agree(text, inputs)


def test_where_the_solver_starts_does_not_matter() -> None:
    results = []
    for start in (1.0, 30.0):
        graph, values = graph_and_values("root(lambda t: t**2 - x, s)", {"x": 2.0, "s": start})
        results.append(run(graph, values))
        assert agree("root(lambda t: t**2 - x, s)", {"x": 2.0, "s": start})["s"] == 0.0
    np.testing.assert_allclose(results[0], results[1], rtol=1e-15)


# --- what is wrong: why, the program, the error's code, what its message says

WRONG: list[tuple[str, str, str, str]] = [
    ("no root", "root(lambda t: t**2 + x, 1.0)", "not_converged", "a root is not found from x0 = 1"),
    ("a residual that is not a number", "root(lambda t: log(-t**2 - x), 1.0)", "not_converged", "nan"),
    ("no minimum", "minimize(lambda t: -t**2*x, 1.0)", "not_converged", "a minimum"),
    (
        "a gradient that is not finite",
        "minimize(lambda t: t*1e308*10*x, 0.0)",
        "not_converged",
        "a minimum",
    ),
    ("a maximum", "minimize(lambda t: cos(t)*x, 0.0)", "not_converged", "where it is no minimum"),
    ("a minimum at infinity", "minimize(lambda t: exp(-t)*x, 1.0)", "not_converged", "a minimum"),
    ("too few steps", "root(lambda t: t**3 - x, 1e6, max_steps=3)", "not_converged", "a root"),
    ("a function of another shape", "root(lambda t: [t, x], 1.0)", "shape_mismatch", "shape (2,)"),
    ("a minimum of an array", "minimize(lambda t: t*x, [1.0, 2.0])", "shape_mismatch", "a number"),
    ("the gradient of an array", "sum(grad(lambda t: [t, x])(x))", "shape_mismatch", "shape (2,)"),
    ("the gradient of no function", "grad(x)(x)", "type_mismatch", "grad takes a function"),
    ("an argument too many", "grad(sin, 0, 1)(x)", "bad_arguments", "grad takes"),
    ("an argument by another name", "grad(sin, arg=1)(x)", "bad_arguments", "grad takes no argument arg"),
    ("no argument to differentiate by", "grad(lambda a: a, 1)(x)", "bad_arguments", "argument 1"),
    ("the derivative as a number", "grad(sin) + x", "type_mismatch", "the gradient of the function sin"),
    ("nothing to start from", "root(sin)", "bad_arguments", "root needs x0"),
    ("a shape that is a solution", "sum(zeros(root(lambda t: t - 3, 1.0)) + x)", "not_constant", "a solution"),
    ("a shape that is a derivative", "sum(zeros(grad(lambda t: t**2)(1.0)) + x)", "not_constant", "a derivative"),
    ("a tolerance of nothing", "root(sin, x, tol=0)", "bad_arguments", "tol"),
]


@pytest.mark.parametrize(("text", "code", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_has_its_place(text: str, code: str, says: str) -> None:
    inputs = {"x": np.array(2.0)} if "x" in text.replace("max", "").replace("exp", "") else {}
    with pytest.raises(AdcoreError) as caught:
        Compiler().compile(text, inputs, Query("gradient"))[0].evaluate(inputs)
    assert caught.value.code == code
    assert says in caught.value.message
    assert caught.value.span is not None


def test_a_solver_that_takes_too_long_ends_in_time() -> None:
    text = "def slow(t):\n  s = t\n  for i in range(3000000):\n    s = s + x\n  return s\nroot(slow, 1.0)"
    inputs = {"x": np.array(2.0)}
    compiled, _ = Compiler(Limits(evaluation_seconds=0.2)).compile(text, inputs, Query("gradient"))
    with pytest.raises(AdcoreError) as caught:
        compiled.evaluate(inputs)
    assert caught.value.code == "evaluation_too_long"


def test_every_functional_has_its_name_its_aliases_and_a_rule() -> None:
    assert set(RULES) == set(FUNCTIONALS)
    for name, functional in FUNCTIONALS.items():
        assert functional.name == name
        for each in (name, *functional.signature.aliases):
            assert vocabulary.functions()[each] == name


@pytest.mark.parametrize(
    ("text", "inputs"),
    [*(row[1:3] for row in CONFUSION), *(row[1:3] for row in DERIVATIVES), *(row[1:3] for row in EQUATIONS)],
    ids=[*(row[0] for row in CONFUSION), *(row[0] for row in DERIVATIVES), *(row[0] for row in EQUATIONS)],
)
def test_a_graph_with_functions_of_functions_reads_back_from_its_text(text: str, inputs: Values) -> None:
    graph = lowered(text, inputs).graph
    again, values = graph_and_values(to_source(graph), inputs)
    plain, _ = graph_and_values(text, inputs)
    np.testing.assert_array_equal(run(again, values), run(plain, values))


def test_a_trace_has_the_derivative_s_own_steps_and_an_equation_as_one() -> None:
    text = "r = root(lambda t: t**2 - x, 1.0)\ngrad(lambda t: t*sin(t))(r)"
    inputs = {"x": np.array(2.0)}
    for mode in ("forward", "reverse"):
        compiled, _ = Compiler().compile(text, inputs, Query("gradient", mode=mode, trace=True))
        trace = compiled.trace(inputs)
        ops = [row.op for row in trace.primal]
        assert ops.count("solution") == 1
        assert {"sin", "cos"} <= set(ops)
        answer = compiled.evaluate(inputs)
        assert trace.primal[-1].value == pytest.approx(answer.values["result"], rel=1e-14)
        last = (
            trace.adjoint[-1].value if trace.adjoint else trace.tangents[0].rows[-1].value if trace.tangents else None
        )
        assert last == pytest.approx(answer.gradients["x"], rel=1e-12)


def test_derivatives_inside_one_another_are_bounded() -> None:
    def nested(depth: int) -> str:
        return "f = lambda t: sin(t)*exp(t)*t\n" + "grad(" * depth + "f" + ")" * depth + "(x)"

    inputs = {"x": np.array(0.5)}
    compiler = Compiler(Limits(graph_nodes=1_000))
    assert compiler.compile(nested(4), inputs, Query())[0].evaluate(inputs).values
    with pytest.raises(AdcoreError) as caught:
        compiler.compile(nested(40), inputs, Query())
    assert (caught.value.code, caught.value.span is not None) == ("graph_too_large", True)
