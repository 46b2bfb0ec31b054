"""Python's own functions of the names that NumPy has, too: what they are in a program that uses NumPy by its name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import lowered, result
from tests.adcore.language.marking import unmarked

INPUTS: dict[str, Any] = {"x": 2.0, "v": np.array([1.0, 2.0, 4.0]), "M": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])}

EXPRESSIONS = [
    "sum(M)",
    "sum(M) + np.sum(M)",
    "sum(sum(M))",
    "sum(v)",
    "sum(v, 1)",
    "sum(v, start=x)",
    "sum([v, 2*v])",
    "sum([v, v], x)",
    "sum([x, 1.0, x*x])",
    "sum((1, 2, 3))",
    "sum([], 3)",
    "sum([M[0], M[1]])",
    "sum(a*a for a in v)",
    "sum(row*row for row in M)",
    "sum([a*a for a in v])",
    "max(v)",
    "max(x, 1)",
    "max(1, x, 5.0)",
    "max([x, 5.0])",
    "max([], default=2)",
    "max(v, default=9)",
    "max(a - 3 for a in v)",
    "min(v)",
    "min(3, 2)",
    "min(x, 1) + min([x, 1])",
    "abs(M - 3)",
    "abs(-x)",
    "round(x*1.2345, 2)",
    "round(2.5)",
    "round(-x/4)",
    "round(x*3.3, ndigits=1)",
    "round(1234.5, -2)",
    "pow(x, 3)",
    "pow(v, 2)",
    "any(v > 3)",
    "all(v > 3)",
    "any([x > 3, x < 5])",
    "all([x > 3, x < 5])",
    "all([])",
    "any(a > 3 for a in v)",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values_are_pythons(expression: str) -> None:
    expected = eval(expression, {"np": np, **INPUTS})
    np.testing.assert_allclose(result(f"import numpy as np\n{expression}", **INPUTS), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sum(M)", 21.0, id="no NumPy: the sum of all elements"),
        pytest.param("M.sum() + sum(M)", 42.0, id="a method is no prefix"),
        pytest.param("from numpy import *\nsum(M)", 21.0, id="NumPy's take the place of Python's"),
        pytest.param("from numpy import sum\nsum(M)", 21.0, id="one of them does"),
        pytest.param("import math\nsum(M)", 21.0, id="another library"),
        pytest.param("import numpy as np\nsum(sum(M))", 21.0, id="an import, though it is not used"),
        pytest.param("sum(sum(M)) + 0*np.pi", 21.0, id="a prefix without an import"),
        pytest.param("sum(sum(M)) + 0*jnp.pi", 21.0, id="what mirrors NumPy"),
        pytest.param("from numpy.linalg import norm\nsum(sum(M))", 21.0, id="a part of NumPy"),
        pytest.param("def f(sum): return sum*np.max(M)\nf(2)", 12.0, id="a name that is bound"),
    ],
)
def test_whose_functions_they_are(text: str, expected: float) -> None:
    assert result(text, M=INPUTS["M"]) == expected


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("s = sum(M*M)\nnp.sum(s*s)", {"M": INPUTS["M"]}),
        ("sum([x*v, v], x)[1]*np.sin(x)", {"x": 2.0, "v": INPUTS["v"]}),
        ("max(v)*min(v)*max(x, 1.0)*np.cos(x)", {"x": 2.0, "v": INPUTS["v"]}),
    ],
)
def test_gradients(text: str, inputs: Any) -> None:
    agree(text, inputs)


@pytest.mark.parametrize(
    ("marked", "message", "help"),
    [
        ("np.pi*max(«M»)", "max without a prefix is Python's own, which does not compare arrays", "np.max takes all"),
        ("np.pi*min(«[v, v]»)", "min without a prefix is Python's own", "np.min takes all"),
        ("np.pi*sum(«x»)", "a number has no parts to go over", None),
        ("np.pi*sum(M, axis=«0»)", "sum takes no argument axis", "it is called as sum(iterable, start=0.0)"),
        ("np.pi*«max([])»", "max of no elements", "give it a default"),
        ("np.pi*max(v, key=«1»)", "max takes no argument key", "it is called as max(iterable, default=None)"),
    ],
)
def test_what_python_refuses(marked: str, message: str, help: str | None) -> None:
    text, span = unmarked(marked)
    with pytest.raises(AdcoreError) as caught:
        lowered(text, INPUTS)
    assert caught.value.span == span
    assert caught.value.message.startswith(message)
    assert (caught.value.help or "").startswith(help or "")
