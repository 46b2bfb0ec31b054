"""What programs express by statements: the text of each, and what none can express."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import NotExpressible
from adcore.language import parse
from adcore.language.printing.printer import Printer
from adcore.language.printing.program import to_source
from adcore.language.printing.statements import STATEMENTS
from tests.adcore.language.evaluating import LIMITS, lowered

# Why it is there, the program, and the lines of its body.
BODIES: list[tuple[str, str, list[str]]] = [
    (
        "a branch",
        "y = x\nif x > k:\n  y = sin(x) * k\ny",
        [
            "if x > k:",
            "    y = sin(x) * k",
            "else:",
            "    y = x",
            "return y",
        ],
    ),
    (
        "a branch that gives what nothing reads",
        "if x > k:\n  y, z = sin(x), 2\nelse:\n  y, z = x, 3\ny",
        [
            "if x > k:",
            "    y = sin(x)",
            "else:",
            "    y = x",
            "return y",
        ],
    ),
    (
        "a counted loop",
        "y = x\nfor i in range(3):\n  y = y * k\ny",
        [
            "y = x",
            "for t2 in range(3):",
            "    y = y * k",
            "return y",
        ],
    ),
    (
        "a loop that ends by its test",
        "y = x\nwhile y < 9:\n  y = y * 2\ny",
        [
            "y = x",
            "while True:",
            "    if not (y < 9):",
            "        break",
            "    y = y * 2",
            "return y",
        ],
    ),
    (
        "a recursive function",
        "def f(t): return t if t < 1 else f(t / 2)\nf(x)",
        [
            "def f(t):",
            "    if t < 1:",
            "        t1 = t",
            "    else:",
            "        t2 = f(t / 2)",
            "        t1 = t2",
            "    return t1",
            "result = f(x)",
            "return result",
        ],
    ),
    (
        "an assertion, and the names that its message shows",
        "y = x * 2\nassert y < 9, 'too large'\ny + 1",
        [
            "y = x * 2",
            "assert y < 9, 'too large'",
            "return y + 1",
        ],
    ),
    (
        "an output that an assertion guards, which has its name",
        "y = x * 2\nassert x < 9, 'too large'\nz = y * y",
        [
            "t1 = x * 2",
            "assert x < 9, 'too large'",
            "z = t1 * t1",
            "return z",
        ],
    ),
    (
        "a gradient, whose function takes what it captures",
        "grad(lambda t: t * k)(x)",
        [
            "def f(x1, k_):",
            "    return x1 * k_",
            "t1, (result,) = value_and_grad(f, argnums=(0,))(x, k)",
            "return result",
        ],
    ),
    (
        "a Jacobian",
        "jacobian(lambda t: t * [1, 2])(x)",
        [
            "def f(x1):",
            "    return x1 * [1, 2]",
            "t1 = f(x)",
            "(result,) = jacobian(f, argnums=(0,))(x)",
            "return result",
        ],
    ),
    (
        "a derivative in a direction",
        "jvp(lambda t: t * k, (x,), (1.0,))",
        [
            "def f(x1, k_):",
            "    return x1 * k_",
            "result_1, result_2 = jvp(lambda x1_: f(x1_, k), (x,), (1,))",
            "return result_1, result_2",
        ],
    ),
    (
        "a solution, with its tolerance and its limit",
        "root(lambda t: t**2 - x, 1.0, max_steps=20)",
        [
            "def f(x1, x_):",
            "    return x1 ** 2 - x_",
            "result = root(f, 1, args=(x,), tol=1e-10, max_steps=20)",
            "return result",
        ],
    ),
]


@pytest.mark.parametrize(("text", "body"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_statement_reads_as_people_write_it(text: str, body: list[str]) -> None:
    used = {entry.name: 2.0 for entry in parse(text, LIMITS).inputs}
    lines = to_source(lowered(text, used).graph).splitlines()
    assert [line.removeprefix("    ") for line in lines[1:]] == body


def test_the_names_that_are_in_use_are_not_given_again() -> None:
    printer = Printer(STATEMENTS, {"sin", "t1"})
    assert printer.fresh() == "t2"
    assert [printer.unique(name) for name in ("sin", "t2", "1 a", "if")] == ["sin_", "t2_", "x1_a", "if_"]
    assert not printer.claim("t2")
    assert not printer.claim("no name")


def test_a_block_without_lines_is_a_pass() -> None:
    printer = Printer(STATEMENTS, ())
    printer.line("if c:")
    with printer.indented():
        pass
    printer.line("x")
    assert printer.lines == ["    if c:", "        pass", "    x"]


# Why it is there, the program, and what a program has no form for in its gradient.
UNSAYABLE = [
    (
        "a loop that stacks values",
        "y = x\nfor i in range(n):\n  y = sin(y)\ny",
        "a program cannot express a loop that stacks values for its adjoint",
    ),
    (
        "a recursion, whose tape has no form",
        "def f(x, n):\n  return x if n < 1 else sin(f(x, n - 1))\nf(x, n)",
        "a program cannot express the op zero_stack",
    ),
]


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in UNSAYABLE], ids=[row[0] for row in UNSAYABLE])
def test_what_a_program_cannot_express_is_an_error_with_a_place(text: str, message: str) -> None:
    inputs = {"x": np.array(2.0), "n": np.array(3.0)}
    with pytest.raises(NotExpressible) as caught:
        to_source(Compiler().graph(text, inputs, Query("gradient", wrt=("x",))))
    assert (caught.value.message, caught.value.code) == (message, "not_expressible")
    assert caught.value.span is not None
