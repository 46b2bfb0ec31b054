"""Statements that change an array are assignments to its name: at the top, in loops, branches and functions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from adcore.errors import AdcoreError
from tests.adcore.language.differentiating import agree
from tests.adcore.language.evaluating import result

INPUTS = {"x": np.array([3.0, 1.0, 2.0, 5.0]), "A": np.arange(6.0).reshape(2, 3) ** 1.5}
PROGRAMS = {
    "a diagonal": "B = A*1\nnp.fill_diagonal(B, 7)\nB",
    "of values": "import numpy as xp\nB = A*1\nxp.fill_diagonal(B, [1, 2])\nB",
    "that starts again": "B = np.zeros((5, 2))\nnp.fill_diagonal(B, 4, wrap=True)\nB",
    "in a loop": "B = np.zeros((3, 3))\nfor i in range(3):\n  np.fill_diagonal(B, i + x[0])\nB",
    "in a branch": "B = A*1\nif x[0] > 0:\n  np.fill_diagonal(B, x[0])\nB",
    "in a function": "def f(M):\n  np.fill_diagonal(M, 1.0)\n  return M\nf(A*1)",
    "of a part": "B = np.zeros((2, 3, 3))\nnp.fill_diagonal(B[0], x[1])\nB",
    "imported": "from numpy import fill_diagonal\nB = A*1\nfill_diagonal(B, 1)\nB",
    "additions at places": "B = A*1\nnp.add.at(B, (0, [1, 1]), x[0])\nB",
    "subtractions at places": "B = x*1\nnp.subtract.at(B, [0, 0, 1], [1, 2, 3.0])\nB",
    "a product at a place": "B = np.ones(4)\nnp.multiply.at(B, 1, 3.0)\nB + x",
    "one value everywhere": "B = x*1\nB.fill(2)\nB",
    "another array": "B = x*1\nnp.copyto(B, x[::-1])\nB",
}


def python(text: str, inputs: dict[str, Any]) -> Any:
    space: dict[str, Any] = {"np": np, **inputs}
    *statements, last = text.splitlines()
    exec("\n".join(statements), space)
    return eval(last, space)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in PROGRAMS.items()])
def test_value_is_numpys(text: str) -> None:
    inputs = {name: value for name, value in INPUTS.items() if name in re.findall(r"\w+", text)}
    np.testing.assert_allclose(result(text, **inputs), python(text, inputs), rtol=1e-15)


def test_derivatives() -> None:
    text = "B = outer(x, x)\nfor i in range(2):\n  np.fill_diagonal(B, x[i]**2)\n  np.add.at(B, [0, 0], x)\n"
    text += "B = B**2\nB[0] @ B[1]"
    agree(text, {"x": np.array([3.0, 1.0, 2.0])})


def test_a_value_it_has_not() -> None:
    with pytest.raises(AdcoreError, match="gives None"):
        result("B = np.fill_diagonal(A, 0)\nB", A=INPUTS["A"])
