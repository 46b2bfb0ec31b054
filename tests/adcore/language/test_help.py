"""What the help of an error says to those who come from another language, misspell a name or expect another thing."""

from __future__ import annotations

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from adcore.language.vocabulary import did_you_mean

# Why each is here, the program, the column that the error points at, and words of its message and help.
HELPED: list[tuple[str, str, int, str]] = [
    ("a misspelt variable", "alpha2 = x*2\ny = alhpa2 + 1", 5, "did you mean alpha2?"),
    ("a misspelt input", "y = wieght*x", 5, "did you mean weight?"),
    ("a misspelt function of NumPy", "import numpy as np\ny = np.logg(x)", 8, "did you mean log?"),
    ("a solver of SciPy", "from scipy.optimize import brentq\ny = brentq(x)", 5, "root(f, x0)"),
    ("an integrator of SciPy", "from scipy.integrate import solve_ivp\ny = solve_ivp(x)", 5, "odeint(f, y0, t)"),
    ("a framework", "import torch\ny = torch.sin(x)", 11, "write NumPy's functions"),
    ("a lambda that nothing calls", "lambda x: x**2", 1, "call it"),
    ("a vector", "x*v", 1, "jacobian(f)(x)"),
    ("MATLAB's transpose", "v' * x", 2, "the transpose of A is A.T"),
    ("MATLAB's elementwise product", "v .* x", 3, "leave the dot out"),
    ("MATLAB's end", "if x > 0:\n  y = x\n end", 1, "leave this line out"),
    ("bars", "|x| + 1", 1, "abs(x)"),
    ("LaTeX's dollars", "$x^2$", 1, "without $"),
    ("LaTeX's commands", "\\frac{x}{2}", 1, "as Python does"),
    ("JavaScript's declaration", "var y = x**2", 1, "write y = ..."),
    ("C's declaration", "double y = x*x;", 1, "write y = ..."),
    ("JavaScript's function", "function f(x) { return x*x; }", 1, "write def f(x): return ..."),
    ("JavaScript's arrow", "f = x => x**2", 6, "lambda x: ..."),
    ("C's loop", "for (i = 0; i < 3; i++) { y += x }", 1, "for i in range(n):"),
    ("C's increment", "y = x\ny++", 2, "write y += 1"),
    ("R's assignment", "y <- x**2", 1, "to assign, write y = ..."),
    ("then", "if x > 0 then y = x", 10, "on indented lines"),
    ("PyTorch's backward", "y = x**2\ny.backward()", 3, "the gradient is what the request asks for"),
    ("try", "try:\n  y = x\nexcept ValueError:\n  y = 0", 1, "test with if"),
    ("a class that is used", "class A:\n  pass\ny = A()", 1, "write functions"),
    ("yield", "def f(x):\n  yield x\ny = f(x)", 3, "return an array"),
    ("complex numbers", "y = (1+2j)*x", 8, "two numbers"),
    ("R's product of matrices", "y = x %*% x", 7, "write @"),
    ("R's function", "y = function(x) x^2", 5, "write lambda x: ..."),
    ("R's list", "c(1, 2, 3)", 1, "write a list, [1, 2, 3]"),
    ("R's choice", "ifelse(x > 0, x, 0)", 1, "where(condition, a, b)"),
    ("R's density", "dnorm(x)", 1, "scipy.stats.norm.pdf(x)"),
    ("Pascal's assignment", "y := x + 1", 3, "write y = ..."),
    ("MATLAB's matrix", "A = [1, 2; 3, 4]", 6, "write [[1, 2], [3, 4]]"),
    ("MATLAB's row", "y = [1 2 3]*x", 6, "write [1, 2, 3]"),
    ("MATLAB's power of elements", "y = x.^2", 6, "leave the dot out"),
    ("MATLAB's loop", "for i = 1:10\n  y = x", 1, "for i in range(1, n + 1):"),
    ("MATLAB's shape", "zeros(3, 3)*x", 10, "zeros((2, 3))"),
    ("Excel's beginning", "=SUM(x)", 1, "leave it out"),
    ("Excel's choice", "IF(x > 0, x, 0)", 1, "a if condition else b"),
    ("Julia's dot", "sin.(x)", 4, "leave the dot out"),
    ("Julia's pipe", "x |> sin", 3, "write f(x)"),
    ("JavaScript's module", "Math.pow(x, 2)", 1, "without a module"),
    ("braces", "if (x > 0) { y = x } else { y = 0 }", 12, "end the line with :"),
    ("a factorial on paper", "x!", 2, "write factorial(x)"),
    ("no brackets", "sin x", 1, "as in sin(x)"),
    ("pi in capitals", "PI*x", 1, "write pi"),
    ("a logarithm of NumPy", "import numpy as np\nnp.ln(x)", 4, "write log(x)"),
    ("another type of numbers", "import numpy as np\nnp.float32(x)", 4, "leave it out"),
    ("two words", "if x > 0:\n  y = 1\nelse if x < 0:\n  y = 2", 1, "write elif"),
    ("switch", "switch x:\n  case 1: y = 2", 1, "write match x:"),
    ("a comparison in the place of an assignment", "y == x + 1", 1, "to assign, write y = ..."),
    ("arrays side by side", "import numpy as np\nnp.concatenate([x, 1], [2])", 24, "concatenate([a, b])"),
    ("a file", "open('a.csv')", 1, "post the data as an input"),
    (
        "a try with the result",
        "def f(x):\n  try:\n    return log(x)\n  except ValueError:\n    return 0",
        3,
        "test with if",
    ),
    ("a line break in two characters", "y = x**2\\nz = y", 9, "with one backslash"),
]


@pytest.mark.parametrize(("text", "column", "words"), [row[1:] for row in HELPED], ids=[row[0] for row in HELPED])
def test_the_way_round(text: str, column: int, words: str) -> None:
    inputs = {"x": np.array(1.0), "v": np.ones(2), "weight": np.array(2.0)}
    with pytest.raises(AdcoreError) as caught:
        Compiler().compile(text, inputs, Query("gradient", wrt=("x",)))
    error = caught.value
    assert words in f"{error.message}; {error.help}"
    assert error.span is not None
    assert error.span.column == column


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("sni", {"sin", "cos"}, "sin"),  # letters swapped
        ("meen", {"mean", "median"}, "mean"),
        ("isinstance", {"linspace", "isfinite"}, None),
        ("constants", {"concat", "constant"}, "constant"),
        ("x", {"y", "z"}, None),  # any letter is one slip from any other
        ("X", {"x", "y"}, "x"),
        ("a" * 60_000, {"a" * 59_999}, None),  # no name is so long
    ],
)
def test_only_what_is_near_is_suggested(word: str, known: set[str], near: str | None) -> None:
    assert did_you_mean(word, known) == (f"did you mean {near}?" if near else None)


def test_the_function_that_is_the_program_is_named() -> None:
    """Where another function of the text is called by nothing."""
    inputs = {"x": np.array(3.0)}
    compiled, _ = Compiler().compile("def f(x):\n  return g(x)*2\ndef g(x):\n  return x**2", inputs, Query("gradient"))
    answer = compiled.evaluate(inputs)
    assert answer.gradients["x"] == 6
    assert [notice.code for notice in answer.notices] == ["entry_function"]
    assert "the function g, the last one; nothing calls f" in answer.notices[0].message
    compiled, _ = Compiler().compile("def g(x):\n  return x**2\ndef f(x):\n  return g(x)*2", inputs, Query("gradient"))
    assert compiled.evaluate(inputs).notices == ()
