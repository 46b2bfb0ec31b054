"""What programs mean: a table of programs, inputs and values, with the reason for each row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.adcore.language.evaluating import lowered, result, run

X, V, A = 3.0, [1.0, 2.0, 4.0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

TABLE: list[tuple[str, str, dict[str, Any], Any]] = [
    # operators
    ("^ is power, tighter than a sign", "-x^2", {"x": X}, -9.0),
    ("^ groups from the right", "2^3^x", {"x": 2}, 512.0),
    ("^ takes a sign on its right", "x^-1", {"x": 4}, 0.25),
    ("^= too", "y = x\ny ^= 2", {"x": X}, 9.0),
    ("^ inside a comment or a string counts for nothing", 'y = x # ^ "\n"^"\ny ^ 2', {"x": X}, 9.0),
    ("precedence as in Python", "1 + x * 2 ** 2 % 5", {"x": X}, 3.0),
    ("differences group from the left", "x - 1 - 1", {"x": X}, 1.0),
    ("floor division and remainder have Python's signs", "[-x // 2, -x % 2]", {"x": X}, [-2, 1]),
    ("@ on arrays", "A @ v", {"A": A, "v": V}, [17, 38]),
    ("a list is an array in a product", "[1, 2] @ A", {"A": A}, [9, 12, 15]),
    ("a list in a sum with an array is an array", "[1, 2, 3] + v", {"v": V}, [2, 4, 7]),
    ("lists are joined", "[1, 2] + [3, 4]", {}, [1, 2, 3, 4]),
    ("lists that are not equally long are joined", "[1, 2] + [3]", {}, [1, 2, 3]),
    ("and so are lists of one value", "[x] + [3]", {"x": X}, [3, 3]),
    ("a list of one value, several times", "[x] * 3 + 2 * [1]", {"x": X}, [3, 3, 3, 1, 1]),
    ("a list of rows", "y = [[0] * 2 for _ in range(2)]\ny[1][0] = x\ny", {"x": X}, [[0, 0], [3, 0]]),
    ("a sign before a list", "-[1, 2]", {}, [-1, -2]),
    ("plus leaves as it is", "+x", {"x": X}, 3.0),
    ("augmented assignments", "y = x\ny += 1\ny *= 2\ny -= 3\ny /= 5\ny //= 0.5\ny %= 2\ny **= 3", {"x": X}, 0.0),
    ("comparisons give conditions", "x > 2", {"x": X}, True),
    ("a condition counts as 0 or 1 in a sum", "(x > 2) + 1", {"x": X}, 2.0),
    ("a chain of comparisons", "1 < x < 3.5", {"x": X}, True),
    ("a chain is false where one link is", "1 < x < 3", {"x": X}, False),
    ("a chain that is known to be false", "2 < 1 < x", {"x": X}, False),
    ("comparisons element by element", "v >= 2", {"v": V}, [False, True, True]),
    ("& and | join arrays of conditions, ~ turns them", "(v > 1) & ~(v > 3) | (v < 0)", {"v": V}, [False, True, False]),
    ("and, or, not", "x > 1 and not x > 5 or x < 0", {"x": X}, True),
    ("a known left side decides", "True or x", {"x": X}, True),
    ("a known right side decides too", "x > 9 and False", {"x": X}, False),
    (
        "is None asks whether a default was left",
        "def f(x, k=None):\n  return x if k is None else k\nf(y)",
        {"y": X},
        3.0,
    ),
    ("shapes are compared at once", "1 if v.shape == (3,) and A.shape != (3,) else x", {"v": V, "A": A, "x": 5}, 1.0),
    ("a shape that is empty counts as false", "1 if x.shape else 2", {"x": X}, 2.0),
    ("None counts as false", "1 if None else 2", {}, 2.0),
    ("is not None", "def f(a, k=None): return a if k is not None else -a\nf(x) + f(x, 1)", {"x": X}, 0.0),
    # numbers
    ("1/0 is inf", "1/0", {}, math.inf),
    ("-1/0 is -inf", "-1/0", {}, -math.inf),
    ("0/0 is nan", "0/0", {}, math.nan),
    ("0 % 0 is nan", "0 % 0", {}, math.nan),
    ("1 // 0 is inf", "1 // 0", {}, math.inf),
    ("a negative number to a broken power is nan, not complex", "(-8)**(1/3)", {}, math.nan),
    ("0 to a negative power is inf", "0**-1", {}, math.inf),
    ("a tower of powers is at once inf", "9**9**9", {}, math.inf),
    ("an integer of 400 digits is inf", "1" * 400, {}, math.inf),
    ("integers beyond 2**53 are floats", "2**53 + 1", {}, 2.0**53),
    ("the largest product of exact integers is rounded once", "94906267 * 94906267", {}, float(94906267**2)),
    ("constants", "e + pi", {}, math.e + math.pi),
    ("inf and nan", "[inf, -inf, nan]", {}, [math.inf, -math.inf, math.nan]),
    ("True is 1", "True + True", {}, 2.0),
    ("a constant that is assigned is a name like any other", "e = 2\ne * x", {"x": X}, 6.0),
    ("a constant that is a parameter, too", "def f(e): return e + 1\nf(x)", {"x": X}, 4.0),
    # arrays
    ("nested lists", "[[1, x], [3, 4]]", {"x": 2}, [[1, 2], [3, 4]]),
    ("lists of arrays are stacked", "[v, v + 1]", {"v": V}, [[1, 2, 4], [2, 3, 5]]),
    ("np.array of a tuple", "np.array((1, x))", {"x": X}, [1, 3]),
    ("an empty list is an empty array", "sum([])", {}, 0.0),
    ("an index", "v[0] + v[-1]", {"v": V}, 5.0),
    ("several axes", "A[1, 0]", {"A": A}, 4.0),
    ("indices in a tuple", "i = (1, 0)\nA[*i]", {"A": A}, 4.0),
    ("a row", "A[1]", {"A": A}, [4, 5, 6]),
    ("a column", "A[:, 1]", {"A": A}, [2, 5]),
    ("slices with steps", "v[::-1][:2]", {"v": V}, [4, 2]),
    ("...", "A[..., 0]", {"A": A}, [1, 4]),
    ("a new axis by None and np.newaxis", "(v[None, :] + v[:, np.newaxis])[0]", {"v": V}, [2, 3, 5]),
    ("a computed index", "v[i]", {"v": V, "i": 1}, 2.0),
    ("a computed index from the end", "v[i]", {"v": V, "i": -1}, 4.0),
    ("a computed index beside a slice", "A[i, 1:]", {"A": A, "i": 1}, [5, 6]),
    ("a slice beside a computed index", "A[:, i]", {"A": A, "i": 2}, [3, 6]),
    ("two computed indices", "A[i, i + 1]", {"A": A, "i": 1}, 6.0),
    ("a computed index after ...", "A[..., i]", {"A": A, "i": 2}, [3, 6]),
    ("a computed index between None and a number", "A[None, i, 0]", {"A": A, "i": 1}, [4]),
    ("an argmax is an index", "v[argmax(v)]", {"v": V}, 4.0),
    ("a list of indices", "v[[2, 0]]", {"v": V}, [4, 1]),
    ("an array of indices along the second axis", "A[:, [2, 0]]", {"A": A}, [[3, 1], [6, 4]]),
    ("a list at a known place is its item", "[x, v][0]", {"x": X, "v": V}, 3.0),
    ("a list at a computed place", "[x, 2 * x][i]", {"x": X, "i": 1}, 6.0),
    ("attributes", "v.size + A.ndim + A.shape[1] + A.T.shape[0] + len(v)", {"v": V, "A": A}, 14.0),
    (".T of a vector is the vector", "v.T", {"v": V}, V),
    ("methods", "A.sum(axis=0).max() + v.mean()", {"A": A, "v": V}, 9.0 + 7.0 / 3.0),
    ("reshape as a method takes numbers", "A.reshape(3, 2)[2, 0]", {"A": A}, 5.0),
    (
        "reshape takes a tuple, a list, a number",
        "A.reshape((6,))[1] + reshape(A, [6])[2] + reshape(A, -1)[3]",
        {"A": A},
        9,
    ),
    ("transpose as a method takes numbers", "A.transpose(1, 0)[2, 1]", {"A": A}, 6.0),
    ("a copy is the same", "v.copy()[0]", {"v": V}, 1.0),
    ("a type that says what is so anyway", "np.zeros(2, dtype=float) + v.astype(np.float64)[:2]", {"v": V}, [1, 2]),
    ("a slice of a tuple", "(1, x, 3)[1:][0] + A.shape[:1][0]", {"x": X, "A": A}, 5.0),
    ("a tuple at a computed place", "(x, 2 * x)[i]", {"x": X, "i": 1}, 6.0),
    ("an item at a place that is computed from literals", "[x, 5][abs(-1)]", {"x": X}, 5.0),
    ("a bound left out is no bound", "clip(x, None, 2) + np.clip(x, 4) + clip(x, a_max=1)", {"x": X}, 7.0),
    ("the order of a norm by name", "norm(A, 'fro') - norm(A)", {"A": A}, 0.0),
    (
        "axes in a tuple, a list, an array",
        "np.sum(A, (0, 1)) + np.sum(A, [0, 1]) + np.sum(A, np.array([0, 1]))",
        {"A": A},
        63.0,
    ),
    ("None where None is the default", "sum(A, axis=None) + sum(A, None, False)", {"A": A}, 42.0),
    ("a number's attributes", "x.ndim + x.size + (2).ndim", {"x": X}, 1.0),
    ("a list's methods", "[1, x].sum() + [1, x].size", {"x": X}, 6.0),
    # names and assignments
    ("unpacking a tuple", "a, b = x, 2 * x\na * b", {"x": X}, 18.0),
    ("unpacking an array's first axis", "a, b = A\na @ b", {"A": A}, 32.0),
    ("unpacking nested", "(a, b), c = (x, 2), 3\na + b * c", {"x": X}, 9.0),
    ("exchanging two names", "a, b = 1, x\na, b = b, a\na - b", {"x": X}, 2.0),
    ("several targets", "a = b = x\na + b", {"x": X}, 6.0),
    ("semicolons, pass, a docstring, blank lines", '"""Text."""\n\npass; y = x; y + 1  # end\n', {"x": X}, 4.0),
    ("annotations mean nothing", "y: float = x\ndef f(a: int) -> str:\n  'Doc.'\n  return a\nf(y)", {"x": X}, 3.0),
    ("an annotation alone assigns nothing", "y: float\nx", {"x": X}, 3.0),
    ("names of any script", "θ_1 + σ2 * 变量", {"θ_1": 1, "σ2": 2, "变量": 3}, 7.0),
    ("compatible characters are one", "µ + μ", {"μ": 2}, 4.0),
    ("lines end in any way", "a = x\r\nb = 1\ra + b\n", {"x": X}, 4.0),
    ("a line can go on", "a = (x +\n  1)\nb = a \\\n  * 2", {"x": X}, 8.0),
    ("indented as a whole", "\n    a = x\n    if a > 1:\n        a = 5\n    a\n    ", {"x": X}, 5.0),
    ("a byte order mark and form feeds", "\ufeff\f\nx\f+ 1", {"x": X}, 4.0),
    # functions
    ("a function", "def f(a, b=2): return a * b\nf(x) + f(x, 3) + f(b=1, a=x)", {"x": X}, 18.0),
    ("keyword only", "def f(a, *, k): return a * k\nf(x, k=2)", {"x": X}, 6.0),
    (
        "a function reads what is assigned outside, when it is called",
        "k = 1\ndef f(a): return a * k\nk = 5\nf(x)",
        {"x": X},
        15.0,
    ),
    ("a function's own names are its own", "t = 1\ndef f(a):\n  t = a\n  return t\nf(x) + t", {"x": X}, 4.0),
    ("defaults are taken at the definition", "k = 1\ndef f(a, b=k): return a * b\nk = 5\nf(x)", {"x": X}, 3.0),
    ("a function inside a function", "def f(a):\n  def g(b): return a * b\n  return g(2) + g(3)\nf(x)", {"x": X}, 15.0),
    ("a later definition counts", "def f(a): return 1\ndef f(a): return a\nf(x)", {"x": X}, 3.0),
    ("several values", "def f(a): return a, 2 * a\np, q = f(x)\np * q", {"x": X}, 18.0),
    ("an own function hides one of the language", "def sin(a): return a\nsin(x)", {"x": X}, 3.0),
    ("a return ends a function", "def f(a):\n  return a\n  return 1\nf(x)", {"x": X}, 3.0),
    # prefixes and imports
    ("usual prefixes need no import", "np.sin(x) + math.sin(x) + jnp.sin(x) + numpy.sin(x)", {"x": X}, 4 * np.sin(3.0)),
    ("prefixes of parts", "np.linalg.norm(v) + scipy.special.erf(0)", {"v": [3.0, 4.0]}, 5.0),
    ("import lines", "import numpy as N\nimport math\nN.exp(x) + math.pi", {"x": 0}, 1 + math.pi),
    (
        "import from",
        "from math import sin, exp as ex, pi as PI\nfrom numpy.linalg import norm\nex(x) + PI",
        {"x": 0},
        1 + math.pi,
    ),
    (
        "import of a part",
        "import numpy.linalg as la\nfrom numpy import linalg\nla.norm(v) + linalg.norm(v)",
        {"v": [3.0, 4.0]},
        10,
    ),
    ("import of everything", "from numpy import *\nfrom typing import Any\nexp(x)", {"x": 0}, 1.0),
    ("np assigned is no module", "np = x\nnp + 1", {"x": X}, 4.0),
    # Python's own functions
    ("max of numbers", "max(x, 1, 2) + min(x, 1)", {"x": X}, 4.0),
    ("max of a list", "max([x, 1]) + min([x, 5])", {"x": X}, 6.0),
    ("np.max with an axis in second place", "np.max(A, 0)", {"A": A}, [4, 5, 6]),
    ("max of numbers that are known is known", "zeros(max(2, 3)).size + min(4, 7.5)", {}, 7.0),
    ("abs, round, pow, sum", "abs(-x) + round(x / 7, 2) + pow(x, 2) + sum([x, 1])", {"x": X}, 16.43),
    ("float, int, bool", "float(x > 1) + int(x + 0.7) + int(2.9) + bool(x)", {"x": X}, 7.0),
    ("logical functions take numbers", "logical_and(x, 0)", {"x": X}, False),
]


@pytest.mark.parametrize(("text", "inputs", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_program_gives_its_value(text: str, inputs: dict[str, Any], expected: Any) -> None:
    value = result(text, **inputs)
    assert np.shape(value) == np.shape(expected)
    np.testing.assert_allclose(np.asarray(value, float), np.asarray(expected, float), rtol=1e-15)


def test_a_product_of_two_literals_is_no_operation() -> None:
    assert [n.op.name for n in lowered("2 * pi * x", {"x": 1}).graph.nodes] == ["constant", "multiply"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("y = x\ny, x + 1, y * 2", ("y", "result_2", "result_3"), id="as the text says"),
        pytest.param("y = x, 2", ("y_1", "y_2"), id="a tuple in one name is numbered"),
        pytest.param(
            "def f(a): return a, (a, 1)\nf(x)", ("result_1", "result_2_1", "result_2_2"), id="tuples in tuples"
        ),
        pytest.param("x, x", ("x", "x_"), id="no name stands twice"),
    ],
)
def test_outputs_have_names(text: str, names: tuple[str, ...]) -> None:
    assert lowered(text, {"x": 1.0}).graph.output_names == names


def test_a_function_alone_is_the_program() -> None:
    text = "import numpy as np\ndef g(a): return a + k\ndef f(x, n=2):\n  'Doc.'\n  z = g(x) * n\n  return z, np.sin(z)"
    assert run(text, {"x": 1.0, "k": 2.0}) == {"z": 6.0, "result_2": np.sin(6.0)}
    assert run(text, {"x": 1.0, "k": 2.0, "n": 3.0}, ["z"]) == {"z": 9.0}
