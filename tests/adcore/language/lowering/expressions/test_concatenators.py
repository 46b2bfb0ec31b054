"""``np.r_``, ``np.c_`` and grids mean what they mean in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import result

X, A = np.array([3.0, 1.0, 2.0, 5.0]), np.arange(6.0).reshape(2, 3) ** 1.5


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("np.r_[x, 0, 1:5]", id="arrays, numbers and ranges"),
        pytest.param("np.r_[x, 1:2:0.25]", id="a broken step"),
        pytest.param("np.r_[0:1:5j, x]", id="a number of steps"),
        pytest.param("np.r_[A, A]", id="matrices on top of one another"),
        pytest.param("np.c_[x, x**2, 1:5]", id="columns"),
        pytest.param("np.c_[A, [1, 2]]", id="a matrix and a column"),
        pytest.param("np.mgrid[0:3, 1:2:3j]", id="a grid"),
        pytest.param("np.mgrid[0:4]", id="a line"),
        pytest.param("np.ogrid[0:3, 1:3][1]", id="an open grid"),
    ],
)
def test_value_is_numpys(text: str) -> None:
    inputs = {name: value for name, value in (("x", X), ("A", A)) if name in text}
    np.testing.assert_allclose(result(text, **inputs), eval(text, {"np": np, **inputs}), rtol=1e-15)


def test_an_imported_name_and_derivatives() -> None:
    agree("from numpy import r_, c_\nimport numpy as np\nnp.sum(c_[x, r_[x[1:]**2, x[0]]]**3)", {"x": X})


def test_a_count_that_an_input_decides() -> None:
    np.testing.assert_array_equal(result("np.r_[0:n]", n=3.0), [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("np.r_[:, x]", "has an end", id="a range without an end"),
        pytest.param("np.r_[0:x]", "is a number", id="a range to an array"),
        pytest.param("x[0:1:3j]", "complex numbers", id="an imaginary step of a slice"),
    ],
)
def test_refusals(text: str, words: str) -> None:
    inputs: dict[str, Any] = {"x": X}
    with pytest.raises(AdcoreError, match=words):
        result(text, **inputs)
