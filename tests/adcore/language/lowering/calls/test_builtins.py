"""Python's own functions that are not ops: each has its rule, and means what it means in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcore.language import parse, vocabulary
from adcore.language.lowering.calls.builtins import BUILTIN_RULES
from tests.adcore.language.evaluating import LIMITS, result


def test_every_built_in_function_has_a_rule() -> None:
    assert {*vocabulary.BUILTINS, "array"} <= set(BUILTIN_RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("len(v) + len((1, 2)) + 0*x", 5, id="lengths of arrays and tuples"),
        pytest.param("float('-inf') + 0*y", -np.inf, id="a string for what has no literal"),
        pytest.param("int(x) + int(-x)", 0, id="int truncates towards zero"),
        pytest.param("bool(x) + bool(0*x)", 1, id="conditions count as 0 and 1"),
        pytest.param("max(x, y, 3) + min(x, y)", 4.5, id="max and min of several numbers"),
        pytest.param("max([x, y])", 2.5, id="max of a list"),
        pytest.param("sum([v, v])", [2.0, 4.0, 6.0], id="sum adds the arrays of a list"),
        pytest.param("divmod(x, y)[0] * 10 + divmod(x, y)[1]", 11.0, id="quotient and remainder"),
        pytest.param("i = slice(1, 3)\nsum(v[i]) + [x, y, 4][i][1]", 9.0, id="a slice in a variable"),
        pytest.param("tuple(v)[1] + list(v)[2]", 5.0, id="an array stays one"),
    ],
)
def test_built_in_functions(text: str, expected: Any) -> None:
    inputs = {"x": 2.5, "y": 1.5, "v": [1.0, 2.0, 3.0]}
    used = {entry.name: inputs[entry.name] for entry in parse(text, LIMITS).inputs}
    np.testing.assert_array_equal(result(text, **used), expected)
